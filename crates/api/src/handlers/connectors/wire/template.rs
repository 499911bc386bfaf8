//! Definitions as templates: what is enabled here, and what its user must give.

use definitions::{AuthScheme, ConnectorDefinition};
use domain::{DefinitionId, OrganizationId, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Templates and connectors are used directly; nothing is replicated.
const MODE: &str = "DIRECT";
const RUNTIME_MODE: &str = "direct_only";

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
