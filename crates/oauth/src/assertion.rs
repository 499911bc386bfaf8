//! How an app proves itself by its key: a signed assertion in place of a secret (RFC 7523, 2.2).
//!
//! A server that receives an assertion could show it to another one. So it is for one audience only,
//! lives for minutes, and is made anew for every request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Clock, Secret, Timestamp};
use oauth2::CsrfToken;
use serde::Serialize;

use crate::redact::open;
use crate::{App, ClientAuth, OAuthError, Provider, SigningKey};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// From the moment of signing. Providers take five minutes at most; their clocks are not ours.
const LIFE_S: i64 = 180;
/// Of randomness, in an assertion's own name.
const ID_RANDOM_BYTES: u32 = 16;

/// What goes beside a request to prove the app; nothing where the app proves itself otherwise.
pub(crate) struct Proof(Option<Secret>);

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

/// RFC 7523, 3. `aud` is one text, never a list.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: i64,
    exp: i64,
}

impl Proof {
    /// Made for one request; the next one needs its own.
    pub(crate) fn of(provider: &Provider, app: &App) -> Result<Self, OAuthError> {
        if provider.client_auth != ClientAuth::PrivateKeyJwt {
            return Ok(Self(None));
        }
        let Some(key) = &app.signing_key else {
            return Err(OAuthError::misconfigured(
                "the provider wants a signed assertion, and the OAuth app has no signing key",
            ));
        };
        // The provider as a whole, by the one name that it has everywhere.
        let audience = provider.issuer.as_deref().unwrap_or(provider.token_url.as_str());
        let id = CsrfToken::new_random_len(ID_RANDOM_BYTES);
        let signed = signed(key, &app.client_id, audience, id.secret(), Clock::system().now())?;
        Ok(Self(Some(Secret::new(signed))))
    }

    pub(crate) fn params(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let assertion = self.0.iter().map(|assertion| ("client_assertion", open(assertion)));
        assertion.chain(self.0.iter().map(|_| ("client_assertion_type", ASSERTION_TYPE)))
    }

    pub(crate) fn secrets(&self) -> Vec<&Secret> {
        self.0.iter().collect()
    }
}

/// A compact JWS (RFC 7515, 7.1).
fn signed(
    key: &SigningKey,
    client_id: &str,
    audience: &str,
    id: &str,
    now: Timestamp,
) -> Result<String, OAuthError> {
    let signer = key.signer()?;
    let header = Header { alg: signer.algorithm(), typ: "JWT", kid: key.key_id.as_deref() };
    let (iat, exp) = (now.seconds(), now.seconds().saturating_add(LIFE_S));
    let claims = Claims { iss: client_id, sub: client_id, aud: audience, jti: id, iat, exp };
    let message = format!("{}.{}", encoded(&header)?, encoded(&claims)?);
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(message.as_bytes())?);
    Ok(format!("{message}.{signature}"))
}

fn encoded(part: &impl Serialize) -> Result<String, OAuthError> {
    let json =
        serde_json::to_vec(part).map_err(|_| OAuthError::misconfigured("the assertion has no JSON form"))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}
