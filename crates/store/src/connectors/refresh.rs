//! Refreshing a token set, once however many callers and processes there are.
//!
//! Whoever refreshes claims the row first, which counts up its fence; the provider is asked outside
//! of any transaction; and what it answered is stored where the fence and the version are still those
//! of the claim. So a process that slept through its claim writes nothing.
//!
//! Whatever is to change a connector and its credential locks the connector's row first, as deleting
//! it does.

use domain::{ConnectorId, ConnectorState, ConnectorStatus, CustomerId, NewEvent, Tenant, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use super::row::{CredentialRow, read_connector_status};
use super::{SealedCredential, TABLE};
use crate::engine::on;
use crate::error::reading;
use crate::text::{document, without_nul};
use crate::{Result, Store, StoreError, events};

/// Attempts with one refresh token whose outcome is not known: one is repeated, no more.
pub const UNSETTLED_MAX: i64 = 2;

/// What a refresh begins from.
#[derive(Debug, Clone)]
pub struct RefreshRow {
    pub credential: SealedCredential,
    pub status: ConnectorStatus,
    /// How many claims there have been.
    pub fence: i64,
    /// Whether the last one is not settled.
    pub claimed: bool,
    /// Attempts with this refresh token whose outcome is not known, one under way included.
    pub unsettled: i64,
    /// Attempts in a row that brought nothing.
    pub failures: i64,
}

/// The right to use the refresh token once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// What tells it from every other claim of this credential.
    pub fence: i64,
    /// As in [`RefreshRow`], with this one.
    pub unsettled: i64,
}

/// What became of a new token set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Stored,
    /// Somebody else has claimed or replaced the credential since.
    Superseded,
    /// The connector was deleted, or never was this tenant's.
    Gone,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    #[sqlx(flatten)]
    credential: CredentialRow,
    status: String,
    fence: i64,
    claimed_at: Option<i64>,
    unsettled: i64,
    failures: i64,
}

impl Store {
    /// A connector's credential, and who is refreshing it.
    pub async fn refresh_row(&self, tenant: &Tenant, id: ConnectorId) -> Result<RefreshRow> {
        const SQL: &str = "SELECT k.id, k.status, s.version, s.sealed, s.refreshable, s.obtained_at,
                s.expires_at, s.refresh_due_at, s.keep_alive_at, s.ends_at, s.retry_at, s.fence,
                s.claimed_at, s.unsettled, s.failures
            FROM connectors k
            JOIN credentials s ON s.connector_id = k.id AND s.organization_id = k.organization_id
            WHERE k.id = $1 AND k.organization_id = $2 AND ($3 IS NULL OR k.customer_id = $3)";
        let row: Option<Row> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        let row = row.ok_or(StoreError::NotFound("connector"))?;
        Ok(RefreshRow {
            status: read_connector_status(&row.status, row.id)?,
            credential: row.credential.into(),
            fence: row.fence,
            claimed: row.claimed_at.is_some(),
            unsettled: row.unsettled,
            failures: row.failures,
        })
    }

