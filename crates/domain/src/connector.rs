//! A connector: one definition connected to one upstream account of one customer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{ConnectorId, CustomerId, DefinitionId, OrganizationId, Tenant, Timestamp};

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
    pub state: ConnectorState,
    pub credential_source: CredentialSource,
    /// What the upstream said about the account at consent: `id`, `name`, `email` and what else it
    /// told, never a token. None without a consent.
    pub account: Option<Map<String, Value>>,
    /// The OAuth scopes that were granted; none when the upstream does not say.
    pub granted_scopes: Option<Vec<String>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whether a connector can be used, since when, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorState {
    pub status: ConnectorStatus,
    pub since: Timestamp,
    /// For a person who has to do something about it.
    pub reason: Option<String>,
}

impl ConnectorState {
    /// The state of a connector that can be used.
    #[must_use]
    pub fn active(since: Timestamp) -> Self {
        Self { status: ConnectorStatus::Active, since, reason: None }
    }
}

/// Whether a connector can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorStatus {
    Active,
    /// Made by a consent that the application has yet to confirm.
    PendingConfirmation,
    /// The upstream takes its tokens no longer; a person has to consent again.
    ReauthRequired,
    /// Switched off by the application.
    Disabled,
}

impl ConnectorStatus {
    /// The word for it, on the wire and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PendingConfirmation => "pending_confirmation",
            Self::ReauthRequired => "reauth_required",
            Self::Disabled => "disabled",
        }
    }

    /// The status of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::PendingConfirmation, Self::ReauthRequired, Self::Disabled]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// Where a connector's credential came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialSource {
    /// Sent by the application.
    Given,
    /// Granted by a person at the upstream's authorization page.
    Consent,
    /// The operator's own, from the server's configuration; nothing is stored with the connector.
    Operator,
}

impl CredentialSource {
    /// The word for it, on the wire and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Consent => "consent",
            Self::Operator => "operator",
        }
    }

    /// The source of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Given, Self::Consent, Self::Operator].into_iter().find(|source| source.as_str() == word)
    }
}

/// A connector that is due for something in the background, found across tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueConnector {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub connector_id: ConnectorId,
}

impl DueConnector {
    /// The tenant the row belongs to.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant::new(self.organization_id, Some(self.customer_id))
    }
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
