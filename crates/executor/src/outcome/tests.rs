//! What is read out of error bodies, and where they are cut.

use serde_json::json;

use super::*;

#[test]
fn the_sentence_of_an_error_body_is_found_where_apis_put_it() {
    for (body, expected) in [
        (
            json!({"errors": [{"message": "a"}, {"userPresentableMessage": "b", "message": "x"}, "c", {"n": 1}]}),
            "a; b; c; {\"n\":1}",
        ),
        (json!({"errors": [], "message": "m", "error": "e"}), "m"),
        (json!({"message": null, "error": "e"}), "e"),
        (json!({"error": {"message": "inner", "type": "t"}}), "inner"),
        (json!({"error": {"type": "t"}}), "{\"type\":\"t\"}"),
        (json!({"detail": "d"}), "{\"detail\":\"d\"}"),
        (json!("text"), "text"),
        (json!(["text"]), "[\"text\"]"),
    ] {
        assert_eq!(said(&body).as_deref(), Some(expected), "{body}");
    }
    assert_eq!(said(&json!({})), None);
    assert_eq!(said(&Value::Null), None);
}

#[test]
fn a_large_body_becomes_the_beginning_of_its_text() {
    let small = json!({"a": "x".repeat(100)});
    assert_eq!(shorten(small.clone()), small);
    let Value::String(text) = shorten(json!({"a": "é".repeat(BODY_SHOWN_MAX)})) else { panic!("it is cut") };
    assert!(text.len() <= BODY_SHOWN_MAX && text.starts_with("{\"a\":\"éé"));
}

#[test]
fn a_wait_is_rounded_up_to_whole_seconds() {
    let told = |wait| match rate_limited(String::new(), Value::Null, wait) {
        FailureKind::RateLimited { retry_after_s, .. } => retry_after_s,
        other => panic!("{other:?}"),
    };
    assert_eq!(told(Duration::ZERO), 1);
    assert_eq!(told(Duration::from_millis(1_001)), 2);
    assert_eq!(told(Duration::from_secs(120)), 120);
}
