//! Checks: whether a connector works, before or after it is made.

use actix_web::post;
use actix_web::web::{Data, Json as Answer};
use control::{CheckReport, CheckState, Control, EntityProbe, Error, UpdateConnector};
use domain::{CallerKind, ConnectorId, JobId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::connectors::{ChangeConnector, CreateConnector};
use super::problems::{Guarded, Named, Opening, WithBody};
use crate::body::{Json, JsonOrNothing, PathId};
use crate::caller::Scoped;
use crate::problem::Problem;
use crate::request_id;

/// What a check found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Check {
    id: JobId,
    /// `succeeded`, `failed`, `inconclusive` when the upstream could not be asked, or `skipped`.
    #[schema(example = "succeeded")]
    status: &'static str,
    error_message: Option<String>,
    failure_reason: Option<FailureReason>,
    /// How each entity that was asked answered.
    entity_check_results: Vec<EntityCheck>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FailureReason {
    timestamp: Timestamp,
    /// `token_refused`, `nothing_shared`, `capability_missing`, `upstream_rejected` or
    /// `upstream_unreachable`.
    #[schema(example = "token_refused")]
    failure_type: &'static str,
    external_message: Option<String>,
    /// Whether the same check may succeed later by itself.
    retryable: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct EntityCheck {
    entity: String,
    #[schema(example = "succeeded")]
    status: &'static str,
    /// The upstream's status.
    status_code: Option<u16>,
    error_message: Option<String>,
}

fn status(state: CheckState) -> &'static str {
    match state {
        CheckState::Healthy => "succeeded",
        CheckState::TokenRefused
        | CheckState::NothingShared
        | CheckState::CapabilityMissing
        | CheckState::Rejected => "failed",
        CheckState::Unreachable => "inconclusive",
        CheckState::Skipped => "skipped",
    }
}

impl Check {
    fn of(report: CheckReport, now: Timestamp) -> Self {
        let CheckReport { state, message, probes, .. } = report;
        let failed = !matches!(state, CheckState::Healthy | CheckState::Skipped);
        Self {
            id: JobId::new(),
            status: status(state),
            failure_reason: failed.then(|| FailureReason {
                timestamp: now,
                failure_type: state.as_str(),
                external_message: message.clone(),
                retryable: state == CheckState::Unreachable,
            }),
            error_message: message,
            entity_check_results: probes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<EntityProbe> for EntityCheck {
    fn from(probe: EntityProbe) -> Self {
        Self {
            status: status(probe.state()),
            entity: probe.entity,
            status_code: probe.upstream_status,
            error_message: probe.problem,
        }
    }
}

/// Check a connector before it is made. Nothing is written.
///
/// It tells apart a refused token, a good token that nothing was shared with, a missing capability,
/// and a connector that will work.
#[utoipa::path(operation_id = "check_new_connector", tag = "connectors", responses((status = 200, body = Check), Guarded, Named, WithBody))]
#[post("/integrations/connectors/check")]
pub(crate) async fn check_new(
    control: Data<Control>,
    _caller: Scoped,
    Json(body): Json<CreateConnector>,
) -> Result<Answer<Check>, Problem> {
    body.check_workspace_name()?;
    let report = control.check_new_connector(body.into_new()?).await?;
    Ok(Answer(Check::of(report, control.clock().now())))
}

/// Check a connector, as it is or as it would be with the given changes.
#[utoipa::path(operation_id = "check_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    request_body = inline(Option<ChangeConnector>), responses((status = 200, body = Check), Guarded, Named, WithBody, Opening))]
#[post("/integrations/connectors/{connector_id}/check")]
pub(crate) async fn check(
    control: Data<Control>,
    Scoped { caller, tenant }: Scoped,
    PathId(id): PathId<ConnectorId>,
    JsonOrNothing(body): JsonOrNothing<ChangeConnector>,
) -> Result<Answer<Check>, Problem> {
    let update = UpdateConnector::from(body);
    // What a scoped token may not change for good it may not try out either.
    if caller.kind() != CallerKind::Application && update != UpdateConnector::default() {
        return Err(Error::Forbidden("a scoped token checks a connector as it is: leave the body out").into());
    }
    let report = control.check_connector(&caller, tenant, id, update, request_id::current()).await?;
    Ok(Answer(Check::of(report, control.clock().now())))
}
