//! Whether something is a secret, by its name.

use serde_json::Value;

/// Wherever they stand in a name, however it is spelled (`pass_word`, `accesstoken`).
const SECRETS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "credential",
    "session",
    "authorization",
    "bearer",
    "jwt",
    "assertion",
    "cookie",
    "webhook",
    "nonce",
    "signature",
];
/// As a word of a name: `auth`, but neither `author` nor `authed_user`.
const SECRET_WORDS: &[&str] = &["auth", "private", "privatekey", "pwd"];
/// As the last word of a name: `access_key`, but not `key_id`.
const SECRET_LAST_WORDS: &[&str] = &["key", "keys", "accesskey", "signingkey", "secretkey"];
/// As the last word of a name, it talks about a secret without giving it: `token_type`.
const ABOUT: &[&str] = &["type", "scope", "scopes", "lifetime", "expiry", "expiration", "expires", "ttl"];
/// With one of these behind, too: `expires_in`, `expires_at`.
const ABOUT_TIMES: &[&str] = &["expire", "expires", "expired", "expiry", "expiration", "issued"];
const TIMES: &[&str] = &["in", "at", "on", "date", "time", "seconds"];

/// Whether `value` is a secret by its `name`. A truth value is none; a text or a number may be about one.
pub(super) fn is_secret(name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::String(_) | Value::Number(_) => names_a_secret(name) && !is_about(name),
        Value::Array(_) | Value::Object(_) => names_a_secret(name),
    }
}

fn names_a_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let words = words(name);
    SECRETS.iter().any(|secret| plain.contains(secret))
        || words.iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
        || words.last().is_some_and(|word| SECRET_LAST_WORDS.contains(&word.as_str()))
}

fn is_about(name: &str) -> bool {
    let words = words(name);
    let is = |word: Option<&String>, list: &[&str]| word.is_some_and(|word| list.contains(&word.as_str()));
    let mut from_last = words.iter().rev();
    let last = from_last.next();
    is(last, ABOUT) || is(last, TIMES) && is(from_last.next(), ABOUT_TIMES)
}

/// The words of a name, in lower case: those of `accessToken`, `access-token` and `access.token` are the
/// same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        // `tokenType` begins a word at `T`, and so does `APIToken`.
        let next_is_lower = rest.peek().is_some_and(char::is_ascii_lowercase);
        let begins = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && next_is_lower);
        if !c.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
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
    fn r47_secret_words_are_known_in_every_spelling() {
        for name in [
            "scoped_token",
            "typeform_token",
            "prototype_secret",
            "lifetime_token_value",
            "expires_token",
            "token",
            "accessToken",
            "ACCESS-TOKEN",
            "APIToken",
            "secret",
            "clientSecret",
            "pass_word",
            "passwd",
            "apikey",
            "API Key",
            "api_key_value",
            "apiKey",
            "key",
            "access_key",
            "signingKey",
            "privatekey",
            "private_key_id",
            "credential",
            "credentials.value",
            "session",
            "session_id",
            "sessionid",
            "authorization",
            "auth",
            "auth.bearer",
            "basicAuth",
            "bearer",
            "jwt",
            "client_assertion",
            "cookies",
            "incoming_webhook",
            "nonce",
            "signature",
            "private",
            "token_type_hint_value",
            "expires_in_token",
        ] {
            assert!(is_secret(name, &json!("a")) && is_secret(name, &json!(["a"])), "{name}");
            assert!(is_secret(name, &json!({"a": 1})) && is_secret(name, &json!(1)), "{name}");
            assert!(!is_secret(name, &json!(true)) && !is_secret(name, &Value::Null), "{name}");
        }
    }

    #[test]
    fn what_is_about_a_secret_or_about_something_else_stays() {
        for name in [
            "token_type",
            "tokenType",
            "expires_in",
            "token_expires_at",
            "refresh_token_expires_in",
            "x_refresh_token_expires_in",
            "refreshTokenExpiresIn",
            "session.expiry",
            "scope",
            "scopes",
            "token_scopes",
            "key_id",
            "keyboard",
            "monkey",
            "author",
            "authed_user",
            "instance_url",
            "api_domain",
            "realmId",
            "realm_id",
            "id",
            "workspace_name",
            "",
            "名前",
        ] {
            assert!(!is_secret(name, &json!("a")) && !is_secret(name, &json!(1)), "{name}");
        }
        assert!(is_secret("token_type", &json!({"a": "b"})), "only a text or a number is about a token");
    }
}
