//! One refresh per connector at a time in this process: who comes second waits for the first one's end.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ConnectorId;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::refresh::Ended;

/// Token requests at one provider's host at a time.
const AT_ONE_HOST_MAX: usize = 16;
/// Of these, those nobody waits for.
const IN_BACKGROUND_MAX: usize = 4;
/// Hosts of providers remembered.
const HOSTS_KEPT_MAX: u64 = 1_000;
/// Apps that a provider refused, remembered.
const REFUSED_APPS_MAX: u64 = 10_000;
/// How long such an app is left alone: somebody has to correct it, and all its connectors would ask.
const REFUSED_FOR: Duration = Duration::from_secs(60);
/// How long a stop waits for refreshes under way: a token request and the storing of its answer.
const SHUTDOWN_WAIT_MAX: Duration = Duration::from_secs(45);

type Flight = Shared<BoxFuture<'static, Ended>>;

/// The refreshes under way. Cloning shares them.
#[derive(Clone)]
pub(crate) struct Flights {
    under_way: Arc<Mutex<HashMap<ConnectorId, Flight>>>,
    hosts: Cache<String, Arc<Semaphore>>,
    background: Cache<String, Arc<Semaphore>>,
    /// What to tell about apps that a provider refused, by a hash of the app.
    refused_apps: Cache<[u8; 32], String>,
    tasks: TaskTracker,
}

impl Flights {
    pub(crate) fn new() -> Self {
        let cache = || Cache::builder().max_capacity(HOSTS_KEPT_MAX).build();
        let refused_apps = Cache::builder().max_capacity(REFUSED_APPS_MAX).time_to_live(REFUSED_FOR).build();
        Self {
            under_way: Arc::default(),
            hosts: cache(),
            background: cache(),
            refused_apps,
            tasks: TaskTracker::new(),
        }
    }

    /// Joins the refresh of this connector that is under way, or begins `work`. It goes on to its end
    /// whoever stops waiting for it.
    pub(super) fn join(
        &self,
        connector: ConnectorId,
        work: impl Future<Output = Ended> + Send + 'static,
    ) -> Flight {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&connector) {
            return flight.clone();
        }
        let (flights, tasks) = (Arc::clone(&self.under_way), self.tasks.clone());
        let task = tasks.spawn(async move {
            // Its place is freed on every way out, a panic included.
            let _place = Place { flights, connector };
            work.await
        });
        let flight = task.map(|ended| ended.unwrap_or(Ended::Panicked)).boxed().shared();
        under_way.insert(connector, flight.clone());
        flight
    }

    /// Runs something in the background that a stop waits for.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// The same for work whose end somebody wants to see; it goes on when nobody does any more.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.tasks.spawn(work)
    }

    /// A place among the token requests to one host.
    pub(crate) async fn place(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        self.hosts
            .get_with_by_ref(host, || Arc::new(Semaphore::new(AT_ONE_HOST_MAX)))
            .acquire_owned()
            .await
            .ok()
    }

    /// A place among the refreshes that nobody waits for; none is free when there are enough.
    pub(super) fn background_place(&self, name: &str) -> Option<OwnedSemaphorePermit> {
        let places = self.background.get_with_by_ref(name, || Arc::new(Semaphore::new(IN_BACKGROUND_MAX)));
        places.try_acquire_owned().ok()
    }

    /// What is wrong with an app, if its provider refused it a moment ago.
    pub(super) fn refused_app(&self, app: &[u8; 32]) -> Option<String> {
        self.refused_apps.get(app)
    }

    pub(super) fn remember_refused_app(&self, app: [u8; 32], message: String) {
        self.refused_apps.insert(app, message);
    }

    /// Waits for the refreshes under way, because a token that was granted and not stored is lost.
    pub(crate) async fn shutdown(&self) {
        self.tasks.close();
        if timeout(SHUTDOWN_WAIT_MAX, self.tasks.wait()).await.is_err() {
            tracing::warn!("token refreshes still under way are cut off");
        }
    }
}

struct Place {
    flights: Arc<Mutex<HashMap<ConnectorId, Flight>>>,
    connector: ConnectorId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.connector);
    }
}
