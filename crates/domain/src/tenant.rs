//! Organizations, their customers, and the proof of belonging that every query needs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{CustomerId, OrganizationId, Timestamp};

/// Whose rows a query may touch: an organization's, or one customer's of it.
///
/// It is made from a [`crate::Caller`], that is from a verified token, or from a row that already
/// belongs to a tenant; never from a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenant {
    organization: OrganizationId,
    customer: Option<CustomerId>,
}

impl Tenant {
    pub(crate) fn new(organization: OrganizationId, customer: Option<CustomerId>) -> Self {
        Self { organization, customer }
    }

    /// The organization every row must belong to.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The customer every row must belong to, when the caller is narrowed to one.
    #[must_use]
    pub fn customer(&self) -> Option<CustomerId> {
        self.customer
    }

    /// Whether rows of `customer` may be touched.
    #[must_use]
    pub fn covers(&self, customer: CustomerId) -> bool {
        self.customer.is_none_or(|own| own == customer)
    }
}

/// A company that uses Patchbay.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    pub created_at: Timestamp,
}

impl Organization {
    /// The tenant of an organization whose row was read; for the operator's commands.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant::new(self.id, None)
    }
}

/// What an organization decides about consent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganizationSettings {
    /// Whether a connector made by consent is unusable until the application confirms it.
    pub confirm_connectors: bool,
    /// Where a consent may return to, as origins (`https://app.example.com`); empty allows any.
    /// Scoped tokens may return to listed origins only.
    pub return_origins: Vec<String>,
}

/// Whether a customer's connectors may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CustomerStatus {
    Active,
    /// Reads go on; execute is refused with 403.
    Inactive,
}

/// Who of the organization sees a customer. Patchbay has no members yet, so all are `shared`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    Shared,
    Private,
}

/// An organization's own end customer; the API calls it a workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub struct Customer {
    pub id: CustomerId,
    /// Unique within the organization, compared exactly.
    pub name: String,
    pub organization_id: OrganizationId,
    pub status: CustomerStatus,
    /// Whether records may be kept in the context store; null inherits.
    pub cache_enabled: Option<bool>,
    /// True once deleted; such rows are not served.
    pub tombstone: bool,
    pub visibility: Visibility,
    pub color: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Customer {
    /// The tenant narrowed to this customer.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant::new(self.organization_id, Some(self.id))
    }
}
