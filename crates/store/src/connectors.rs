//! Connectors and their sealed credentials.
//!
//! Nothing here opens a credential: it comes sealed and goes sealed. How a connector's state and its
//! credential change is in `state.rs` and `refresh.rs`; how it goes, in `jobs/deletion.rs`.

mod refresh;
mod row;
mod state;

use domain::{Connector, ConnectorId, CustomerId, CustomerStatus, DefinitionId, NewEvent, Tenant, Timestamp};

pub use refresh::{Claim, RefreshRow, Settled, UNSETTLED_MAX};
pub use state::Confirmation;

use crate::engine::on;
use crate::error::{must_hit, reading, unique};
use crate::text::{document, storable, without_nul};
use crate::{Result, Store, StoreError, events};
use row::{CallRow, ConnectorRow};

const TABLE: &str = "connectors";
const NAME: &str = "connector name";

/// A credential as it is kept. `version` is that of the row, which the seal is bound to; the first
/// is 1.
#[derive(Debug, Clone)]
pub struct SealedCredential {
    pub version: i64,
    pub sealed: Vec<u8>,
    /// [`Grant::default`] for what is no token set.
    pub grant: Grant,
}

/// What is known in clear of a token set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grant {
    /// It has a refresh token and somewhere to use it.
    pub refreshable: bool,
    pub obtained_at: Option<Timestamp>,
    /// When the access token ends.
    pub expires_at: Option<Timestamp>,
    /// When a caller refreshes it, although it still holds.
    pub refresh_due_at: Option<Timestamp>,
    /// When it is refreshed although nobody calls.
    pub keep_alive_at: Option<Timestamp>,
    /// When the refresh token ends, however often it is used.
    pub ends_at: Option<Timestamp>,
    /// No refresh before it: the provider could not be reached.
    pub retry_at: Option<Timestamp>,
}

/// All a call needs of the database.
#[derive(Debug, Clone)]
pub struct ConnectorForCall {
    pub connector: Connector,
    pub customer_status: CustomerStatus,
    pub credential: SealedCredential,
}

