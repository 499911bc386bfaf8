//! A connector's settings: server variables and the rest, never credentials.

use definitions::{ConnectorDefinition, nearest};
use serde_json::{Map, Value};

use crate::error::{FAULTS_MAX, FieldFault, suggestion};
use crate::{Control, Error};

/// Settings of replication that every client may send, whatever the definition.
const COMMON: [&str; 2] = ["start_date", "end_date"];

impl Control {
    /// What the executor sees: the variables' defaults, overlaid by the operator's and by the
    /// connector's own settings.
    pub(crate) fn effective_settings(
        &self,
        definition: &ConnectorDefinition,
        replication_config: &Map<String, Value>,
        environment: &Map<String, Value>,
    ) -> Map<String, Value> {
        let defaults = definition
            .server
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), Value::String(variable.default.clone())));
        let operator = self.operator.settings.get(&definition.name).into_iter().flatten();
        let own = operator.chain(replication_config).chain(environment);
        defaults.chain(own.map(|(name, value)| (name.clone(), value.clone()))).collect()
    }
}

/// A `replication_config` as clients send it, in its three parts.
pub(super) struct Sorted {
    pub(super) credentials: Map<String, Value>,
    /// Server variables: they belong to `environment`, where nothing changes them later.
    pub(super) environment: Map<String, Value>,
    pub(super) rest: Map<String, Value>,
}

/// Sorts what a new connector's `replication_config` holds: clients that know no other place for
/// credentials and server variables put them there.
pub(super) fn sort(definition: &ConnectorDefinition, config: Map<String, Value>) -> Result<Sorted, Error> {
    let mut sorted = Sorted { credentials: Map::new(), environment: Map::new(), rest: Map::new() };
    let mut faults = Vec::new();
    for (name, value) in config {
        match kind(definition, &name) {
            Kind::Credential => sorted.credentials.insert(name, value),
            Kind::Variable => sorted.environment.insert(name, value),
            Kind::Setting => sorted.rest.insert(name, value),
            Kind::Unknown => {
                if faults.len() < FAULTS_MAX {
                    faults.push(unknown(definition, &name));
                }
                None
            }
        };
    }
    refuse(faults)?;
    Ok(sorted)
}

/// Refuses a change of `replication_config` that would move the connector or its credential.
///
/// A server variable decides where the stored credential is sent, so whoever may change it could
/// have it sent to himself.
pub(super) fn check_change(
    definition: &ConnectorDefinition,
    config: &Map<String, Value>,
) -> Result<(), Error> {
    let faults = config.keys().filter_map(|name| {
        let what = match kind(definition, name) {
            Kind::Setting => return None,
            Kind::Unknown => return Some(unknown(definition, name)),
            Kind::Credential => "is a credential",
            Kind::Variable => "decides where the credential is sent",
        };
        let message = format!(
            "`{name}` {what} and cannot be changed: create a new connector with it, then delete this one"
        );
        Some(FieldFault::new(format!("replication_config.{name}"), message))
    });
    refuse(faults.take(FAULTS_MAX).collect())
}

enum Kind {
    Credential,
    Variable,
    Setting,
    Unknown,
}

fn kind(definition: &ConnectorDefinition, name: &str) -> Kind {
    if definition.auth_schemes.iter().any(|scheme| scheme.properties.contains_key(name)) {
        Kind::Credential
    } else if definition.server.variables.contains_key(name) {
        Kind::Variable
    } else if COMMON.contains(&name) || definition.settings.contains_key(name) {
        Kind::Setting
    } else {
        Kind::Unknown
    }
}

/// The key itself may be a secret in the wrong place, so of a long one only the beginning is said.
fn unknown(definition: &ConnectorDefinition, name: &str) -> FieldFault {
    let keys = definition.auth_schemes.iter().flat_map(|scheme| scheme.properties.keys());
    let known: Vec<&str> = keys
        .chain(definition.server.variables.keys())
        .chain(definition.settings.keys())
        .map(String::as_str)
        .chain(COMMON)
        .collect();
    let meant = suggestion(nearest(name, known.iter().copied()));
    let name = super::credential::printable(name);
    let message = format!(
        "{} has no setting `{name}`{meant}; credentials go into `credentials`, server variables into `environment`",
        definition.title
    );
    FieldFault::new(format!("replication_config.{name}"), message)
}

/// Every name must be a server variable of the definition, every value one it takes.
pub(super) fn check_environment(
    definition: &ConnectorDefinition,
    environment: &Map<String, Value>,
) -> Result<(), Error> {
    let variables = &definition.server.variables;
    let faults = environment.iter().filter_map(|(name, value)| {
        let shown = super::credential::printable(name);
        let field = format!("environment.{shown}");
        let Some(variable) = variables.get(name) else {
            let known: Vec<&str> = variables.keys().map(String::as_str).collect();
            let has = match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            let meant = suggestion(nearest(name, known.iter().copied()));
            let message = format!("{} has no setting `{shown}`{meant}; {has}", definition.title);
            return Some(FieldFault::new(field, message));
        };
        let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) else {
            return Some(FieldFault::new(field, format!("`{name}` must be a text that is not blank")));
        };
        if text.chars().any(char::is_control) {
            return Some(FieldFault::new(field, format!("`{name}` must not contain control characters")));
        }
        variable.check(text).err().map(|reason| FieldFault::new(field, format!("`{name}` {reason}")))
    });
    refuse(faults.take(FAULTS_MAX).collect())
}

fn refuse(faults: Vec<FieldFault>) -> Result<(), Error> {
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}
