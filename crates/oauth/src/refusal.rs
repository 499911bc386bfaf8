//! Reading a refusal: which code, which words. Providers agree on neither the names nor the shape.

use http::StatusCode;
use serde_json::{Map, Value};

/// Longer ones are sentences.
const CODE_CHARS_MAX: usize = 64;
/// Where a code stands when `error` does not give it.
const CODE_NAMES: &[&str] = &["code", "error_code", "errorCode", "type"];
const DESCRIPTION_NAMES: &[&str] = &[
    "error_description",
    "errorDescription",
    "message",
    "error_message",
    "errorSummary",
    "description",
    "detail",
    "msg",
];
/// Codes of a provider that is busy or broken: the same request can succeed later.
const PASSING: &[&str] = &[
    "temporarily_unavailable",
    "server_error",
    "service_unavailable",
    "internal_error",
    "internal_server_error",
    "fatal_error",
    "conflict_error",
    "request_timeout",
    "slow_down",
    "rate_limited",
    "ratelimited",
    "rate_limit_exceeded",
    "too_many_requests",
];

/// What a provider said; neither is fit to be shown before a redactor saw it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: Option<String>,
    pub(crate) description: Option<String>,
}

impl Said {
    /// Whether the provider only says no for now.
    pub(crate) fn is_passing(&self) -> bool {
        self.code.as_ref().is_some_and(|code| PASSING.contains(&code.to_ascii_lowercase().as_str()))
    }
}

/// The refusal inside an answer whose status is a success, if there is one.
///
/// `error` decides. Without it a code counts only beside a sentence about it: a success can have a
/// `code` as well.
pub(crate) fn in_success(members: &Map<String, Value>) -> Option<Said> {
    let error = members.get("error").is_some_and(says_something);
    let errors = members.get("errors").is_some_and(says_something);
    let said = read(members, StatusCode::OK);
    let explained = said.code.is_some() && said.description.is_some();
    (error || errors || explained).then_some(said)
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Code and description, from `error` (a text or an object), from the first of `errors`, or from the
/// members themselves.
pub(crate) fn read(members: &Map<String, Value>, status: StatusCode) -> Said {
    let mut said = Said::default();
    match members.get("error") {
        Some(Value::String(error)) => said.note(error),
        Some(Value::Object(error)) => said.note_members(error),
        _ => {}
    }
    match members.get("errors").and_then(|errors| errors.as_array()?.first()) {
        Some(Value::String(error)) => said.note(error),
        Some(Value::Object(error)) => said.note_members(error),
        _ => {}
    }
    said.note_members(members);
    // In a success it says "ok".
    if let Some(Value::String(text)) = members.get("status").filter(|_| !status.is_success()) {
        said.code = said.code.or_else(|| code(text));
    }
    said
}

impl Said {
    /// Whether the code is one that only a token endpoint gives: `invalid_grant` and its like.
    pub(crate) fn is_about_the_grant(&self) -> bool {
        self.code.as_ref().is_some_and(|code| code.to_ascii_lowercase().starts_with("invalid"))
    }

    /// A text that is either a code or a sentence.
    fn note(&mut self, text: &str) {
        match code(text) {
            Some(code) => self.code = self.code.take().or(Some(code)),
            None => self.description = self.description.take().or_else(|| sentence(text)),
        }
    }

    fn note_members(&mut self, members: &Map<String, Value>) {
        let texts =
            |names: &'static [&'static str]| names.iter().filter_map(|name| members.get(*name)?.as_str());
        self.code = self.code.take().or_else(|| texts(CODE_NAMES).find_map(code));
        self.description = self.description.take().or_else(|| texts(DESCRIPTION_NAMES).find_map(sentence));
    }
}

/// One word that begins with a letter; numbers mean different things everywhere.
fn code(text: &str) -> Option<String> {
    let text = text.trim();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_code = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= CODE_CHARS_MAX
        && text.chars().all(word);
    is_code.then(|| text.to_owned())
}

fn sentence(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_at(status: u16, said: &Value) -> (Option<String>, Option<String>) {
        let said = read(said.as_object().unwrap(), StatusCode::from_u16(status).unwrap());
        (said.code, said.description)
    }

    #[test]
    fn every_shape_of_refusal_gives_its_code_and_its_words() {
        let both = |code: &str, words: &str| (Some(code.to_owned()), Some(words.to_owned()));
        for (said, expected) in [
            (json!({"error": "invalid_grant", "error_description": "Gone"}), both("invalid_grant", "Gone")),
            (
                json!({"object": "error", "status": 400, "code": "invalid_grant", "message": "Gone"}),
                both("invalid_grant", "Gone"),
            ),
            (
                json!({"error": {"message": "Gone", "type": "OAuthException", "code": 190}}),
                both("OAuthException", "Gone"),
            ),
            (json!({"errors": [{"code": "expired", "message": "Gone"}]}), both("expired", "Gone")),
            (json!({"status": "BAD_REFRESH_TOKEN", "message": "Gone"}), both("BAD_REFRESH_TOKEN", "Gone")),
            (json!({"errorCode": "E0000011", "errorSummary": "Gone"}), both("E0000011", "Gone")),
            (json!({"error": "The token is gone"}), (None, Some("The token is gone".to_owned()))),
            (json!({"errors": ["gone"]}), (Some("gone".to_owned()), None)),
            (json!({"code": 401, "message": "Gone"}), (None, Some("Gone".to_owned()))),
            (json!({"type": "about:blank", "detail": "Gone"}), (None, Some("Gone".to_owned()))),
            (json!({"error": null, "message": ""}), (None, None)),
        ] {
            assert_eq!(read_at(400, &said), expected, "{said}");
        }
    }

    #[test]
    fn r17_a_success_is_a_refusal_only_when_it_says_so() {
        for (said, refusal) in [
            (json!({"error": "bad_verification_code"}), true),
            (json!({"ok": false, "error": "invalid_code"}), true),
            (json!({"error": {"message": "no"}}), true),
            (json!({"error": true}), true),
            (json!({"object": "error", "code": "invalid_grant", "message": "no"}), true),
            (json!({"errors": ["no"]}), true),
            (json!({"error": null}), false),
            (json!({"error": ""}), false),
            (json!({"error": false}), false),
            (json!({"error": 0}), false),
            (json!({"errors": []}), false),
            (json!({"code": "ok"}), false),
            (json!({"status": "success", "message": "welcome"}), false),
        ] {
            assert_eq!(in_success(said.as_object().unwrap()).is_some(), refusal, "{said}");
        }
    }

    #[test]
    fn r27_a_busy_provider_is_told_from_a_refusing_one() {
        let said = |code: &str| Said { code: Some(code.to_owned()), description: None };
        assert!(said("temporarily_unavailable").is_passing() && said("RATE_LIMITED").is_passing());
        assert!(!said("invalid_grant").is_passing() && !Said::default().is_passing());
    }
}
