//! Choosing the auth scheme by the keys that were given, and nothing but the keys.

use std::collections::{BTreeMap, BTreeSet};

use definitions::{AuthScheme, ConnectorDefinition, DISCRIMINATORS, SchemeMatch};
use domain::{Credential, Secret};
use serde_json::{Map, Value};

use crate::Error;
use crate::error::{FAULTS_MAX, FieldFault};

/// Longest single value of a credential: a service account's JSON fits several times.
const VALUE_BYTES_MAX: usize = 64 * 1024;

/// The credential that `given` makes, together with values found in the replication settings.
pub(super) fn fitting(
    definition: &ConnectorDefinition,
    given: Map<String, Value>,
    from_config: Map<String, Value>,
) -> Result<Credential, Error> {
    let given: Map<String, Value> = from_config
        .into_iter()
        .chain(given)
        .filter(|(name, value)| !value.is_null() && !DISCRIMINATORS.contains(&name.as_str()))
        .collect();
    if given.is_empty() {
        let schemes = schemes_line(definition);
        return Err(Error::CredentialsMismatch(format!("no credentials were given: {schemes}")));
    }
    let keys: BTreeSet<&str> = given.keys().map(String::as_str).collect();
    let scheme = match definition.match_scheme(&keys) {
        SchemeMatch::One(name) => name.to_owned(),
        SchemeMatch::Several(names) => {
            return Err(mismatch(&keys, definition, &format!("fit several schemes ({})", names.join(", "))));
        }
        SchemeMatch::Unsupported { scheme, reason } => {
            let verdict = format!("fit {scheme}, which this release cannot use ({reason})");
            return Err(mismatch(&keys, definition, &verdict));
        }
        SchemeMatch::None => return Err(mismatch(&keys, definition, "fit no auth scheme")),
    };
    let mut values = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, value) in given {
        match text(&name, value) {
            Ok(text) => {
                values.insert(name, text);
            }
            Err(reason) => {
                faults.push(FieldFault::new(format!("credentials.{name}"), format!("`{name}` {reason}")));
            }
        }
    }
    if faults.is_empty() { Ok(Credential::new(scheme, values)) } else { Err(Error::Invalid(faults)) }
}

/// A credential's value as the text that is sealed. Only what is a JSON document by its name (a
/// service account) may be given as an object.
fn text(name: &str, value: Value) -> Result<Secret, &'static str> {
    let text = match value {
        Value::String(text) => text,
        Value::Object(document) if name.ends_with("_json") => Value::Object(document).to_string(),
        _ => return Err("must be a text"),
    };
    let text = Secret::new(text);
    #[expect(clippy::disallowed_methods, reason = "the value is checked, not kept")]
    let exposed = text.expose();
    if exposed.trim().is_empty() {
        return Err("must not be blank");
    }
    if exposed.len() > VALUE_BYTES_MAX {
        return Err("is longer than 64 KiB");
    }
    // Keys and service accounts have lines; in anything else a line break would end a header.
    let has_lines = exposed.starts_with('{') || exposed.contains("-----BEGIN");
    if !has_lines && (exposed.trim() != exposed || exposed.chars().any(char::is_control)) {
        return Err("has white space around it, a line break or control characters; paste it without");
    }
    Ok(text)
}

fn mismatch(keys: &BTreeSet<&str>, definition: &ConnectorDefinition, verdict: &str) -> Error {
    let keys: Vec<_> = keys.iter().take(FAULTS_MAX).map(|key| format!("`{}`", printable(key))).collect();
    let schemes = schemes_line(definition);
    Error::CredentialsMismatch(format!(
        "the credential keys given ({}) {verdict}: {schemes}",
        keys.join(", ")
    ))
}

/// ``Notion takes `token` for Internal token, or `a` + `b` (optional `c`) for OAuth``.
fn schemes_line(definition: &ConnectorDefinition) -> String {
    let schemes: Vec<_> = definition
        .auth_schemes
        .iter()
        .filter(|scheme| scheme.unsupported.is_none())
        .map(scheme_line)
        .collect();
    format!("{} takes {}", definition.title, schemes.join(", or "))
}

fn scheme_line(scheme: &AuthScheme) -> String {
    let mut line = scheme.required.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" + ");
    let optional: Vec<_> = scheme
        .properties
        .keys()
        .filter(|key| !scheme.required.contains(key))
        .map(|key| format!("`{key}`"))
        .collect();
    if !optional.is_empty() {
        line = format!("{line} (optional {})", optional.join(", "));
    }
    format!("{line} for {}", scheme.title)
}

/// A key that somebody mistook for a value must not come back whole.
pub(crate) fn printable(key: &str) -> String {
    let key: String = key.chars().filter(|c| !c.is_control()).collect();
    if key.chars().count() <= 24 { key } else { format!("{}…", key.chars().take(12).collect::<String>()) }
}
