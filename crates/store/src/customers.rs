//! An organization's customers: made on first use, listed, renamed, deleted.
//!
//! A deleted customer's row stays, because the execution log points at it; every query here asks
//! for living ones. A tenant narrowed to a customer sees and changes that one only.

mod row;

use domain::{Cursor, Customer, CustomerId, CustomerStatus, Page, Tenant, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

pub(crate) use row::read_status;
use row::{CustomerRow, status_text, visibility_text};

use crate::engine::{Transaction, on};
use crate::error::{must_hit, reading, unique};
use crate::text::{containing, folded, is_storable, storable};
use crate::{Result, Store, StoreError, page_rows};

const TABLE: &str = "customers";
const NAME: &str = "customer name";

/// Which customers to list. Empty lists all of the tenant's.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Part of the name, without regard to case.
    pub name_contains: Option<String>,
    pub status: Option<CustomerStatus>,
}

/// How many customers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct CustomerCounts {
    pub active: i64,
    pub inactive: i64,
}

/// Adds a customer, or gives back the living one that has its name already.
///
/// `DO UPDATE` changes nothing; it is there because `DO NOTHING` would return no row.
pub(crate) async fn insert(at: &mut Transaction, tenant: &Tenant, customer: &Customer) -> Result<Customer> {
    const SQL: &str = "INSERT INTO customers (id, organization_id, name, name_folded, status, cache_enabled,
            visibility, color, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (organization_id, name) WHERE deleted_at IS NULL
        DO UPDATE SET updated_at = customers.updated_at
        RETURNING id, organization_id, name, status, cache_enabled, visibility, color, created_at, updated_at";
    storable(NAME, &customer.name)?;
    let row: CustomerRow = on!(at, c => sqlx::query_as(SQL)
        .bind(customer.id.uuid())
        .bind(tenant.organization().uuid())
        .bind(&customer.name)
        .bind(folded(&customer.name))
        .bind(status_text(customer.status))
        .bind(customer.cache_enabled)
        .bind(visibility_text(customer.visibility))
        .bind(&customer.color)
        .bind(customer.created_at.micros())
        .bind(customer.updated_at.micros())
        .fetch_one(c).await)
    .map_err(reading(TABLE))?;
    row.try_into()
}

impl Store {
    /// The living customer named like `candidate`, which is added when there is none.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the organization was deleted, and for a tenant narrowed to a
    /// customer of another name: it cannot make siblings.
    pub async fn ensure_customer(&self, tenant: &Tenant, candidate: &Customer) -> Result<Customer> {
        // It changes nothing and locks the row, so that a deletion of the organization either is
        // seen here or sees the customer made here.
        const LIVING: &str = "UPDATE organizations SET name = name WHERE id = $1 AND deleted_at IS NULL";
        storable(NAME, &candidate.name)?;
        if let Some(known) = self.find_customer(tenant, &candidate.name).await? {
            return Ok(known);
        }
        if tenant.customer().is_some() {
            return Err(StoreError::NotFound("customer"));
        }
        let mut transaction = self.engine.begin().await?;
        let living = on!(transaction, c => sqlx::query(LIVING)
            .bind(tenant.organization().uuid())
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(living, "organization")?;
        let customer = insert(&mut transaction, tenant, candidate).await?;
        transaction.commit().await?;
        Ok(customer)
    }

    /// The living customer of exactly this name.
    pub async fn find_customer(&self, tenant: &Tenant, name: &str) -> Result<Option<Customer>> {
        const SQL: &str = "SELECT id, organization_id, name, status, cache_enabled, visibility, color,
                created_at, updated_at
            FROM customers
            WHERE organization_id = $1 AND name = $2 AND ($3 IS NULL OR id = $3) AND deleted_at IS NULL";
        if !is_storable(name) {
            return Ok(None);
        }
        let row: Option<CustomerRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(name)
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        row.map(Customer::try_from).transpose()
    }

    /// One living customer.
    pub async fn customer(&self, tenant: &Tenant, id: CustomerId) -> Result<Customer> {
        const SQL: &str = "SELECT id, organization_id, name, status, cache_enabled, visibility, color,
                created_at, updated_at
            FROM customers
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR id = $3) AND deleted_at IS NULL";
        let row: Option<CustomerRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        row.ok_or(StoreError::NotFound("customer"))?.try_into()
    }

