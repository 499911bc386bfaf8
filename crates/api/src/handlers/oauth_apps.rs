//! An organization's own OAuth apps: put, looked up, deleted, and what to register upstream.

use actix_web::web::{Data, Json as Answer, Path};
use actix_web::{HttpResponse, delete, get, put};
use control::{Control, DefinitionChoice, Error, FieldFault, OAuthAppView};
use domain::{DefinitionId, OAuthAppId, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::problems::{Guarded, Named, WithBody};
use crate::body::{Json, QueryString};
use crate::caller::{OrganizationWide, Scoped};
use crate::problem::{Problem, ProblemBody};

/// An OAuth app to use from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutOAuthApp {
    /// Which API: this or `connector_definition_id`.
    #[schema(example = "notion")]
    connector_type: Option<String>,
    connector_definition_id: Option<DefinitionId>,
    /// `client_id`, `client_secret` and what else the API's app needs. Never answered again.
    #[schema(value_type = Object)]
    configuration: Map<String, Value>,
}

/// One of the two ways to name an API here.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichApi {
    /// The API's name; case, `-`, `_`, space and `.` do not count. This or `connector_definition_id`.
    connector_type: Option<String>,
    connector_definition_id: Option<DefinitionId>,
}

impl WhichApi {
    fn choice(self) -> Result<DefinitionChoice, Error> {
        choice(self.connector_type, self.connector_definition_id, "connector_type")
    }
}

/// The API that is meant; `field` is where the fault is when there is none, or two.
fn choice(
    connector_type: Option<String>,
    definition_id: Option<DefinitionId>,
    field: &'static str,
) -> Result<DefinitionChoice, Error> {
    if connector_type.is_some() == definition_id.is_some() {
        let text = "say which API: give exactly one of connector_type and connector_definition_id";
        return Err(Error::Invalid(vec![FieldFault::new(field, text)]));
    }
    Ok(DefinitionChoice { definition_id, connector_type, source_template_id: None })
}

/// An OAuth app, without its configuration.
#[derive(Serialize, ToSchema)]
pub(crate) struct OAuthApp {
    id: OAuthAppId,
    /// Whose it is.
    #[schema(example = "organization")]
    scope_type: &'static str,
    scope_id: OrganizationId,
    /// The kind of connector, not its name.
    #[schema(example = "source")]
    connector_type: &'static str,
    connector_definition_id: DefinitionId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&OAuthAppView> for OAuthApp {
    fn from(app: &OAuthAppView) -> Self {
        Self {
            id: app.id,
            scope_type: "organization",
            scope_id: app.organization_id,
            connector_type: "source",
            connector_definition_id: app.definition.id,
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }
}

/// An OAuth app as it is stored, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct OAuthAppDetail {
    #[serde(flatten)]
    app: OAuthApp,
    configuration: MaskedConfiguration,
    /// The redirect URI that must be registered with the app upstream, exactly so.
    redirect_uri: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MaskedConfiguration {
    /// Its beginning and end.
    client_id: String,
}

impl From<OAuthAppView> for OAuthAppDetail {
    fn from(view: OAuthAppView) -> Self {
        Self {
            app: OAuthApp::from(&view),
            configuration: MaskedConfiguration { client_id: view.client_id_masked },
            redirect_uri: view.redirect_uri,
        }
    }
}

/// Use the organization's own OAuth app for an API; the one before is replaced.
///
/// Connectors that were made before keep working with the app they were made with.
#[utoipa::path(operation_id = "put_oauth_app", tag = "oauth",
    responses((status = 200, body = OAuthApp), (status = 409, body = ProblemBody, content_type = "application/problem+json",
        description = "Others are changing it: try again."), Guarded, Named, WithBody))]
#[put("/oauth/credentials")]
pub(crate) async fn put_app(
    control: Data<Control>,
    caller: OrganizationWide,
    Json(body): Json<PutOAuthApp>,
) -> Result<Answer<OAuthApp>, Problem> {
    let choice = choice(body.connector_type, body.connector_definition_id, "body")?;
    let view = control.put_oauth_app(&caller.tenant, choice, body.configuration).await?;
    Ok(Answer(OAuthApp::from(&view)))
}

/// Get the organization's own OAuth app for an API. The client id is masked, the secret left out.
#[utoipa::path(operation_id = "get_oauth_app", tag = "oauth", params(("connector_type" = String, Path)),
    responses((status = 200, body = OAuthAppDetail), Guarded, Named))]
#[get("/oauth/credentials/connector_type/{connector_type}")]
pub(crate) async fn get_app(
    control: Data<Control>,
    caller: OrganizationWide,
    connector_type: Path<String>,
) -> Result<Answer<OAuthAppDetail>, Problem> {
    let choice =
        DefinitionChoice { connector_type: Some(connector_type.into_inner()), ..DefinitionChoice::default() };
    Ok(Answer(control.oauth_app(&caller.tenant, choice).await?.into()))
}

/// Delete the organization's own OAuth app for an API. Consents go by the operator's app again.
///
/// Connectors that were made with it keep working.
#[utoipa::path(operation_id = "delete_oauth_app", tag = "oauth", params(("connector_type" = String, Path)),
    responses((status = 204, description = "It is gone, or there was none."), Guarded, Named))]
#[delete("/oauth/credentials/connector_type/{connector_type}")]
pub(crate) async fn delete_app(
    control: Data<Control>,
    caller: OrganizationWide,
    connector_type: Path<String>,
) -> Result<HttpResponse, Problem> {
    control.delete_oauth_app(&caller.tenant, &connector_type).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Get what the configuration of an API's OAuth app consists of, as a JSON Schema.
#[utoipa::path(operation_id = "get_oauth_app_specification", tag = "oauth", params(WhichApi),
    responses((status = 200, body = Object), Guarded, Named))]
#[get("/oauth/credentials/spec")]
pub(crate) async fn specification(
    control: Data<Control>,
    _caller: Scoped,
    QueryString(query): QueryString<WhichApi>,
) -> Result<Answer<Value>, Problem> {
    Ok(Answer(control.app_specification(&query.choice()?)?))
}

/// The redirect URIs of an API.
#[derive(Serialize, ToSchema)]
pub(crate) struct RedirectUri {
    connector_definition_id: DefinitionId,
    /// To be registered upstream with the organization's own app, exactly so.
    redirect_uri: String,
    /// The one that the operator's app is registered with.
    operator_redirect_uri: String,
    /// Whether there is an app of the operator's, so that none of one's own is needed.
    operator_app_configured: bool,
}

/// Get the redirect URI to register upstream with the organization's own OAuth app.
#[utoipa::path(operation_id = "get_redirect_uri", tag = "oauth", params(WhichApi),
    responses((status = 200, body = RedirectUri), Guarded, Named))]
#[get("/oauth/redirect_uri")]
pub(crate) async fn redirect_uri(
    control: Data<Control>,
    caller: OrganizationWide,
    QueryString(query): QueryString<WhichApi>,
) -> Result<Answer<RedirectUri>, Problem> {
    let uris = control.redirect_uris(&caller.tenant, &query.choice()?)?;
    Ok(Answer(RedirectUri {
        connector_definition_id: uris.definition.id,
        redirect_uri: uris.organization_app,
        operator_redirect_uri: uris.operator_app,
        operator_app_configured: uris.operator_app_configured,
    }))
}
