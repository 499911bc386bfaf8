use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by the parser")]
struct Body {
    name: String,
    inner: Option<Inner>,
    list: Option<Vec<Inner>>,
    id: Option<uuid::Uuid>,
    at: Option<domain::Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by the parser")]
struct Inner {
    size: u8,
}

fn refused(body: &str) -> serde_json::Value {
    serde_json::to_value(parse::<Body>(body.as_bytes()).err().unwrap().body()).unwrap()
}

#[test]
fn faults_name_the_field_and_the_way_out() {
    for (body, field, code, message) in [
        ("{}", "name", "missing", "`name` is required"),
        (
            r#"{"name":"a","nme":1}"#,
            "nme",
            "unknown_field",
            "there is no field `nme`: it takes name, inner, list, id, at",
        ),
        (
            r#"{"name":"a","inner":{"size":1,"sze":2}}"#,
            "inner.sze",
            "unknown_field",
            "there is no field `sze`: it takes size",
        ),
        (r#"{"name":"a","inner":{}}"#, "inner.size", "missing", "`inner.size` is required"),
        (r#"{"name":7}"#, "name", "value_error", "`name` must be a text"),
        (
            r#"{"name":"a","inner":{"size":300}}"#,
            "inner.size",
            "value_error",
            "`inner.size` must be a whole number, not negative",
        ),
        (r#"{"name":"a","inner":7}"#, "inner", "value_error", "`inner` must be an object"),
        (
            r#"{"name":"a","list":[{"size":"x"}]}"#,
            "list.0.size",
            "value_error",
            "`list.0.size` must be a whole number, not negative",
        ),
        (r#"{"name":"a","id":"zzz"}"#, "id", "value_error", "`id` must be a UUID"),
        (
            r#"{"name":"a","at":"now"}"#,
            "at",
            "value_error",
            "`at` must be a time such as 2026-01-31T12:00:00Z",
        ),
        ("[]", "body", "value_error", "the body must be a JSON object"),
        (r#"["a", {"size": 1}]"#, "body", "value_error", "the body must be a JSON object"),
        ("null", "body", "value_error", "the body must be a JSON object"),
    ] {
        let problem = refused(body);
        assert_eq!(problem["status"], 422, "{body}");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        assert_eq!(problem["errors"][0]["error_code"], code, "{body}");
        assert_eq!(problem["errors"][0]["message"], message, "{body}");
    }
}

#[test]
fn r47_a_misplaced_secret_does_not_come_back() {
    let problem = refused(r#"{"name":"a","inner":"ntn_marker"}"#);
    assert!(!problem.to_string().contains("ntn_marker"), "{problem}");
}

#[test]
fn what_is_no_json_is_400_even_behind_a_fault() {
    let bodies: [&[u8]; 6] = [b"", b"{", b"{}x", b"nope", b"{\"nme\":1,", b"{\"name\":\"\xff\"}"];
    for body in bodies {
        let problem = parse::<Body>(body).err().unwrap();
        assert!(problem.to_string().contains("invalid_json"), "{problem}");
    }
}
