//! The use cases: each public method of [`Control`] is one, and reads like its description.
//!
//! The faces (`api`) translate to and from these; the capabilities (`store`, `vault`, `executor`)
//! know nothing of each other and meet here.

mod access;
mod applications;
mod check;
mod connectors;
mod credentials;
mod customers;
mod error;
mod execute;
mod execution_log;
mod inspect;
mod organizations;
mod secrets;

use std::sync::Arc;

use definitions::Catalog;
use domain::Clock;
use executor::Executor;
use store::Store;
use vault::Vault;

pub use access::{InvalidTokenKeys, IssuedToken, ScopedTokenInfo, TokenKeys};
pub use check::{CheckReport, CheckState, EntityProbe};
pub use connectors::{ConnectorView, DefinitionChoice, NewConnector, UpdateConnector};
pub use customers::UpdateCustomer;
pub use error::{Error, FieldFault, StartError, UpstreamFailure, UpstreamKind};
pub use inspect::Inspection;

use access::Access;
use execution_log::ExecutionLog;
use secrets::Secrets;

/// What the use cases are made of, built once at start-up.
pub struct Parts {
    pub store: Store,
    pub vault: Vault,
    pub catalog: Arc<Catalog>,
    pub executor: Executor,
    pub token_keys: TokenKeys,
    pub clock: Clock,
    /// Where clients reach this server, without a trailing slash: the issuer of its tokens.
    pub public_url: String,
}

/// The handles every use case shares. Cloning is cheap.
#[derive(Clone)]
pub struct Control {
    store: Store,
    secrets: Secrets,
    catalog: Arc<Catalog>,
    executor: Executor,
    access: Access,
    clock: Clock,
    log: ExecutionLog,
}

impl Control {
    /// Checks that the keys at hand are the ones this store was written with, and starts the
    /// execution log.
    ///
    /// # Errors
    /// [`StartError::WrongKey`] before anything is written under a wrong key-encryption key,
    /// [`StartError::MissingKey`] when data keys are wrapped by one that is not configured.
    pub async fn new(parts: Parts) -> Result<Self, StartError> {
        let Parts { store, vault, catalog, executor, token_keys, clock, public_url } = parts;
        secrets::check_keys(&store, &vault).await?;
        Ok(Self {
            secrets: Secrets::new(store.clone(), vault, clock.clone()),
            access: Access::new(store.clone(), token_keys, public_url, clock.clone()),
            log: ExecutionLog::start(store.clone()),
            store,
            catalog,
            executor,
            clock,
        })
    }

    /// The rows, for reads that need no use case.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The connector definitions.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Writes what the execution log still holds; call it when no more requests come.
    pub async fn shutdown(&self) {
        self.log.shutdown().await;
    }
}
