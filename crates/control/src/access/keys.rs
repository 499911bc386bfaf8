//! The Ed25519 keys that sign and check bearer tokens.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};

/// RFC 8410 section 7: the PKCS#8 wrapping of an Ed25519 private key, before its 32 bytes.
const PKCS8_ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Fewer distinct bytes than this is an example or a typing exercise, not a random key.
const DISTINCT_BYTES_MIN: usize = 8;

/// What is wrong with the configured keys. The text never shows a key.
#[derive(Debug, thiserror::Error)]
pub enum InvalidTokenKeys {
    #[error("token key {position} is not 32 bytes in base64; make one with `openssl rand -base64 32`")]
    NotAKey { position: usize },
    #[error("token key {position} is not random; make one with `openssl rand -base64 32`")]
    Weak { position: usize },
    #[error("token key {position} is the same as an earlier one")]
    Repeated { position: usize },
}

/// The keys of bearer tokens: the first signs, all check, so that a key can be rolled over.
pub struct TokenKeys {
    pub(super) active: SigningKey,
    pub(super) checking: Vec<CheckingKey>,
}

pub(super) struct SigningKey {
    pub(super) kid: String,
    pub(super) key: EncodingKey,
}

pub(super) struct CheckingKey {
    pub(super) kid: String,
    pub(super) key: DecodingKey,
}

impl TokenKeys {
    /// Reads `base64(32 bytes)[,base64(32 bytes)…]`; the first signs.
    ///
    /// # Errors
    /// Names the position, from 1, of the first key that is none.
    pub fn parse(text: &Secret) -> Result<Self, InvalidTokenKeys> {
        #[expect(clippy::disallowed_methods, reason = "the keys are parsed here")]
        let text = text.expose();
        let mut active = None;
        let mut checking: Vec<CheckingKey> = Vec::new();
        for (position, part) in (1..).zip(text.split(',')) {
            let seed = STANDARD.decode(part.trim()).map(Secret::new);
            let seed = seed.map_err(|_| InvalidTokenKeys::NotAKey { position })?;
            let (signing, key) = pair(&seed, position)?;
            if checking.iter().any(|earlier| earlier.kid == signing.kid) {
                return Err(InvalidTokenKeys::Repeated { position });
            }
            checking.push(CheckingKey { kid: signing.kid.clone(), key });
            active.get_or_insert(signing);
        }
        let active = active.ok_or(InvalidTokenKeys::NotAKey { position: 1 })?;
        Ok(Self { active, checking })
    }

    /// A new key, and the text that [`TokenKeys::parse`] reads.
    #[must_use]
    pub fn generate() -> (Self, Secret) {
        let seed: [u8; 32] = rand::random();
        let text = Secret::new(STANDARD.encode(seed));
        let keys = Self::parse(&text).expect("32 random bytes are a key");
        (keys, text)
    }
}

#[expect(clippy::disallowed_methods, reason = "the key is handed to the signer")]
fn pair(seed: &Secret<Vec<u8>>, position: usize) -> Result<(SigningKey, DecodingKey), InvalidTokenKeys> {
    let seed = seed.expose();
    if seed.len() != 32 {
        return Err(InvalidTokenKeys::NotAKey { position });
    }
    let distinct: std::collections::BTreeSet<u8> = seed.iter().copied().collect();
    if distinct.len() < DISTINCT_BYTES_MIN {
        return Err(InvalidTokenKeys::Weak { position });
    }
    let pair =
        Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| InvalidTokenKeys::NotAKey { position })?;
    let public = pair.public_key().as_ref();
    let kid = Sha256::digest(public).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let pkcs8 = Secret::new([&PKCS8_ED25519_PREFIX, seed.as_slice()].concat());
    let signing = SigningKey { kid, key: EncodingKey::from_ed_der(pkcs8.expose()) };
    Ok((signing, DecodingKey::from_ed_der(public)))
}
