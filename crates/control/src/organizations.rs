//! Organizations: made and deleted by the operator.

use domain::{Organization, OrganizationId};

use crate::customers::{checked_name, new_customer};
use crate::{Control, Error};

/// The customer every organization starts with; clients use it when none is given.
const DEFAULT_CUSTOMER: &str = "default";

impl Control {
    /// Makes an organization with its data key and its `default` customer.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a blank name.
    pub async fn create_organization(&self, name: &str) -> Result<Organization, Error> {
        checked_name("name", name)?;
        let now = self.clock.now();
        let organization = Organization { id: OrganizationId::new(), name: name.to_owned(), created_at: now };
        let key = self.secrets.first_key(organization.id)?;
        let customer = new_customer(organization.id, DEFAULT_CUSTOMER, now);
        self.store.create_organization(&organization, &key, &customer).await?;
        Ok(organization)
    }

    /// Deletes an organization: its connectors and credentials are removed and its data keys
    /// destroyed, so that nothing it sealed opens again, backups included.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown id.
    pub async fn delete_organization(&self, id: OrganizationId) -> Result<(), Error> {
        self.store
            .delete_organization(id, self.clock.now())
            .await
            .map_err(Error::missing("organization", id))?;
        self.secrets.forget(id).await;
        self.access.forget_all();
        Ok(())
    }
}
