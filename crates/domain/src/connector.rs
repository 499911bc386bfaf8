//! A connector: one definition connected to one upstream account of one customer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{ConnectorId, CustomerId, DefinitionId, OrganizationId, Timestamp};

/// The connector's row; its credential is kept apart and sealed.
#[derive(Debug, Clone)]
pub struct Connector {
    pub id: ConnectorId,
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub definition_id: DefinitionId,
    pub name: String,
    /// The definition's security scheme that the credential fits.
    pub auth_scheme: String,
    /// Server variables: `subdomain`, `notion_version`, …
    pub environment: Map<String, Value>,
    /// Further settings the definition knows, never credentials.
    pub replication_config: Map<String, Value>,
    /// The entities it is limited to; none means all.
    pub entities: Option<Vec<EntityAccess>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Connector {
    /// Whether a call to `entity` is within the limits this connector was given.
    #[must_use]
    pub fn allows(&self, entity: &str, mode: EntityMode) -> bool {
        allowed(self.entities.as_deref(), entity, mode)
    }
}

/// Whether a call to `entity` is within `limits`; none at all allow everything.
#[must_use]
pub fn allowed(limits: Option<&[EntityAccess]>, entity: &str, mode: EntityMode) -> bool {
    limits.is_none_or(|limits| {
        limits.iter().any(|access| {
            access.entity == entity && access.modes.as_ref().is_none_or(|modes| modes.contains(&mode))
        })
    })
}

/// One entity a connector is limited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityAccess {
    pub entity: String,
    /// What may be done with it; absent means both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<Vec<EntityMode>>,
}

/// Reading or changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EntityMode {
    Read,
    Write,
}
