//! Consents under way: kept at the start of a person's trip, taken at its end.
//!
//! Of the state only the hash is kept, so a copy of the database completes no consent (nor does the
//! verifier in it, which is sealed).

use domain::{
    ApplicationId, ConnectorId, Consent, ConsentId, CustomerId, DefinitionId, OrganizationId, Tenant,
    Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::engine::on;
use crate::error::{must_hit, reading, unique};
use crate::{Result, Store};

const TABLE: &str = "consents";

#[derive(FromRow)]
struct ConsentRow {
    id: Uuid,
    organization_id: Uuid,
    customer_id: Uuid,
    application_id: Uuid,
    definition_id: Uuid,
    own_app: bool,
    connector_id: Option<Uuid>,
    return_url: String,
    sealed: Vec<u8>,
    created_at: i64,
    expires_at: i64,
}

impl From<ConsentRow> for Consent {
    fn from(row: ConsentRow) -> Self {
        Self {
            id: ConsentId::from_uuid(row.id),
            organization_id: OrganizationId::from_uuid(row.organization_id),
            customer_id: CustomerId::from_uuid(row.customer_id),
            application_id: ApplicationId::from_uuid(row.application_id),
            definition_id: DefinitionId::from_uuid(row.definition_id),
            own_app: row.own_app,
            connector_id: row.connector_id.map(ConnectorId::from_uuid),
            return_url: row.return_url,
            sealed: row.sealed,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
        }
    }
}

impl Store {
    /// Keeps a consent until its callback; `state_hash` is the SHA-256 of its state.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`] when the customer, or the connector to consent anew for, is
    /// not the tenant's or is gone.
    pub async fn create_consent(
        &self,
        tenant: &Tenant,
        consent: &Consent,
        state_hash: &[u8; 32],
    ) -> Result<()> {
        const SQL: &str =
            "INSERT INTO consents (id, organization_id, customer_id, application_id, definition_id,
                own_app, connector_id, return_url, state_hash, sealed, created_at, expires_at)
            SELECT $1, u.organization_id, u.id, $5, $6, $7, $8, $9, $10, $11, $12, $13
            FROM customers u
            WHERE u.id = $2 AND u.organization_id = $3 AND ($4 IS NULL OR u.id = $4)
                AND u.deleted_at IS NULL
                AND ($8 IS NULL OR EXISTS (SELECT 1 FROM connectors k
                    WHERE k.id = $8 AND k.organization_id = u.organization_id AND k.customer_id = u.id))";
        let kept = on!(self.engine, c => sqlx::query(SQL)
            .bind(consent.id.uuid())
            .bind(consent.customer_id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(consent.application_id.uuid())
            .bind(consent.definition_id.uuid())
            .bind(consent.own_app)
            .bind(consent.connector_id.map(ConnectorId::uuid))
            .bind(&consent.return_url)
            .bind(state_hash.as_slice())
            .bind(&consent.sealed)
            .bind(consent.created_at.micros())
            .bind(consent.expires_at.micros())
            .execute(c).await.map(|done| done.rows_affected()))
        .map_err(unique("consent"))?;
        must_hit(kept, if consent.connector_id.is_some() { "connector" } else { "customer" })
    }

    /// Takes the consent of that state, so that a second callback finds nothing. An expired one is
    /// taken too: the caller looks at `expires_at`.
    ///
    /// It is removed before the code is exchanged: a provider that redirects twice must not make two
    /// connectors.
    pub async fn take_consent(&self, state_hash: &[u8; 32]) -> Result<Option<Consent>> {
        const SQL: &str = "DELETE FROM consents
            WHERE state_hash = $1 AND EXISTS (SELECT 1
                FROM customers u JOIN organizations o ON o.id = u.organization_id
                WHERE u.id = consents.customer_id AND u.organization_id = consents.organization_id
                    AND u.deleted_at IS NULL AND o.deleted_at IS NULL)
            RETURNING id, organization_id, customer_id, application_id, definition_id, own_app,
                connector_id, return_url, sealed, created_at, expires_at";
        let row: Option<ConsentRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(state_hash.as_slice())
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        Ok(row.map(Consent::from))
    }
}
