//! Sealing and opening for an organization: the vault, with the data keys the store keeps.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, OrganizationId, Secret, Tenant};
use moka::future::Cache;
use store::{Store, StoredDataKey};
use uuid::Uuid;
use vault::{DataKey, KeyCheck, Place, Vault, WrappedKey};

use crate::error::{Error, StartError};

/// Unwrapped data keys kept in memory; past it the least used are unwrapped again.
const KEYS_KEPT_MAX: u64 = 10_000;
/// How long an unwrapped data key is kept.
const KEY_KEPT_FOR: Duration = Duration::from_secs(300);
/// The version of an organization's first data key.
pub(crate) const FIRST_KEY: i64 = 1;

/// Which value of which row is sealed; with the tenant it is the vault's associated data.
pub(crate) struct Slot {
    pub(crate) row: Uuid,
    pub(crate) field: &'static str,
    pub(crate) row_version: i64,
}

#[derive(Clone)]
pub(crate) struct Secrets {
    store: Store,
    vault: Arc<Vault>,
    clock: Clock,
    /// By organization and key version; version 0 stands for the newest.
    keys: Cache<(OrganizationId, i64), Arc<DataKey>>,
}

impl Secrets {
    pub(crate) fn new(store: Store, vault: Vault, clock: Clock) -> Self {
        let keys = Cache::builder().max_capacity(KEYS_KEPT_MAX).time_to_live(KEY_KEPT_FOR).build();
        Self { store, vault: Arc::new(vault), clock, keys }
    }

    /// A first data key for a new organization.
    pub(crate) fn first_key(&self, organization: OrganizationId) -> Result<StoredDataKey, Error> {
        self.new_key(organization, FIRST_KEY).map(|(_, stored)| stored)
    }

    /// A data key that is not stored yet, and what to store of it.
    pub(crate) fn new_key(
        &self,
        organization: OrganizationId,
        version: i64,
    ) -> Result<(DataKey, StoredDataKey), Error> {
        let (key, wrapped) = self.vault.new_data_key(organization, version)?;
        let stored = StoredDataKey {
            organization_id: organization,
            version,
            kek_id: wrapped.kek_id,
            wrapped: wrapped.bytes,
            created_at: self.clock.now(),
        };
        Ok((key, stored))
    }

    /// Forgets an organization's keys up to this version, after they were destroyed in the store.
    pub(crate) async fn forget(&self, organization: OrganizationId, newest: i64) {
        for version in 0..=newest {
            self.keys.invalidate(&(organization, version)).await;
        }
    }

    /// The organization's newest data key, for one who must be able to seal when the database is away.
    pub(crate) async fn sealing_key(&self, tenant: &Tenant) -> Result<Arc<DataKey>, Error> {
        self.key(tenant, None).await
    }

    /// Seals under the organization's newest data key.
    pub(crate) async fn seal(&self, tenant: &Tenant, slot: &Slot, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.key(tenant, None).await?;
        Ok(key.seal(&place(tenant, slot), plain)?)
    }

    /// Opens with the data key the envelope names.
    pub(crate) async fn open(
        &self,
        tenant: &Tenant,
        slot: &Slot,
        envelope: &[u8],
    ) -> Result<Secret<Vec<u8>>, Error> {
        let version = vault::key_version_of(envelope)?;
        let key = self.key(tenant, Some(version)).await?;
        Ok(key.open(&place(tenant, slot), envelope)?)
    }

    async fn key(&self, tenant: &Tenant, version: Option<i64>) -> Result<Arc<DataKey>, Error> {
        let organization = tenant.organization();
        let load = async {
            let stored = self.store.data_key(tenant, version).await?;
            let wrapped = WrappedKey { kek_id: stored.kek_id, bytes: stored.wrapped };
            let key = self.vault.unwrap(&wrapped, organization, stored.version)?;
            Ok::<_, Error>(Arc::new(key))
        };
        // Failures are not kept, and one load serves all who wait for the same key.
        self.keys.try_get_with((organization, version.unwrap_or(0)), load).await.map_err(Error::shared)
    }
}

/// The vault's name for a tenant's slot.
pub(crate) fn place<'a>(tenant: &Tenant, slot: &'a Slot) -> Place<'a> {
    Place {
        organization: tenant.organization(),
        row: slot.row,
        field: slot.field,
        row_version: slot.row_version,
    }
}

/// Compares the configured keys with the ones this store knows, and records those it does not.
///
/// Nothing is recorded when a known key is wrong. Two first starts at once may both record theirs;
/// the second comparison tells the one that came too late.
pub(crate) async fn check_keys(store: &Store, vault: &Vault) -> Result<(), StartError> {
    compare(store, vault).await?;
    let held = vault.key_checks();
    for (kek_id, count) in store.data_keys_by_kek().await? {
        if !held.iter().any(|(id, _)| *id == kek_id) {
            return Err(StartError::MissingKey { kek_id, count });
        }
    }
    for (kek_id, check) in held {
        store.add_key_check(&kek_id, &check).await?;
    }
    compare(store, vault).await
}

async fn compare(store: &Store, vault: &Vault) -> Result<(), StartError> {
    for (kek_id, check) in store.key_checks().await? {
        if vault.verify_key_check(&kek_id, &check) == KeyCheck::Mismatch {
            return Err(StartError::WrongKey(kek_id));
        }
    }
    Ok(())
}
