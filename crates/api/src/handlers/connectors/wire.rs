//! The shapes in which connectors are answered. None has a place for a credential.

use control::{ConnectorView, Inspection};
use definitions::{AuthScheme, ConnectorDefinition};
use domain::{ConnectorId, CustomerId, DefinitionId, EntityAccess, EntityMode, OrganizationId, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Templates and connectors are used directly; nothing is replicated.
const MODE: &str = "DIRECT";
const RUNTIME_MODE: &str = "direct_only";

/// A connector, whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectorDetail {
    id: ConnectorId,
    name: String,
    workspace_id: CustomerId,
    source_template: Template,
    /// The security scheme of the definition that its credential fits.
    auth_scheme: String,
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
            auth_scheme: connector.auth_scheme,
            replication_config: connector.replication_config,
            environment: connector.environment,
            entities: connector.entities,
            created_at: connector.created_at,
            updated_at: connector.updated_at,
        }
    }
}

/// A definition as it is enabled here. Its id is the definition's.
#[derive(Serialize, ToSchema)]
pub(crate) struct Template {
    id: DefinitionId,
    name: String,
    icon: Option<String>,
    source_definition_id: DefinitionId,
    /// What a form must ask for.
    user_config_spec: UserConfigSpec,
    #[schema(value_type = Object)]
    partial_default_config: Map<String, Value>,
    tags: Vec<String>,
    #[schema(example = "DIRECT")]
    mode: &'static str,
    #[schema(example = "direct_only")]
    runtime_mode: &'static str,
    is_experimental: bool,
    supports_context_store: bool,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct UserConfigSpec {
    /// A JSON Schema: one alternative for each auth scheme, and the variables of `environment`.
    #[serde(rename = "connectionSpecification")]
    #[schema(value_type = Object)]
    connection_specification: Value,
}

impl Template {
    /// The template of a definition; of one no longer loaded, what its id tells.
    pub(crate) fn of(id: DefinitionId, definition: Option<&ConnectorDefinition>) -> Self {
        Self {
            id,
            name: definition.map_or_else(|| id.to_string(), |definition| definition.title.clone()),
            icon: None,
            source_definition_id: id,
            user_config_spec: UserConfigSpec {
                connection_specification: definition
                    .map_or_else(|| json!({ "type": "object" }), specification),
            },
            partial_default_config: Map::new(),
            tags: Vec::new(),
            mode: MODE,
            runtime_mode: RUNTIME_MODE,
            is_experimental: false,
            supports_context_store: false,
            created_at: None,
            updated_at: None,
        }
    }
}

/// What a definition needs from its user, as a JSON Schema.
pub(crate) fn specification(definition: &ConnectorDefinition) -> Value {
    let variables: Map<String, Value> = definition
        .server
        .variables
        .iter()
        .map(|(name, variable)| {
            let mut property =
                json!({ "type": "string", "description": variable.description, "default": variable.default });
            if !variable.allowed.is_empty() {
                property["enum"] = json!(variable.allowed);
            }
            (name.clone(), property)
        })
        .collect();
    json!({
        "type": "object",
        "oneOf": definition.auth_schemes.iter().filter(|scheme| scheme.unsupported.is_none()).map(scheme).collect::<Vec<_>>(),
        "properties": { "environment": { "type": "object", "properties": variables } },
    })
}

fn scheme(scheme: &AuthScheme) -> Value {
    let properties: Map<String, Value> = scheme
        .properties
        .iter()
        .map(|(name, property)| {
            let shape = json!({
                "type": "string",
                "title": property.title,
                "description": property.description,
                "airbyte_secret": property.secret,
            });
            (name.clone(), shape)
        })
        .collect();
    json!({
        "title": scheme.title,
        "description": scheme.description,
        "type": "object",
        "required": scheme.required,
        "properties": properties,
    })
}

/// A connector in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectorSummary {
    id: ConnectorId,
    name: String,
    workspace_id: CustomerId,
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
            summarized_source_template: template,
            created_at: connector.created_at,
            updated_at: connector.updated_at,
        }
    }
}

/// A template in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct TemplateSummary {
    id: DefinitionId,
    name: String,
    icon: Option<String>,
    /// The definition's slug.
    #[schema(example = "notion")]
    connector_name: Option<String>,
    /// Null: every organization has it.
    organization_id: Option<OrganizationId>,
    actor_definition_id: DefinitionId,
    tags: Vec<String>,
    #[schema(example = "DIRECT")]
    mode: &'static str,
    #[schema(example = "direct_only")]
    runtime_mode: &'static str,
    supports_context_store: bool,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

impl TemplateSummary {
    pub(crate) fn of(id: DefinitionId, definition: Option<&ConnectorDefinition>) -> Self {
        Self {
            id,
            name: definition.map_or_else(|| id.to_string(), |definition| definition.title.clone()),
            icon: None,
            connector_name: definition.map(|definition| definition.name.clone()),
            organization_id: None,
            actor_definition_id: id,
            tags: Vec::new(),
            mode: MODE,
            runtime_mode: RUNTIME_MODE,
            supports_context_store: false,
            created_at: None,
            updated_at: None,
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
    auth_scheme: String,
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
            auth_scheme: connector.auth_scheme,
            entities,
            context_store_readiness: None,
            warnings,
        }
    }
}
