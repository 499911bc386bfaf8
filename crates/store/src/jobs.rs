//! Jobs: deletions that were answered, and what becomes of the grants upstream.

mod deletion;
mod revocation;

use domain::{
    ConnectorId, CustomerId, Job, JobId, JobKind, OrganizationId, RevocationResult, RevocationStatus, Tenant,
    Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

pub use deletion::Deletion;
pub(crate) use revocation::RevocationRow;

use crate::engine::{Transaction, on};
use crate::error::{corrupt, reading, unique};
use crate::{Result, Store, StoreError};

const TABLE: &str = "jobs";

/// One row for each connector of a job, or one without when it has none.
#[derive(FromRow)]
struct JobRow {
    id: Uuid,
    kind: String,
    created_at: i64,
    connector_id: Option<Uuid>,
    status: Option<String>,
    detail: Option<String>,
    updated_at: Option<i64>,
}

impl JobRow {
    /// What this row says of a connector.
    fn result(&self) -> Result<Option<RevocationResult>> {
        let (Some(connector), Some(status), Some(updated_at)) =
            (self.connector_id, &self.status, self.updated_at)
        else {
            return Ok(None);
        };
        Ok(Some(RevocationResult {
            connector_id: ConnectorId::from_uuid(connector),
            revocation: RevocationStatus::parse(status)
                .ok_or_else(|| corrupt("revocations", "status", connector))?,
            detail: self.detail.clone(),
            updated_at: Timestamp::from_micros(updated_at),
        }))
    }
}

/// Adds a job; what it revokes comes after it. Without a customer it is of the whole organization.
async fn insert(
    at: &mut Transaction,
    organization: OrganizationId,
    customer: Option<CustomerId>,
    job: &Job,
) -> Result<()> {
    const SQL: &str = "INSERT INTO jobs (id, organization_id, customer_id, kind, created_at)
        VALUES ($1, $2, $3, $4, $5)";
    on!(at, c => sqlx::query(SQL)
        .bind(job.id.uuid())
        .bind(organization.uuid())
        .bind(customer.map(CustomerId::uuid))
        .bind(job.kind.as_str())
        .bind(job.created_at.micros())
        .execute(c).await.map(|_| ()))
    .map_err(unique("job id"))
}

impl Store {
    /// A job and its connectors, in order of their ids. A tenant narrowed to a customer sees that
    /// customer's jobs only.
    pub async fn job(&self, tenant: &Tenant, id: JobId) -> Result<Job> {
        const SQL: &str =
            "SELECT j.id, j.kind, j.created_at, r.connector_id, r.status, r.detail, r.updated_at
            FROM jobs j
            LEFT JOIN revocations r ON r.job_id = j.id AND r.organization_id = j.organization_id
            WHERE j.id = $1 AND j.organization_id = $2 AND ($3 IS NULL OR j.customer_id = $3)
            ORDER BY r.connector_id";
        let rows: Vec<JobRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_all(c).await)
        .map_err(reading(TABLE))?;
        let first = rows.first().ok_or(StoreError::NotFound("job"))?;
        let mut connectors = Vec::new();
        for row in &rows {
            connectors.extend(row.result()?);
        }
        Ok(Job {
            id: JobId::from_uuid(first.id),
            kind: JobKind::parse(&first.kind).ok_or_else(|| corrupt(TABLE, "kind", first.id))?,
            created_at: Timestamp::from_micros(first.created_at),
            connectors,
        })
    }
}
