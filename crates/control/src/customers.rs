//! An organization's customers, "workspaces" on the wire.

use domain::{
    Customer, CustomerId, CustomerStatus, JobId, JobKind, OrganizationId, Tenant, Timestamp, Visibility,
};
use store::{Deletion, StoreError};

use crate::revocations::new_job;
use crate::{Control, Error};

/// How often a change is tried that others keep overtaking.
pub(crate) const UPDATE_TRIES: u32 = 5;

/// Longest name of a customer, connector, application or organization, in characters.
pub(crate) const NAME_CHARACTERS_MAX: usize = 255;

/// What may change about a customer; absent keeps it.
#[derive(Debug, Default)]
pub struct UpdateCustomer {
    pub name: Option<String>,
    pub status: Option<CustomerStatus>,
    /// `Some(None)` inherits again.
    pub cache_enabled: Option<Option<bool>>,
}

impl Control {
    /// The customer of this name, made if there is none.
    ///
    /// Names are compared exactly; a scoped caller reaches its own customer only.
    pub(crate) async fn ensure_customer(&self, tenant: &Tenant, name: &str) -> Result<Customer, Error> {
        checked_name("workspace_name", name)?;
        if tenant.customer().is_some() {
            let own = self.store.find_customer(tenant, name).await?;
            return own.ok_or(Error::Forbidden("this token reaches its own workspace only"));
        }
        if let Some(found) = self.store.find_customer(tenant, name).await? {
            return Ok(found);
        }
        let candidate = new_customer(tenant.organization(), name, self.clock.now());
        Ok(self.store.ensure_customer(tenant, &candidate).await?)
    }

    /// One customer.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for another organization's.
    pub async fn customer(&self, tenant: &Tenant, id: CustomerId) -> Result<Customer, Error> {
        self.store.customer(tenant, id).await.map_err(Error::missing("workspace", id))
    }

    /// Renames, activates or deactivates a customer. The old name no longer routes afterwards.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a blank name; [`Error::Conflict`] for a taken one.
    pub async fn update_customer(
        &self,
        tenant: &Tenant,
        id: CustomerId,
        update: UpdateCustomer,
    ) -> Result<Customer, Error> {
        if let Some(name) = &update.name {
            checked_name("name", name)?;
        }
        for _ in 0..UPDATE_TRIES {
            let mut customer = self.customer(tenant, id).await?;
            let read_at = customer.updated_at;
            if let Some(name) = &update.name {
                customer.name.clone_from(name);
            }
            customer.status = update.status.unwrap_or(customer.status);
            customer.cache_enabled = update.cache_enabled.unwrap_or(customer.cache_enabled);
            customer.updated_at = self.clock.now();
            match self.store.update_customer(tenant, &customer, read_at).await {
                Ok(()) => return Ok(customer),
                Err(StoreError::Conflict(_)) => {
                    let message = format!("another workspace is called `{}`", customer.name);
                    return Err(Error::Conflict { message, field: Some("name") });
                }
                // Gone, which the next reading tells, or changed since it was read.
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let message = "this workspace is being changed by others: try again".to_owned();
        Err(Error::Conflict { message, field: None })
    }

    /// Deletes a customer with its connectors and their credentials. Under the job their grants are
    /// revoked upstream.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_customer(
        &self,
        tenant: &Tenant,
        id: CustomerId,
    ) -> Result<(Timestamp, JobId), Error> {
        let now = self.clock.now();
        let (job, revocable) = (new_job(JobKind::DeleteWorkspace, now), self.revocable());
        let deletion = Deletion { job: &job, revocable: &revocable, now };
        self.store.delete_customer(tenant, id, &deletion).await.map_err(Error::missing("workspace", id))?;
        self.revoke_soon();
        Ok((now, job.id))
    }
}

/// A customer as it is made: active, and seen by all of the organization.
pub(crate) fn new_customer(organization: OrganizationId, name: &str, now: Timestamp) -> Customer {
    Customer {
        id: CustomerId::new(),
        name: name.to_owned(),
        organization_id: organization,
        status: CustomerStatus::Active,
        cache_enabled: None,
        tombstone: false,
        visibility: Visibility::Shared,
        color: None,
        created_at: now,
        updated_at: now,
    }
}

/// Refuses names that are blank, too long, or would break a line of a log.
pub(crate) fn checked_name(field: &str, name: &str) -> Result<(), Error> {
    if name.trim().is_empty() {
        return Err(Error::invalid(field, format!("`{field}` must not be blank")));
    }
    if name.chars().count() > NAME_CHARACTERS_MAX {
        return Err(Error::invalid(
            field,
            format!("`{field}` may have {NAME_CHARACTERS_MAX} characters at most"),
        ));
    }
    if name.chars().any(|c| c.is_control() || changes_direction(c)) {
        return Err(Error::invalid(field, format!("`{field}` must not contain control characters")));
    }
    Ok(())
}

/// The characters that turn the direction of the text around them, and so can disguise a name
/// (Unicode Technical Report 36, section 2.5).
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
