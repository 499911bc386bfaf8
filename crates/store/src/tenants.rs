//! Organizations, their wrapped data keys, and the values that check KEKs.
//!
//! What takes no [`Tenant`] here is for the operator's commands and for the start of the program.

mod settings;

use domain::{Customer, Organization, OrganizationId, Tenant, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::engine::{Transaction, on};
use crate::error::{reading, unique};
use crate::text::storable;
use crate::{Result, Store, StoreError, customers};

/// An organization's data key as it is kept: wrapped by the KEK named here.
#[derive(Debug, Clone)]
pub struct StoredDataKey {
    pub organization_id: OrganizationId,
    pub version: i64,
    pub kek_id: String,
    pub wrapped: Vec<u8>,
    pub created_at: Timestamp,
}

#[derive(FromRow)]
struct OrganizationRow {
    id: Uuid,
    name: String,
    created_at: i64,
}

impl From<OrganizationRow> for Organization {
    fn from(row: OrganizationRow) -> Self {
        Self {
            id: OrganizationId::from_uuid(row.id),
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

#[derive(FromRow)]
struct DataKeyRow {
    organization_id: Uuid,
    version: i64,
    kek_id: String,
    wrapped: Vec<u8>,
    created_at: i64,
}

impl From<DataKeyRow> for StoredDataKey {
    fn from(row: DataKeyRow) -> Self {
        Self {
            organization_id: OrganizationId::from_uuid(row.organization_id),
            version: row.version,
            kek_id: row.kek_id,
            wrapped: row.wrapped,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// Adds a data key to an organization.
pub(crate) async fn insert_key(at: &mut Transaction, id: OrganizationId, key: &StoredDataKey) -> Result<()> {
    const SQL: &str = "INSERT INTO data_keys (organization_id, version, kek_id, wrapped, created_at)
        VALUES ($1, $2, $3, $4, $5)";
    Ok(on!(at, c => sqlx::query(SQL)
        .bind(id.uuid())
        .bind(key.version)
        .bind(&key.kek_id)
        .bind(&key.wrapped)
        .bind(key.created_at.micros())
        .execute(c).await.map(|_| ()))?)
}

impl Store {
    /// Creates an organization with its first data key and its first customer; `at_first_start`
    /// marks the one that [`Store::first_organization`] finds.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for an id that is taken.
    pub async fn create_organization(
        &self,
        organization: &Organization,
        key: &StoredDataKey,
        customer: &Customer,
        at_first_start: bool,
    ) -> Result<()> {
        const ORGANIZATION: &str =
            "INSERT INTO organizations (id, name, created_at, at_first_start) VALUES ($1, $2, $3, $4)";
        storable("organization name", &organization.name)?;
        let mut transaction = self.engine.begin().await?;
        on!(transaction, c => sqlx::query(ORGANIZATION)
            .bind(organization.id.uuid())
            .bind(&organization.name)
            .bind(organization.created_at.micros())
            .bind(at_first_start)
            .execute(c).await.map(|_| ()))
        .map_err(unique("organization id"))?;
        insert_key(&mut transaction, organization.id, key).await?;
        customers::insert(&mut transaction, &organization.tenant(), customer).await?;
        transaction.commit().await
    }

    /// The living organizations, oldest first.
    pub async fn organizations(&self) -> Result<Vec<Organization>> {
        const SQL: &str =
            "SELECT id, name, created_at FROM organizations WHERE deleted_at IS NULL ORDER BY id";
        let rows: Vec<OrganizationRow> = on!(self.engine, c => sqlx::query_as(SQL).fetch_all(c).await)
            .map_err(reading("organizations"))?;
        Ok(rows.into_iter().map(Organization::from).collect())
    }

    /// One living organization.
    pub async fn organization(&self, id: OrganizationId) -> Result<Organization> {
        const SQL: &str =
            "SELECT id, name, created_at FROM organizations WHERE id = $1 AND deleted_at IS NULL";
        let row: Option<OrganizationRow> =
            on!(self.engine, c => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(c).await)
                .map_err(reading("organizations"))?;
        row.map(Organization::from).ok_or(StoreError::NotFound("organization"))
    }

    /// One deleted organization, for what is left to do for it.
    pub async fn deleted_organization(&self, id: OrganizationId) -> Result<Organization> {
        const SQL: &str =
            "SELECT id, name, created_at FROM organizations WHERE id = $1 AND deleted_at IS NOT NULL";
        let row: Option<OrganizationRow> =
            on!(self.engine, c => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(c).await)
                .map_err(reading("organizations"))?;
        row.map(Organization::from).ok_or(StoreError::NotFound("organization"))
    }

    /// The living organization that was made when the program first started here.
    pub async fn first_organization(&self) -> Result<Option<OrganizationId>> {
        const SQL: &str = "SELECT id FROM organizations WHERE at_first_start AND deleted_at IS NULL
            ORDER BY id LIMIT 1";
        let row: Option<(Uuid,)> = on!(self.engine, c => sqlx::query_as(SQL).fetch_optional(c).await)
            .map_err(reading("organizations"))?;
        Ok(row.map(|(id,)| OrganizationId::from_uuid(id)))
    }

    /// The data key of that version, or the newest.
    pub async fn data_key(&self, tenant: &Tenant, version: Option<i64>) -> Result<StoredDataKey> {
        const SQL: &str = "SELECT organization_id, version, kek_id, wrapped, created_at FROM data_keys
            WHERE organization_id = $1 AND ($2 IS NULL OR version = $2)
            ORDER BY version DESC LIMIT 1";
        let row: Option<DataKeyRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(version)
            .fetch_optional(c).await)
        .map_err(reading("data_keys"))?;
        row.map(StoredDataKey::from).ok_or(StoreError::NotFound("data key"))
    }

    /// How many data keys each KEK wraps, over all organizations: a KEK named here is still needed.
    pub async fn data_keys_by_kek(&self) -> Result<Vec<(String, i64)>> {
        const SQL: &str = "SELECT kek_id, COUNT(*) FROM data_keys GROUP BY kek_id ORDER BY kek_id";
        on!(self.engine, c => sqlx::query_as(SQL).fetch_all(c).await).map_err(reading("data_keys"))
    }

    /// The check value of every KEK ever used with this database.
    pub async fn key_checks(&self) -> Result<Vec<(String, Vec<u8>)>> {
        const SQL: &str = "SELECT kek_id, check_value FROM key_checks ORDER BY kek_id";
        on!(self.engine, c => sqlx::query_as(SQL).fetch_all(c).await).map_err(reading("key_checks"))
    }

    /// Keeps the check value of a KEK. The first one kept stays: a later one changes nothing.
    pub async fn add_key_check(&self, kek_id: &str, check: &[u8]) -> Result<()> {
        const SQL: &str = "INSERT INTO key_checks (kek_id, check_value) VALUES ($1, $2)
            ON CONFLICT (kek_id) DO NOTHING";
        storable("key id", kek_id)?;
        on!(self.engine, c => sqlx::query(SQL).bind(kek_id).bind(check).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
