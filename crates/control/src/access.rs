//! From bearer token to [`Caller`], and from client secret to bearer token.
//!
//! `api/caller.rs` calls [`Control::caller`] on every request. A verified token is remembered by
//! its hash, and its expiry compared on every use; whether its application still stands is asked
//! again every few seconds, so that a revocation takes effect on every replica.

mod keys;
mod standing;
mod token;

use std::sync::Arc;
use std::time::Duration;

use domain::{ApplicationId, Caller, CallerKind, Clock, CustomerId, OrganizationId, Secret, Tenant};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use store::Store;
use subtle::ConstantTimeEq;

use crate::{Control, Error};
pub use keys::{InvalidTokenKeys, TokenKeys};
use standing::Standing;
use token::{TokenKind, Tokens, Verified};

/// How long an application token lives. Clients assume 900 s whatever the answer says.
const APPLICATION_TOKEN_S: i64 = 900;
/// How long a token narrowed to one customer lives.
const SCOPED_TOKEN_S: i64 = 1_200;
/// Remembered tokens.
const REMEMBERED_MAX: u64 = 10_000;

/// The answer to a client secret.
#[derive(Debug)]
pub struct IssuedToken {
    pub token: Secret,
    /// Seconds.
    pub expires_in: i64,
    /// The organization the token is bound to, or the only one it reaches.
    pub organization: Option<OrganizationId>,
}

/// What a scoped token says of itself.
#[derive(Debug)]
pub struct ScopedTokenInfo {
    pub organization_id: OrganizationId,
    pub workspace_id: CustomerId,
    pub workspace_name: String,
}

#[derive(Clone)]
pub(crate) struct Access {
    tokens: Arc<Tokens>,
    clock: Clock,
    verified: Cache<[u8; 32], Verified>,
    standing: Standing,
}

impl Access {
    pub(crate) fn new(store: Store, keys: TokenKeys, issuer: String, clock: Clock) -> Self {
        Self {
            standing: Standing::new(store),
            tokens: Arc::new(Tokens::new(keys, issuer)),
            clock,
            verified: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(Duration::from_secs(SCOPED_TOKEN_S.unsigned_abs()))
                .build(),
        }
    }

    async fn verified(&self, token: &str) -> Result<Verified, Error> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let verified = match self.verified.get(&hash).await {
            Some(verified) => verified,
            None => {
                let verified = self.tokens.verify(token)?;
                self.verified.insert(hash, verified).await;
                verified
            }
        };
        if verified.expires_at <= self.clock.now().seconds() {
            return Err(Error::Unauthorized("the bearer token has expired: request a new one"));
        }
        Ok(verified)
    }

    pub(crate) async fn forget(&self, application: ApplicationId) {
        self.standing.forget(application).await;
    }

    pub(crate) fn forget_all(&self) {
        self.standing.forget_all();
    }
}

impl Control {
    /// Who presents this bearer token.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for a token that was not made here, has expired or whose
    /// application was revoked.
    pub async fn caller(&self, token: &str) -> Result<Caller, Error> {
        let verified = self.access.verified(token).await?;
        let standing = self.access.standing.application(verified.application).await?;
        let organizations = match verified.organization {
            None => standing.organizations.to_vec(),
            Some(bound) if standing.organizations.contains(&bound) => vec![bound],
            Some(_) => Vec::new(),
        };
        if organizations.is_empty() {
            return Err(Error::Unauthorized("the organization of this token no longer exists"));
        }
        let kind = verified.customer.map_or(CallerKind::Application, CallerKind::Scoped);
        #[expect(clippy::disallowed_methods, reason = "the token was verified just above")]
        let caller = Caller::verified(verified.application, kind, organizations);
        let caller = caller.allowed(standing.allowed.to_vec());
        self.access.standing.customer(&caller).await?;
        Ok(caller)
    }

    /// Exchanges a client secret for a bearer token; bound to `organization` when one is asked for.
    ///
    /// An unknown client id takes the same path as a wrong secret.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for a wrong pair, [`Error::Organization`] for an organization that
    /// the application does not belong to.
    pub async fn issue_token(
        &self,
        client_id: &str,
        client_secret: &Secret,
        organization: Option<OrganizationId>,
    ) -> Result<IssuedToken, Error> {
        let id = client_id.parse().unwrap_or_else(|_| ApplicationId::from_uuid(uuid::Uuid::nil()));
        let found = self.store.application_login(id).await?;
        let stored = found.as_ref().map_or([0; 32], |(_, hash)| *hash);
        let good = bool::from(secret_hash(client_secret).ct_eq(&stored));
        let application = found
            .map(|(application, _)| application)
            .filter(|application| good && application.revoked_at.is_none())
            .ok_or(Error::Unauthorized(
                "this client id and secret are not valid: check both, or have a new pair made with `patchbay application create`",
            ))?;

        #[expect(clippy::disallowed_methods, reason = "the client secret was verified just above")]
        let caller =
            Caller::verified(application.id, CallerKind::Application, application.organizations.clone());
        let bound = match organization {
            Some(wanted) => Some(caller.tenant(Some(wanted))?.organization()),
            None => None,
        };
        let only = match caller.organizations() {
            [] => return Err(Error::Unauthorized("the organization of this application was deleted")),
            [only] => Some(*only),
            _ => None,
        };
        let now = self.clock.now().seconds();
        let token = self.access.tokens.sign(
            TokenKind::Application,
            &Verified {
                application: application.id,
                organization: bound,
                customer: None,
                expires_at: now + APPLICATION_TOKEN_S,
            },
            now,
        )?;
        Ok(IssuedToken { token, expires_in: APPLICATION_TOKEN_S, organization: bound.or(only) })
    }

    /// Makes a token that reaches one customer only; the customer is created on first use.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a blank name.
    pub async fn issue_scoped_token(
        &self,
        caller: &Caller,
        tenant: &Tenant,
        workspace_name: &str,
    ) -> Result<Secret, Error> {
        if caller.kind() != CallerKind::Application {
            return Err(Error::Forbidden("a scoped token cannot make other tokens"));
        }
        let customer = self.ensure_customer(tenant, workspace_name).await?;
        let now = self.clock.now().seconds();
        self.access.tokens.sign(
            TokenKind::Scoped,
            &Verified {
                application: caller.application(),
                organization: Some(tenant.organization()),
                customer: Some(customer.id),
                expires_at: now + SCOPED_TOKEN_S,
            },
            now,
        )
    }

    /// Which organization and customer a scoped token reaches.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an application's own token.
    pub async fn scoped_token_info(&self, tenant: &Tenant) -> Result<ScopedTokenInfo, Error> {
        let Some(customer) = tenant.customer() else {
            return Err(Error::Forbidden("this route takes a scoped token, not an application's own"));
        };
        let customer = self.customer(tenant, customer).await?;
        Ok(ScopedTokenInfo {
            organization_id: customer.organization_id,
            workspace_id: customer.id,
            workspace_name: customer.name,
        })
    }
}

/// What is stored of a client secret. The secret has 256 random bits, so a plain hash suffices.
#[expect(clippy::disallowed_methods, reason = "the secret is hashed, not kept")]
pub(crate) fn secret_hash(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.expose().as_bytes()).into()
}
