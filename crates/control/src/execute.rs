//! The central use case: run one action of a connector.
//!
//! `api` and later faces come in at [`Control::execute`]; [`Control::run`] tells the whole story.

mod fields;
mod plan;
pub(crate) mod upstream;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use definitions::ConnectorDefinition;
use domain::{
    ApplicationId, Caller, ConnectorId, ExecuteCall, Execution, ExecutionId, ExecutionStatus, Outcome,
    Tenant, Timestamp,
};
use executor::{Call, Failure, FailureKind, Reply, Trace};
use futures_util::FutureExt;
use serde_json::{Map, Value};
use store::ConnectorForCall;
use tokio::time::Instant;
use uuid::Uuid;

use crate::credentials::Fresh;
use crate::error::UpstreamKind;
use crate::{Control, Error};
use plan::{Plan, check_call, plan};

/// How long a call may take in all, retries and waits included.
const CALL_MS_MAX: u64 = 60_000;

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
        let fresh = match self.fresh_credential(tenant, row, definition, deadline).await {
            Ok(fresh) => fresh,
            Err(error) => return Ended { result: Err(error), trace: None },
        };
        let Plan::Act(action) = plan else {
            return match self.check_fresh(tenant, connector, definition, fresh, deadline).await {
                Ok((report, trace)) => Ended { result: Ok((report.as_result(), None)), trace: Some(trace) },
                Err(error) => Ended { result: Err(error), trace: None },
            };
        };
        let settings =
            self.effective_settings(definition, &connector.replication_config, &connector.environment);
        let no_params = Map::new();
        let params = call.params.as_ref().unwrap_or(&no_params);
        let run = async |fresh: &Fresh| {
            let call = Call {
                definition,
                action,
                params,
                credential: &fresh.opened.credential,
                settings: &settings,
                connector: connector.id,
                deadline,
            };
            self.executor.run(call).await
        };
        let mut reply = run(&fresh).await;
        if refuses_the_token(&reply) {
            // A 401 is given before anything is done, so a write may be sent again as well.
            match self.after_refusal(tenant, connector.id, &fresh, deadline).await {
                Ok(Some(renewed)) => {
                    let mut second = run(&renewed).await;
                    add_first(&mut second, &reply);
                    reply = second;
                }
                Ok(None) => {}
                Err(error) => {
                    return Ended { result: Err(error), trace: reply.err().map(|failure| failure.trace) };
                }
            }
        }
        match reply {
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

/// Whether the upstream says that the token itself is not good, and not merely not enough.
fn refuses_the_token(reply: &Result<Reply, Failure>) -> bool {
    matches!(reply, Err(failure) if matches!(failure.kind, FailureKind::Auth { status: 401, .. }))
}

/// Adds what the first attempt cost to what the second one did.
fn add_first(second: &mut Result<Reply, Failure>, first: &Result<Reply, Failure>) {
    let spent = match first {
        Ok(reply) => &reply.trace,
        Err(failure) => &failure.trace,
    };
    let trace = match second {
        Ok(reply) => &mut reply.trace,
        Err(failure) => &mut failure.trace,
    };
    trace.attempts += spent.attempts;
    trace.upstream_ms += spent.upstream_ms;
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
