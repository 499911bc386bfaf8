//! Whether an application or a customer still stands: asked of the database every few seconds.

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{ApplicationId, Caller, CallerKind, CustomerId, OrganizationId, Permission};
use moka::future::Cache;
use store::{Store, StoreError};

use crate::Error;

/// How long an answer is believed: less than the five seconds we promise.
const BELIEVED_FOR: Duration = Duration::from_secs(3);
/// Answers kept of each kind.
const KEPT_MAX: u64 = 10_000;

/// What an application that stands reaches and may do.
#[derive(Clone)]
pub(super) struct Stands {
    /// The living ones.
    pub(super) organizations: Arc<[OrganizationId]>,
    pub(super) allowed: Arc<[Permission]>,
}

/// An answer, and when it was asked for: an answer that took long is old when it comes.
type Believed<V> = (Instant, V);

#[derive(Clone)]
pub(super) struct Standing {
    store: Store,
    /// None for an application that was revoked.
    applications: Cache<ApplicationId, Believed<Option<Stands>>>,
    customers: Cache<CustomerId, Believed<bool>>,
}

impl Standing {
    pub(super) fn new(store: Store) -> Self {
        Self { store, applications: cache(), customers: cache() }
    }

    pub(super) async fn application(&self, id: ApplicationId) -> Result<Stands, Error> {
        let ask = async || {
            let found = self.store.application(id).await?;
            let living = found.filter(|application| application.revoked_at.is_none());
            Ok(living.map(|application| Stands {
                organizations: application.organizations.into(),
                allowed: application.allowed.into(),
            }))
        };
        let standing = believed(&self.applications, id, ask).await?;
        standing.ok_or(Error::Unauthorized("the application of this token was revoked"))
    }

    /// Refuses a scoped token whose customer was deleted.
    pub(super) async fn customer(&self, caller: &Caller) -> Result<(), Error> {
        let CallerKind::Scoped(customer) = caller.kind() else { return Ok(()) };
        let tenant = caller.tenant(None)?;
        let ask = async || match self.store.customer(&tenant, customer).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error.into()),
        };
        if believed(&self.customers, customer, ask).await? {
            return Ok(());
        }
        Err(Error::Unauthorized("the workspace of this token was deleted"))
    }

    pub(super) async fn forget(&self, application: ApplicationId) {
        self.applications.invalidate(&application).await;
    }

    pub(super) fn forget_all(&self) {
        self.applications.invalidate_all();
        self.customers.invalidate_all();
    }
}

fn cache<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
    Cache::builder().max_capacity(KEPT_MAX).time_to_live(BELIEVED_FOR).build()
}

/// The believed answer, or a new one; callers who ask for the same wait for one answer.
async fn believed<K, V>(
    cache: &Cache<K, Believed<V>>,
    key: K,
    ask: impl AsyncFn() -> Result<V, Error>,
) -> Result<V, Error>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let load = async {
        let asked_at = Instant::now();
        Ok((asked_at, ask().await?))
    };
    let (asked_at, value) = cache.try_get_with(key, load).await.map_err(Error::shared)?;
    // The cache counts from the answer; what was asked too long ago is asked again.
    if asked_at.elapsed() < BELIEVED_FOR { Ok(value) } else { ask().await }
}
