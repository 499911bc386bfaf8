//! The byte layout of a sealed value and of a wrapped data key, and nothing else.
//!
//! | bytes | |
//! |---|---|
//! | 1 | format: what this is, and by which construction |
//! | 8 | version of the data key, big-endian |
//! | 32 | salt |
//! | 32 | commitment to the message key |
//! | rest | AES-256-GCM ciphertext, its 16-byte tag last |

use crate::error::VaultError;

pub(crate) const SALT_BYTES: usize = 32;
pub(crate) const COMMITMENT_BYTES: usize = 32;
pub(crate) const TAG_BYTES: usize = 16;
const HEADER_BYTES: usize = 1 + 8 + SALT_BYTES + COMMITMENT_BYTES;

/// What an envelope holds. A new construction gets a new byte; old ones stay readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Format {
    Value = 1,
    DataKey = 2,
}

impl Format {
    pub(crate) fn byte(self) -> u8 {
        self as u8
    }
}

/// The parts of an envelope, borrowed from its bytes.
pub(crate) struct Envelope<'a> {
    pub(crate) key_version: i64,
    pub(crate) salt: &'a [u8; SALT_BYTES],
    pub(crate) commitment: &'a [u8; COMMITMENT_BYTES],
    /// With its tag.
    pub(crate) ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    pub(crate) fn parse(format: Format, bytes: &'a [u8]) -> Result<Self, VaultError> {
        let (first, rest) = bytes.split_first().ok_or(VaultError::Malformed)?;
        if *first != format.byte() {
            return Err(VaultError::Malformed);
        }
        let (key_version, rest) = rest.split_first_chunk().ok_or(VaultError::Malformed)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(VaultError::Malformed)?;
        let (commitment, ciphertext) = rest.split_first_chunk().ok_or(VaultError::Malformed)?;
        if ciphertext.len() < TAG_BYTES {
            return Err(VaultError::Malformed);
        }
        Ok(Self { key_version: i64::from_be_bytes(*key_version), salt, commitment, ciphertext })
    }

    pub(crate) fn write(&self, format: Format) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.ciphertext.len());
        bytes.push(format.byte());
        bytes.extend_from_slice(&self.key_version.to_be_bytes());
        bytes.extend_from_slice(self.salt);
        bytes.extend_from_slice(self.commitment);
        bytes.extend_from_slice(self.ciphertext);
        bytes
    }
}
