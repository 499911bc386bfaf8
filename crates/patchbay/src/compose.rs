//! Configuration → the use cases: the only place where the concrete parts meet.

use std::sync::Arc;

use control::{Control, Parts};
use definitions::Catalog;
use domain::Clock;
use executor::{Executor, ExecutorConfig, Gateway};
use store::{Store, StoreOptions};
use vault::Vault;

use crate::config::Config;
use crate::failure::Failure;

/// Enough to keep a two-core database busy, and few enough for several servers beside each other.
const CONNECTIONS_MAX: u32 = 16;

const USER_AGENT: &str = concat!("patchbay/", env!("CARGO_PKG_VERSION"));

/// Opens the configured database as it is.
pub(crate) async fn store(config: &Config) -> Result<Store, Failure> {
    let options = StoreOptions { connections_max: CONNECTIONS_MAX };
    #[expect(clippy::disallowed_methods, reason = "the address may hold the database's password")]
    let opened = Store::open(config.database_url.expose(), options).await;
    Ok(opened?)
}

/// The use cases over the configured database, which is migrated first.
///
/// `public_url` is where clients reach the server; `gateway` stands for upstreams, if any does.
pub(crate) async fn control(
    config: &mut Config,
    public_url: String,
    gateway: Option<Gateway>,
) -> Result<Control, Failure> {
    let catalog = Catalog::with_dir(config.definitions_dir.as_deref()).map_err(Failure::Definitions)?;
    let executor = Executor::new(ExecutorConfig {
        egress_allow: config.egress_allow.clone(),
        gateway,
        user_agent: USER_AGENT.to_owned(),
    })?;
    let vault = Vault::new(config.take_keyring()?);
    let token_keys = config.take_token_keys()?;
    let store = store(config).await?;
    let applied = store.migrate().await?;
    if applied > 0 {
        tracing::info!(migrations = applied, engine = store.engine(), "applied {applied} migrations");
    }
    let parts = Parts {
        store,
        vault,
        catalog: Arc::new(catalog),
        executor,
        token_keys,
        clock: Clock::system(),
        public_url,
    };
    Ok(Control::new(parts).await?)
}

/// The use cases for a command that changes the store and ends.
pub(crate) async fn control_for_command(config: &mut Config) -> Result<Control, Failure> {
    let public_url = config.public_url(config.bind.port());
    control(config, public_url, None).await
}

/// The gateway every upstream request goes through, when one is configured.
pub(crate) fn gateway(config: &Config) -> Option<Gateway> {
    config.upstream_gateway.clone().map(|base| Gateway { base, only_hosts: None })
}
