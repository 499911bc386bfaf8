//! Whether a connector can be used: confirmed, switched off and on, consented anew.
//!
//! Each change is made only from where the caller believes the connector to be, and its event is
//! written in the same transaction, or not at all.

use domain::{
    Connector, ConnectorId, ConnectorState, ConnectorStatus, CustomerId, NewEvent, Tenant, Timestamp,
};
use uuid::Uuid;

use super::SealedCredential;
use crate::engine::on;
use crate::text::{document, without_nul};
use crate::{Result, Store, StoreError, events};

/// What makes a connector usable that waits for its confirmation.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation {
    /// SHA-256 of the value that the application has to send.
    pub hash: [u8; 32],
    /// The last instant at which it is accepted.
    pub before: Timestamp,
    /// Whether the connector goes after that. A new one does; one that was consented anew only
    /// waits for another consent.
    pub removes: bool,
}

impl Store {
    /// Gives a connector a new credential after another consent, with the account, scopes, auth
    /// scheme, source and state of `connector`. Whoever is refreshing the old one can no longer
    /// settle it. It neither disables nor enables.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the credential is no longer that of `read_version`, or the
    /// connector was disabled or enabled meanwhile: the caller reads again.
    pub async fn replace_credential(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        read_version: i64,
        credential: &SealedCredential,
        confirmation: Option<&Confirmation>,
        event: &NewEvent,
    ) -> Result<()> {
        const CONNECTOR: &str = "UPDATE connectors SET auth_scheme = $4, status = $5, status_since = $6,
                status_reason = $7, credential_source = $8, account = $9, granted_scopes = $10,
                confirmation_hash = $11, confirm_before = $12, confirmation_removes = $13, updated_at = $14
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)
                AND (status = 'disabled') = ($5 = 'disabled')";
        const CREDENTIAL: &str = "UPDATE credentials SET version = $3, sealed = $4, refreshable = $5,
                obtained_at = $6, expires_at = $7, refresh_due_at = $8, keep_alive_at = $9,
                ends_at = $10, retry_at = $11, fence = fence + 1, claimed_at = NULL, unsettled = 0,
                failures = 0
            WHERE connector_id = $1 AND organization_id = $2 AND version = $12";
        let mut transaction = self.engine.begin().await?;
        let found = on!(transaction, c => sqlx::query(CONNECTOR)
            .bind(connector.id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(&connector.auth_scheme)
            .bind(connector.state.status.as_str())
            .bind(connector.state.since.micros())
            .bind(connector.state.reason.as_deref().map(without_nul))
            .bind(connector.credential_source.as_str())
            .bind(connector.account.as_ref().map(document))
            .bind(connector.granted_scopes.as_ref().map(document))
            .bind(confirmation.map(|confirmation| confirmation.hash.as_slice()))
            .bind(confirmation.map(|confirmation| confirmation.before.micros()))
            .bind(confirmation.map(|confirmation| confirmation.removes))
            .bind(connector.updated_at.micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        if found == 0 {
            drop(transaction);
            self.connector_exists(tenant, connector.id).await?;
            return Err(StoreError::Conflict("credential"));
        }
        let replaced = on!(transaction, c => sqlx::query(CREDENTIAL)
            .bind(connector.id.uuid())
            .bind(tenant.organization().uuid())
            .bind(credential.version)
            .bind(&credential.sealed)
            .bind(credential.grant.refreshable)
            .bind(credential.grant.obtained_at.map(Timestamp::micros))
            .bind(credential.grant.expires_at.map(Timestamp::micros))
            .bind(credential.grant.refresh_due_at.map(Timestamp::micros))
            .bind(credential.grant.keep_alive_at.map(Timestamp::micros))
            .bind(credential.grant.ends_at.map(Timestamp::micros))
            .bind(credential.grant.retry_at.map(Timestamp::micros))
            .bind(read_version)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if replaced == 0 {
            return Err(StoreError::Conflict("credential"));
        }
        events::append(&mut transaction, tenant.organization(), std::slice::from_ref(event)).await?;
        transaction.commit().await
    }

    /// Changes a connector's state, provided that its status is one of `from`; says whether it was.
    ///
    /// What would have confirmed it stays only while it waits for that or is disabled.
    pub async fn set_connector_state(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        from: &[ConnectorStatus],
        to: &ConnectorState,
        event: &NewEvent,
    ) -> Result<bool> {
        // Four, as there are four statuses; those not given are null, which equals nothing.
        const SQL: &str = "UPDATE connectors SET status = $4, status_since = $5, status_reason = $6,
                confirmation_hash = CASE WHEN $7 THEN confirmation_hash END,
                confirm_before = CASE WHEN $7 THEN confirm_before END,
                confirmation_removes = CASE WHEN $7 THEN confirmation_removes END
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)
                AND status IN ($8, $9, $10, $11)";
        let stays = matches!(to.status, ConnectorStatus::PendingConfirmation | ConnectorStatus::Disabled);
        let from = |place: usize| from.get(place).map(|status| status.as_str());
        let mut transaction = self.engine.begin().await?;
        let changed = on!(transaction, c => sqlx::query(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(to.status.as_str())
            .bind(to.since.micros())
            .bind(to.reason.as_deref().map(without_nul))
            .bind(stays)
            .bind(from(0))
            .bind(from(1))
            .bind(from(2))
            .bind(from(3))
            .execute(c).await.map(|done| done.rows_affected()))?;
        if changed == 0 {
            drop(transaction);
            return self.connector_exists(tenant, id).await.map(|()| false);
        }
        events::append(&mut transaction, tenant.organization(), std::slice::from_ref(event)).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Makes a connector active that waits for the confirmation of this hash, if it is not too late;
    /// says whether it was so. A confirmation works once.
    pub async fn confirm_connector(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        hash: &[u8; 32],
        now: Timestamp,
        event: &NewEvent,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE connectors SET status = 'active', status_since = $4,
                status_reason = NULL, confirmation_hash = NULL, confirm_before = NULL,
                confirmation_removes = NULL
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)
                AND status = 'pending_confirmation' AND confirm_before >= $4 AND confirmation_hash = $5";
        let mut transaction = self.engine.begin().await?;
        let confirmed = on!(transaction, c => sqlx::query(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(now.micros())
            .bind(hash.as_slice())
            .execute(c).await.map(|done| done.rows_affected()))?;
        if confirmed == 0 {
            return Ok(false);
        }
        events::append(&mut transaction, tenant.organization(), std::slice::from_ref(event)).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Succeeds when the tenant has such a connector.
    pub(super) async fn connector_exists(&self, tenant: &Tenant, id: ConnectorId) -> Result<()> {
        const SQL: &str = "SELECT id FROM connectors
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)";
        let found: Option<Uuid> = on!(self.engine, c => sqlx::query_scalar(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)?;
        found.map(|_| ()).ok_or(StoreError::NotFound("connector"))
    }
}