impl Store {
    /// Adds a connector with its credential; one that has yet to be confirmed, with what confirms it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when its customer is not the tenant's, or was deleted.
    pub async fn create_connector(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        credential: &SealedCredential,
        confirmation: Option<&Confirmation>,
        event: &NewEvent,
    ) -> Result<()> {
        // It changes nothing and locks the row, so that a deletion of the customer either is seen
        // here or sees the connector made here.
        const CUSTOMER: &str = "UPDATE customers SET updated_at = updated_at
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR id = $3) AND deleted_at IS NULL";
        const CONNECTOR: &str =
            "INSERT INTO connectors (id, organization_id, customer_id, definition_id, name,
                auth_scheme, environment, replication_config, entities, created_at, updated_at, status,
                status_since, status_reason, credential_source, account, granted_scopes,
                confirmation_hash, confirm_before, confirmation_removes)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                $20)";
        const CREDENTIAL: &str = "INSERT INTO credentials (connector_id, organization_id, version, sealed,
                refreshable, obtained_at, expires_at, refresh_due_at, keep_alive_at, ends_at, retry_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        storable(NAME, &connector.name)?;
        let mut transaction = self.engine.begin().await?;
        let customer = on!(transaction, c => sqlx::query(CUSTOMER)
            .bind(connector.customer_id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(customer, "customer")?;
        on!(transaction, c => sqlx::query(CONNECTOR)
            .bind(connector.id.uuid())
            .bind(tenant.organization().uuid())
            .bind(connector.customer_id.uuid())
            .bind(connector.definition_id.uuid())
            .bind(&connector.name)
            .bind(&connector.auth_scheme)
            .bind(document(&connector.environment))
            .bind(document(&connector.replication_config))
            .bind(connector.entities.as_ref().map(document))
            .bind(connector.created_at.micros())
            .bind(connector.updated_at.micros())
            .bind(connector.state.status.as_str())
            .bind(connector.state.since.micros())
            .bind(connector.state.reason.as_deref().map(without_nul))
            .bind(connector.credential_source.as_str())
            .bind(connector.account.as_ref().map(document))
            .bind(connector.granted_scopes.as_ref().map(document))
            .bind(confirmation.map(|confirmation| confirmation.hash.as_slice()))
            .bind(confirmation.map(|confirmation| confirmation.before.micros()))
            .bind(confirmation.map(|confirmation| confirmation.removes))
            .execute(c).await.map(|_| ()))
        .map_err(unique("connector id"))?;
        on!(transaction, c => sqlx::query(CREDENTIAL)
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
            .execute(c).await.map(|_| ()))?;
        events::append(&mut transaction, tenant.organization(), std::slice::from_ref(event)).await?;
        transaction.commit().await
    }

    /// One connector.
    pub async fn connector(&self, tenant: &Tenant, id: ConnectorId) -> Result<Connector> {
        const SQL: &str = "SELECT id, organization_id, customer_id, definition_id, name, auth_scheme,
                environment, replication_config, entities, status, status_since, status_reason,
                credential_source, account, granted_scopes, created_at, updated_at
            FROM connectors
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)";
        let row: Option<ConnectorRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        row.ok_or(StoreError::NotFound("connector"))?.try_into()
    }

    /// A connector, its credential and whether its customer is active, in one query: the price of
    /// a call.
    pub async fn connector_for_call(&self, tenant: &Tenant, id: ConnectorId) -> Result<ConnectorForCall> {
        const SQL: &str = "SELECT k.id, k.organization_id, k.customer_id, k.definition_id, k.name,
                k.auth_scheme, k.environment, k.replication_config, k.entities, k.status,
                k.status_since, k.status_reason, k.credential_source, k.account, k.granted_scopes,
                k.created_at, k.updated_at, u.status AS customer_status, s.version, s.sealed,
                s.refreshable, s.obtained_at, s.expires_at, s.refresh_due_at, s.keep_alive_at,
                s.ends_at, s.retry_at
            FROM connectors k
            JOIN credentials s ON s.connector_id = k.id AND s.organization_id = k.organization_id
            JOIN customers u ON u.id = k.customer_id AND u.organization_id = k.organization_id
            WHERE k.id = $1 AND k.organization_id = $2 AND ($3 IS NULL OR k.customer_id = $3)
                AND u.deleted_at IS NULL";
        let row: Option<CallRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        row.ok_or(StoreError::NotFound("connector"))?.try_into()
    }

    /// A customer's connectors, newest first: all of them, or those of one definition.
    pub async fn list_connectors(
        &self,
        tenant: &Tenant,
        customer: CustomerId,
        definition: Option<DefinitionId>,
    ) -> Result<Vec<Connector>> {
        const SQL: &str = "SELECT id, organization_id, customer_id, definition_id, name, auth_scheme,
                environment, replication_config, entities, status, status_since, status_reason,
                credential_source, account, granted_scopes, created_at, updated_at
            FROM connectors
            WHERE organization_id = $1 AND customer_id = $2 AND ($3 IS NULL OR customer_id = $3)
                AND ($4 IS NULL OR definition_id = $4)
            ORDER BY id DESC";
        let rows: Vec<ConnectorRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(customer.uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(definition.map(DefinitionId::uuid))
            .fetch_all(c).await)
        .map_err(reading(TABLE))?;
        rows.into_iter().map(Connector::try_from).collect()
    }

    /// Writes what may change of a connector: its name, its settings and the entities it is
    /// limited to. Customer, definition and auth scheme stay.
    ///
    /// `read_at` is its `updated_at` as it was read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also when somebody changed the connector since it was read.
    pub async fn update_connector(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        read_at: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "UPDATE connectors SET name = $4, environment = $5, replication_config = $6,
                entities = $7, updated_at = $8
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)
                AND updated_at = $9";
        storable(NAME, &connector.name)?;
        let changed = on!(self.engine, c => sqlx::query(SQL)
            .bind(connector.id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(&connector.name)
            .bind(document(&connector.environment))
            .bind(document(&connector.replication_config))
            .bind(connector.entities.as_ref().map(document))
            .bind(connector.updated_at.micros())
            .bind(read_at.micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(changed, "connector")
    }
}
