//! Consent: where a person's trip to an upstream's authorization page begins and ends.
//!
//! The callbacks are the only routes of the API that a browser visits, and the only ones without a
//! bearer token: what they answer are pages.

mod page;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json as Answer};
use actix_web::{HttpRequest, HttpResponse, get, post};
use control::{BeginConsent, Callback, ConsentEnd, ConsentPage, Control, DefinitionChoice};
use domain::{ConnectorId, DefinitionId, EntityAccess, OrganizationId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::problems::{Failing, Guarded, Named, WithBody};
use crate::body::Json;
use crate::caller::Scoped;
use crate::methods;
use crate::problem::{Problem, ProblemBody};

/// Longest query of a callback: several times what a provider's longest code needs.
const QUERY_BYTES_MAX: usize = 32 * 1024;

/// A consent to begin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitiateConsent {
    /// The customer; created on first use. Not needed beside `connector_id`.
    workspace_name: Option<String>,
    /// An older spelling of `workspace_name`.
    customer_name: Option<String>,
    /// The oldest spelling of `workspace_name`.
    external_user_id: Option<String>,
    /// Which API: this, `connector_type` or `source_template_id`.
    definition_id: Option<DefinitionId>,
    /// The API's name; case, `-`, `_`, space and `.` do not count.
    #[schema(example = "notion")]
    connector_type: Option<String>,
    source_template_id: Option<Uuid>,
    /// Where the browser returns to, with `connector_id`, or with `error` and `error_description`,
    /// added to its query.
    #[schema(example = "https://app.example.com/connected?user_id=7")]
    redirect_url: String,
    /// Of the connector; made from the account's, the API's or the customer's name when absent.
    name: Option<String>,
    /// Further settings of the connector.
    #[schema(value_type = Option<Object>)]
    replication_config: Option<Map<String, Value>>,
    /// Settings of the API's address and headers: `subdomain`, `notion_version`, …
    #[schema(value_type = Option<Object>)]
    environment: Option<Map<String, Value>>,
    /// Limits the connector to these entities.
    entities: Option<Vec<EntityAccess>>,
    /// More parameters for the upstream's authorization page.
    #[schema(value_type = Option<Object>)]
    oauth_input_configuration: Option<Map<String, Value>>,
    /// Consents anew for this connector, which keeps its id, name and history.
    connector_id: Option<ConnectorId>,
    /// Beside `connector_id`: whether the person may choose another upstream account than before.
    #[serde(default)]
    allow_account_change: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentBegun {
    /// Send the browser of the person who asked for the connection here, within ten minutes.
    consent_url: String,
}

/// Begin a consent: get the URL at which a person grants access to their account.
///
/// When they have, the connector is made and the browser returns to `redirect_url` with its
/// `connector_id`.
#[utoipa::path(operation_id = "initiate_consent", tag = "oauth", 
    responses((status = 200, body = ConsentBegun), (status = 409, body = ProblemBody, content_type = "application/problem+json",
        description = "The connector to consent anew for is disabled."), Guarded, Named, WithBody))]
#[post("/integrations/connectors/oauth/initiate")]
pub(crate) async fn initiate(
    control: Data<Control>,
    Scoped { caller, tenant }: Scoped,
    Json(body): Json<InitiateConsent>,
) -> Result<Answer<ConsentBegun>, Problem> {
    let workspace_name = super::workspace_name([
        ("workspace_name", &body.workspace_name),
        ("customer_name", &body.customer_name),
        ("external_user_id", &body.external_user_id),
    ])?;
    let begin = BeginConsent {
        workspace_name: workspace_name.map(str::to_owned),
        definition: DefinitionChoice {
            definition_id: body.definition_id,
            connector_type: body.connector_type,
            source_template_id: body.source_template_id,
        },
        redirect_url: body.redirect_url,
        name: body.name,
        replication_config: body.replication_config.unwrap_or_default(),
        environment: body.environment.unwrap_or_default(),
        entities: body.entities,
        parameters: body.oauth_input_configuration.unwrap_or_default(),
        connector_id: body.connector_id,
        allow_account_change: body.allow_account_change,
    };
    let consent_url = control.begin_consent(&caller, &tenant, begin).await?.to_string();
    Ok(Answer(ConsentBegun { consent_url }))
}

/// What an upstream's authorization server adds to the callback (RFC 6749 section 4.1.2, RFC 9207).
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are the document's parameters; control reads the query itself")]
pub(crate) struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
}

/// Where a consent by the operator's OAuth app returns to. For browsers.
#[utoipa::path(operation_id = "oauth_callback", tag = "oauth", security(()),
    params(("definition" = String, Path, description = "The definition's name."), CallbackQuery), responses(page::CallbackAnswer, Failing))]
#[get("/oauth/callback/{definition}")]
pub(crate) async fn callback(control: Data<Control>, request: HttpRequest) -> HttpResponse {
    complete(&control, &request).await
}

/// Where a consent by an organization's own OAuth app returns to. For browsers.
#[utoipa::path(operation_id = "oauth_callback_own_app", tag = "oauth", security(()),
    params(("definition" = String, Path, description = "The definition's name."), ("organization_id" = OrganizationId, Path), CallbackQuery),
    responses(page::CallbackAnswer, Failing))]
#[get("/oauth/callback/{definition}/{organization_id}")]
pub(crate) async fn callback_own_app(control: Data<Control>, request: HttpRequest) -> HttpResponse {
    complete(&control, &request).await
}

/// Another spelling of the callback by the operator's OAuth app. For browsers.
#[utoipa::path(operation_id = "oauth_callback_older", tag = "oauth", security(()),
    params(("definition" = String, Path, description = "The definition's name."), CallbackQuery), responses(page::CallbackAnswer, Failing))]
#[get("/auth/{definition}/connector/callback")]
pub(crate) async fn callback_older(control: Data<Control>, request: HttpRequest) -> HttpResponse {
    complete(&control, &request).await
}

async fn complete(control: &Control, request: &HttpRequest) -> HttpResponse {
    // A link preview asks with HEAD, and must not use up the state.
    if methods::asked_for_head(request) {
        return methods::not_allowed(request, "GET");
    }
    let path = request.match_info();
    let organization = path.get("organization_id").map(str::parse::<OrganizationId>).transpose();
    let query = request.query_string();
    let Some(organization) = organization.ok().filter(|_| query.len() <= QUERY_BYTES_MAX) else {
        return page::answer(StatusCode::BAD_REQUEST, &unusable());
    };
    let definition = path.get("definition").unwrap_or_default();
    match control.complete_consent(Callback { definition, organization, query }).await {
        ConsentEnd::Return { url, page } => page::redirect(&url, &page),
        ConsentEnd::Refused(page) => page::answer(StatusCode::BAD_REQUEST, &page),
    }
}

/// The page for a callback that no consent of ours can have led to.
fn unusable() -> ConsentPage {
    let text = "This address is not one that a consent returns to, or it was changed on the way. Nothing was \
                connected. Go back to the application you came from and start connecting again.";
    ConsentPage { title: "This link cannot be used", text: text.to_owned() }
}
