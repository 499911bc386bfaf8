//! A connector's credential in clear, for the applications that may have it.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use control::Control;
use domain::{ConnectorId, Timestamp};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::PathId;
use crate::caller::OrganizationWide;
use crate::handlers::problems::{Guarded, Named, Opening};
use crate::problem::Problem;
use crate::request_id;

/// A connector's credential in clear.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the document's schema; control writes the answer itself")]
pub(crate) struct CredentialInClear {
    /// The definition's security scheme that it fits.
    auth_scheme: String,
    access_token: Option<String>,
    #[schema(example = "bearer")]
    token_type: Option<String>,
    refresh_token: Option<String>,
    id_token: Option<String>,
    /// The granted scopes; null when the upstream does not say.
    scope: Option<Vec<String>>,
    /// Seconds.
    expires_in: Option<i64>,
    expires_at: Option<Timestamp>,
    workspace_id: Option<Value>,
    workspace_name: Option<Value>,
    workspace_icon: Option<Value>,
    /// What the upstream answered when it granted the tokens.
    #[schema(value_type = Option<Object>)]
    raw: Option<Value>,
    /// What is no OAuth grant, by the names of its scheme.
    #[schema(value_type = Option<Object>)]
    values: Option<Value>,
}

/// Read a connector's credential in clear; its access token is refreshed first when it has expired.
///
/// Only for applications created with `--allow credentials:read`. Every reading is in the execution
/// log.
#[utoipa::path(operation_id = "export_credential", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    responses((status = 200, body = CredentialInClear), Guarded, Named, Opening))]
#[get("/integrations/connectors/{connector_id}/credentials")]
pub(crate) async fn export(
    control: Data<Control>,
    OrganizationWide { caller, tenant }: OrganizationWide,
    PathId(id): PathId<ConnectorId>,
) -> Result<HttpResponse, Problem> {
    let exported = control.export_credential(&caller, tenant, id, request_id::current()).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(exported))
}