    /// The newest customers first; but one whose name is exactly `name_contains` before all others,
    /// because clients that look for a name read the first page only.
    pub async fn list_customers(
        &self,
        tenant: &Tenant,
        filter: &CustomerFilter,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Page<Customer>> {
        const SQL: &str = "SELECT id, organization_id, name, status, cache_enabled, visibility, color,
                created_at, updated_at
            FROM customers
            WHERE organization_id = $1 AND id < $2 AND ($3 IS NULL OR id = $3) AND deleted_at IS NULL
                AND ($4 IS NULL OR status = $4)
                AND ($5 IS NULL OR name_folded LIKE $5 ESCAPE '\\')
                AND ($6 IS NULL OR name <> $6)
            ORDER BY id DESC LIMIT $7";
        let (limit, rows) = page_rows(limit);
        let needle = filter.name_contains.as_deref().filter(|needle| !needle.is_empty());
        if needle.is_some_and(|needle| !is_storable(needle)) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let exact = match needle {
            Some(name) if after.is_none() => self.find_customer(tenant, name).await?,
            _ => None,
        };
        let exact = exact.filter(|found| filter.status.is_none_or(|status| status == found.status));
        let first = exact.as_ref().map(|found| found.id);
        let rest: Vec<CustomerRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(after.map_or(Uuid::max(), |cursor| cursor.after()))
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(filter.status.map(status_text))
            .bind(needle.map(|needle| containing(&folded(needle))))
            .bind(needle)
            .bind(rows)
            .fetch_all(c).await)
        .map_err(reading(TABLE))?;
        let mut found: Vec<Customer> = exact.into_iter().collect();
        for row in rest {
            found.push(row.try_into()?);
        }
        // A page that ends with the exact match has given none of the others yet.
        let place = |customer: &Customer| match first {
            Some(id) if id == customer.id => Uuid::max(),
            _ => customer.id.uuid(),
        };
        Ok(Page::cut(found, limit, tenant.organization(), place))
    }

    /// How many living customers are active, and how many are not.
    pub async fn customer_counts(&self, tenant: &Tenant) -> Result<CustomerCounts> {
        const SQL: &str = "SELECT
                COUNT(CASE WHEN status = 'active' THEN 1 END) AS active,
                COUNT(CASE WHEN status = 'inactive' THEN 1 END) AS inactive
            FROM customers
            WHERE organization_id = $1 AND ($2 IS NULL OR id = $2) AND deleted_at IS NULL";
        on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_one(c).await)
        .map_err(reading(TABLE))
    }

    /// Writes what may change of a customer: name, status, visibility, colour and caching.
    ///
    /// `read_at` is its `updated_at` as it was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another living customer has the name;
    /// [`StoreError::NotFound`] also when somebody changed the customer since it was read.
    pub async fn update_customer(
        &self,
        tenant: &Tenant,
        customer: &Customer,
        read_at: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "UPDATE customers SET name = $4, name_folded = $5, status = $6,
                cache_enabled = $7, visibility = $8, color = $9, updated_at = $10
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR id = $3) AND deleted_at IS NULL
                AND updated_at = $11";
        storable(NAME, &customer.name)?;
        let changed = on!(self.engine, c => sqlx::query(SQL)
            .bind(customer.id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(&customer.name)
            .bind(folded(&customer.name))
            .bind(status_text(customer.status))
            .bind(customer.cache_enabled)
            .bind(visibility_text(customer.visibility))
            .bind(&customer.color)
            .bind(customer.updated_at.micros())
            .bind(read_at.micros())
            .execute(c).await.map(|done| done.rows_affected()))
        .map_err(unique(NAME))?;
        must_hit(changed, "customer")
    }
}
