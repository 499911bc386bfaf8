//! Applications: made and revoked by the operator.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Application, ApplicationId, OrganizationId, Permission, Secret};

use crate::access::secret_hash;
use crate::customers::checked_name;
use crate::{Control, Error};

/// Marks client secrets so that scanners for leaked secrets can find them.
const SECRET_PREFIX: &str = "pbs_";

impl Control {
    /// Makes an application of one or several organizations.
    ///
    /// Answers it with its secret, which is 256 random bits and is not kept.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown organization, [`Error::Invalid`] for none at all or an unfit name.
    pub async fn create_application(
        &self,
        name: &str,
        mut organizations: Vec<OrganizationId>,
        allowed: Vec<Permission>,
    ) -> Result<(Application, Secret), Error> {
        checked_name("name", name)?;
        let mut seen = std::collections::HashSet::new();
        organizations.retain(|id| seen.insert(*id));
        if organizations.is_empty() {
            return Err(Error::invalid(
                "organization",
                "an application belongs to at least one organization",
            ));
        }
        for id in &organizations {
            self.store.organization(*id).await.map_err(Error::missing("organization", id))?;
        }
        let secret =
            Secret::new(format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())));
        let application = Application {
            id: ApplicationId::new(),
            name: name.to_owned(),
            organizations,
            allowed,
            created_at: self.clock.now(),
            revoked_at: None,
        };
        self.store.create_application(&application, &secret_hash(&secret)).await?;
        Ok((application, secret))
    }

    /// Ends an application: it gets no more tokens, and those it has stop within seconds.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown client id.
    pub async fn revoke_application(&self, id: ApplicationId) -> Result<(), Error> {
        self.store
            .revoke_application(id, self.clock.now())
            .await
            .map_err(Error::missing("application", id))?;
        self.access.forget(id).await;
        Ok(())
    }
}
