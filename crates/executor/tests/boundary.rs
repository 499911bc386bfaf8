//! What never leaves, and what never comes back: private addresses, redirects, proxies, parameters
//! that reach out of their place, secrets in error texts.

#[path = "kit/bench.rs"]
mod bench;
#[path = "kit/server.rs"]
#[expect(dead_code, reason = "most misbehaviour is for upstream.rs")]
mod server;

use std::time::Duration;

use bench::{Bench, TOKEN, kind};
use executor::{EgressError, FailureKind};
use serde_json::{Map, Value, json};
use server::{Say, Upstream};

const BOOKS: &str = r#"{"items": [{"id": 1}]}"#;

async fn bench(script: Vec<Say>) -> (Upstream, Bench) {
    let upstream = Upstream::start(script).await;
    let bench = Bench::new(&upstream.origin());
    (upstream, bench)
}

#[tokio::test]
async fn r64_a_redirect_is_not_followed_and_its_target_sees_nothing() {
    let target = Upstream::start(vec![Say::json(200, BOOKS)]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://user:hush-hush@localhost:{}/steal", target.address.port());
        let (upstream, bench) = bench(vec![Say::status(status, &[("location", &location)], b"")]).await;
        let FailureKind::Rejected { status: told, message, body } = kind(bench.list().await) else {
            panic!("{status} is not an answer");
        };
        assert_eq!((told, body), (status, Value::Null));
        assert_eq!(
            message,
            format!("it answered with a redirect ({status}), and redirects are not followed")
        );
        let done = matches!(kind(bench.create().await), FailureKind::OutcomeUnknown { .. });
        assert_eq!(done, status == 303, "only 303 says that something was done");
        assert_eq!(upstream.seen().len(), 2);
    }
    assert!(target.seen().is_empty() && target.connections().opened == 0);
}

#[tokio::test]
async fn r71_a_secret_in_an_error_is_redacted_in_body_and_message() {
    let encoded = "tok_3f9a%2F71c%2Bsecret";
    let said = json!({"message": format!("bad token {TOKEN}"), "seen": {"url": format!("/x?t={encoded}")}});
    let (_upstream, bench) = bench(vec![Say::json(401, &said.to_string())]).await;
    let failure = bench.list().await.unwrap_err();
    let FailureKind::Auth { status: 401, message, body } = &failure.kind else {
        panic!("401 is about the credential")
    };
    assert_eq!(message, "bad token [redacted]");
    assert_eq!(body, &json!({"message": "bad token [redacted]", "seen": {"url": "/x?t=[redacted]"}}));
    let text = format!("{failure:?}");
    assert!(!text.contains(TOKEN) && !text.contains(encoded), "{text}");

    // One that lies across the place where the body is cut.
    let long = format!("{}{TOKEN}", "x".repeat(16 * 1024 - 8));
    let (_upstream, bench) = self::bench(vec![Say::status(400, &[], long.as_bytes())]).await;
    let text = format!("{:?}", kind(bench.list().await));
    assert!(!text.contains("tok_"), "a part of the secret is left");
}

#[tokio::test]
async fn r71_a_secret_that_an_unfinished_error_cut_is_not_shown() {
    let part = &TOKEN[..TOKEN.len() - 1];
    let head = |length: usize| format!("HTTP/1.1 400 Said\r\ncontent-length: {length}\r\n\r\n");
    let long = |length: usize| "x".repeat(length - part.len());
    // Of an error's body 256 KiB are read.
    let too_long = format!("{}{TOKEN} and so on", long(256 * 1024));
    for (name, said) in [
        ("it breaks off", Say::Hangup(format!("{}no: {part}", head(5_000)).into_bytes())),
        (
            "it stands still",
            Say::Drip(format!("{}no: {part}", head(5_000)).into_bytes(), Duration::from_mins(1)),
        ),
        ("it is too long", Say::status(400, &[], too_long.as_bytes())),
    ] {
        let upstream = Upstream::start(vec![said]).await;
        let refused = kind(Bench::new(&upstream.origin()).within(500).create().await);
        assert!(matches!(refused, FailureKind::Rejected { status: 400, .. }), "{name}: {refused:?}");
        assert!(!format!("{refused:?}").contains("tok"), "{name}: a part of the secret is left");
    }
}

#[tokio::test]
async fn r71_a_secret_in_the_id_of_a_request_is_not_logged() {
    let in_body = json!({"request_id": format!("r-{TOKEN}")}).to_string();
    for (header, body, id) in [
        (TOKEN.to_owned(), "{}", None),
        (format!("r-{}", TOKEN.replace('/', "%2F").replace('+', "%2B")), "{}", None),
        (String::new(), in_body.as_str(), None),
        ("r-1 ".repeat(3), "{}", None),
        ("r".repeat(129), "{}", None),
        ("r-1".to_owned(), in_body.as_str(), Some("r-1")),
    ] {
        let headers = [("x-request-id", header.as_str())];
        let headers = if header.is_empty() { &headers[..0] } else { &headers[..] };
        let (_upstream, bench) = bench(vec![Say::status(400, headers, body.as_bytes())]).await;
        let trace = bench.list().await.unwrap_err().trace;
        assert_eq!(trace.upstream_request_id.as_deref(), id, "{header} {body}");
    }
}

