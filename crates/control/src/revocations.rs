//! Taking grants back at their providers, after what stood on them was deleted.
//!
//! A deletion removes the local secret at once and answers a job; the sealed credential goes on in the
//! job until the provider was told. `attempt.rs` tells it, first right after the deletion and then, by
//! the worker, again and again for a day. `discard.rs` does the same for grants that came to nothing,
//! `deleted_organization.rs` for what outlives an organization.

mod attempt;
mod deleted_organization;
mod discard;

use definitions::AuthScheme;
use domain::{DefinitionId, DueRevocation, Job, JobId, JobKind, Tenant, Timestamp};
use futures_util::stream::{self, StreamExt};
use tokio::sync::Semaphore;

use crate::{Control, Error};

/// How long a batch of attempts has before others may make them: longer than one can last.
const LEASED_MS: i64 = 400_000;
/// Attempts at a time, of one run.
const AT_ONCE_MAX: usize = 8;
/// Attempts of one run that follows a deletion at once; the worker makes the others.
const AFTER_DELETION_MAX: usize = 32;
/// Such runs at a time in this process.
static AFTER_DELETION: Semaphore = Semaphore::const_new(4);

impl Control {
    /// A deletion, with what became of each grant so far.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for another organization's and for one of more than a month ago.
    pub async fn job(&self, tenant: &Tenant, id: JobId) -> Result<Job, Error> {
        self.store.job(tenant, id).await.map_err(Error::missing("job", id))
    }

    /// Makes the attempts that are due, of all organizations. Answers how many those were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoke_due(&self, limit: usize) -> Result<usize, Error> {
        let now = self.clock.now();
        let rows = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = self.store.due_revocations(now, now.plus_ms(LEASED_MS), rows).await?;
        let count = due.len();
        self.revoke_all(due).await;
        Ok(count)
    }

    /// Makes a first attempt in the background, for those who look at their job soon.
    pub(crate) fn revoke_soon(&self) {
        let Ok(place) = AFTER_DELETION.try_acquire() else { return };
        let control = self.clone();
        self.flights.spawn(async move {
            if let Err(error) = control.revoke_due(AFTER_DELETION_MAX).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a deleted connector's grant is revoked later"
                );
            }
            drop(place);
        });
    }

    async fn revoke_all(&self, due: Vec<DueRevocation>) {
        let attempts =
            stream::iter(due).for_each_concurrent(AT_ONCE_MAX, async |due| self.revoke(&due).await);
        attempts.await;
    }

    /// The (definition, auth scheme) pairs whose grants can be revoked, or may turn out to be.
    pub(crate) fn revocable(&self) -> Vec<(DefinitionId, String)> {
        let schemes = self.catalog.iter().flat_map(|definition| {
            let revocable = definition.auth_schemes.iter().filter(|scheme| may_be_revocable(scheme));
            revocable.map(|scheme| (definition.id, scheme.name.clone()))
        });
        schemes.collect()
    }
}

/// Whether a grant of this scheme can be revoked, or may turn out to be: the issuer of a scheme without
/// its own endpoints tells only when asked.
fn may_be_revocable(scheme: &AuthScheme) -> bool {
    scheme.oauth.as_ref().is_some_and(|oauth| {
        let asks_issuer = oauth.settings.issuer.is_some() && oauth.token_url.is_none();
        oauth.settings.revocation_url.is_some() || asks_issuer
    })
}

/// A job that begins now.
pub(crate) fn new_job(kind: JobKind, now: Timestamp) -> Job {
    Job { id: JobId::new(), kind, created_at: now, connectors: Vec::new() }
}
