//! A customer's row, and its words for status and visibility.

use domain::{Customer, CustomerId, CustomerStatus, OrganizationId, Timestamp, Visibility};
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::corrupt;
use crate::{Result, StoreError};

#[derive(FromRow)]
pub(super) struct CustomerRow {
    id: Uuid,
    organization_id: Uuid,
    name: String,
    status: String,
    cache_enabled: Option<bool>,
    visibility: String,
    color: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<CustomerRow> for Customer {
    type Error = StoreError;

    fn try_from(row: CustomerRow) -> Result<Self> {
        const TABLE: &str = "customers";
        Ok(Self {
            id: CustomerId::from_uuid(row.id),
            name: row.name,
            organization_id: OrganizationId::from_uuid(row.organization_id),
            status: read_status(&row.status).ok_or_else(|| corrupt(TABLE, "status", row.id))?,
            cache_enabled: row.cache_enabled,
            tombstone: false,
            visibility: match row.visibility.as_str() {
                "shared" => Visibility::Shared,
                "private" => Visibility::Private,
                _ => return Err(corrupt(TABLE, "visibility", row.id)),
            },
            color: row.color,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

pub(crate) fn read_status(text: &str) -> Option<CustomerStatus> {
    match text {
        "active" => Some(CustomerStatus::Active),
        "inactive" => Some(CustomerStatus::Inactive),
        _ => None,
    }
}

pub(super) fn status_text(status: CustomerStatus) -> &'static str {
    match status {
        CustomerStatus::Active => "active",
        CustomerStatus::Inactive => "inactive",
    }
}

pub(super) fn visibility_text(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Shared => "shared",
        Visibility::Private => "private",
    }
}
