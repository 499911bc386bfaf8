//! Bearer tokens: Ed25519 JWTs (RFC 7519, RFC 8037) of two kinds, told apart by `typ`.

use domain::{ApplicationId, CustomerId, OrganizationId, Secret};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TokenKeys;
use crate::Error;

/// Who these tokens are for: this API and nothing else.
const AUDIENCE: &str = "patchbay";
/// No token of ours comes near; longer ones are not looked at.
const TOKEN_BYTES_MAX: usize = 4_096;
const NOT_OURS: Error = Error::Unauthorized("the bearer token is not valid here: request a new one");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Application,
    Scoped,
}

impl TokenKind {
    fn typ(self) -> &'static str {
        match self {
            Self::Application => "application+jwt",
            Self::Scoped => "scoped+jwt",
        }
    }
}

/// What a token says, once its signature was checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verified {
    pub(super) application: ApplicationId,
    /// The one organization it is bound to.
    pub(super) organization: Option<OrganizationId>,
    /// The one customer it is narrowed to.
    pub(super) customer: Option<CustomerId>,
    /// Seconds since 1970 UTC.
    pub(super) expires_at: i64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    org: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<Uuid>,
}

pub(super) struct Tokens {
    keys: TokenKeys,
    issuer: String,
    validation: Validation,
}

impl Tokens {
    pub(super) fn new(keys: TokenKeys, issuer: String) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&issuer]);
        // Without this a token that lacks them passes although values are expected.
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        // `exp` is compared with our own clock, by the caller, on every use.
        validation.validate_exp = false;
        Self { keys, issuer, validation }
    }

    pub(super) fn sign(&self, kind: TokenKind, what: &Verified, now: i64) -> Result<Secret, Error> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(kind.typ().to_owned());
        header.kid = Some(self.keys.active.kid.clone());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: what.application.uuid(),
            iat: now,
            exp: what.expires_at,
            org: what.organization.map(OrganizationId::uuid),
            customer: what.customer.map(CustomerId::uuid),
        };
        jsonwebtoken::encode(&header, &claims, &self.keys.active.key)
            .map(Secret::new)
            .map_err(|error| Error::Internal(Box::new(error)))
    }

    /// Checks everything but the expiry.
    ///
    /// The header only selects among our own keys: `kid` is compared, `alg` is pinned, and any key
    /// the header may carry is not looked at (RFC 8725 sections 3.1 and 3.5).
    pub(super) fn verify(&self, token: &str) -> Result<Verified, Error> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(NOT_OURS);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| NOT_OURS)?;
        let kind = [TokenKind::Application, TokenKind::Scoped]
            .into_iter()
            .find(|kind| header.typ.as_deref() == Some(kind.typ()))
            .ok_or(NOT_OURS)?;
        let kid = header.kid.ok_or(NOT_OURS)?;
        let key = self.keys.checking.iter().find(|key| key.kid == kid).ok_or(NOT_OURS)?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key.key, &self.validation).map_err(|_| NOT_OURS)?.claims;
        // Each kind has its own claims; one dressed as the other is refused.
        let narrowed = claims.org.is_some() && claims.customer.is_some();
        let fits = match kind {
            TokenKind::Application => claims.customer.is_none(),
            TokenKind::Scoped => narrowed,
        };
        if !fits {
            return Err(NOT_OURS);
        }
        Ok(Verified {
            application: ApplicationId::from_uuid(claims.sub),
            organization: claims.org.map(OrganizationId::from_uuid),
            customer: claims.customer.map(CustomerId::from_uuid),
            expires_at: claims.exp,
        })
    }
}

#[cfg(test)]
mod tests;
