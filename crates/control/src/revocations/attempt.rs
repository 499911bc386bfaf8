//! One attempt to revoke a grant, and what follows from its outcome.

use std::time::Duration;

use definitions::{AuthScheme, ConnectorDefinition};
use domain::{ConnectorId, DueRevocation, RevocationStatus, Timestamp};
use oauth::{App, OAuthError, Revocable};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::credentials::Opened;
use crate::{Control, Error};

/// The longest attempt: two tokens to revoke, and an issuer to ask where.
const ATTEMPT_MAX: Duration = Duration::from_secs(90);
/// Pauses between attempts.
const PAUSE_FIRST_MS: i64 = 60_000;
const PAUSE_MAX_MS: i64 = 3_600_000;
/// How long a grant is tried to be revoked.
const TRIED_FOR_MS: i64 = 24 * 3_600_000;
/// The provider does not revoke this kind of token (RFC 7009, 2.2.1).
const UNSUPPORTED_TOKEN_TYPE: &str = "unsupported_token_type";
/// Its data key is destroyed, or the seal does not fit.
pub(super) const NOT_OPENED: &str = "the stored credential cannot be opened";

/// What one attempt came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Revoked,
    NotSupported(&'static str),
    /// It will not be different next time.
    Failed(String),
    /// It may be, after this many milliseconds at the least.
    Later {
        wait_ms: i64,
        reason: String,
    },
}

impl Attempt {
    fn later(reason: impl Into<String>) -> Self {
        Self::Later { wait_ms: 0, reason: reason.into() }
    }
}

impl Control {
    /// Makes the attempt that is due and writes down its outcome. Making one twice does no harm: what
    /// is revoked already counts as revoked.
    pub(super) async fn revoke(&self, due: &DueRevocation) {
        let id = due.connector_id;
        let attempt = match timeout(ATTEMPT_MAX, self.attempt_revocation(due)).await {
            Ok(Ok(attempt)) => attempt,
            Ok(Err(error)) => of_error(&error),
            Err(_) => Attempt::later("the provider did not answer in time"),
        };
        let now = self.clock.now();
        let (status, detail, next_at) = settled(attempt, due, now);
        match self.store.settle_revocation(due, status, detail.as_deref(), next_at, now).await {
            Ok(true) => {}
            // Another attempt ended it, or a later token set has taken its place.
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(connector.id = %id, job.id = %due.job_id, error = &error as &dyn std::error::Error,
                    "the outcome of a revocation cannot be written down, so it is repeated");
                return;
            }
        }
        if status == RevocationStatus::Failed {
            let detail = detail.unwrap_or_default();
            tracing::error!(connector.id = %id, job.id = %due.job_id,
                "the grant of deleted connector `{id}` may still stand at its provider: {detail}");
        } else {
            tracing::info!(connector.id = %id, job.id = %due.job_id, revocation = status.as_str(),
                "tried to revoke the grant of deleted connector `{id}`");
        }
    }

    async fn attempt_revocation(&self, due: &DueRevocation) -> Result<Attempt, Error> {
        let tenant = due.tenant();
        let Some(definition) = self.catalog.definition(due.definition_id).cloned() else {
            return Ok(Attempt::later("its definition is not loaded"));
        };
        let opened = match self.open_credential(&tenant, due.connector_id, due.version, &due.sealed).await {
            Ok(opened) => opened,
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(_) => return Ok(Attempt::Failed(NOT_OPENED.to_owned())),
        };
        let Some(scheme) = definition.scheme(opened.credential.scheme()) else {
            return Ok(Attempt::later("its definition no longer has its auth scheme"));
        };
        let Some(app) = self.refresh_app(&tenant, &definition, scheme, &opened).await? else {
            return Ok(Attempt::NotSupported("the credential names no OAuth app to revoke it with"));
        };
        let settings = self.effective_settings(&definition, &due.replication_config, &due.environment);
        self.revoke_opened(&definition, scheme, &settings, &app, (due.connector_id, &opened)).await
    }

    /// Revokes the refresh token, which takes its access tokens along; else the access token.
    pub(super) async fn revoke_opened(
        &self,
        definition: &ConnectorDefinition,
        scheme: &AuthScheme,
        settings: &Map<String, Value>,
        app: &App,
        (id, opened): (ConnectorId, &Opened),
    ) -> Result<Attempt, Error> {
        let provider = self.provider_for(definition, scheme, settings, opened.is_of_own_app()).await?;
        if provider.revocation_url.is_none() {
            return Ok(Attempt::NotSupported("the provider names no place to revoke"));
        }
        let tokens = [
            opened.refresh_token(scheme).map(Revocable::RefreshToken),
            opened.access_token(scheme).map(Revocable::AccessToken),
        ];
        let transport = self.transport(Some(id));
        for token in tokens.into_iter().flatten() {
            match oauth::revoke(&transport, &provider, app, token).await {
                Err(OAuthError::Refused { code, .. })
                    if code == UNSUPPORTED_TOKEN_TYPE && matches!(token, Revocable::RefreshToken(_)) => {}
                result => return Ok(of_answer(result)),
            }
        }
        Ok(Attempt::NotSupported("the credential has no token that the provider revokes"))
    }
}

fn of_answer(answer: Result<(), OAuthError>) -> Attempt {
    match answer {
        Ok(()) => Attempt::Revoked,
        Err(error @ OAuthError::Refused { .. }) => Attempt::Failed(error.to_string()),
        Err(OAuthError::Unreachable { retry_after, reason }) => {
            let asked = retry_after.map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
            Attempt::Later { wait_ms: asked.min(PAUSE_MAX_MS), reason }
        }
        // What is misconfigured the operator can put right within the day.
        Err(OAuthError::Unknown { reason } | OAuthError::Misconfigured(reason)) => Attempt::later(reason),
    }
}

/// What went wrong before the provider was asked.
fn of_error(error: &Error) -> Attempt {
    match error {
        Error::OAuthNotSupported(_) => Attempt::NotSupported("the definition names no OAuth endpoints"),
        Error::Invalid(_) => Attempt::Failed(error.to_string()),
        other => Attempt::later(other.to_string()),
    }
}

/// The row as it is after an attempt: status, detail, and when the next one is due.
fn settled(
    attempt: Attempt,
    due: &DueRevocation,
    now: Timestamp,
) -> (RevocationStatus, Option<String>, Option<Timestamp>) {
    match attempt {
        Attempt::Revoked => (RevocationStatus::Revoked, None, None),
        Attempt::NotSupported(why) => (RevocationStatus::NotSupported, Some(why.to_owned()), None),
        Attempt::Failed(reason) => (RevocationStatus::Failed, Some(reason), None),
        Attempt::Later { reason, .. } if now.ms_since(due.created_at) >= TRIED_FOR_MS => {
            (RevocationStatus::Failed, Some(format!("given up after a day: {reason}")), None)
        }
        Attempt::Later { wait_ms, reason } => {
            let last = due.created_at.plus_ms(TRIED_FOR_MS);
            let next = now.plus_ms(pause_ms(due.attempts).max(wait_ms)).min(last);
            (RevocationStatus::Pending, Some(reason), Some(next))
        }
    }
}

/// Doubles with each attempt, and is spread so that not all come back together.
fn pause_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 10)).unwrap_or(10);
    let pause = PAUSE_FIRST_MS.saturating_mul(1 << doublings).min(PAUSE_MAX_MS);
    rand::random_range(pause - pause / 5..=pause)
}

#[cfg(test)]
mod tests;
