//! What a call asks for, found before anything is sent or opened.

use definitions::{Action, ConnectorDefinition};
use domain::{CustomerStatus, EntityMode, ExecuteCall};
use serde_json::Value;
use store::ConnectorForCall;

use super::{CALL_MS_MAX, upstream};
use crate::Error;
use crate::connectors::check_usable;
use crate::error::FieldFault;

/// Longest `intent`, in characters.
const INTENT_CHARACTERS_MAX: usize = 512;
/// Names in `select_fields` or `exclude_fields`: each is looked up in every record.
const FIELDS_MAX: usize = 256;
/// Longest of these names.
const FIELD_CHARACTERS_MAX: usize = 256;
/// Longest `entity` and `action`, so that the log cannot be filled with them.
const WORD_CHARACTERS_MAX: usize = 128;

/// What a call asks for.
pub(super) enum Plan<'d> {
    /// Action `describe`, of everything or of one entity.
    Describe(Value),
    /// Entity `*`, action `check`.
    Check,
    Act(&'d Action),
}

/// What is wrong with the call itself, whatever the connector.
pub(super) fn check_call(call: &ExecuteCall) -> Result<(), Error> {
    let mut faults = Vec::new();
    for (field, word) in [("entity", &call.entity), ("action", &call.action)] {
        if word.chars().count() > WORD_CHARACTERS_MAX {
            faults.push(FieldFault::new(
                field,
                format!("`{field}` may have {WORD_CHARACTERS_MAX} characters at most"),
            ));
        }
    }
    if call.intent.as_ref().is_some_and(|intent| intent.chars().count() > INTENT_CHARACTERS_MAX) {
        faults.push(FieldFault::new(
            "intent",
            format!("`intent` may have {INTENT_CHARACTERS_MAX} characters at most"),
        ));
    }
    if call.timeout_ms.is_some_and(|ms| ms == 0 || ms > CALL_MS_MAX) {
        faults.push(FieldFault::new("timeout_ms", format!("`timeout_ms` must be from 1 to {CALL_MS_MAX}")));
    }
    for (field, names) in [("select_fields", &call.select_fields), ("exclude_fields", &call.exclude_fields)] {
        let names = names.as_deref().unwrap_or_default();
        if names.len() > FIELDS_MAX || names.iter().any(|name| name.chars().count() > FIELD_CHARACTERS_MAX) {
            let text =
                format!("`{field}` may have {FIELDS_MAX} names of {FIELD_CHARACTERS_MAX} characters at most");
            faults.push(FieldFault::new(field, text));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Finds what is asked for, and refuses what this connector does not allow.
pub(super) fn plan<'d>(
    definition: &'d ConnectorDefinition,
    row: &ConnectorForCall,
    call: &ExecuteCall,
) -> Result<Plan<'d>, Error> {
    let connector = &row.connector;
    match (call.entity.as_str(), call.action.as_str()) {
        ("" | "*", "describe") => {
            let allowed = |entity: &str, writes| connector.allows(entity, mode(writes));
            return Ok(Plan::Describe(definition.describe_for(allowed)));
        }
        (entity, "describe") if definition.entities.contains_key(entity) => {
            if !connector.allows(entity, EntityMode::Read) && !connector.allows(entity, EntityMode::Write) {
                return Err(not_allowed(entity, "used"));
            }
            let description = definition.describe_entity(entity).unwrap_or_default();
            return Ok(Plan::Describe(description));
        }
        _ if row.customer_status == CustomerStatus::Inactive => return Err(Error::WorkspaceInactive),
        _ => check_usable(&connector.state)?,
    }
    if (call.entity.as_str(), call.action.as_str()) == ("*", "check") {
        return Ok(Plan::Check);
    }
    let action = definition.action(&call.entity, &call.action).map_err(upstream::unknown_action)?;
    if !connector.allows(&action.entity, mode(action.writes())) {
        let verb = if action.writes() { "changed" } else { "read" };
        return Err(not_allowed(&action.entity, verb));
    }
    if let Some(granted) = &connector.granted_scopes
        && let Some(missing) = action.missing_scopes(&connector.auth_scheme, granted)
    {
        return Err(Error::ScopeMissing(format!(
            "this connector was granted {}, and {} {} needs {} as well: start a consent with its id as \
             `connector_id` that asks for it",
            scopes_line(granted),
            action.entity,
            action.kind.as_str(),
            missing.join(", ")
        )));
    }
    Ok(Plan::Act(action))
}

fn scopes_line(granted: &[String]) -> String {
    if granted.is_empty() { "no scopes".to_owned() } else { format!("the scopes {}", granted.join(", ")) }
}

fn not_allowed(entity: &str, verb: &str) -> Error {
    Error::EntityNotAllowed(format!(
        "this connector is limited by its `entities`, and `{entity}` may not be {verb} with it: \
         use another connector, or widen it with PUT"
    ))
}

fn mode(writes: bool) -> EntityMode {
    if writes { EntityMode::Write } else { EntityMode::Read }
}