    /// Claims the credential that was read at `version` and `fence_seen`. A claim that another holds
    /// is taken over only when the caller says so, which knows it to be dead.
    ///
    /// None when somebody was faster, and when it may not be tried: the outcome of two attempts is
    /// not known already, or the provider has refused.
    pub async fn claim_refresh(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        version: i64,
        fence_seen: i64,
        take_over: bool,
        now: Timestamp,
    ) -> Result<Option<Claim>> {
        const SQL: &str = "UPDATE credentials SET fence = fence + 1, claimed_at = $4,
                unsettled = unsettled + 1
            WHERE connector_id = $1 AND organization_id = $2 AND EXISTS (SELECT 1 FROM connectors k
                    WHERE k.id = credentials.connector_id
                        AND k.organization_id = credentials.organization_id
                        AND ($3 IS NULL OR k.customer_id = $3) AND k.status <> 'reauth_required')
                AND version = $5 AND fence = $6 AND unsettled < $7 AND (claimed_at IS NULL OR $8)
            RETURNING fence, unsettled";
        let claimed: Option<(i64, i64)> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(now.micros())
            .bind(version)
            .bind(fence_seen)
            .bind(UNSETTLED_MAX)
            .bind(take_over)
            .fetch_optional(c).await)
        .map_err(reading("credentials"))?;
        Ok(claimed.map(|(fence, unsettled)| Claim { fence, unsettled }))
    }

    /// Stores the token set that a claim brought, in place of the one of `read_version`; with the
    /// scopes the provider named, and with an event when there is one to tell.
    ///
    /// It asks for no status: a token set that replaces another is the only one left, whatever has
    /// become of the connector meanwhile.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own, and none has a default")]
    pub async fn settle_refreshed(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        claim_fence: i64,
        read_version: i64,
        credential: &SealedCredential,
        granted_scopes: Option<&[String]>,
        event: Option<&NewEvent>,
    ) -> Result<Settled> {
        const CONNECTOR: &str = "UPDATE connectors SET granted_scopes = COALESCE($4, granted_scopes)
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)";
        const CREDENTIAL: &str = "UPDATE credentials SET version = $3, sealed = $4, refreshable = $5,
                obtained_at = $6, expires_at = $7, refresh_due_at = $8, keep_alive_at = $9,
                ends_at = $10, retry_at = NULL, claimed_at = NULL, unsettled = 0, failures = 0
            WHERE connector_id = $1 AND organization_id = $2 AND fence = $11 AND version = $12";
        let mut transaction = self.engine.begin().await?;
        let found = on!(transaction, c => sqlx::query(CONNECTOR)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(granted_scopes.map(document))
            .execute(c).await.map(|done| done.rows_affected()))?;
        if found == 0 {
            return Ok(Settled::Gone);
        }
        let stored = on!(transaction, c => sqlx::query(CREDENTIAL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(credential.version)
            .bind(&credential.sealed)
            .bind(credential.grant.refreshable)
            .bind(credential.grant.obtained_at.map(Timestamp::micros))
            .bind(credential.grant.expires_at.map(Timestamp::micros))
            .bind(credential.grant.refresh_due_at.map(Timestamp::micros))
            .bind(credential.grant.keep_alive_at.map(Timestamp::micros))
            .bind(credential.grant.ends_at.map(Timestamp::micros))
            .bind(claim_fence)
            .bind(read_version)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if stored == 0 {
            return Ok(Settled::Superseded);
        }
        if let Some(event) = event {
            events::append(&mut transaction, tenant.organization(), std::slice::from_ref(event)).await?;
        }
        transaction.commit().await?;
        Ok(Settled::Stored)
    }

    /// Frees a claim that brought nothing; says whether it was still held. `known_unsent` when the
    /// provider cannot have used the refresh token, or said to come back; otherwise nobody knows.
    pub async fn release_refresh(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        claim_fence: i64,
        known_unsent: bool,
        retry_at: Option<Timestamp>,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE credentials SET claimed_at = NULL, failures = failures + 1,
                unsettled = unsettled - CASE WHEN $4 THEN 1 ELSE 0 END, retry_at = $5
            WHERE connector_id = $1 AND organization_id = $2 AND EXISTS (SELECT 1 FROM connectors k
                    WHERE k.id = credentials.connector_id
                        AND k.organization_id = credentials.organization_id
                        AND ($3 IS NULL OR k.customer_id = $3))
                AND fence = $6 AND claimed_at IS NOT NULL";
        let released = on!(self.engine, c => sqlx::query(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(known_unsent)
            .bind(retry_at.map(Timestamp::micros))
            .bind(claim_fence)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(released > 0)
    }

    /// Ends an active connector's refreshing, because the provider refused or the outcome of two
    /// attempts is not known: `state` says so to a person. True for the one call that did it, where
    /// fence and version were still those that were read.
    ///
    /// The claim is freed, and the fence moves on, so that nobody who has read the row before claims
    /// it after; that is so for a connector that is not active too, whose state stays. One that is
    /// refused has nothing to keep alive.
    pub async fn refuse_refresh(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        fence_seen: i64,
        read_version: i64,
        state: &ConnectorState,
        event: &NewEvent,
    ) -> Result<bool> {
        const CONNECTOR: &str = "UPDATE connectors SET status = $4, status_since = $5, status_reason = $6
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)
                AND status = 'active'";
        const CREDENTIAL: &str = "UPDATE credentials SET claimed_at = NULL, fence = fence + 1,
                keep_alive_at = CASE WHEN $6 THEN NULL ELSE keep_alive_at END
            WHERE connector_id = $1 AND organization_id = $2 AND EXISTS (SELECT 1 FROM connectors k
                    WHERE k.id = credentials.connector_id
                        AND k.organization_id = credentials.organization_id
                        AND ($3 IS NULL OR k.customer_id = $3))
                AND fence = $4 AND version = $5";
        let mut transaction = self.engine.begin().await?;
        let changed = on!(transaction, c => sqlx::query(CONNECTOR)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(state.status.as_str())
            .bind(state.since.micros())
            .bind(state.reason.as_deref().map(without_nul))
            .execute(c).await.map(|done| done.rows_affected()))?;
        let freed = on!(transaction, c => sqlx::query(CREDENTIAL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(fence_seen)
            .bind(read_version)
            .bind(changed > 0)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if freed == 0 {
            return Ok(false);
        }
        if changed > 0 {
            events::append(&mut transaction, tenant.organization(), std::slice::from_ref(event)).await?;
        }
        transaction.commit().await?;
        Ok(changed > 0)
    }
}
