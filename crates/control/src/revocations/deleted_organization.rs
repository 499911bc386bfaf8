//! What outlives a deleted organization: grants that are not revoked yet, and the one key they need.
//!
//! Its data keys are to be destroyed, so that no backup opens. What the revocations still need is
//! sealed anew, under a key that no backup from before the deletion holds; with the last revocation
//! that key goes too.

use std::time::Duration;

use domain::{DueRevocation, OrganizationId, RevocationStatus, Tenant};
use store::StoreError;
use tokio::time::timeout;
use vault::DataKey;

use super::attempt::NOT_OPENED;
use crate::credentials::FIELD;
use crate::customers::UPDATE_TRIES;
use crate::secrets::{Slot, place};
use crate::{Control, Error};

/// How long the one who deletes an organization waits for the first attempts.
const FIRST_ATTEMPTS_MAX: Duration = Duration::from_secs(30);

impl Control {
    /// Makes a first attempt at every revocation that a deleted organization left, and waits a while.
    pub(crate) async fn revoke_all_of(&self, id: OrganizationId) -> Result<(), Error> {
        let pending = self.store.pending_revocations(id).await?;
        if timeout(FIRST_ATTEMPTS_MAX, self.revoke_all(pending)).await.is_err() {
            tracing::warn!(organization.id = %id, "some grants of a deleted organization are revoked later");
        }
        Ok(())
    }

    /// Seals what the revocations still need under a fresh data key and destroys all older ones.
    ///
    /// Two processes may do so at once: one of them comes too late and changes nothing.
    pub(crate) async fn rekey_deleted(&self, id: OrganizationId) -> Result<(), Error> {
        let tenant = self.store.deleted_organization(id).await?.tenant();
        let mut seen = None;
        for _ in 0..UPDATE_TRIES {
            let newest = match self.store.data_key(&tenant, None).await {
                Ok(key) => key.version,
                // The last revocation ended meanwhile and took the keys along.
                Err(StoreError::NotFound(_)) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if *seen.get_or_insert(newest) != newest {
                return Ok(());
            }
            let (key, stored) = self.secrets.new_key(id, newest + 1)?;
            let mut resealed = Vec::new();
            for due in self.store.pending_revocations(id).await? {
                if let Some(sealed) = self.reseal(&tenant, &key, &due).await? {
                    resealed.push(DueRevocation { sealed, ..due });
                }
            }
            if self.store.rekey_revocations(id, &stored, &resealed).await? {
                self.secrets.forget(id, stored.version).await;
                return Ok(());
            }
        }
        Err(Error::Unavailable(None))
    }

    /// The same value under another key; none when it opens for nobody, which ends its revocation: it
    /// must not keep the old keys alive.
    async fn reseal(
        &self,
        tenant: &Tenant,
        key: &DataKey,
        due: &DueRevocation,
    ) -> Result<Option<Vec<u8>>, Error> {
        let slot = Slot { row: due.connector_id.uuid(), field: FIELD, row_version: due.version };
        match self.secrets.open(tenant, &slot, &due.sealed).await {
            #[expect(clippy::disallowed_methods, reason = "the plain text goes into another envelope")]
            Ok(plain) => Ok(Some(key.seal(&place(tenant, &slot), plain.expose())?)),
            Err(error @ Error::Unavailable(_)) => Err(error),
            Err(_) => {
                let (failed, now) = (RevocationStatus::Failed, self.clock.now());
                self.store.settle_revocation(due, failed, Some(NOT_OPENED), None, now).await?;
                Ok(None)
            }
        }
    }

    /// Finishes deletions of organizations that ended between their two steps. Answers how many.
    pub(crate) async fn finish_deleted_organizations(&self, limit: i64) -> Result<usize, Error> {
        let mut finished = 0;
        for id in self.store.half_deleted_organizations(limit).await? {
            match self.rekey_deleted(id).await {
                Ok(()) => finished += 1,
                Err(error @ Error::Unavailable(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(organization.id = %id, error = &error as &dyn std::error::Error,
                        "the data keys of deleted organization `{id}` are not destroyed yet");
                }
            }
        }
        Ok(finished)
    }
}
