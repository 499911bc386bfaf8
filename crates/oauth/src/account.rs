//! What a token answer says beside the tokens: about the account, the workspace, the installation.
//!
//! It is kept readable on the connector, so whatever could open something is left out.

mod name;
mod value;

use serde_json::{Map, Value};

pub(crate) use name::plain;

/// `members` without those that are named like secrets or look like tokens, at any depth. Truth values
/// stay, for they open nothing.
pub(crate) fn without_secrets(members: Map<String, Value>) -> Map<String, Value> {
    let kept = members.into_iter().filter(|(name, value)| {
        !name::is_secret(name, value) && !value::looks_like_a_token(name) && !is_token(value)
    });
    kept.map(|(name, value)| (name, inside(value))).collect()
}

fn inside(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(without_secrets(members)),
        Value::Array(items) => items.into_iter().filter(|item| !is_token(item)).map(inside).collect(),
        other => other,
    }
}

fn is_token(value: &Value) -> bool {
    value.as_str().is_some_and(value::looks_like_a_token)
}

#[cfg(test)]
mod tests;
