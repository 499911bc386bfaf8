//! Which return URLs pass, and in which form origins are kept.

use domain::{CallerKind, CustomerId, OrganizationSettings};

use super::{check_return_url, checked_origins};
use crate::Error;

fn settings(origins: &[&str]) -> OrganizationSettings {
    let given: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
    OrganizationSettings { confirm_connectors: false, return_origins: checked_origins(&given).unwrap() }
}

fn scoped() -> CallerKind {
    CallerKind::Scoped(CustomerId::new())
}

fn refusal(settings: &OrganizationSettings, caller: CallerKind, url: &str) -> (String, &'static str) {
    match check_return_url(settings, caller, url) {
        Err(Error::Invalid(faults)) => {
            let [fault] = faults.as_slice() else { panic!("one fault for {url}") };
            assert_eq!(fault.field, "redirect_url", "{url}");
            (fault.message.clone(), fault.code)
        }
        other => panic!("{url} gave {other:?}"),
    }
}

#[test]
fn r14_an_address_that_could_lead_elsewhere_is_refused_at_the_start() {
    let any = settings(&[]);
    for url in [
        "//evil",
        "//evil.example/x",
        "/relative",
        "app.example.com/x",
        "javascript:alert(1)",
        "JavaScript://app.example.com/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://app.example.com/",
        "https:app.example.com",
        "https:/app.example.com",
        "https:///app.example.com",
        "https://",
        "https://?x",
        "https://user@app.example.com/",
        "https://user:word@app.example.com/",
        "https://@app.example.com/",
        "https://app.example.com@evil.example/",
        "https://app.example.com\\@evil.example/",
        "https:\\\\app.example.com",
        " https://app.example.com",
        "https://app.example.com/\n",
        "https://app.example.com/a\tb",
        "https://app.example.com/\u{0}",
        "https://app.example.com/#fragment",
        "https://app.example.com/#",
        "https://app.example.com:99999/",
        "https://[::1/",
        "http://app.example.com/",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "http://notlocalhost/",
        "http://10.0.0.1/",
    ] {
        let (message, code) = refusal(&any, CallerKind::Application, url);
        assert_eq!(code, "value_error", "{url}");
        assert!(message.contains("redirect_url"), "{message}");
    }
    assert_eq!(refusal(&any, CallerKind::Application, "").1, "missing");
    let long = format!("https://app.example.com/{}", "x".repeat(2_000));
    assert!(refusal(&any, CallerKind::Application, &long).0.contains("2000 bytes"));
}

#[test]
fn a_good_address_keeps_its_own_query() {
    let any = settings(&[]);
    for url in [
        "https://app.example.com/back?user_id=7&x=a%20b",
        "https://app.example.com:8443/",
        "HTTPS://app.example.com/",
        "http://localhost:3000/back",
        "http://tenant.localhost:3000/back",
        "http://127.0.0.1:3000/",
        "http://[::1]:3000/",
    ] {
        let passed = check_return_url(&any, CallerKind::Application, url).unwrap();
        assert!(passed.as_str().eq_ignore_ascii_case(url), "{url} became {passed}");
    }
}

#[test]
fn r14_listed_origins_are_compared_whole() {
    let listed = settings(&["https://app.example.com", "http://localhost:3000"]);
    for good in ["https://app.example.com/a?b=c", "https://APP.example.com:443/", "http://localhost:3000/"] {
        check_return_url(&listed, CallerKind::Application, good).unwrap();
        check_return_url(&listed, scoped(), good).unwrap();
    }
    for bad in [
        "https://app.example.com:444/",
        "https://app.example.com.evil.example/",
        "https://evil.example/?https://app.example.com",
        "https://sub.app.example.com/",
        "https://app.example.com./",
        "http://localhost:3001/",
        "https://localhost:3000/",
    ] {
        assert!(refusal(&listed, CallerKind::Application, bad).0.contains("return_origins"), "{bad}");
        assert!(refusal(&listed, scoped(), bad).0.contains("return_origins"), "{bad}");
    }
}

#[test]
fn r14_a_scoped_token_returns_to_listed_origins_only() {
    let (message, _) = refusal(&settings(&[]), scoped(), "https://app.example.com/");
    assert!(message.contains("PUT /api/v1/organizations/settings"), "{message}");
}

#[test]
fn origins_are_kept_in_one_form_and_once() {
    let given = ["https://App.Example.com", "https://app.example.com:443/", "https://bücher.example"];
    let kept = checked_origins(&given.map(str::to_owned)).unwrap();
    assert_eq!(kept, ["https://app.example.com", "https://xn--bcher-kva.example"]);
}

#[test]
fn what_is_no_origin_is_refused_with_its_place() {
    let given = [
        "https://good.example",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://app.example.com/#",
        "https://*.example.com",
        "http://app.example.com",
        "app.example.com",
        "*",
        "null",
        "",
    ];
    let refused = checked_origins(&given.map(str::to_owned));
    let Err(Error::Invalid(faults)) = refused else { panic!("they were taken") };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.clone()).collect();
    let expected: Vec<_> = (1..given.len()).map(|index| format!("return_origins.{index}")).collect();
    assert_eq!(fields, expected);

    let many = vec!["https://app.example.com".to_owned(); 101];
    assert!(matches!(checked_origins(&many), Err(Error::Invalid(_))));
}
