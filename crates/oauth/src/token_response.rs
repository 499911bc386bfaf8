//! Repairs what providers really return, so that the `oauth2` package can read it.
//!
//! The order: is there a token, else is there a refusal, else nobody knows what happened. A token wins
//! over everything else the answer says, because a rotated token that is thrown away is a lost grant.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::OAuthError;
use crate::account::{plain, without_secrets};
use crate::answer::Answer;
use crate::redact::Redactor;
use crate::refusal;

/// Longer ones are mistakes, or mean "never"; after a year a refresh does no harm.
const EXPIRES_IN_MAX: Duration = Duration::from_hours(366 * 24);
/// RFC 6749 requires `token_type`, and there is only one that everybody uses.
const TOKEN_TYPE: &str = "bearer";

/// The answer as RFC 6749 (5.1) wants it, with the other members under `account`.
pub(crate) fn repair(answer: &Answer, redactor: &Redactor) -> Result<Vec<u8>, OAuthError> {
    let members = answer.members();
    if !answer.status().is_success() {
        return Err(answer.failure(members.as_ref(), redactor));
    }
    let mut members = members.ok_or_else(|| answer.unreadable())?;
    let repaired = if let Some(access_token) = take_text(&mut members, "access_token") {
        standard(access_token, members)
    } else if let Some(said) = refusal::in_success(&members) {
        return Err(answer.refused(answer.status().as_u16(), &said, redactor));
    } else {
        nested(members).ok_or_else(|| answer.unreadable())?
    };
    Ok(Value::Object(repaired).to_string().into_bytes())
}

/// The answer around whose token another object was put (`data`, `authed_user`, …), one level down.
///
/// With two such objects nobody can say which one is meant.
fn nested(mut members: Map<String, Value>) -> Option<Map<String, Value>> {
    let has_token = |value: &Value| {
        value.as_object().is_some_and(|inner| take_text(&mut inner.clone(), "access_token").is_some())
    };
    let mut holders = members.iter().filter(|(_, value)| has_token(value)).map(|(name, _)| name.clone());
    let (Some(holder), None) = (holders.next(), holders.next()) else { return None };
    let Some(Value::Object(inner)) = members.get_mut(&holder) else { return None };
    let mut inner = std::mem::take(inner);
    let access_token = take_text(&mut inner, "access_token")?;
    let mut answer = standard(access_token, inner);
    // What is left inside stays where it was.
    if let Some(rest) = answer.remove("account") {
        members.insert(holder, rest);
    }
    answer.insert("account".to_owned(), Value::Object(without_secrets(members)));
    Some(answer)
}

fn standard(access_token: String, mut members: Map<String, Value>) -> Map<String, Value> {
    let token_type = take_text(&mut members, "token_type").unwrap_or_else(|| TOKEN_TYPE.to_owned());
    let mut answer = Map::new();
    answer.insert("access_token".to_owned(), access_token.into());
    answer.insert("token_type".to_owned(), token_type.into());
    for name in ["refresh_token", "id_token"] {
        if let Some(token) = take_text(&mut members, name) {
            answer.insert(name.to_owned(), token.into());
        }
    }
    if let Some(expires_in) = take(&mut members, "expires_in").as_ref().and_then(lifetime) {
        answer.insert("expires_in".to_owned(), expires_in.as_secs().into());
    }
    let scopes = [take(&mut members, "scope"), take(&mut members, "scopes")];
    let scopes: Vec<String> =
        scopes.iter().flatten().map(scopes_of).find(|scopes| !scopes.is_empty()).unwrap_or_default();
    if !scopes.is_empty() {
        answer.insert("scope".to_owned(), scopes.join(" ").into());
    }
    answer.insert("account".to_owned(), Value::Object(without_secrets(members)));
    answer
}

/// Removes the member `name`, in whatever spelling it stands there.
fn take(members: &mut Map<String, Value>, name: &str) -> Option<Value> {
    if let Some(value) = members.shift_remove(name) {
        return Some(value);
    }
    let wanted = plain(name);
    let spelled = members.keys().find(|key| plain(key) == wanted)?.clone();
    members.shift_remove(&spelled)
}

/// A text that can be sent in a header or a form; a whole number counts as its digits.
fn take_text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let text = match take(members, name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.as_u64().filter(|number| *number > 0)?.to_string(),
        _ => return None,
    };
    (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text)
}

/// Whole seconds, at least one; none where the provider says nothing that makes sense.
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    if seconds.is_nan() || seconds < 1.0 {
        return None;
    }
    let lifetime = Duration::try_from_secs_f64(seconds).unwrap_or(EXPIRES_IN_MAX).min(EXPIRES_IN_MAX);
    Some(Duration::from_secs(lifetime.as_secs()))
}

/// Separated by spaces, by commas or in a list.
fn scopes_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let words = text.split(|c: char| c.is_whitespace() || c == ',');
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
        }
        Value::Array(items) => items.iter().filter(|item| item.is_string()).flat_map(scopes_of).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r29_a_lifetime_is_whole_seconds_clamped_or_unknown() {
        let year = Some(366 * 24 * 3_600);
        for (said, seconds) in [
            (json!(3600), Some(3_600)),
            (json!("3600"), Some(3_600)),
            (json!(" 3600 "), Some(3_600)),
            (json!(3599.9), Some(3_599)),
            (json!("3600.0"), Some(3_600)),
            (json!(1), Some(1)),
            (json!(0), None),
            (json!("0"), None),
            (json!(0.5), None),
            (json!(-1), None),
            (json!("-3600"), None),
            (json!(315_360_000), year),
            (json!(u64::MAX), year),
            (json!(1e300), year),
            (json!("inf"), year),
            (json!("NaN"), None),
            (json!(""), None),
            (json!("never"), None),
            (json!(null), None),
            (json!(true), None),
            (json!([3600]), None),
        ] {
            assert_eq!(lifetime(&said).map(|lifetime| lifetime.as_secs()), seconds, "{said}");
        }
    }

    #[test]
    fn r17_scopes_are_read_however_they_are_separated() {
        for (said, scopes) in [
            (json!("read write"), &["read", "write"][..]),
            (json!("read,write"), &["read", "write"]),
            (json!(" read,  write,"), &["read", "write"]),
            (json!(["read", "write"]), &["read", "write"]),
            (json!(["read write", 7, null]), &["read", "write"]),
            (json!(""), &[]),
            (json!(null), &[]),
            (json!({"read": true}), &[]),
        ] {
            assert_eq!(scopes_of(&said), scopes, "{said}");
        }
    }
}
