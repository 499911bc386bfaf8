//! An execution's row, and its words for status.

use domain::{
    ApplicationId, ConnectorId, CustomerId, DefinitionId, Execution, ExecutionId, ExecutionStatus,
    OrganizationId, Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::TABLE;
use crate::error::corrupt;
use crate::{Result, StoreError};

#[derive(FromRow)]
pub(super) struct ExecutionRow {
    id: Uuid,
    organization_id: Uuid,
    application_id: Uuid,
    customer_id: Uuid,
    connector_id: Uuid,
    definition_id: Uuid,
    entity: String,
    action: String,
    intent: Option<String>,
    status: String,
    error_code: Option<String>,
    upstream_status: Option<i32>,
    upstream_request_id: Option<String>,
    attempts: i64,
    duration_ms: i64,
    upstream_ms: i64,
    response_bytes: i64,
    request_id: Uuid,
    started_at: i64,
    finished_at: Option<i64>,
}

impl TryFrom<ExecutionRow> for Execution {
    type Error = StoreError;

    fn try_from(row: ExecutionRow) -> Result<Self> {
        let wrong = |column| corrupt(TABLE, column, row.id);
        Ok(Self {
            id: ExecutionId::from_uuid(row.id),
            organization_id: OrganizationId::from_uuid(row.organization_id),
            application_id: ApplicationId::from_uuid(row.application_id),
            customer_id: CustomerId::from_uuid(row.customer_id),
            connector_id: ConnectorId::from_uuid(row.connector_id),
            definition_id: DefinitionId::from_uuid(row.definition_id),
            entity: row.entity,
            action: row.action,
            intent: row.intent,
            status: read_status(&row.status).ok_or_else(|| wrong("status"))?,
            error_code: row.error_code,
            upstream_status: row
                .upstream_status
                .map(|status| u16::try_from(status).map_err(|_| wrong("upstream_status")))
                .transpose()?,
            upstream_request_id: row.upstream_request_id,
            attempts: u32::try_from(row.attempts).map_err(|_| wrong("attempts"))?,
            duration_ms: row.duration_ms,
            upstream_ms: row.upstream_ms,
            response_bytes: row.response_bytes,
            request_id: row.request_id,
            started_at: Timestamp::from_micros(row.started_at),
            finished_at: row.finished_at.map(Timestamp::from_micros),
        })
    }
}

fn read_status(text: &str) -> Option<ExecutionStatus> {
    match text {
        "started" => Some(ExecutionStatus::Started),
        "succeeded" => Some(ExecutionStatus::Succeeded),
        "failed" => Some(ExecutionStatus::Failed),
        "unknown" => Some(ExecutionStatus::Unknown),
        _ => None,
    }
}

pub(super) fn status_text(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::Started => "started",
        ExecutionStatus::Succeeded => "succeeded",
        ExecutionStatus::Failed => "failed",
        ExecutionStatus::Unknown => "unknown",
    }
}
