//! Due work, found across tenants for the background loops; each row says whose it is.
//!
//! What is leased is looked for first and then taken row by row, each in a statement of its own that
//! repeats the condition. So no two processes have the same row, and none of them holds one lock
//! while it waits for another, which could only end in a deadlock with a deletion.

use domain::{ConnectorId, CustomerId, DueConnector, DueRevocation, OrganizationId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::engine::on;
use crate::error::reading;
use crate::jobs::RevocationRow;
use crate::{Result, Store};

/// A claim this old is nobody's any more: the refresh that made it lasted seconds. It is only about
/// whom to look at; whether the claim is taken over, the one who looks finds out for itself.
const CLAIM_FORGOTTEN_MS: i64 = 600_000;

/// How long whoever was given an unconfirmed connector has to do away with it.
const UNCONFIRMED_LEASE_MS: i64 = 60_000;

const KEEP_ALIVES: &str = "SELECT k.organization_id, k.customer_id, k.id
    FROM credentials s
    JOIN connectors k ON k.id = s.connector_id AND k.organization_id = s.organization_id
    WHERE s.keep_alive_at <= $1 AND (s.claimed_at IS NULL OR s.claimed_at < $2)
        AND k.status = 'active'
    ORDER BY s.keep_alive_at LIMIT $3";

const REVOCATIONS: &str = "SELECT job_id, connector_id FROM revocations
    WHERE status = 'pending' AND next_at <= $1
    ORDER BY next_at LIMIT $2";

const UNCONFIRMED: &str = "SELECT organization_id, customer_id, id FROM connectors
    WHERE status = 'pending_confirmation' AND confirm_before < $1
    ORDER BY confirm_before LIMIT $2";

#[derive(FromRow)]
struct DueRow {
    organization_id: Uuid,
    customer_id: Uuid,
    id: Uuid,
}

impl From<DueRow> for DueConnector {
    fn from(row: DueRow) -> Self {
        Self {
            organization_id: OrganizationId::from_uuid(row.organization_id),
            customer_id: CustomerId::from_uuid(row.customer_id),
            connector_id: ConnectorId::from_uuid(row.id),
        }
    }
}

impl Store {
    /// Active connectors whose token set is to be refreshed although nobody calls, the longest due
    /// first; they are not due again before `again_at`. Those that somebody is refreshing are left
    /// out.
    pub async fn due_keep_alives(
        &self,
        now: Timestamp,
        again_at: Timestamp,
        limit: i64,
    ) -> Result<Vec<DueConnector>> {
        const TAKE: &str = "UPDATE credentials SET keep_alive_at = $4
            WHERE connector_id = $1 AND organization_id = $2 AND keep_alive_at <= $3
                AND (claimed_at IS NULL OR claimed_at < $5)";
        let forgotten = now.plus_ms(-CLAIM_FORGOTTEN_MS);
        let due: Vec<DueRow> = on!(self.engine, c => sqlx::query_as(KEEP_ALIVES)
            .bind(now.micros())
            .bind(forgotten.micros())
            .bind(limit)
            .fetch_all(c).await)
        .map_err(reading("connectors"))?;
        let mut taken = Vec::new();
        for row in due {
            let mine = on!(self.engine, c => sqlx::query(TAKE)
                .bind(row.id)
                .bind(row.organization_id)
                .bind(now.micros())
                .bind(again_at.micros())
                .bind(forgotten.micros())
                .execute(c).await.map(|done| done.rows_affected()))?;
            if mine > 0 {
                taken.push(row.into());
            }
        }
        Ok(taken)
    }

    /// Grants that are to be revoked now, the longest due first; they are not due again before
    /// `leased_until`.
    pub async fn due_revocations(
        &self,
        now: Timestamp,
        leased_until: Timestamp,
        limit: i64,
    ) -> Result<Vec<DueRevocation>> {
        const TAKE: &str = "UPDATE revocations SET next_at = $4
            WHERE job_id = $1 AND connector_id = $2 AND status = 'pending' AND next_at <= $3
            RETURNING job_id, organization_id, customer_id, connector_id, definition_id, environment,
                replication_config, version, sealed, attempts, created_at";
        let due: Vec<(Uuid, Uuid)> = on!(self.engine, c => sqlx::query_as(REVOCATIONS)
            .bind(now.micros())
            .bind(limit)
            .fetch_all(c).await)
        .map_err(reading("revocations"))?;
        let mut taken = Vec::new();
        for (job, connector) in due {
            let mine: Option<RevocationRow> = on!(self.engine, c => sqlx::query_as(TAKE)
                .bind(job)
                .bind(connector)
                .bind(now.micros())
                .bind(leased_until.micros())
                .fetch_optional(c).await)
            .map_err(reading("revocations"))?;
            if let Some(row) = mine {
                taken.push(row.try_into()?);
            }
        }
        Ok(taken)
    }

    /// Connectors whose time to be confirmed is over, each with whether it is to be removed. They
    /// can be confirmed no longer, and are given again a minute later if they still wait then.
    pub async fn unconfirmed_connectors(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<(DueConnector, bool)>> {
        const TAKE: &str = "UPDATE connectors SET confirmation_hash = NULL, confirm_before = $4
            WHERE id = $1 AND organization_id = $2 AND status = 'pending_confirmation'
                AND confirm_before < $3
            RETURNING confirmation_removes";
        let due: Vec<DueRow> = on!(self.engine, c => sqlx::query_as(UNCONFIRMED)
            .bind(now.micros())
            .bind(limit)
            .fetch_all(c).await)
        .map_err(reading("connectors"))?;
        let mut taken = Vec::new();
        for row in due {
            let mine: Option<(Option<bool>,)> = on!(self.engine, c => sqlx::query_as(TAKE)
                .bind(row.id)
                .bind(row.organization_id)
                .bind(now.micros())
                .bind(now.plus_ms(UNCONFIRMED_LEASE_MS).micros())
                .fetch_optional(c).await)
            .map_err(reading("connectors"))?;
            if let Some((removes,)) = mine {
                taken.push((row.into(), removes.unwrap_or_default()));
            }
        }
        Ok(taken)
    }

    /// Removes consents that expired at `now` or before, and counts them.
    pub async fn delete_expired_consents(&self, now: Timestamp, limit: i64) -> Result<u64> {
        const SQL: &str = "DELETE FROM consents WHERE id IN
            (SELECT id FROM consents WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
        Ok(on!(self.engine, c => sqlx::query(SQL)
            .bind(now.micros())
            .bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Removes jobs made before `before` that wait for nothing any more, and counts them.
    pub async fn delete_old_jobs(&self, before: Timestamp, limit: i64) -> Result<u64> {
        // Its revocations go with it, by the foreign key.
        const SQL: &str = "DELETE FROM jobs WHERE id IN
            (SELECT j.id FROM jobs j
            WHERE j.created_at < $1 AND NOT EXISTS (SELECT 1 FROM revocations r
                WHERE r.job_id = j.id AND r.organization_id = j.organization_id AND r.status = 'pending')
            ORDER BY j.created_at LIMIT $2)";
        Ok(on!(self.engine, c => sqlx::query(SQL)
            .bind(before.micros())
            .bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Removes events told before `before`, and counts them. Numbers are never given again.
    pub async fn delete_old_events(&self, before: Timestamp, limit: i64) -> Result<u64> {
        const SQL: &str = "DELETE FROM events WHERE id IN
            (SELECT id FROM events WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
        Ok(on!(self.engine, c => sqlx::query(SQL)
            .bind(before.micros())
            .bind(limit)
            .execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Deleted organizations that still have pending revocations under their old data keys: the
    /// process that was to seal those anew did not come to it.
    pub async fn half_deleted_organizations(&self, limit: i64) -> Result<Vec<OrganizationId>> {
        const SQL: &str = "SELECT o.id FROM organizations o
            WHERE o.deleted_at IS NOT NULL AND o.rekeyed_at IS NULL
                AND EXISTS (SELECT 1 FROM revocations r
                    WHERE r.organization_id = o.id AND r.status = 'pending')
            ORDER BY o.id LIMIT $1";
        let rows: Vec<(Uuid,)> = on!(self.engine, c => sqlx::query_as(SQL).bind(limit).fetch_all(c).await)
            .map_err(reading("organizations"))?;
        Ok(rows.into_iter().map(|(id,)| OrganizationId::from_uuid(id)).collect())
    }
}

#[cfg(test)]
mod tests;
