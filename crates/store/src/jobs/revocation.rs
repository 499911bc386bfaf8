//! What is to be revoked upstream: kept sealed while it is pending, and no longer.
//!
//! A deleted organization's data keys live as long as something of it is pending: at first as they
//! were, then as one fresh key that opens nothing else. Whatever may end the last revocation locks
//! the organization's row first, so that two of them cannot each take the other for pending.

use domain::{
    ConnectorId, CustomerId, DefinitionId, DueRevocation, Job, JobId, OrganizationId, RevocationStatus,
    Tenant, Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::insert;
use crate::engine::{Transaction, on};
use crate::error::reading;
use crate::text::{document, read_document, without_nul};
use crate::{Result, Store, StoreError, StoredDataKey, tenants};

pub(crate) const TABLE: &str = "revocations";

#[derive(FromRow)]
pub(crate) struct RevocationRow {
    job_id: Uuid,
    organization_id: Uuid,
    customer_id: Uuid,
    connector_id: Uuid,
    definition_id: Uuid,
    environment: String,
    replication_config: String,
    version: i64,
    sealed: Vec<u8>,
    attempts: i64,
    created_at: i64,
}

impl TryFrom<RevocationRow> for DueRevocation {
    type Error = StoreError;

    fn try_from(row: RevocationRow) -> Result<Self> {
        let id = row.connector_id;
        Ok(Self {
            job_id: JobId::from_uuid(row.job_id),
            organization_id: OrganizationId::from_uuid(row.organization_id),
            customer_id: CustomerId::from_uuid(row.customer_id),
            connector_id: ConnectorId::from_uuid(id),
            definition_id: DefinitionId::from_uuid(row.definition_id),
            environment: read_document(&row.environment, (TABLE, "environment"), id)?,
            replication_config: read_document(&row.replication_config, (TABLE, "replication_config"), id)?,
            version: row.version,
            sealed: row.sealed,
            attempts: row.attempts,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

/// Locks the organization's row, and says whether it is deleted.
async fn lock_organization(at: &mut Transaction, id: OrganizationId) -> Result<bool> {
    const SQL: &str = "UPDATE organizations SET name = name WHERE id = $1 RETURNING deleted_at";
    let row: Option<(Option<i64>,)> =
        on!(at, c => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(c).await)
            .map_err(reading("organizations"))?;
    let (deleted_at,) = row.ok_or(StoreError::NotFound("organization"))?;
    Ok(deleted_at.is_some())
}

/// How many revocations of an organization are pending.
async fn count_pending(at: &mut Transaction, id: OrganizationId) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM revocations WHERE organization_id = $1 AND status = 'pending'";
    Ok(on!(at, c => sqlx::query_scalar(SQL).bind(id.uuid()).fetch_one(c).await)?)
}

async fn delete_keys(at: &mut Transaction, id: OrganizationId) -> Result<()> {
    const SQL: &str = "DELETE FROM data_keys WHERE organization_id = $1";
    Ok(on!(at, c => sqlx::query(SQL).bind(id.uuid()).execute(c).await.map(|_| ()))?)
}

/// Says how many revocations of a deleted organization are pending, and removes its data keys when
/// none is. The organization's row is locked.
pub(super) async fn release_keys(at: &mut Transaction, id: OrganizationId) -> Result<i64> {
    let pending = count_pending(at, id).await?;
    if pending == 0 {
        delete_keys(at, id).await?;
    }
    Ok(pending)
}

impl Store {
    /// Adds a job that revokes one grant, which is due at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when its customer is not the tenant's. That one may be deleted, but
    /// not its organization, whose data keys are going or gone.
    pub async fn add_revocation(&self, tenant: &Tenant, job: &Job, due: &DueRevocation) -> Result<()> {
        const CUSTOMER: &str = "SELECT id FROM customers
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR id = $3)";
        const SQL: &str = "INSERT INTO revocations (job_id, connector_id, organization_id, customer_id,
                definition_id, environment, replication_config, status, version, sealed, attempts,
                next_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, 0, $10, $10, $10)";
        let organization = tenant.organization();
        let mut transaction = self.engine.begin().await?;
        if lock_organization(&mut transaction, organization).await? {
            return Err(StoreError::NotFound("organization"));
        }
        let customer: Option<Uuid> = on!(transaction, c => sqlx::query_scalar(CUSTOMER)
            .bind(due.customer_id.uuid())
            .bind(organization.uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)?;
        customer.ok_or(StoreError::NotFound("customer"))?;
        insert(&mut transaction, organization, Some(due.customer_id), job).await?;
        on!(transaction, c => sqlx::query(SQL)
            .bind(job.id.uuid())
            .bind(due.connector_id.uuid())
            .bind(organization.uuid())
            .bind(due.customer_id.uuid())
            .bind(due.definition_id.uuid())
            .bind(document(&due.environment))
            .bind(document(&due.replication_config))
            .bind(due.version)
            .bind(&due.sealed)
            .bind(due.created_at.micros())
            .execute(c).await.map(|_| ()))?;
        transaction.commit().await
    }

    /// Makes the newest revocation of a deleted connector pending again, with the token set that a
    /// refresh brought after the deletion. False when there is none, when the one it has is of the
    /// same or a newer token set, and when the organization has no data key left to open it.
    pub async fn late_revocation(
        &self,
        tenant: &Tenant,
        connector: ConnectorId,
        version: i64,
        sealed: &[u8],
        now: Timestamp,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE revocations SET status = 'pending', detail = NULL, version = $4,
                sealed = $5, attempts = 0, next_at = $6, created_at = $6, updated_at = $6
            WHERE organization_id = $2 AND connector_id = $1 AND ($3 IS NULL OR customer_id = $3)
                AND version < $4
                AND job_id = (SELECT job_id FROM revocations
                    WHERE organization_id = $2 AND connector_id = $1
                    ORDER BY created_at DESC, job_id DESC LIMIT 1)
                AND EXISTS (SELECT 1 FROM data_keys WHERE organization_id = $2)";
        let reopened = on!(self.engine, c => sqlx::query(SQL)
            .bind(connector.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(version)
            .bind(sealed)
            .bind(now.micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(reopened > 0)
    }

    /// Notes how an attempt to revoke ended. What is pending is tried again at `next_at`; what is not
    /// loses its credential, and a deleted organization loses its data keys with its last one.
    ///
    /// False when it is over already, or a late token set has taken the place of the one that was
    /// tried.
    pub async fn settle_revocation(
        &self,
        tried: &DueRevocation,
        status: RevocationStatus,
        detail: Option<&str>,
        next_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE revocations SET status = $5, detail = $6, updated_at = $7,
                attempts = attempts + 1,
                sealed = CASE WHEN $8 THEN sealed END, next_at = CASE WHEN $8 THEN $9 END
            WHERE job_id = $1 AND connector_id = $2 AND organization_id = $3 AND version = $4
                AND status = 'pending'";
        let pending = status == RevocationStatus::Pending;
        let mut transaction = self.engine.begin().await?;
        let deleted = lock_organization(&mut transaction, tried.organization_id).await?;
        let settled = on!(transaction, c => sqlx::query(SQL)
            .bind(tried.job_id.uuid())
            .bind(tried.connector_id.uuid())
            .bind(tried.organization_id.uuid())
            .bind(tried.version)
            .bind(status.as_str())
            .bind(detail.map(without_nul))
            .bind(now.micros())
            .bind(pending)
            .bind(next_at.unwrap_or(now).micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        if deleted && !pending {
            release_keys(&mut transaction, tried.organization_id).await?;
        }
        transaction.commit().await?;
        Ok(settled > 0)
    }

    /// Everything of an organization that is to be revoked, due or not, oldest first.
    pub async fn pending_revocations(&self, organization: OrganizationId) -> Result<Vec<DueRevocation>> {
        const SQL: &str = "SELECT job_id, organization_id, customer_id, connector_id, definition_id,
                environment, replication_config, version, sealed, attempts, created_at
            FROM revocations
            WHERE organization_id = $1 AND status = 'pending'
            ORDER BY job_id, connector_id";
        let rows: Vec<RevocationRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(organization.uuid())
            .fetch_all(c).await)
        .map_err(reading(TABLE))?;
        rows.into_iter().map(DueRevocation::try_from).collect()
    }

    /// The second half of deleting an organization: what is pending has been sealed anew under
    /// `fresh`, as `resealed` says, and every older data key goes. When nothing is pending any more,
    /// `fresh` is not kept either.
    ///
    /// False, and nothing is changed, when that was done already, or what is pending is no longer
    /// what was resealed: the caller reads again.
    pub async fn rekey_revocations(
        &self,
        organization: OrganizationId,
        fresh: &StoredDataKey,
        resealed: &[DueRevocation],
    ) -> Result<bool> {
        const ORGANIZATION: &str = "UPDATE organizations SET rekeyed_at = $2
            WHERE id = $1 AND deleted_at IS NOT NULL AND rekeyed_at IS NULL";
        const RESEAL: &str = "UPDATE revocations SET sealed = $5
            WHERE job_id = $1 AND connector_id = $2 AND organization_id = $3 AND version = $4
                AND status = 'pending'";
        let mut transaction = self.engine.begin().await?;
        let first = on!(transaction, c => sqlx::query(ORGANIZATION)
            .bind(organization.uuid())
            .bind(fresh.created_at.micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        if first == 0 {
            return Ok(false);
        }
        let mut changed = 0;
        for due in resealed {
            changed += on!(transaction, c => sqlx::query(RESEAL)
                .bind(due.job_id.uuid())
                .bind(due.connector_id.uuid())
                .bind(organization.uuid())
                .bind(due.version)
                .bind(&due.sealed)
                .execute(c).await.map(|done| done.rows_affected()))?;
        }
        let pending = count_pending(&mut transaction, organization).await?;
        if i64::try_from(changed) != Ok(pending) {
            return Ok(false);
        }
        delete_keys(&mut transaction, organization).await?;
        if pending > 0 {
            tenants::insert_key(&mut transaction, organization, fresh).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}
