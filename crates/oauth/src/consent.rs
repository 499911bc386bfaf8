//! Where consent begins: the consent URL, with a state and a PKCE pair of its own.
//!
//! `control` stores the hash of the state and the sealed verifier; the callback brings the state back
//! and `exchange.rs` takes the verifier.

use std::fmt;

use domain::Secret;
use oauth2::{AuthUrl, CsrfToken, PkceCodeChallenge};
use sha2::{Digest, Sha256};
use url::Url;

use crate::account::plain;
use crate::provider::check_endpoint;
use crate::{App, OAuthError, Provider};

/// Of randomness, in the state and in the verifier; RFC 7636 (7.1) asks for as much.
const RANDOM_BYTES: u32 = 32;

/// Parameters that carry the protocol: whoever could set them would lead the code elsewhere, or take
/// the protection off.
const PROTOCOL_PARAMS: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// Further ones that are not for callers. A definition may need them: what it says is the same for all.
const DEFINITION_PARAMS: &[&str] = &[
    // Where and how the answer comes back.
    "response_mode",
    // For whom the tokens are (RFC 8707).
    "resource",
    // They stand for, or describe, other parameters (OpenID Connect, 5 to 7; RFC 9101).
    "registration",
    "claims",
    "id_token_hint",
    "request",
    "request_uri",
];

/// Of a caller's parameter.
const NAME_BYTES_MAX: usize = 64;

/// A consent under way.
pub struct Begun {
    /// Where the browser goes. It contains the state, so it is not for logs.
    pub consent_url: Url,
    /// 256 bits; comes back in the callback. Store only its [`state_hash`].
    pub state: Secret,
    /// The PKCE verifier that [`crate::exchange`] needs; it never leaves for the browser.
    pub verifier: Secret,
}

/// Makes a consent URL, with PKCE (S256) always: a provider that does not know it ignores it.
///
/// `extra_params` are the caller's. None of them can replace what the protocol itself sends or what the
/// definition's `authorize_params` say, in whatever spelling; what the URL says itself they do replace.
pub fn begin(provider: &Provider, app: &App, extra_params: &[(String, String)]) -> Result<Begun, OAuthError> {
    let Some(authorization_url) = &provider.authorization_url else {
        return Err(OAuthError::misconfigured("the definition has no authorization URL"));
    };
    check_endpoint("authorization", authorization_url)?;
    extra_params.iter().try_for_each(|(name, _)| check_caller_param(provider, name))?;
    let (base, params) = params(authorization_url, [&provider.authorize_params, extra_params])?;
    let client =
        provider.client(app)?.set_auth_uri(AuthUrl::from_url(base)).set_redirect_uri(app.redirect_url()?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256_len(RANDOM_BYTES);
    let mut request = client
        .authorize_url(|| CsrfToken::new_random_len(RANDOM_BYTES))
        .set_pkce_challenge(challenge)
        .add_scopes(provider.scope());
    for (name, value) in params {
        request = request.add_extra_param(name, value);
    }
    let (consent_url, state) = request.url();
    Ok(Begun {
        consent_url,
        state: Secret::new(state.into_secret()),
        verifier: Secret::new(verifier.into_secret()),
    })
}

/// The form of a state that is stored and looked up: SHA-256, which suffices for 256 random bits.
#[must_use]
pub fn state_hash(state: &str) -> [u8; 32] {
    Sha256::digest(state.as_bytes()).into()
}

/// The URL without its query, and the parameters of that query and of `layers`; a later layer replaces
/// what an earlier one says under the same name.
fn params(url: &Url, layers: [&[(String, String)]; 2]) -> Result<(Url, Vec<(String, String)>), OAuthError> {
    let mut params: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for layer in layers {
        params.retain(|(known, _)| layer.iter().all(|(name, _)| name != known));
        params.extend_from_slice(layer);
    }
    if let Some((name, _)) = params.iter().find(|(name, _)| PROTOCOL_PARAMS.contains(&name.as_str())) {
        return Err(reserved(name));
    }
    let mut base = url.clone();
    base.set_query(None);
    Ok((base, params))
}

/// What a caller may not send along is told by its name in any spelling: providers may be as lenient
/// with `redirectUri` as their libraries are.
fn check_caller_param(provider: &Provider, name: &str) -> Result<(), OAuthError> {
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_name_byte) {
        return Err(OAuthError::Misconfigured(format!(
            "the name of a parameter of the consent URL is 1 to {NAME_BYTES_MAX} letters, digits, `_` and `-`"
        )));
    }
    let said = plain(name);
    if PROTOCOL_PARAMS.iter().chain(DEFINITION_PARAMS).any(|param| plain(param) == said) {
        return Err(reserved(name));
    }
    if provider.authorize_params.iter().any(|(param, _)| plain(param) == said) {
        return Err(OAuthError::Misconfigured(format!(
            "the parameter `{name}` of the consent URL is set by the definition; leave it out"
        )));
    }
    Ok(())
}

fn reserved(name: &str) -> OAuthError {
    OAuthError::Misconfigured(format!("the parameter `{name}` of the consent URL cannot be set"))
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("host", &self.consent_url.host_str()).finish_non_exhaustive()
    }
}
