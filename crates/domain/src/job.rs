//! Work that goes on after a deletion was answered: revoking the grants upstream.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{ConnectorId, CustomerId, DefinitionId, JobId, OrganizationId, Tenant, Timestamp};

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    DeleteConnector,
    DeleteWorkspace,
    DeleteOrganization,
    /// A grant that came to nothing: its consent failed, or came for the wrong account.
    DiscardGrant,
}

impl JobKind {
    /// The word for it, on the wire and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeleteConnector => "delete_connector",
            Self::DeleteWorkspace => "delete_workspace",
            Self::DeleteOrganization => "delete_organization",
            Self::DiscardGrant => "discard_grant",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::DeleteConnector, Self::DeleteWorkspace, Self::DeleteOrganization, Self::DiscardGrant]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// How the revocation of one connector's grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationStatus {
    /// It is tried, again and again for a day.
    Pending,
    /// The upstream took it back.
    Revoked,
    /// The definition names no place to revoke, or the credential was none that can be.
    NotSupported,
    /// The upstream refused, or could not be reached for a day.
    Failed,
}

impl RevocationStatus {
    /// The word for it, on the wire and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Revoked => "revoked",
            Self::NotSupported => "not_supported",
            Self::Failed => "failed",
        }
    }

    /// The status of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Revoked, Self::NotSupported, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// A deletion, with what became of each connector's grant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    pub created_at: Timestamp,
    pub connectors: Vec<RevocationResult>,
}

/// What became of one connector's grant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RevocationResult {
    pub connector_id: ConnectorId,
    pub revocation: RevocationStatus,
    /// Why it is not revoked, when there is more to say.
    pub detail: Option<String>,
    pub updated_at: Timestamp,
}

/// A grant that waits to be revoked, found across tenants.
#[derive(Debug, Clone)]
pub struct DueRevocation {
    pub job_id: JobId,
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub connector_id: ConnectorId,
    pub definition_id: DefinitionId,
    /// The connector's server variables and settings.
    pub environment: Map<String, Value>,
    pub replication_config: Map<String, Value>,
    /// The version that `sealed` is bound to.
    pub version: i64,
    pub sealed: Vec<u8>,
    /// Attempts made before this one.
    pub attempts: i64,
    pub created_at: Timestamp,
}

impl DueRevocation {
    /// The tenant the deleted connector belonged to.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant::new(self.organization_id, Some(self.customer_id))
    }
}
