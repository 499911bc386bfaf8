//! A connector's settings: server variables and the rest, never credentials.

use definitions::ConnectorDefinition;
use serde_json::{Map, Value};

use super::nearest;
use crate::Error;
use crate::error::{FieldFault, suggestion};

/// What the executor sees: the variables' defaults, overlaid by the connector's own settings.
pub(crate) fn effective_settings(
    definition: &ConnectorDefinition,
    replication_config: &Map<String, Value>,
    environment: &Map<String, Value>,
) -> Map<String, Value> {
    let defaults = definition
        .server
        .variables
        .iter()
        .map(|(name, variable)| (name.clone(), Value::String(variable.default.clone())));
    let own = replication_config.iter().chain(environment).map(|(name, value)| (name.clone(), value.clone()));
    defaults.chain(own).collect()
}

/// Parts credentials from the rest: some clients send both in `replication_config`.
pub(super) fn split_replication_config(
    definition: &ConnectorDefinition,
    config: Map<String, Value>,
) -> (Map<String, Value>, Map<String, Value>) {
    config.into_iter().partition(|(name, _)| !is_credential(definition, name))
}

/// Refuses credentials where only settings may stand.
pub(super) fn no_credentials_in(
    definition: &ConnectorDefinition,
    config: &Map<String, Value>,
) -> Result<(), Error> {
    let faults: Vec<_> = config
        .keys()
        .filter(|name| is_credential(definition, name))
        .map(|name| {
            FieldFault::new(
                format!("replication_config.{name}"),
                format!(
                    "{name} is a credential and cannot be changed here: create the connector anew with it"
                ),
            )
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

fn is_credential(definition: &ConnectorDefinition, name: &str) -> bool {
    definition.auth_schemes.iter().any(|scheme| scheme.properties.contains_key(name))
}

/// Every name must be a server variable of the definition, every value one it takes.
pub(super) fn check_environment(
    definition: &ConnectorDefinition,
    environment: &Map<String, Value>,
) -> Result<(), Error> {
    let variables = &definition.server.variables;
    let faults: Vec<_> = environment
        .iter()
        .filter_map(|(name, value)| {
            let field = format!("environment.{name}");
            let Some(variable) = variables.get(name) else {
                let known: Vec<&str> = variables.keys().map(String::as_str).collect();
                let has = match known.as_slice() {
                    [] => "it has none".to_owned(),
                    known => format!("it has {}", known.join(", ")),
                };
                let meant = suggestion(nearest(name, &known));
                let message = format!("{} has no setting `{name}`{meant}; {has}", definition.title);
                return Some(FieldFault::new(field, message));
            };
            let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) else {
                return Some(FieldFault::new(field, format!("{name} must be a text that is not blank")));
            };
            let taken = variable.allowed.is_empty() || variable.allowed.iter().any(|allowed| allowed == text);
            (!taken).then(|| {
                FieldFault::new(field, format!("{name} must be one of {}", variable.allowed.join(", ")))
            })
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}
