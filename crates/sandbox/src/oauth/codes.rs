//! Authorization codes: for one use, within ten minutes, and only with what they were asked for with.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::grants::{Consent, GrantId};

const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// When there are so many, those that were used or have expired are forgotten.
const CODES_MAX: usize = 20_000;

/// What a person agreed to, until the app asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) number: u64,
    pub(crate) client_id: String,
    /// As the app wrote it; none when it left it out.
    pub(crate) redirect_uri: Option<String>,
    /// The S256 challenge, RFC 7636, section 4.2.
    pub(crate) challenge: Option<String>,
    pub(crate) consent: Consent,
    expires: Timestamp,
    /// The grant that was made with it.
    pub(crate) grant: Option<GrantId>,
}

/// All codes by their text.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    numbered: u64,
    codes: HashMap<String, Code>,
}

impl Code {
    pub(crate) fn new(client_id: String, redirect_uri: Option<String>, consent: Consent) -> Self {
        let expires = Timestamp::UNIX_EPOCH;
        Self { number: 0, client_id, redirect_uri, challenge: None, consent, expires, grant: None }
    }

    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }

    /// Whether the verifier is the one the challenge was made from; neither fits neither.
    pub(crate) fn fits(&self, verifier: Option<&str>) -> bool {
        match (&self.challenge, verifier) {
            (Some(challenge), Some(verifier)) => {
                is_verifier(verifier) && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge
            }
            (None, None) => true,
            _ => false,
        }
    }
}

impl Codes {
    /// The text of a new code; none when there are too many unused ones.
    pub(crate) fn issue(&mut self, code: Code, now: Timestamp) -> Option<String> {
        if self.codes.len() >= CODES_MAX {
            self.codes.retain(|_, code| code.grant.is_none() && !code.has_expired(now));
        }
        if self.codes.len() >= CODES_MAX {
            return None;
        }
        self.numbered += 1;
        let expires = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let text = format!("sandbox_code_{}", Uuid::new_v4().simple());
        self.codes.insert(text.clone(), Code { number: self.numbered, expires, ..code });
        Some(text)
    }

    pub(crate) fn find(&self, text: &str) -> Option<&Code> {
        self.codes.get(text)
    }

    /// Keeps that the code was used, so that a second use is known.
    pub(crate) fn used(&mut self, text: &str, grant: GrantId) {
        if let Some(code) = self.codes.get_mut(text) {
            code.grant = Some(grant);
        }
    }

    /// Every code that is still remembered, with its text.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Code)> {
        self.codes.iter().map(|(text, code)| (text.as_str(), code))
    }
}

/// RFC 7636, section 4.1.
fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}
