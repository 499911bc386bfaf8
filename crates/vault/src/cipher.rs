//! One message under one long-lived key: what wrapped data keys and sealed values have in common.
//!
//! HKDF-SHA-512 (RFC 5869) over the long-lived key with 256 random bits of salt gives a message key
//! and a commitment. The commitment is compared in constant time, then AES-256-GCM opens. Each
//! message has a key of its own, so the nonce may be fixed and cannot repeat under one key, and
//! no count of messages has to be kept. The commitment is needed because GCM alone lets one
//! ciphertext be crafted to open under two keys.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use domain::Secret;
use hkdf::Hkdf;
use sha2::Sha512;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::envelope::{COMMITMENT_BYTES, Envelope, Format, SALT_BYTES};
use crate::error::VaultError;

pub(crate) const KEY_BYTES: usize = 32;

/// The longest plaintext: far above any credential, far below what GCM could take.
pub(crate) const PLAINTEXT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Fixed, because every message has its own key.
const NONCE: [u8; 12] = [0; 12];

/// A long-lived key, KEK or DEK. It prints nothing, cannot be cloned, and is wiped when dropped.
pub(crate) struct Key(Secret<[u8; KEY_BYTES]>);

impl Key {
    pub(crate) fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Secret::new(bytes))
    }

    pub(crate) fn random() -> Self {
        Self::new(rand::random())
    }

    /// For wrapping and deriving only.
    #[expect(clippy::disallowed_methods, reason = "keys are used in the vault and nowhere else")]
    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.expose()
    }

    /// A public fingerprint of this key for one `context`, from which the key cannot be learnt.
    pub(crate) fn fingerprint(&self, context: &[&[u8]]) -> [u8; 32] {
        let mut fingerprint = [0; 32];
        Hkdf::<Sha512>::new(None, self.bytes())
            .expand_multi_info(&[b"patchbay/vault/check", &length_prefixed(context)], &mut fingerprint)
            .expect("32 bytes are within what HKDF can give");
        fingerprint
    }

    /// Seals `plaintext` into an envelope. A salt must never be given twice; only tests choose it.
    pub(crate) fn seal(
        &self,
        format: Format,
        key_version: i64,
        salt: &[u8; SALT_BYTES],
        bound: &[&[u8]],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        if plaintext.len() > PLAINTEXT_BYTES_MAX {
            return Err(VaultError::TooLarge);
        }
        let message = MessageKey::derive(self, format, salt);
        let associated = associated_data(format, key_version, bound);
        let ciphertext = message
            .cipher()
            .encrypt(&Nonce::from(NONCE), Payload { msg: plaintext, aad: &associated })
            .map_err(|_| VaultError::TooLarge)?;
        let envelope =
            Envelope { key_version, salt, commitment: &message.commitment, ciphertext: &ciphertext };
        Ok(envelope.write(format))
    }

    /// Opens an envelope that was sealed with the same key, format and bound parts.
    pub(crate) fn open(
        &self,
        format: Format,
        envelope: &Envelope<'_>,
        bound: &[&[u8]],
    ) -> Result<Vec<u8>, VaultError> {
        let message = MessageKey::derive(self, format, envelope.salt);
        if !bool::from(message.commitment.ct_eq(envelope.commitment)) {
            return Err(VaultError::DoesNotOpen);
        }
        let associated = associated_data(format, envelope.key_version, bound);
        message
            .cipher()
            .decrypt(&Nonce::from(NONCE), Payload { msg: envelope.ciphertext, aad: &associated })
            .map_err(|_| VaultError::DoesNotOpen)
    }
}

/// The key of a single message, and the public value that commits to it.
struct MessageKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    commitment: [u8; COMMITMENT_BYTES],
}

impl MessageKey {
    fn derive(key: &Key, format: Format, salt: &[u8; SALT_BYTES]) -> Self {
        let mut derived = Self { key: Zeroizing::new([0; KEY_BYTES]), commitment: [0; COMMITMENT_BYTES] };
        let hkdf = Hkdf::<Sha512>::new(Some(salt), key.bytes());
        for (label, output) in [
            (&b"patchbay/vault/key"[..], derived.key.as_mut_slice()),
            (&b"patchbay/vault/commitment"[..], derived.commitment.as_mut_slice()),
        ] {
            hkdf.expand_multi_info(&[label, &[format.byte()]], output)
                .expect("32 bytes are within what HKDF can give");
        }
        derived
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }
}

/// The header's clear parts and what else the message is bound to.
fn associated_data(format: Format, key_version: i64, bound: &[&[u8]]) -> Vec<u8> {
    let mut associated = vec![format.byte()];
    associated.extend_from_slice(&key_version.to_be_bytes());
    associated.extend_from_slice(&length_prefixed(bound));
    associated
}

/// Each part after its length, so that `ab` + `c` differs from `a` + `bc`.
fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r39_parts_cannot_run_into_each_other() {
        assert_ne!(length_prefixed(&[b"ab", b"c"]), length_prefixed(&[b"a", b"bc"]));
        assert_ne!(length_prefixed(&[b"ab", b""]), length_prefixed(&[b"ab"]));
        let key = Key::new(*b"0123456789abcdef0123456789abcdef");
        let sealed = key.seal(Format::Value, 1, &[7; 32], &[b"ab", b"c"], b"secret").unwrap();
        let envelope = Envelope::parse(Format::Value, &sealed).unwrap();
        assert!(key.open(Format::Value, &envelope, &[b"ab", b"c"]).is_ok());
        assert_eq!(key.open(Format::Value, &envelope, &[b"a", b"bc"]), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn r40_the_commitment_is_checked_before_the_cipher() {
        // GCM is satisfied here, and yet the envelope must not open: its commitment is another key's.
        let (key, other) = (Key::new([1; 32]), Key::new([2; 32]));
        let salt = [9; 32];
        let sealed = key.seal(Format::Value, 1, &salt, &[], b"secret").unwrap();
        let mut envelope = Envelope::parse(Format::Value, &sealed).unwrap();
        assert_eq!(other.open(Format::Value, &envelope, &[]), Err(VaultError::DoesNotOpen));
        let others = MessageKey::derive(&other, Format::Value, &salt).commitment;
        envelope.commitment = &others;
        assert_eq!(key.open(Format::Value, &envelope, &[]), Err(VaultError::DoesNotOpen));
        assert_eq!(other.open(Format::Value, &envelope, &[]), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn a_plaintext_over_the_limit_is_refused() {
        let long = vec![0; PLAINTEXT_BYTES_MAX + 1];
        let key = Key::random();
        assert_eq!(key.seal(Format::Value, 1, &[0; 32], &[], &long), Err(VaultError::TooLarge));
    }
}
