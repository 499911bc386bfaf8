//! The use cases: each public method of [`Control`] is one, and reads like its description.
//!
//! The faces (`api`) translate to and from these; the capabilities (`store`, `vault`, `executor`)
//! know nothing of each other and meet here.

mod access;
mod applications;
mod check;
mod connectors;
mod consent;
mod credentials;
mod customers;
mod error;
mod events;
mod execute;
mod execution_log;
mod export;
mod inspect;
mod oauth_apps;
mod operator;
mod organization_settings;
mod organizations;
mod provider;
mod revocations;
mod secrets;
mod states;

use std::sync::Arc;

use definitions::Catalog;
use domain::Clock;
use executor::Executor;
use store::Store;
use vault::Vault;

pub use access::{InvalidTokenKeys, IssuedToken, ScopedTokenInfo, TokenKeys};
pub use check::{CheckReport, CheckState, EntityProbe};
pub use connectors::{ConnectorView, DefinitionChoice, NewConnector, UpdateConnector};
pub use consent::{BeginConsent, Callback, ConsentEnd, ConsentPage};
pub use customers::UpdateCustomer;
pub use error::{Error, FieldFault, StartError, UpstreamFailure, UpstreamKind};
pub use export::ExportedCredential;
pub use inspect::Inspection;
pub use oauth_apps::{OAuthAppView, RedirectUris};
pub use operator::{FallbackOrganizations, Operator, OperatorApp};
pub use organization_settings::UpdateSettings;

use access::Access;
use credentials::Flights;
use execution_log::ExecutionLog;
use operator::SharedOperator;
use provider::Issuers;
use secrets::Secrets;

/// What the use cases are made of, built once at start-up.
pub struct Parts {
    pub store: Store,
    pub vault: Vault,
    pub catalog: Arc<Catalog>,
    pub executor: Executor,
    pub token_keys: TokenKeys,
    pub clock: Clock,
    /// Where clients reach this server, without a trailing slash: the issuer of its tokens, and where
    /// its redirect URIs begin.
    pub public_url: String,
    pub operator: Operator,
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
    flights: Flights,
    issuers: Issuers,
    operator: SharedOperator,
    public_url: Arc<str>,
}

impl Control {
    /// Checks that the keys at hand are the ones this store was written with, and starts the
    /// execution log.
    ///
    /// # Errors
    /// [`StartError::WrongKey`] before anything is written under a wrong key-encryption key,
    /// [`StartError::MissingKey`] when data keys are wrapped by one that is not configured.
    pub async fn new(parts: Parts) -> Result<Self, StartError> {
        let Parts { store, vault, catalog, executor, token_keys, clock, public_url, operator } = parts;
        secrets::check_keys(&store, &vault).await?;
        Ok(Self {
            secrets: Secrets::new(store.clone(), vault, clock.clone()),
            access: Access::new(store.clone(), token_keys, public_url.clone(), clock.clone()),
            log: ExecutionLog::start(store.clone()),
            flights: Flights::new(),
            issuers: Issuers::new(),
            operator: Arc::new(operator),
            public_url: public_url.as_str().into(),
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

    /// Waits for token refreshes under way and writes what the execution log still holds; call it
    /// when no more requests come.
    pub async fn shutdown(&self) {
        self.flights.shutdown().await;
        self.log.shutdown().await;
    }
}
