//! The key of an app that proves itself by signature, as a person pastes it: PEM in its usual forms.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use zeroize::Zeroizing;

use crate::OAuthError;
use crate::redact::open;

/// The key with which an app signs its assertions.
#[derive(Debug)]
pub struct SigningKey {
    /// By which the provider finds the public half (`kid`).
    pub key_id: Option<String>,
    /// One private key, RSA of 2048 bits or more (PKCS #8 or #1) or P-256 (PKCS #8 or SEC 1), without a
    /// passphrase.
    pub private_key_pem: Secret,
}

/// A key that was read.
pub(crate) enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl SigningKey {
    /// Whether assertions can be signed with it. Nothing is sent.
    ///
    /// # Errors
    /// [`OAuthError::Misconfigured`], which says what the key has to be and nothing of what it is.
    pub fn check(&self) -> Result<(), OAuthError> {
        self.signer().map(|_| ())
    }

    pub(crate) fn signer(&self) -> Result<Signer, OAuthError> {
        read(open(&self.private_key_pem)).ok_or_else(|| {
            OAuthError::misconfigured(
                "the signing key of the OAuth app must be one private key in PEM, RSA of 2048 bits or more \
                 or P-256, without a passphrase",
            )
        })
    }
}

impl Signer {
    /// The algorithm, by its name in RFC 7518 (3.1).
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, OAuthError> {
        let random = SystemRandom::new();
        let signed = match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map(|()| signature)
            }
            Self::P256(key) => key.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
        };
        signed.map_err(|_| OAuthError::misconfigured("the signing key of the OAuth app cannot sign"))
    }
}

fn read(pem: &str) -> Option<Signer> {
    let (label, der) = decoded(pem)?;
    let p256 = &ECDSA_P256_SHA256_FIXED_SIGNING;
    match label {
        // PKCS #8, RFC 5958.
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der)
            .map(Signer::Rsa)
            .or_else(|_| EcdsaKeyPair::from_pkcs8(p256, &der).map(Signer::P256))
            .ok(),
        // PKCS #1, RFC 8017, A.1.2.
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der).map(Signer::Rsa).ok(),
        // SEC 1, RFC 5915.
        "EC PRIVATE KEY" => EcdsaKeyPair::from_private_key_der(p256, &der).map(Signer::P256).ok(),
        _ => None,
    }
}

/// The label and the content of the only block in `pem` (RFC 7468).
fn decoded(pem: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let (label, rest) = pem.trim().strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let (body, end) = rest.split_once("-----END ")?;
    if end.strip_suffix("-----")? != label {
        return None;
    }
    let body = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
    STANDARD.decode(body.as_bytes()).ok().map(|der| (label, Zeroizing::new(der)))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm())
    }
}
