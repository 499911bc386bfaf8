//! When a body counts as JSON.

use reqwest::header::HeaderValue;
use serde_json::json;

use super::*;

fn read(content_type: Option<&'static str>, body: &[u8]) -> Result<Value, FailureKind> {
    let mut headers = HeaderMap::new();
    if let Some(kind) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    parse(&Answer { status: 200, headers, body: body.to_vec() })
}

#[test]
fn json_is_read_under_any_type_but_a_page() {
    for kind in [None, Some("application/json"), Some("text/plain"), Some("application/vnd.api+json; v=1")] {
        assert_eq!(read(kind, b"{\"a\": 1}").unwrap(), json!({"a": 1}), "{kind:?}");
    }
    assert_eq!(read(None, b"\xEF\xBB\xBF[1]").unwrap(), json!([1]));
    for kind in ["text/html", "Application/XML; charset=utf-8", "text/xml"] {
        assert!(matches!(read(Some(kind), b"{}"), Err(FailureKind::BadResponse { .. })), "{kind}");
    }
}

#[test]
fn a_blank_body_is_an_empty_object_whatever_its_type() {
    for kind in [None, Some("text/html"), Some("application/json")] {
        assert_eq!(read(kind, b" \r\n").unwrap(), json!({}), "{kind:?}");
    }
}

#[test]
fn a_bad_body_is_named_by_place_and_not_quoted() {
    let Err(FailureKind::BadResponse { message, .. }) = read(None, b"{\"a\":\n hush-hush}") else {
        panic!("it is not JSON");
    };
    assert!(message.contains("line 2") && !message.contains("hush"), "{message}");
    let deep = "[".repeat(100_000);
    assert!(matches!(read(None, deep.as_bytes()), Err(FailureKind::BadResponse { .. })));
}
