//! An organization's data key (DEK): making, wrapping and unwrapping one, and sealing values with it.

use std::fmt;

use domain::{OrganizationId, Secret};
use zeroize::Zeroizing;

use crate::Place;
use crate::cipher::{KEY_BYTES, Key};
use crate::envelope::{Envelope, Format, SALT_BYTES};
use crate::error::VaultError;

/// A data key as it is stored: sealed under the KEK it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    pub kek_id: String,
    pub bytes: Vec<u8>,
}

/// An organization's data key in the clear. It is wiped when dropped and prints its version only.
pub struct DataKey {
    version: i64,
    key: Key,
}

impl DataKey {
    pub(crate) fn generate(version: i64) -> Self {
        Self { version, key: Key::random() }
    }

    #[cfg(test)]
    pub(crate) fn fixed(version: i64, bytes: [u8; KEY_BYTES]) -> Self {
        Self { version, key: Key::new(bytes) }
    }

    /// Which of the organization's data keys this is; sealed values name it.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// [`VaultError::TooLarge`] for a value above eight mebibytes.
    pub fn seal(&self, place: &Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.seal_with_salt(place, plaintext, &rand::random())
    }

    /// Opens a value that was sealed for this place by this key.
    ///
    /// # Errors
    /// [`VaultError::OtherKeyVersion`] when another of the organization's keys sealed it;
    /// [`VaultError::Malformed`] and [`VaultError::DoesNotOpen`] when it was altered or moved.
    pub fn open(&self, place: &Place<'_>, envelope: &[u8]) -> Result<Secret<Vec<u8>>, VaultError> {
        let envelope = Envelope::parse(Format::Value, envelope)?;
        if envelope.key_version != self.version {
            return Err(VaultError::OtherKeyVersion { sealed: envelope.key_version, given: self.version });
        }
        bound_to(place, |bound| self.key.open(Format::Value, &envelope, bound)).map(Secret::new)
    }

    pub(crate) fn seal_with_salt(
        &self,
        place: &Place<'_>,
        plaintext: &[u8],
        salt: &[u8; SALT_BYTES],
    ) -> Result<Vec<u8>, VaultError> {
        bound_to(place, |bound| self.key.seal(Format::Value, self.version, salt, bound, plaintext))
    }

    pub(crate) fn wrap(
        &self,
        kek_id: &str,
        kek: &Key,
        organization: OrganizationId,
        salt: [u8; SALT_BYTES],
    ) -> Result<WrappedKey, VaultError> {
        let organization = organization.uuid();
        let bound: [&[u8]; 2] = [organization.as_bytes(), kek_id.as_bytes()];
        let bytes = kek.seal(Format::DataKey, self.version, &salt, &bound, self.key.bytes())?;
        Ok(WrappedKey { kek_id: kek_id.to_owned(), bytes })
    }

    pub(crate) fn unwrap(
        wrapped: &WrappedKey,
        kek: &Key,
        organization: OrganizationId,
        version: i64,
    ) -> Result<Self, VaultError> {
        let envelope = Envelope::parse(Format::DataKey, &wrapped.bytes)?;
        if envelope.key_version != version {
            return Err(VaultError::OtherKeyVersion { sealed: envelope.key_version, given: version });
        }
        let organization = organization.uuid();
        let bound: [&[u8]; 2] = [organization.as_bytes(), wrapped.kek_id.as_bytes()];
        let opened = Zeroizing::new(kek.open(Format::DataKey, &envelope, &bound)?);
        let bytes: [u8; KEY_BYTES] = opened.as_slice().try_into().map_err(|_| VaultError::Malformed)?;
        Ok(Self { version, key: Key::new(bytes) })
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Spells a place out as the parts a value is bound to. The order is part of the format.
fn bound_to<T>(place: &Place<'_>, with: impl FnOnce(&[&[u8]]) -> T) -> T {
    with(&[
        place.organization.uuid().as_bytes(),
        place.row.as_bytes(),
        place.field.as_bytes(),
        &place.row_version.to_be_bytes(),
    ])
}
