//! Organizations' own OAuth apps: at most one for each definition.
//!
//! They belong to the organization as a whole: a tenant narrowed to one of its customers reads them,
//! because it may begin a consent, and changes none.

use domain::{DefinitionId, OAuthAppId, Tenant, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::engine::on;
use crate::error::{must_hit, reading};
use crate::{Result, Store, StoreError};

const TABLE: &str = "oauth_apps";

/// An organization's own OAuth app as it is kept. `version` is that of the row, which the seal is
/// bound to; the first is 1.
#[derive(Debug, Clone)]
pub struct StoredOAuthApp {
    pub id: OAuthAppId,
    pub definition_id: DefinitionId,
    pub version: i64,
    /// Enough of the client id to tell two apps apart.
    pub client_id_masked: String,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(FromRow)]
struct OAuthAppRow {
    id: Uuid,
    definition_id: Uuid,
    version: i64,
    client_id_masked: String,
    sealed: Vec<u8>,
    created_at: i64,
    updated_at: i64,
}

impl From<OAuthAppRow> for StoredOAuthApp {
    fn from(row: OAuthAppRow) -> Self {
        Self {
            id: OAuthAppId::from_uuid(row.id),
            definition_id: DefinitionId::from_uuid(row.definition_id),
            version: row.version,
            client_id_masked: row.client_id_masked,
            sealed: row.sealed,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        }
    }
}

impl Store {
    /// The organization's own app for a definition.
    pub async fn oauth_app(
        &self,
        tenant: &Tenant,
        definition: DefinitionId,
    ) -> Result<Option<StoredOAuthApp>> {
        const SQL: &str =
            "SELECT id, definition_id, version, client_id_masked, sealed, created_at, updated_at
            FROM oauth_apps
            WHERE organization_id = $1 AND definition_id = $2";
        let row: Option<OAuthAppRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(definition.uuid())
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        Ok(row.map(StoredOAuthApp::from))
    }

    /// Adds the organization's app for a definition (`read_version` none), or replaces the one of the
    /// same id and of the version that was read.
    ///
    /// Says false, and changes nothing, when somebody else added, replaced or deleted it meanwhile:
    /// the caller reads it again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the organization was deleted, and for a narrowed tenant.
    pub async fn put_oauth_app(
        &self,
        tenant: &Tenant,
        app: &StoredOAuthApp,
        read_version: Option<i64>,
    ) -> Result<bool> {
        // It changes nothing and locks the row, so that a deletion of the organization either is
        // seen here or sees the app made here.
        const LIVING: &str = "UPDATE organizations SET name = name WHERE id = $1 AND deleted_at IS NULL";
        const ADD: &str = "INSERT INTO oauth_apps (id, organization_id, definition_id, version,
                client_id_masked, sealed, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (organization_id, definition_id) DO NOTHING";
        const REPLACE: &str = "UPDATE oauth_apps SET version = $4, client_id_masked = $5, sealed = $6,
                updated_at = $7
            WHERE id = $1 AND organization_id = $2 AND definition_id = $3 AND version = $8";
        if tenant.customer().is_some() {
            return Err(StoreError::NotFound("organization"));
        }
        let mut transaction = self.engine.begin().await?;
        let living = on!(transaction, c => sqlx::query(LIVING)
            .bind(tenant.organization().uuid())
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(living, "organization")?;
        let sql = if read_version.is_some() { REPLACE } else { ADD };
        let put = on!(transaction, c => {
            let query = sqlx::query(sql)
                .bind(app.id.uuid())
                .bind(tenant.organization().uuid())
                .bind(app.definition_id.uuid())
                .bind(app.version)
                .bind(&app.client_id_masked)
                .bind(&app.sealed);
            match read_version {
                Some(read) => query.bind(app.updated_at.micros()).bind(read),
                None => query.bind(app.created_at.micros()).bind(app.updated_at.micros()),
            }
            .execute(c).await.map(|done| done.rows_affected())
        })?;
        transaction.commit().await?;
        Ok(put > 0)
    }

    /// Removes the organization's own app for a definition; false when there was none, and for a
    /// narrowed tenant. Connectors made with it keep what they need of it.
    pub async fn delete_oauth_app(&self, tenant: &Tenant, definition: DefinitionId) -> Result<bool> {
        const SQL: &str = "DELETE FROM oauth_apps WHERE organization_id = $1 AND definition_id = $2";
        if tenant.customer().is_some() {
            return Ok(false);
        }
        let removed = on!(self.engine, c => sqlx::query(SQL)
            .bind(tenant.organization().uuid())
            .bind(definition.uuid())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(removed > 0)
    }
}
