use actix_web::body::MessageBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::*;

fn page(text: &str) -> ConsentPage {
    ConsentPage { title: "Not connected", text: text.to_owned() }
}

fn body(response: HttpResponse) -> String {
    String::from_utf8(response.into_body().try_into_bytes().unwrap().to_vec()).unwrap()
}

#[test]
fn the_policy_lets_in_the_style_by_its_hash() {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    assert!(POLICY.contains(&format!("style-src 'sha256-{hash}'")), "the hash is {hash}");
    assert!(body(answer(StatusCode::BAD_REQUEST, &page(""))).contains(&format!("<style>{STYLE}</style>")));
}

#[test]
fn r13_what_the_provider_said_is_escaped() {
    let said = "</p><script>alert('x')</script>&amp;\" onload=\"";
    let html = body(answer(StatusCode::BAD_REQUEST, &page(said)));
    assert!(
        html.contains(
            "&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;&quot; onload=&quot;"
        )
    );
    assert!(!html.contains("<script"));
}

#[test]
fn r19_page_and_redirect_are_not_framed_kept_or_told_on() {
    let on = redirect("https://app.example.com/?user_id=7&connector_id=1", &page(""));
    assert_eq!(on.status(), StatusCode::SEE_OTHER);
    assert_eq!(on.headers().get(LOCATION).unwrap(), "https://app.example.com/?user_id=7&connector_id=1");
    for response in [answer(StatusCode::BAD_REQUEST, &page("")), on] {
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(response.headers().get(name).unwrap(), value);
        }
        let policy = response.headers().get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"));
    }
}

#[test]
fn r19_nothing_is_fetched_by_a_page() {
    let html = body(redirect("https://app.example.com/?a=1&b=\"", &page("Come back.")));
    for fetched in ["src=", "<link", "url(", "@import", "<script"] {
        assert!(!html.contains(fetched), "{fetched}");
    }
    assert!(html.contains("<a href=\"https://app.example.com/?a=1&amp;b=&quot;\">"));
}

#[test]
fn a_return_url_that_is_no_header_is_our_mistake() {
    let response = redirect("https://app.example.com/\r\nset-cookie: a=b", &page(""));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
