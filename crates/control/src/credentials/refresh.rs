//! Renewing a connector's tokens, exactly once however many ask for it.
//!
//! Providers take the second use of a refresh token for theft and end the grant, so:
//!
//! - in this process one refresh per connector is under way (`flights.rs`);
//! - across processes the row is claimed with a fencing number before anything is sent, and what comes
//!   back is stored only where that number still stands;
//! - a claim whose holder is silent is taken over after this process has itself watched it for
//!   [`CLAIM_LASTS`]. No two clocks are compared, so a clock that jumps takes nobody's claim;
//! - a holder that was stopped in between does not send late ([`SEND_WITHIN`]);
//! - an attempt whose outcome nobody knows is counted in the row before it is made, and after two of
//!   them a person is asked instead of the provider.

mod prepared;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use domain::{ConnectorId, ConnectorState, ConnectorStatus, Tenant};
use oauth::OAuthError;
use store::{RefreshRow, StoreError, UNSETTLED_MAX};
use tokio::time::{Instant, sleep};

use super::fresh::{refused, waits_until};
use crate::connectors::not_usable;
use crate::{Control, Error};
use prepared::app_key;

/// From the claim to the moment of sending, at most: a holder that comes later sends nothing.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// How long a claim is left alone: the time to send, the longest token request (20 s), and a database
/// that answers. A holder whose database is away for longer than that can be overtaken.
const CLAIM_LASTS: Duration = Duration::from_secs(32);
/// Between two looks at a row that another process has claimed.
const LOOK_FIRST: Duration = Duration::from_millis(25);
const LOOK_MAX: Duration = Duration::from_millis(500);
/// Pause before the one retry after an unknown outcome.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// How long a provider that cannot be reached is left alone: first, and at most.
const BACKOFF_FIRST_MS: i64 = 2_000;
const BACKOFF_MAX_MS: i64 = 300_000;
/// A provider may ask for this long at most.
pub(super) const RETRY_AFTER_MAX_MS: i64 = 3_600_000;

/// Refusals that speak of the grant: the refresh token, or the person behind it. Everything else may be
/// about the app, the request or what stands in between, and must not cost a customer's consent.
const OF_THE_GRANT: [&str; 12] = [
    "invalid_grant",
    "invalid_token",
    "token_expired",
    "expired_token",
    "token_revoked",
    "invalid_refresh_token",
    "bad_refresh_token",
    "access_denied",
    "interaction_required",
    "login_required",
    "consent_required",
    "account_inactive",
];

/// Whether a caller waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    Waited,
    Background,
}

/// How a refresh ended, for all who waited for it.
#[derive(Clone)]
pub(crate) enum Ended {
    /// This version is stored, by us or by another process.
    Stored(i64),
    NotActive(ConnectorState),
    Unreachable {
        retry_after_s: u64,
        message: String,
    },
    /// The definition, the app or the provider's address has to be corrected.
    Misconfigured(String),
    Gone,
    Failed(Arc<Error>),
    Panicked,
}

impl Ended {
    pub(super) fn into_error(self, id: ConnectorId) -> Error {
        match self {
            Self::Stored(_) | Self::Panicked => Error::Internal("a token refresh panicked".into()),
            Self::NotActive(state) => not_usable(&state),
            Self::Unreachable { retry_after_s, message } => {
                Error::RefreshUnavailable { retry_after_s, message }
            }
            Self::Misconfigured(message) => refused(format!("the access token cannot be renewed: {message}")),
            Self::Gone => Error::NotFound { noun: "connector", id: id.to_string() },
            Self::Failed(error) => Error::shared(error),
        }
    }
}

impl Control {
    /// The one refresh of this connector: the one under way, or a new one.
    pub(crate) fn refresh_flight(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        version: i64,
        urgency: Urgency,
    ) -> impl Future<Output = Ended> + use<> {
        let (control, tenant) = (self.clone(), *tenant);
        self.flights.join(id, async move {
            let ended = control.refresh(&tenant, id, version).await;
            if urgency == Urgency::Background
                && let Err(error) = &ended
            {
                tracing::warn!(connector.id = %id, error = error as &dyn std::error::Error,
                    "a token refresh failed");
            }
            ended.unwrap_or_else(|error| Ended::Failed(Arc::new(error)))
        })
    }

    /// Renews a token that is still valid, without anybody waiting.
    pub(super) fn refresh_beside(&self, tenant: &Tenant, id: ConnectorId, name: &str, version: i64) {
        // When too many are under way, the next call tries again.
        let Some(place) = self.flights.background_place(name) else { return };
        let flight = self.refresh_flight(tenant, id, version, Urgency::Background);
        self.flights.spawn(async move {
            let _ended = flight.await;
            drop(place);
        });
    }

