//! What a token answer says beside the tokens: about the account, the workspace, the installation.
//!
//! It is kept readable on the connector, so whatever could open something is left out.

use serde_json::{Map, Value};

/// Parts of names under which secrets stand.
const SECRET_NAMES: &[&str] =
    &["token", "secret", "password", "apikey", "privatekey", "assertion", "jwt", "cookie", "webhook"];
/// Parts of names that talk about a secret without giving it.
const ABOUT_NAMES: &[&str] = &["expire", "type", "scope", "lifetime"];

/// `members` without those that are named like secrets, at any depth. Numbers and truth values stay:
/// they tell how long a token lives or whether there is one.
pub(crate) fn without_secrets(members: Map<String, Value>) -> Map<String, Value> {
    let kept = members.into_iter().filter(|(name, value)| !is_secret(name, value));
    kept.map(|(name, value)| (name, inside(value))).collect()
}

fn inside(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(without_secrets(members)),
        Value::Array(items) => items.into_iter().map(inside).collect(),
        other => other,
    }
}

fn is_secret(name: &str, value: &Value) -> bool {
    if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
        return false;
    }
    let name = plain(name);
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    has(SECRET_NAMES) && !(value.is_string() && has(ABOUT_NAMES))
}

/// A name as all spellings of it have it: `accessToken`, `access-token` and `access_token` are one.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r47_nothing_named_like_a_secret_is_kept_at_any_depth() {
        let said = json!({
            "team": {"id": "T1", "name": "Acme"},
            "authed_user": {"id": "U1", "access_token": "xoxp-1", "refreshToken": "xoxe-1"},
            "bot": [{"bot_access_token": "xoxb-1", "id": "B1"}],
            "incoming_webhook": {"url": "https://hooks.test/T1/secret", "channel": "#a"},
            "refresh_token_expires_in": 86_400,
            "x_refresh_token_expires_in": "86400",
            "has_refresh_token": true,
            "tokens": ["a", "b"],
            "token_expires": {"token": "a"},
            "signing_secret": "s",
            "Api-Key": "k",
            "session_jwt": "j",
            "duplicated_template_id": null,
        });
        let kept = json!({
            "team": {"id": "T1", "name": "Acme"},
            "authed_user": {"id": "U1"},
            "bot": [{"id": "B1"}],
            "refresh_token_expires_in": 86_400,
            "x_refresh_token_expires_in": "86400",
            "has_refresh_token": true,
            "duplicated_template_id": null,
        });
        assert_eq!(Value::Object(without_secrets(said.as_object().unwrap().clone())), kept);
    }
}
