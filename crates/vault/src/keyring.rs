//! The key-encryption keys (KEKs) of the configuration, by id; the first is active.
//!
//! `patchbay/config.rs` parses the text, and [`crate::Vault`] wraps and unwraps data keys with them.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use domain::Secret;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::cipher::{KEY_BYTES, Key};
use crate::error::KeyringError;

const ID_CHARACTERS_MAX: usize = 32;

/// With fewer distinct bytes than this a key was made up; for random bytes the chance is below 2^-80.
const DISTINCT_BYTES_MIN: usize = 8;

/// So many bytes that count up or down in a row were made up.
const RUN_BYTES_MAX: usize = 8;

/// Both base64 alphabets, with or without padding: tools differ, and neither can be mistaken.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const ALPHABETS: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::STANDARD, LENIENT), GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT)];

/// KEKs by id, in the order they were configured.
pub struct Keyring {
    active: (String, Key),
    others: Vec<(String, Key)>,
}

/// How a stored key check compares with the KEK configured under that id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCheck {
    Match,
    /// The id is configured with a different key.
    Mismatch,
    /// The id is not configured.
    UnknownKey,
}

impl Keyring {
    /// Reads `id:base64(32 bytes),…`; the first is active.
    ///
    /// # Errors
    /// For keys that are not 32 bytes, repeated or blank ids, one key under two ids, and keys that
    /// are evidently an example. No error shows any of a key.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        if text.trim().is_empty() {
            return Err(KeyringError::Empty);
        }
        let mut keys: Vec<(String, Key)> = Vec::new();
        for (index, entry) in text.split(',').enumerate() {
            let (id, key) = parse_entry(entry, index + 1)?;
            for (other_id, other_key) in &keys {
                if *other_id == id {
                    return Err(KeyringError::DuplicateId { id });
                }
                if bool::from(other_key.bytes().ct_eq(key.bytes())) {
                    return Err(KeyringError::SameKey { first: other_id.clone(), second: id });
                }
            }
            keys.push((id, key));
        }
        let active = keys.remove(0);
        Ok(Self { active, others: keys })
    }

    /// One random key, and the text that [`Keyring::parse`] reads it back from.
    #[must_use]
    pub fn generate(id: &str) -> (Self, Secret<String>) {
        let key = Key::random();
        let encoded = Zeroizing::new(STANDARD.encode(key.bytes()));
        let text = Secret::new(format!("{id}:{}", *encoded));
        (Self { active: (id.to_owned(), key), others: Vec::new() }, text)
    }

    /// The id of the KEK that new data keys are wrapped by.
    #[must_use]
    pub fn active_id(&self) -> &str {
        &self.active.0
    }

    /// Every id, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys().map(|(id, _)| id)
    }

    pub(crate) fn active(&self) -> (&str, &Key) {
        (&self.active.0, &self.active.1)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Key> {
        self.keys().find(|(own, _)| *own == id).map(|(_, key)| key)
    }

    pub(crate) fn key_checks(&self) -> Vec<(String, Vec<u8>)> {
        self.keys().map(|(id, key)| (id.to_owned(), key_check(id, key).to_vec())).collect()
    }

    pub(crate) fn verify_key_check(&self, id: &str, check: &[u8]) -> KeyCheck {
        match self.find(id) {
            None => KeyCheck::UnknownKey,
            Some(key) if bool::from(key_check(id, key).ct_eq(check)) => KeyCheck::Match,
            Some(_) => KeyCheck::Mismatch,
        }
    }

    fn keys(&self) -> impl Iterator<Item = (&str, &Key)> {
        std::iter::once(&self.active).chain(&self.others).map(|(id, key)| (id.as_str(), key))
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

fn key_check(id: &str, key: &Key) -> [u8; 32] {
    key.fingerprint(&[id.as_bytes()])
}

fn parse_entry(entry: &str, position: usize) -> Result<(String, Key), KeyringError> {
    let (id, encoded) = entry.split_once(':').ok_or(KeyringError::NoColon { position })?;
    let id = id.trim();
    if id.is_empty() {
        return Err(KeyringError::BlankId { position });
    }
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.len() > ID_CHARACTERS_MAX || !id.chars().all(known) {
        return Err(KeyringError::InvalidId { position });
    }
    let id = id.to_owned();
    let decoded = ALPHABETS.iter().find_map(|alphabet| alphabet.decode(encoded.trim()).ok());
    let Some(decoded) = decoded.map(Zeroizing::new) else {
        return Err(KeyringError::NotBase64 { id });
    };
    let Ok(bytes) = <[u8; KEY_BYTES]>::try_from(decoded.as_slice()) else {
        return Err(KeyringError::WrongLength { id, bytes: decoded.len() });
    };
    if is_example(&bytes) {
        return Err(KeyringError::Example { id });
    }
    Ok((id, Key::new(bytes)))
}

/// Whether a person made this key up: repeated bytes, a counting run, a repeated half, or text.
/// Random bytes pass but for a chance too small to meet.
fn is_example(bytes: &[u8; KEY_BYTES]) -> bool {
    let distinct = bytes.iter().collect::<std::collections::BTreeSet<_>>().len();
    let counts_by = |step: u8| {
        bytes
            .windows(RUN_BYTES_MAX)
            .any(|run| run.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step))
    };
    let (first, second) = bytes.split_at(KEY_BYTES / 2);
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    distinct < DISTINCT_BYTES_MIN || counts_by(1) || counts_by(u8::MAX) || first == second || is_text
}

#[cfg(test)]
mod tests;
