//! What an organization decides about consent.

use domain::{OrganizationSettings, Tenant};
use uuid::Uuid;

use crate::engine::on;
use crate::error::reading;
use crate::text::{document, read_document};
use crate::{Result, Store, StoreError};

const TABLE: &str = "organizations";

impl Store {
    /// A living organization's settings; a tenant narrowed to one of its customers reads them too.
    pub async fn organization_settings(&self, tenant: &Tenant) -> Result<OrganizationSettings> {
        const SQL: &str = "SELECT id, confirm_connectors, return_origins FROM organizations
            WHERE id = $1 AND deleted_at IS NULL";
        let row: Option<(Uuid, bool, String)> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        let (id, confirm_connectors, origins) = row.ok_or(StoreError::NotFound("organization"))?;
        let return_origins = read_document(&origins, (TABLE, "return_origins"), id)?;
        Ok(OrganizationSettings { confirm_connectors, return_origins })
    }

    /// Changes what is given of an organization's settings, and answers all of them. One statement, so
    /// that two changes of different settings do not undo each other.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a tenant narrowed to a customer: they are not its own.
    pub async fn update_organization_settings(
        &self,
        tenant: &Tenant,
        confirm_connectors: Option<bool>,
        return_origins: Option<&[String]>,
    ) -> Result<OrganizationSettings> {
        const SQL: &str = "UPDATE organizations SET confirm_connectors = COALESCE($2, confirm_connectors),
                return_origins = COALESCE($3, return_origins)
            WHERE id = $1 AND deleted_at IS NULL
            RETURNING id, confirm_connectors, return_origins";
        if tenant.customer().is_some() {
            return Err(StoreError::NotFound("organization"));
        }
        let row: Option<(Uuid, bool, String)> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(confirm_connectors)
            .bind(return_origins.map(document))
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        let (id, confirm_connectors, origins) = row.ok_or(StoreError::NotFound("organization"))?;
        let return_origins = read_document(&origins, (TABLE, "return_origins"), id)?;
        Ok(OrganizationSettings { confirm_connectors, return_origins })
    }
}
