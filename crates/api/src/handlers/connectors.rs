//! Connectors: create, list, get, update, delete, inspect.

pub(crate) mod credentials;
pub(crate) mod state;
pub(crate) mod wire;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json as Answer};
use actix_web::{delete, get, post, put};
use control::{Control, DefinitionChoice, Error, FieldFault, NewConnector, UpdateConnector};
use domain::{ConnectorId, CustomerId, DefinitionId, EntityAccess, JobId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::problems::{Guarded, Named, WithBody};
use crate::body::{Json, PathId, QueryString};
use crate::caller::{OrganizationWide, Scoped};
use crate::problem::{Problem, ProblemBody};
use wire::{ConnectorDetail, ConnectorSummary, InspectedConnector};

/// A connector to make, or to check before it is made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateConnector {
    /// The customer; created on first use.
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
    /// Made from the API's and the customer's name when absent. Need not be unique.
    name: Option<String>,
    /// The keys of exactly one of the API's auth schemes. Never answered again.
    #[schema(value_type = Option<Object>)]
    credentials: Option<Map<String, Value>>,
    /// From the older OAuth flow; none is handed out here, so none is taken.
    server_side_oauth_secret_id: Option<String>,
    /// Further settings; credentials among them are sealed like the others.
    #[schema(value_type = Option<Object>)]
    replication_config: Option<Map<String, Value>>,
    /// Settings of the API's address and headers: `subdomain`, `notion_version`, …
    #[schema(value_type = Option<Object>)]
    environment: Option<Map<String, Value>>,
    /// Limits the connector to these entities.
    entities: Option<Vec<EntityAccess>>,
    /// Taken and not used: it chooses replication, which is not done here.
    #[expect(dead_code, reason = "clients of the hosted service send it")]
    selected_connection_template_tags: Option<Vec<String>>,
    /// Taken and not used.
    #[expect(dead_code, reason = "clients of the hosted service send it")]
    selected_connection_template_tags_mode: Option<String>,
}

impl CreateConnector {
    /// The customer's name, which a check does not need.
    pub(super) fn workspace_name(&self) -> Result<&str, Error> {
        super::required_workspace_name([
            ("workspace_name", &self.workspace_name),
            ("customer_name", &self.customer_name),
            ("external_user_id", &self.external_user_id),
        ])
    }

    /// A check needs no customer, but one that is named must be a name.
    pub(super) fn check_workspace_name(&self) -> Result<(), Error> {
        let given = [&self.workspace_name, &self.customer_name, &self.external_user_id];
        if given.into_iter().all(Option::is_none) { Ok(()) } else { self.workspace_name().map(|_| ()) }
    }

    pub(super) fn into_new(self) -> Result<NewConnector, Error> {
        if self.server_side_oauth_secret_id.is_some() {
            let text = "no such secret id: this server never handed it out; send the credentials instead";
            return Err(Error::Invalid(vec![FieldFault::new("server_side_oauth_secret_id", text)]));
        }
        Ok(NewConnector {
            definition: DefinitionChoice {
                definition_id: self.definition_id,
                connector_type: self.connector_type,
                source_template_id: self.source_template_id,
            },
            name: self.name,
            credentials: self.credentials.unwrap_or_default(),
            environment: self.environment.unwrap_or_default(),
            replication_config: self.replication_config.unwrap_or_default(),
            entities: self.entities,
        })
    }
}