    async fn refresh(&self, tenant: &Tenant, id: ConnectorId, version: i64) -> Result<Ended, Error> {
        let mut watched: Option<(i64, Instant)> = None;
        let mut pause = LOOK_FIRST;
        loop {
            let row = match self.store.refresh_row(tenant, id).await {
                Ok(row) => row,
                Err(StoreError::NotFound(_)) => return Ok(Ended::Gone),
                Err(error) => return Err(error.into()),
            };
            if row.credential.version > version {
                return Ok(Ended::Stored(row.credential.version));
            }
            if !matches!(row.status, ConnectorStatus::Active) {
                let connector = self.store.connector(tenant, id).await?;
                return Ok(Ended::NotActive(connector.state));
            }
            let silent = match watched {
                Some((fence, since)) if fence == row.fence => since.elapsed() >= CLAIM_LASTS,
                _ => false,
            };
            if row.claimed && !silent {
                if watched.is_none_or(|(fence, _)| fence != row.fence) {
                    watched = Some((row.fence, Instant::now()));
                }
                sleep(pause).await;
                pause = (pause * 2).min(LOOK_MAX);
                continue;
            }
            if row.unsettled >= UNSETTLED_MAX {
                let reason = "the provider's answer to the last two refreshes was lost, so whether its refresh \
                              token still works is not known";
                let customer = self.store.connector(tenant, id).await?.customer_id;
                let at = (customer, row.fence, version);
                self.require_consent(tenant, id, at, "outcome_unknown", reason).await?;
                continue;
            }
            let now = self.clock.now();
            if let Some(until) = waits_until(&row.credential.grant, now) {
                return Ok(unreachable(
                    until.ms_since(now),
                    "the provider asked to wait, or was unreachable",
                ));
            }
            if let Some(ended) = self.attempt(tenant, id, &row, silent).await? {
                return Ok(ended);
            }
        }
    }

    /// One attempt; none when the row has to be looked at again.
    async fn attempt(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        row: &RefreshRow,
        take_over: bool,
    ) -> Result<Option<Ended>, Error> {
        let version = row.credential.version;
        let prepared = match self.prepare_refresh(tenant, id, row).await {
            Ok(prepared) => prepared,
            Err(Error::RefreshUnavailable { retry_after_s, message }) => {
                return Ok(Some(Ended::Unreachable { retry_after_s, message }));
            }
            Err(Error::Egress(message) | Error::OAuthNotSupported(message)) => {
                return Ok(Some(Ended::Misconfigured(message)));
            }
            Err(error) => return Err(error),
        };
        let app = app_key(&prepared);
        if let Some(message) = self.flights.refused_app(&app) {
            return Ok(Some(Ended::Misconfigured(message)));
        }
        let host = prepared.provider.token_url.host_str().unwrap_or_default().to_owned();
        let _place = self.flights.place(&host).await;
        let not_after = Instant::now() + SEND_WITHIN;
        let claim =
            self.store.claim_refresh(tenant, id, version, row.fence, take_over, self.clock.now()).await?;
        let Some(claim) = claim else {
            sleep(LOOK_FIRST).await;
            return Ok(None);
        };
        let transport = self.transport(Some(id)).not_after(not_after);
        let granted =
            oauth::refresh(&transport, &prepared.provider, &prepared.app, &prepared.refresh_token).await;
        match granted {
            Ok(tokens) => self.keep(tenant, id, row, &claim, prepared, tokens).await,
            Err(OAuthError::Refused { status, code, description }) if is_of_the_grant(status, &code) => {
                let said = description.map(|text| format!(": {text}")).unwrap_or_default();
                let reason = format!("the provider refused to renew its access with `{code}`{said}");
                let at = (prepared.customer, claim.fence, version);
                self.require_consent(tenant, id, at, &code, &reason).await?;
                Ok(None)
            }
            Err(OAuthError::Unreachable { retry_after, reason }) => {
                let asked = retry_after
                    .map(|wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).min(RETRY_AFTER_MAX_MS));
                let wait = asked.unwrap_or_else(|| backoff_ms(row.failures));
                self.release(tenant, id, &claim, true, Some(wait)).await;
                Ok(Some(unreachable(wait, &reason)))
            }
            Err(OAuthError::Unknown { reason }) => {
                tracing::warn!(connector.id = %id, attempt = claim.unsettled,
                    "the outcome of a token refresh is not known: {reason}");
                self.release(tenant, id, &claim, false, None).await;
                sleep(RETRY_PAUSE).await;
                Ok(None)
            }
            Err(OAuthError::Misconfigured(reason)) => {
                self.release(tenant, id, &claim, true, None).await;
                tracing::error!(connector.id = %id, definition = %prepared.definition.name,
                    "a token cannot be renewed: {reason}");
                Ok(Some(Ended::Misconfigured(reason)))
            }
            Err(error @ OAuthError::Refused { .. }) => {
                self.release(tenant, id, &claim, true, None).await;
                tracing::error!(connector.id = %id, definition = %prepared.definition.name,
                    "the OAuth app has to be corrected: {error}");
                let said = error.to_string();
                let message = format!(
                    "{}. Its OAuth app has to be corrected: PUT /api/v1/oauth/credentials, or the server's \
                     PATCHBAY_OAUTH variables when it is the operator's",
                    said.trim_end_matches('.')
                );
                self.flights.remember_refused_app(app, message.clone());
                Ok(Some(Ended::Misconfigured(message)))
            }
        }
    }
}

/// A plain 400 without a word is what providers that know no codes say of a dead grant.
fn is_of_the_grant(status: u16, code: &str) -> bool {
    OF_THE_GRANT.iter().any(|known| code.eq_ignore_ascii_case(known)) || (status == 400 && code == "http_400")
}

fn unreachable(wait_ms: i64, reason: &str) -> Ended {
    Ended::Unreachable {
        retry_after_s: u64::try_from(wait_ms / 1_000).unwrap_or(0).saturating_add(1),
        message: format!("the access token has expired and cannot be renewed now: {reason}"),
    }
}

/// Doubles with each failure, and is spread so that not all come back together.
fn backoff_ms(failures: i64) -> i64 {
    let doublings = u32::try_from(failures.clamp(0, 10)).unwrap_or(10);
    let most = BACKOFF_FIRST_MS.saturating_mul(1 << doublings).min(BACKOFF_MAX_MS);
    rand::random_range(most / 2..=most)
}

#[cfg(test)]
mod tests;
