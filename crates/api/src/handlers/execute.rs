//! Execute: the one way to call an upstream API.

use actix_web::post;
use actix_web::web::{Data, Json as Answer};
use control::Control;
use domain::{ConnectorId, ExecuteCall, Outcome};

use super::problems::{Guarded, Named, Opening, Upstream, WithBody};
use crate::body::{EXECUTE_BODY_BYTES_MAX, Json, PathId};
use crate::caller::Scoped;
use crate::problem::Problem;
use crate::request_id;

/// Run one action of a connector.
///
/// Entity `*` with action `check` tells whether the connector works; an empty entity with action
/// `describe` lists entities, actions and their parameters. Every failure is answered with another
/// status than 2xx.
#[utoipa::path(operation_id = "execute", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    responses((status = 200, body = Outcome), Guarded, Named, WithBody, Opening, Upstream))]
#[post("/integrations/connectors/{connector_id}/execute")]
pub(crate) async fn execute(
    control: Data<Control>,
    caller: Scoped,
    id: PathId<ConnectorId>,
    call: Json<ExecuteCall, EXECUTE_BODY_BYTES_MAX>,
) -> Result<Answer<Outcome>, Problem> {
    execute_handler(control, caller, id, call).await
}

/// The same, for older paths.
pub(crate) async fn execute_handler(
    control: Data<Control>,
    Scoped { caller, tenant }: Scoped,
    PathId(id): PathId<ConnectorId>,
    Json(call): Json<ExecuteCall, EXECUTE_BODY_BYTES_MAX>,
) -> Result<Answer<Outcome>, Problem> {
    Ok(Answer(control.execute(&caller, tenant, id, call, request_id::current()).await?))
}
