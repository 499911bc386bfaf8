//! The execution log: who called what, and how it ended. Never params, never bodies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{ApplicationId, ConnectorId, CustomerId, DefinitionId, ExecutionId, OrganizationId, Timestamp};

/// How a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionStatus {
    /// Written before a call that changes something; still so after a crash in its midst.
    Started,
    Succeeded,
    /// The upstream, or we, refused it; nothing was changed.
    Failed,
    /// It was sent, and no answer tells whether it took effect.
    Unknown,
}

/// One call made through a connector.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Execution {
    pub id: ExecutionId,
    pub organization_id: OrganizationId,
    /// The application that called.
    #[serde(rename = "client_id")]
    pub application_id: ApplicationId,
    pub customer_id: CustomerId,
    pub connector_id: ConnectorId,
    pub definition_id: DefinitionId,
    pub entity: String,
    pub action: String,
    /// What the caller said it was for.
    pub intent: Option<String>,
    pub status: ExecutionStatus,
    /// The problem code the caller was answered, when it was not a success.
    pub error_code: Option<String>,
    pub upstream_status: Option<u16>,
    pub upstream_request_id: Option<String>,
    /// Requests sent upstream, retries included.
    pub attempts: u32,
    /// From the request's arrival to its answer.
    pub duration_ms: i64,
    /// Of which spent on upstream requests and the waits between them.
    pub upstream_ms: i64,
    /// Bytes of the upstream's answer, decompressed.
    pub response_bytes: i64,
    /// The `X-Request-Id` of the answer.
    pub request_id: Uuid,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// Which executions to list. Empty lists all of the tenant's.
#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    pub connector: Option<ConnectorId>,
    pub customer: Option<CustomerId>,
    pub status: Option<ExecutionStatus>,
    pub entity: Option<String>,
    pub action: Option<String>,
    /// Started at or after.
    pub since: Option<Timestamp>,
    /// Started before.
    pub until: Option<Timestamp>,
}