/// Make a connector for one customer.
///
/// The auth scheme is chosen by the keys of `credentials`, which are sealed and never answered.
/// Nothing is tried upstream: use the check for that.
#[utoipa::path(operation_id = "create_connector", tag = "connectors", responses((status = 200, body = ConnectorDetail), Guarded, Named, WithBody))]
#[post("/integrations/connectors")]
pub(crate) async fn create(
    control: Data<Control>,
    caller: Scoped,
    Json(body): Json<CreateConnector>,
) -> Result<Answer<ConnectorDetail>, Problem> {
    let workspace_name = body.workspace_name()?.to_owned();
    let view = control.create_connector(&caller.tenant, &workspace_name, body.into_new()?).await?;
    Ok(Answer(view.into()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConnectors {
    /// The workspace, by id or by one of the names below.
    workspace_id: Option<CustomerId>,
    workspace_name: Option<String>,
    /// An older spelling of `workspace_name`.
    customer_name: Option<String>,
    /// The oldest spelling of `workspace_name`.
    external_user_id: Option<String>,
    /// Only connectors of this definition.
    definition_id: Option<DefinitionId>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Connectors {
    data: Vec<ConnectorSummary>,
}

/// List the connectors of one workspace, newest first, all in one answer.
///
/// An unknown name lists nothing. A scoped token needs no workspace.
#[utoipa::path(operation_id = "list_connectors", tag = "connectors", params(ListConnectors), responses((status = 200, body = Connectors), Guarded, Named))]
#[get("/integrations/connectors")]
pub(crate) async fn list(
    control: Data<Control>,
    Scoped { tenant, .. }: Scoped,
    QueryString(query): QueryString<ListConnectors>,
) -> Result<Answer<Connectors>, Problem> {
    let name = super::workspace_name([
        ("workspace_name", &query.workspace_name),
        ("customer_name", &query.customer_name),
        ("external_user_id", &query.external_user_id),
    ])?;
    let customer = match (query.workspace_id, name, tenant.customer()) {
        (Some(id), _, _) => Some(control.customer(&tenant, id).await?.id),
        (None, Some(name), _) => {
            let found = control.store().find_customer(&tenant, name).await.map_err(Error::from)?;
            found.map(|customer| customer.id)
        }
        (None, None, Some(own)) => Some(own),
        (None, None, None) => {
            let text = "say whose connectors: give workspace_id or workspace_name (customer_name)";
            return Err(Problem::invalid(FieldFault::new("workspace_name", text).with_code("missing")));
        }
    };
    let views = match customer {
        Some(customer) => control.connectors(&tenant, customer, query.definition_id).await?,
        None => Vec::new(),
    };
    Ok(Answer(Connectors { data: views.into_iter().map(Into::into).collect() }))
}

/// Get one connector.
#[utoipa::path(operation_id = "get_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    responses((status = 200, body = ConnectorDetail), Guarded, Named))]
#[get("/integrations/connectors/{connector_id}")]
pub(crate) async fn get(
    control: Data<Control>,
    caller: Scoped,
    id: PathId<ConnectorId>,
) -> Result<Answer<ConnectorDetail>, Problem> {
    Ok(Answer(control.connector(&caller.tenant, id.0).await?.into()))
}

/// What to change; absent keeps it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeConnector {
    name: Option<String>,
    #[schema(value_type = Option<Object>)]
    replication_config: Option<Map<String, Value>>,
    /// An empty list lifts the limits.
    entities: Option<Vec<EntityAccess>>,
}

impl From<ChangeConnector> for UpdateConnector {
    fn from(body: ChangeConnector) -> Self {
        let ChangeConnector { name, replication_config, entities } = body;
        Self { name, replication_config, entities }
    }
}

/// Rename a connector, or change its settings or entities.
#[utoipa::path(operation_id = "update_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    responses((status = 200, body = ConnectorDetail), (status = 409, body = ProblemBody, content_type = "application/problem+json",
        description = "Others are changing it: try again."), Guarded, Named, WithBody))]
#[put("/integrations/connectors/{connector_id}")]
pub(crate) async fn update(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<ConnectorId>,
    Json(body): Json<ChangeConnector>,
) -> Result<Answer<ConnectorDetail>, Problem> {
    Ok(Answer(control.update_connector(&caller.tenant, id.0, body.into()).await?.into()))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectorDeleted {
    /// The job that tells whether its grant was revoked upstream.
    job_id: JobId,
}

/// Delete a connector and its credential. It is gone at once; its grant is revoked upstream.
#[utoipa::path(operation_id = "delete_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    responses((status = 202, body = ConnectorDeleted), Guarded, Named))]
#[delete("/integrations/connectors/{connector_id}")]
pub(crate) async fn delete(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<ConnectorId>,
) -> Result<(Answer<ConnectorDeleted>, StatusCode), Problem> {
    let job_id = control.delete_connector(&caller.tenant, id.0).await?;
    Ok((Answer(ConnectorDeleted { job_id }), StatusCode::ACCEPTED))
}

/// What a connector is: its workspace, definition, entities and warnings.
#[utoipa::path(operation_id = "inspect_connector", tag = "connectors", params(("connector_id" = ConnectorId, Path)),
    responses((status = 200, body = InspectedConnector), Guarded, Named))]
#[get("/integrations/connectors/{connector_id}/inspect")]
pub(crate) async fn inspect(
    control: Data<Control>,
    caller: Scoped,
    id: PathId<ConnectorId>,
) -> Result<Answer<InspectedConnector>, Problem> {
    Ok(Answer(control.inspect(&caller.tenant, id.0).await?.into()))
}