#[tokio::test]
async fn r61_a_name_that_leads_inside_is_refused_before_a_packet_leaves() {
    let upstream = Upstream::start(vec![Say::json(200, BOOKS)]).await;
    let port = upstream.address.port();
    for origin in [format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}")] {
        let failure = Bench::with_allowed(&origin, &[]).create().await.unwrap_err();
        let refused = &failure.kind;
        assert!(matches!(refused, FailureKind::Egress(EgressError::NotPublic { .. })), "{refused:?}");
        assert_eq!(failure.trace.attempts, 0);
    }
    // An allowed network elsewhere does not open this one.
    let elsewhere = Bench::with_allowed(&format!("http://localhost:{port}"), &["10.0.0.0/8"]).list().await;
    assert!(matches!(kind(elsewhere), FailureKind::Egress(EgressError::PlainHttp { .. })));
    assert_eq!(upstream.connections().opened, 0);
}

#[tokio::test]
async fn a_base_url_that_can_never_be_called_is_found_at_creation() {
    let check = |origin: &str| {
        let bench = Bench::with_allowed(origin, &["127.0.0.0/8"]);
        bench.executor.check_base_url(&bench.definition, &bench.settings)
    };
    assert_eq!(check("https://shelf.example"), Ok(()));
    assert_eq!(check("http://127.0.0.1:8080"), Ok(()));
    assert!(matches!(check("https://10.1.2.3"), Err(EgressError::NotPublic { .. })));
    assert!(matches!(check("http://1.1.1.1"), Err(EgressError::PlainHttp { .. })));
    assert!(matches!(check("https://u:p@shelf.example"), Err(EgressError::BadVariable { .. })));
    assert!(matches!(check("shelf.example"), Err(EgressError::BadUrl(_))));
    assert!(matches!(check("ftp://shelf.example"), Err(EgressError::BadUrl(_))));
}

#[tokio::test]
async fn r63_of_a_name_only_the_admitted_address_is_dialled() {
    let upstream = Upstream::start(vec![Say::json(200, BOOKS)]).await;
    let bench =
        Bench::with_allowed(&format!("http://localhost:{}", upstream.address.port()), &["127.0.0.1/32"]);
    bench.list().await.unwrap();
    assert_eq!(upstream.seen()[0].dialled.ip().to_string(), "127.0.0.1");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test runs itself again with a proxy in its environment")]
async fn r65_proxies_in_the_environment_are_ignored() {
    const TARGET: &str = "EXECUTOR_TEST_TARGET";
    if let Ok(origin) = std::env::var(TARGET) {
        Bench::new(&origin).list().await.unwrap();
        return;
    }
    let upstream = Upstream::start(vec![Say::json(200, BOOKS)]).await;
    let proxy = Upstream::start(vec![Say::json(200, BOOKS)]).await;
    let mut again = tokio::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "r65_proxies_in_the_environment_are_ignored"]).env(TARGET, upstream.origin());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        again.env(name, proxy.origin());
    }
    assert!(again.status().await.unwrap().success());
    assert_eq!((upstream.seen().len(), proxy.connections().opened), (1, 0));
}

#[tokio::test]
async fn r66_a_parameter_stays_inside_its_segment() {
    let (upstream, bench) = bench(vec![Say::json(200, "{}")]).await;
    let call = async |id: &str| {
        let params = Map::from_iter([("id".to_owned(), Value::from(id))]);
        bench.run("pages", "get", &params).await
    };
    for (id, segment) in [
        ("../admin", "..%2Fadmin"),
        ("a%2fb", "a%252fb"),
        ("%2e%2e", "%252e%252e"),
        ("x?y=z#f", "x%3Fy%3Dz%23f"),
        ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
        ("nul\0", "nul%00"),
        ("@evil.example:1", "%40evil.example%3A1"),
        ("\\\\x", "%5C%5Cx"),
        ("...", "..."),
    ] {
        call(id).await.unwrap();
        let seen = upstream.seen().pop().unwrap();
        assert_eq!(seen.target, format!("/v1/books/{segment}/pages"), "{id:?}");
        assert_eq!(seen.header("host"), Some(upstream.address.to_string().as_str()));
    }
    let sent = upstream.seen().len();
    for id in [".", "..", "", "  "] {
        assert!(matches!(kind(call(id).await), FailureKind::Params(_)), "{id:?}");
    }
    assert_eq!(upstream.seen().len(), sent);
}
