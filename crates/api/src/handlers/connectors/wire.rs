//! The shapes in which connectors are answered. None has a place for a credential.

mod template;

use control::{ConnectorView, Inspection};
use domain::{
    ConnectorId, ConnectorStatus, CredentialSource, CustomerId, DefinitionId, EntityAccess, EntityMode,
    OrganizationId, Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use template::Template;
pub(crate) use template::{TemplateSummary, specification};

/// A connector, whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectorDetail {
    id: ConnectorId,
    name: String,
    workspace_id: CustomerId,
    source_template: Template,
    status: ConnectorStatus,
    status_since: Timestamp,
    /// Why it cannot be used and what to do about it; null while it is active.
    status_reason: Option<String>,
    /// The security scheme of the definition that its credential fits.
    auth_scheme: String,
    credential_source: CredentialSource,
    /// What the upstream said about the account at consent: `id`, `name`, `email` and what else it
    /// told. Null without a consent.
    #[schema(value_type = Option<Object>)]
    account: Option<Map<String, Value>>,
    /// The OAuth scopes that were granted; null when the upstream does not say.
    granted_scopes: Option<Vec<String>>,
    #[schema(value_type = Object)]
    replication_config: Map<String, Value>,
    #[schema(value_type = Object)]
    environment: Map<String, Value>,
    /// The entities it is limited to; null means all.
    entities: Option<Vec<EntityAccess>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<ConnectorView> for ConnectorDetail {
    fn from(view: ConnectorView) -> Self {
        let ConnectorView { connector, definition } = view;
        Self {
            source_template: Template::of(connector.definition_id, definition.as_deref()),
            id: connector.id,
            name: connector.name,
            workspace_id: connector.customer_id,
            status: connector.state.status,
            status_since: connector.state.since,
            status_reason: connector.state.reason,
            auth_scheme: connector.auth_scheme,
            credential_source: connector.credential_source,
            account: connector.account,
            granted_scopes: connector.granted_scopes,
            replication_config: connector.replication_config,
            environment: connector.environment,
            entities: connector.entities,
            created_at: connector.created_at,
            updated_at: connector.updated_at,
        }
    }
}

/// A connector in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectorSummary {
    id: ConnectorId,
    name: String,
    workspace_id: CustomerId,
    status: ConnectorStatus,
    status_since: Timestamp,
    /// Why it cannot be used and what to do about it; null while it is active.
    status_reason: Option<String>,
    summarized_source_template: TemplateSummary,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<ConnectorView> for ConnectorSummary {
    fn from(view: ConnectorView) -> Self {
        let ConnectorView { connector, definition } = view;
        let template = TemplateSummary::of(connector.definition_id, definition.as_deref());
        Self {
            id: connector.id,
            name: connector.name,
            workspace_id: connector.customer_id,
            status: connector.state.status,
            status_since: connector.state.since,
            status_reason: connector.state.reason,
            summarized_source_template: template,
            created_at: connector.created_at,
            updated_at: connector.updated_at,
        }
    }
}

/// What a connector is, for a person or an agent.
#[derive(Serialize, ToSchema)]
pub(crate) struct InspectedConnector {
    connector_id: ConnectorId,
    name: String,
    workspace_id: CustomerId,
    workspace_name: String,
    organization_id: OrganizationId,
    source_definition_id: DefinitionId,
    source_definition_name: Option<String>,
    source_config_template_id: DefinitionId,
    /// The id of a document about this connector, which clients want to be there; none is served yet.
    docs_skill_id: String,
    status: ConnectorStatus,
    status_since: Timestamp,
    /// Why it cannot be used and what to do about it; null while it is active.
    status_reason: Option<String>,
    auth_scheme: String,
    credential_source: CredentialSource,
    /// What the upstream said about the account at consent: `id`, `name`, `email` and what else it
    /// told. Null without a consent.
    #[schema(value_type = Option<Object>)]
    account: Option<Map<String, Value>>,
    /// The OAuth scopes that were granted; null when the upstream does not say.
    granted_scopes: Option<Vec<String>>,
    /// Entities with the actions this connector may be used for; `execute` with an empty entity and action `describe` tells more.
    entities: Vec<InspectedEntity>,
    /// Null: nothing is kept here.
    #[schema(value_type = Option<Object>)]
    context_store_readiness: Option<Value>,
    warnings: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct InspectedEntity {
    entity: String,
    actions: Vec<&'static str>,
}

impl From<Inspection> for InspectedConnector {
    fn from(inspection: Inspection) -> Self {
        let Inspection { view: ConnectorView { connector, definition }, workspace, warnings } = inspection;
        let allowed = |entity: &str, writes: bool| {
            connector.allows(entity, if writes { EntityMode::Write } else { EntityMode::Read })
        };
        let known = definition.iter().flat_map(|definition| definition.entities.values());
        let entities = known
            .map(|entity| InspectedEntity {
                entity: entity.name.clone(),
                actions: entity
                    .actions
                    .iter()
                    .filter(|(_, action)| allowed(&entity.name, action.writes()))
                    .map(|(kind, _)| kind.as_str())
                    .collect(),
            })
            .filter(|entity| !entity.actions.is_empty())
            .collect();
        Self {
            connector_id: connector.id,
            name: connector.name,
            workspace_id: workspace.id,
            workspace_name: workspace.name,
            organization_id: connector.organization_id,
            source_definition_id: connector.definition_id,
            source_definition_name: definition.as_ref().map(|definition| definition.title.clone()),
            source_config_template_id: connector.definition_id,
            docs_skill_id: format!("connector_source:{}", connector.id),
            status: connector.state.status,
            status_since: connector.state.since,
            status_reason: connector.state.reason,
            auth_scheme: connector.auth_scheme,
            credential_source: connector.credential_source,
            account: connector.account,
            granted_scopes: connector.granted_scopes,
            entities,
            context_store_readiness: None,
            warnings,
        }
    }
}
