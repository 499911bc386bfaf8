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
fn a_message_can_stand_in_the_middle_of_a_sentence() {
    let message = |said: &str| Shown::new(404, Some(said.to_owned()), Value::Null).message;
    assert_eq!(message("Could not find page p1."), "Could not find page p1");
    assert_eq!(message(" One. Two. \n"), "One. Two");
    assert_eq!(message("and so on..."), "and so on...");
    assert_eq!(message(" "), "404 Not Found");
    assert_eq!(Shown::new(599, None, Value::Null).message, "599");
}

#[test]
fn r71_a_secret_at_the_end_of_an_unfinished_body_is_not_shown() {
    let redactor = Redactor::new(["tok_3f9a/71c+secret"]);
    let whole = "{\"seen\": \"tok_3f9a/71c+secret\", \"again\": \"tok_3f9a/71c+secret\"}";
    for end in 0..whole.len() {
        let Value::String(text) = redacted(&redactor, &whole.as_bytes()[..end], false) else {
            panic!("its end is missing");
        };
        let mut rest = text.replace("[redacted]", "");
        rest.retain(|c| c != '"');
        assert!("{seen: , again: }".starts_with(&rest), "{end}: {text}");
    }
    // Numbers do not show where they end; lists and objects do.
    assert_eq!(redacted(&redactor, b"3", false), "");
    assert_eq!(redacted(&redactor, b"{\"message\": \"m\"}", false), json!({"message": "m"}));
    assert_eq!(
        redacted(&redactor, whole.as_bytes(), true),
        json!({"seen": "[redacted]", "again": "[redacted]"})
    );
}
