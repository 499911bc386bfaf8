//! The central use case: run one action of a connector.
//!
//! `api` and later faces come in at [`Control::execute`]; [`Control::run`] tells the whole story.

mod fields;
pub(crate) mod upstream;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use definitions::{Action, ConnectorDefinition};
use domain::{
    ApplicationId, Caller, ConnectorId, CustomerStatus, EntityMode, ExecuteCall, Execution, ExecutionId,
    ExecutionStatus, Outcome, Tenant, Timestamp,
};
use executor::{Call, Trace};
use futures_util::FutureExt;
use serde_json::{Map, Value};
use store::ConnectorForCall;
use tokio::time::Instant;
use uuid::Uuid;

use crate::connectors::effective_settings;
use crate::error::{FieldFault, UpstreamKind};
use crate::{Control, Error};

/// How long a call may take in all, retries and waits included.
const CALL_MS_MAX: u64 = 60_000;
/// Longest `intent`, in characters.
const INTENT_CHARACTERS_MAX: usize = 512;
/// Names in `select_fields` or `exclude_fields`: each is looked up in every record.
const FIELDS_MAX: usize = 256;
/// Longest of these names.
const FIELD_CHARACTERS_MAX: usize = 256;
/// Longest `entity` and `action`, so that the log cannot be filled with them.
const WORD_CHARACTERS_MAX: usize = 128;

/// What a call asks for, found before anything is sent or opened.
enum Plan<'d> {
    /// Action `describe`, of everything or of one entity.
    Describe(Value),
    /// Entity `*`, action `check`.
    Check,
    Act(&'d Action),
}

/// How a call ended, for the caller and for the log.
pub(crate) struct Ended {
    pub(crate) result: Result<(Value, Option<Map<String, Value>>), Error>,
    pub(crate) trace: Option<Trace>,
}

impl Control {
    /// Runs one action of a connector and records it.
    ///
    /// It goes on to its end when the caller hangs up, so that every effect is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::UnknownDefinition`], [`Error::Invalid`],
    /// [`Error::WorkspaceInactive`], [`Error::UnknownEntity`], [`Error::UnknownAction`],
    /// [`Error::EntityNotAllowed`], [`Error::Params`], [`Error::Egress`], [`Error::Upstream`], and
    /// [`Error::Unavailable`] when the log has no place for the call.
    pub async fn execute(
        &self,
        caller: &Caller,
        tenant: Tenant,
        connector: ConnectorId,
        call: ExecuteCall,
        request_id: Uuid,
    ) -> Result<Outcome, Error> {
        let application = caller.application();
        let control = self.clone();
        let run = async move { control.run(application, &tenant, connector, &call, request_id).await };
        tokio::spawn(run).await.map_err(Error::panicked)?
    }

    async fn run(
        &self,
        application: ApplicationId,
        tenant: &Tenant,
        id: ConnectorId,
        call: &ExecuteCall,
        request_id: Uuid,
    ) -> Result<Outcome, Error> {
        let started_at = self.clock.now();
        let deadline = Instant::now() + Duration::from_millis(call.timeout_ms.unwrap_or(CALL_MS_MAX));
        check_call(call)?;
        let row = self.store.connector_for_call(tenant, id).await.map_err(Error::missing("connector", id))?;
        let definition = self.definition(row.connector.definition_id)?;

        let plan = plan(&definition, &row, call);
        let writes = matches!(&plan, Ok(Plan::Act(action)) if action.writes());
        let mut entry = new_entry(application, &row, call, request_id, started_at);
        // One name for one thing: what was called by its second name is logged by its first.
        if let Ok(Plan::Act(action)) = &plan {
            entry.entity.clone_from(&action.entity);
            action.kind.as_str().clone_into(&mut entry.action);
        }
        let recording = self.log.open(entry, writes).await?;
        let ended = match plan {
            Ok(plan) => {
                let perform = self.perform(tenant, &row, &definition, plan, call, deadline);
                let ended = AssertUnwindSafe(perform).catch_unwind().await;
                ended.unwrap_or_else(|_| Ended::panicked(writes))
            }
            Err(error) => Ended { result: Err(error), trace: None },
        };
        let finished_at = self.clock.now();
        self.log.close(recording, |entry| ended.write_to(entry, finished_at)).await;

        let (result, metadata) = ended.result?;
        Ok(Outcome::success(id, result, metadata, finished_at.ms_since(started_at)))
    }

