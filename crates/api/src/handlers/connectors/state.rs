//! Whether a connector may be used: confirmed after its consent, switched off and on.

use actix_web::post;
use actix_web::web::{Data, Json as Answer};
use control::Control;
use domain::{ConnectorId, Secret};
use serde::Deserialize;
use utoipa::ToSchema;

use super::wire::ConnectorDetail;
use crate::body::{Json, JsonOrNothing, PathId};
use crate::caller::OrganizationWide;
use crate::handlers::problems::{Guarded, Named, WithBody};
use crate::problem::{Problem, ProblemBody};

/// The proof that the person who consented came back to the application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmConnector {
    /// The value that the browser returned with.
    #[schema(value_type = String, format = Password)]
    confirmation: Secret,
}

/// Confirm a connector: the person who consented is the one it is for.
///
/// Needed where the organization sets `confirm_connectors`, within 15 minutes of the consent.
#[utoipa::path(operation_id = "confirm_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    responses((status = 200, body = ConnectorDetail), Guarded, Named, WithBody))]
#[post("/integrations/connectors/{connector_id}/confirm")]
pub(crate) async fn confirm(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<ConnectorId>,
    Json(body): Json<ConfirmConnector>,
) -> Result<Answer<ConnectorDetail>, Problem> {
    Ok(Answer(control.confirm_connector(&caller.tenant, id.0, &body.confirmation).await?.into()))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableConnector {
    /// Answered as `status_reason`, and to whoever calls it.
    reason: Option<String>,
}

/// Switch a connector off. Calls are refused; its credential stays.
#[utoipa::path(operation_id = "disable_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    request_body = inline(Option<DisableConnector>),
    responses((status = 200, body = ConnectorDetail), (status = 409, body = ProblemBody, content_type = "application/problem+json",
        description = "Its present status does not allow it."), Guarded, Named, WithBody))]
#[post("/integrations/connectors/{connector_id}/disable")]
pub(crate) async fn disable(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<ConnectorId>,
    JsonOrNothing(body): JsonOrNothing<DisableConnector>,
) -> Result<Answer<ConnectorDetail>, Problem> {
    Ok(Answer(control.disable_connector(&caller.tenant, id.0, body.reason).await?.into()))
}

/// Nothing need be said.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnableConnector {}

/// Switch a disabled connector on again.
#[utoipa::path(operation_id = "enable_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    request_body = inline(Option<EnableConnector>),
    responses((status = 200, body = ConnectorDetail), (status = 409, body = ProblemBody, content_type = "application/problem+json",
        description = "Its present status does not allow it."), Guarded, Named, WithBody))]
#[post("/integrations/connectors/{connector_id}/enable")]
pub(crate) async fn enable(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<ConnectorId>,
    JsonOrNothing(EnableConnector {}): JsonOrNothing<EnableConnector>,
) -> Result<Answer<ConnectorDetail>, Problem> {
    Ok(Answer(control.enable_connector(&caller.tenant, id.0).await?.into()))
}
