//! What is checked of a consent before it begins.

use definitions::{AuthScheme, ConnectorDefinition};
use serde_json::{Map, Value};
use url::Url;

use crate::Error;
use crate::connectors::printable;
use crate::credentials::{GRANTED_SLOTS, slot_property};
use crate::error::{FAULTS_MAX, FieldFault};

/// Parameters of the caller's for the consent URL, and the longest of them.
const PARAMETERS_MAX: usize = 32;
const PARAMETER_BYTES_MAX: usize = 1_024;

/// Beside a consent a credential may have what the consent does not bring, and nothing else.
pub(super) fn check_beside(scheme: &AuthScheme, given: &Map<String, Value>) -> Result<(), Error> {
    let filled = GRANTED_SLOTS.map(|slot| slot_property(scheme, slot));
    let fault = |(name, value): (&String, &Value)| {
        let what = if filled.contains(&name.as_str()) || !scheme.properties.contains_key(name) {
            "comes with the consent, or belongs to another way to connect: leave it out"
        } else if value.as_str().is_none_or(|text| text.trim().is_empty()) {
            "must be a text that is not blank"
        } else {
            return None;
        };
        let name = printable(name);
        Some(FieldFault::new(format!("replication_config.{name}"), format!("`{name}` {what}")))
    };
    let faults: Vec<_> = given.iter().filter_map(fault).take(FAULTS_MAX).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Refuses settings that would have what a person grants sent to a host the definition does not vouch for.
pub(super) fn check_hosts(
    definition: &ConnectorDefinition,
    settings: &Map<String, Value>,
) -> Result<(), Error> {
    let checked = definition.check_host_settings(settings);
    checked.map_err(|(variable, message)| {
        let text = format!("`{variable}` {message}");
        Error::invalid(format!("environment.{variable}"), text)
    })
}

/// The checked URL with the query as it was given: a parsed one is spelled anew, and a product may have
/// signed its own.
pub(super) fn with_own_query(mut url: Url, given: &str) -> String {
    match given.split_once('?') {
        Some((_, query)) if query.is_ascii() => {
            url.set_query(None);
            format!("{url}?{query}")
        }
        _ => url.into(),
    }
}

/// The caller's parameters as texts.
pub(super) fn parameters(given: &Map<String, Value>) -> Result<Vec<(String, String)>, Error> {
    if given.len() > PARAMETERS_MAX {
        let text = format!("`oauth_input_configuration` may have {PARAMETERS_MAX} parameters at most");
        return Err(Error::invalid("oauth_input_configuration", text));
    }
    let mut taken = Vec::new();
    let mut faults = Vec::new();
    for (name, value) in given {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                faults.push(parameter_fault(name, "must be a text, a number or a truth value"));
                continue;
            }
        };
        let is_long = name.len().max(text.len()) > PARAMETER_BYTES_MAX;
        if is_long || text.chars().chain(name.chars()).any(char::is_control) {
            faults.push(parameter_fault(name, "is too long or has control characters"));
        } else {
            taken.push((name.clone(), text));
        }
    }
    faults.truncate(FAULTS_MAX);
    if faults.is_empty() { Ok(taken) } else { Err(Error::Invalid(faults)) }
}

fn parameter_fault(name: &str, what: &str) -> FieldFault {
    let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    FieldFault::new(format!("oauth_input_configuration.{name}"), format!("`{name}` {what}"))
}