    async fn perform(
        &self,
        tenant: &Tenant,
        row: &ConnectorForCall,
        definition: &ConnectorDefinition,
        plan: Plan<'_>,
        call: &ExecuteCall,
        deadline: Instant,
    ) -> Ended {
        let connector = &row.connector;
        if let Plan::Describe(description) = plan {
            return Ended { result: Ok((description, None)), trace: None };
        }
        let credential = match self.open_credential(tenant, connector.id, &row.credential).await {
            Ok(credential) => credential,
            Err(error) => return Ended { result: Err(error), trace: None },
        };
        let Plan::Act(action) = plan else {
            let (report, trace) = self.check_of(connector, definition, &credential, deadline).await;
            return Ended { result: Ok((report.as_result(), None)), trace: Some(trace) };
        };
        let settings = effective_settings(definition, &connector.replication_config, &connector.environment);
        let no_params = Map::new();
        let run = self.executor.run(Call {
            definition,
            action,
            params: call.params.as_ref().unwrap_or(&no_params),
            credential: &credential,
            settings: &settings,
            connector: connector.id,
            deadline,
        });
        match run.await {
            Ok(reply) => {
                let result = fields::shape(reply.result, action.kind, call);
                // Clients read a list's cursor from it, so it is there for lists even when empty.
                let metadata = reply.metadata.or_else(|| action.kind.lists().then(Map::new));
                Ended { result: Ok((result, metadata)), trace: Some(reply.trace) }
            }
            Err(failure) => {
                let (error, trace) = upstream::error(failure);
                Ended { result: Err(error), trace: Some(trace) }
            }
        }
    }
}

/// What is wrong with the call itself, whatever the connector.
fn check_call(call: &ExecuteCall) -> Result<(), Error> {
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
fn plan<'d>(
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
        ("*", "check") => return Ok(Plan::Check),
        _ => {}
    }
    let action = definition.action(&call.entity, &call.action).map_err(upstream::unknown_action)?;
    if !connector.allows(&action.entity, mode(action.writes())) {
        let verb = if action.writes() { "changed" } else { "read" };
        return Err(not_allowed(&action.entity, verb));
    }
    Ok(Plan::Act(action))
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

/// The log's line for a call that begins.
pub(crate) fn new_entry(
    application: ApplicationId,
    row: &ConnectorForCall,
    call: &ExecuteCall,
    request_id: Uuid,
    started_at: Timestamp,
) -> Execution {
    Execution {
        id: ExecutionId::new(),
        organization_id: row.connector.organization_id,
        application_id: application,
        customer_id: row.connector.customer_id,
        connector_id: row.connector.id,
        definition_id: row.connector.definition_id,
        entity: call.entity.clone(),
        action: call.action.clone(),
        intent: call.intent.clone(),
        status: ExecutionStatus::Started,
        error_code: None,
        upstream_status: None,
        upstream_request_id: None,
        attempts: 0,
        duration_ms: 0,
        upstream_ms: 0,
        response_bytes: 0,
        request_id,
        started_at,
        finished_at: None,
    }
}

impl Ended {
    /// A mistake of ours in the midst of a call: one that writes may have taken effect.
    fn panicked(writes: bool) -> Self {
        let error = if writes { upstream::lost() } else { Error::Internal("a call panicked".into()) };
        Self { result: Err(error), trace: None }
    }

    pub(crate) fn write_to(&self, entry: &mut Execution, finished_at: Timestamp) {
        entry.status = match &self.result {
            Ok(_) => ExecutionStatus::Succeeded,
            Err(Error::Upstream(failure)) if failure.kind == UpstreamKind::OutcomeUnknown => {
                ExecutionStatus::Unknown
            }
            Err(_) => ExecutionStatus::Failed,
        };
        entry.error_code = self.result.as_ref().err().map(|error| error.code().to_owned());
        entry.duration_ms = finished_at.ms_since(entry.started_at);
        entry.finished_at = Some(finished_at);
        if let Some(trace) = &self.trace {
            entry.attempts = trace.attempts;
            entry.upstream_ms = trace.upstream_ms;
            entry.upstream_status = trace.upstream_status;
            entry.upstream_request_id.clone_from(&trace.upstream_request_id);
            entry.response_bytes = trace.response_bytes;
        }
    }
}
