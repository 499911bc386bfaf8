//! Bearer tokens.

use actix_web::web::{Data, Json as Answer};
use actix_web::{get, post};
use control::Control;
use domain::{CustomerId, OrganizationId, Secret};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::problems::{Guarded, WithBody};
use crate::body::Json;
use crate::caller::{OrganizationWide, RequestedOrganization, Scoped};
use crate::problem::Problem;

/// An application's id and secret. Further fields are ignored, as other token endpoints do.
#[derive(Deserialize, ToSchema)]
pub(crate) struct IssueToken {
    client_id: String,
    #[schema(value_type = String, format = Password)]
    client_secret: Secret,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    #[serde(serialize_with = "shown_once")]
    #[schema(value_type = String)]
    access_token: Secret,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// The organization the token is bound to, or the only one it reaches.
    organization_id: Option<OrganizationId>,
}

/// Exchange an application's secret for a bearer token.
///
/// The token lives 900 seconds; getting another does not end it. With `X-Organization-Id` the
/// token is bound to that organization.
#[utoipa::path(operation_id = "issue_token", tag = "tokens", security(()),
    responses((status = 200, body = Token), Guarded, WithBody))]
#[post("/account/applications/token")]
pub(crate) async fn issue(
    control: Data<Control>,
    organization: RequestedOrganization,
    body: Json<IssueToken>,
) -> Result<Answer<Token>, Problem> {
    let IssueToken { client_id, client_secret } = body.0;
    let issued = control.issue_token(&client_id, &client_secret, organization.0).await?;
    Ok(Answer(Token {
        access_token: issued.token,
        token_type: "bearer",
        expires_in: issued.expires_in,
        organization_id: issued.organization,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueScopedToken {
    /// The customer; created on first use.
    workspace_name: Option<String>,
    /// An older spelling of `workspace_name`.
    customer_name: Option<String>,
    /// The oldest spelling of `workspace_name`.
    external_user_id: Option<String>,
    /// Taken and not used: this server is one region.
    #[expect(dead_code, reason = "clients of the hosted service send it")]
    region_id: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ScopedToken {
    #[serde(serialize_with = "shown_once")]
    #[schema(value_type = String)]
    token: Secret,
}

/// Make a token that reaches one customer's connectors only.
///
/// It lives 20 minutes.
#[utoipa::path(operation_id = "issue_scoped_token", tag = "tokens", responses((status = 200, body = ScopedToken), Guarded, WithBody))]
#[post("/account/applications/scoped-token")]
pub(crate) async fn issue_scoped(
    control: Data<Control>,
    caller: OrganizationWide,
    body: Json<IssueScopedToken>,
) -> Result<Answer<ScopedToken>, Problem> {
    issue_scoped_handler(control, caller, body).await
}

/// The same, for older paths.
pub(crate) async fn issue_scoped_handler(
    control: Data<Control>,
    OrganizationWide { caller, tenant }: OrganizationWide,
    Json(body): Json<IssueScopedToken>,
) -> Result<Answer<ScopedToken>, Problem> {
    let name = super::required_workspace_name([
        ("workspace_name", &body.workspace_name),
        ("customer_name", &body.customer_name),
        ("external_user_id", &body.external_user_id),
    ])?;
    let token = control.issue_scoped_token(&caller, &tenant, name).await?;
    Ok(Answer(ScopedToken { token }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ScopedTokenInfo {
    organization_id: OrganizationId,
    workspace_id: CustomerId,
    workspace_name: String,
}

/// What a scoped token reaches.
#[utoipa::path(operation_id = "scoped_token_info", tag = "tokens", responses((status = 200, body = ScopedTokenInfo), Guarded))]
#[get("/account/applications/scoped-token/info")]
pub(crate) async fn scoped_info(
    control: Data<Control>,
    scoped: Scoped,
) -> Result<Answer<ScopedTokenInfo>, Problem> {
    let info = control.scoped_token_info(&scoped.tenant).await?;
    Ok(Answer(ScopedTokenInfo {
        organization_id: info.organization_id,
        workspace_id: info.workspace_id,
        workspace_name: info.workspace_name,
    }))
}

/// A token leaves in the one answer that hands it out.
#[expect(clippy::disallowed_methods, reason = "handing the token out is what this answer is for")]
fn shown_once<S: Serializer>(token: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose())
}
