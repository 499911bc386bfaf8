//! Envelope encryption: an organization's data key (DEK) is stored wrapped by a key-encryption key
//! (KEK) from the configuration, and each value is sealed under a key derived from the DEK.
//!
//! `control/secrets.rs` is the caller: it reads the wrapped key from the store, unwraps it here and
//! seals or opens credentials with it. Nothing here does I/O. `cipher.rs` holds the cryptography,
//! `envelope.rs` the byte layout.

mod cipher;
mod data_key;
mod envelope;
mod error;
mod keyring;

use domain::OrganizationId;
use uuid::Uuid;

use envelope::{Envelope, Format};

pub use data_key::{DataKey, WrappedKey};
pub use error::{KeyringError, VaultError};
pub use keyring::{KeyCheck, Keyring};

/// Where a sealed value lives. All of it is bound to the value, so that a value moved to another
/// row, field or organization, or an older value put back, does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub organization: OrganizationId,
    pub row: Uuid,
    pub field: &'a str,
    /// Grows by one each time the value is replaced.
    pub row_version: i64,
}

/// Makes, wraps and unwraps data keys under the configured KEKs.
pub struct Vault {
    keyring: Keyring,
}

impl Vault {
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        Self { keyring }
    }

    /// A fresh data key for `organization`, and its wrapped form to store.
    ///
    /// # Errors
    /// Only if wrapping fails, which is a fault of ours.
    pub fn new_data_key(
        &self,
        organization: OrganizationId,
        version: i64,
    ) -> Result<(DataKey, WrappedKey), VaultError> {
        let data_key = DataKey::generate(version);
        let (kek_id, kek) = self.keyring.active();
        let wrapped = data_key.wrap(kek_id, kek, organization, rand::random())?;
        Ok((data_key, wrapped))
    }

    /// The data key that was wrapped for `organization` as `version`.
    ///
    /// # Errors
    /// [`VaultError::UnknownKek`] when its KEK is not configured; [`VaultError::Malformed`] and
    /// [`VaultError::DoesNotOpen`] when the bytes were altered or belong elsewhere.
    pub fn unwrap(
        &self,
        wrapped: &WrappedKey,
        organization: OrganizationId,
        version: i64,
    ) -> Result<DataKey, VaultError> {
        let kek = self
            .keyring
            .find(&wrapped.kek_id)
            .ok_or_else(|| VaultError::UnknownKek(wrapped.kek_id.clone()))?;
        DataKey::unwrap(wrapped, kek, organization, version)
    }

    /// The same data key under the active KEK, or `None` when it is already there.
    ///
    /// # Errors
    /// As [`Vault::unwrap`].
    pub fn rewrap(
        &self,
        wrapped: &WrappedKey,
        organization: OrganizationId,
        version: i64,
    ) -> Result<Option<WrappedKey>, VaultError> {
        let (kek_id, kek) = self.keyring.active();
        if wrapped.kek_id == kek_id {
            return Ok(None);
        }
        let data_key = self.unwrap(wrapped, organization, version)?;
        data_key.wrap(kek_id, kek, organization, rand::random()).map(Some)
    }

    /// The id of the KEK that new data keys are wrapped by.
    #[must_use]
    pub fn active_kek(&self) -> &str {
        self.keyring.active_id()
    }

    /// For each KEK held, what to store so that a later start can tell that it is still the same.
    #[must_use]
    pub fn key_checks(&self) -> Vec<(String, Vec<u8>)> {
        self.keyring.key_checks()
    }

    /// Whether the KEK configured as `kek_id` is the one that made the stored `check`.
    #[must_use]
    pub fn verify_key_check(&self, kek_id: &str, check: &[u8]) -> KeyCheck {
        self.keyring.verify_key_check(kek_id, check)
    }
}

/// Which version of the data key sealed `envelope`. It is only believed once the value opens.
///
/// # Errors
/// [`VaultError::Malformed`] for bytes that are no sealed value.
pub fn key_version_of(envelope: &[u8]) -> Result<i64, VaultError> {
    Envelope::parse(Format::Value, envelope).map(|envelope| envelope.key_version)
}

#[cfg(test)]
mod tests;
