//! Organizations: made and deleted by the operator.

use domain::{Job, JobKind, Organization, OrganizationId};
use store::Deletion;

use crate::customers::{checked_name, new_customer};
use crate::revocations::new_job;
use crate::secrets::FIRST_KEY;
use crate::{Control, Error};

/// The customer every organization starts with; clients use it when none is given.
const DEFAULT_CUSTOMER: &str = "default";

impl Control {
    /// Makes an organization with its data key and its `default` customer.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a blank name.
    pub async fn create_organization(&self, name: &str) -> Result<Organization, Error> {
        self.make_organization(name, false).await
    }

    /// Makes the organization of a server's first start: the one that may act with the operator's
    /// fallback tokens unless others are named.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a blank name.
    pub async fn create_first_organization(&self, name: &str) -> Result<Organization, Error> {
        self.make_organization(name, true).await
    }

    async fn make_organization(&self, name: &str, at_first_start: bool) -> Result<Organization, Error> {
        checked_name("name", name)?;
        let now = self.clock.now();
        let organization = Organization { id: OrganizationId::new(), name: name.to_owned(), created_at: now };
        let key = self.secrets.first_key(organization.id)?;
        let customer = new_customer(organization.id, DEFAULT_CUSTOMER, now);
        self.store.create_organization(&organization, &key, &customer, at_first_start).await?;
        Ok(organization)
    }

    /// Deletes an organization: its connectors and credentials are removed and its data keys
    /// destroyed, so that nothing it sealed opens again, backups included.
    ///
    /// Answers what became of the grants upstream, after a first attempt to revoke each. Those that
    /// are pending then are sealed under a key made for that alone.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown id.
    pub async fn delete_organization(&self, id: OrganizationId) -> Result<Job, Error> {
        let organization = self.store.organization(id).await.map_err(Error::missing("organization", id))?;
        let now = self.clock.now();
        let (job, revocable) = (new_job(JobKind::DeleteOrganization, now), self.revocable());
        let deletion = Deletion { job: &job, revocable: &revocable, now };
        let pending = self
            .store
            .delete_organization(id, &deletion)
            .await
            .map_err(Error::missing("organization", id))?;
        self.secrets.forget(id, FIRST_KEY).await;
        self.access.forget_all();
        if pending > 0 {
            // It is deleted already; what fails here the server's sweep does again.
            if let Err(error) = self.rekey_deleted(id).await {
                tracing::warn!(organization.id = %id, error = &error as &dyn std::error::Error,
                    "the data keys of deleted organization `{id}` are destroyed later");
            }
            self.revoke_all_of(id).await?;
        }
        Ok(self.store.job(&organization.tenant(), job.id).await?)
    }
}
