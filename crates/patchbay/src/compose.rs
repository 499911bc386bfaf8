//! Configuration → the use cases: the only place where the concrete parts meet.

use std::sync::Arc;

use control::{Control, Parts, StartError};
use definitions::Catalog;
use domain::Clock;
use executor::{Executor, ExecutorConfig, Gateway};
use store::{Store, StoreError, StoreOptions};
use url::Url;
use vault::Vault;

use crate::config::Config;
use crate::failure::{Failure, root_cause};
use crate::operator::operator;

/// Enough to keep a two-core database busy, and few enough for several servers beside each other.
const CONNECTIONS_MAX: u32 = 16;

const USER_AGENT: &str = concat!("patchbay/", env!("CARGO_PKG_VERSION"));

/// Opens the configured database as it is.
pub(crate) async fn store(config: &Config) -> Result<Store, Failure> {
    config.make_place_for_database()?;
    let options = StoreOptions { connections_max: CONNECTIONS_MAX };
    #[expect(clippy::disallowed_methods, reason = "it is opened with its password, and named without")]
    let url = config.database_url.expose();
    Store::open(url, options).await.map_err(|error| match (&error, postgres_address(url)) {
        (StoreError::Unavailable(cause), Some(address)) => {
            Failure::Unreachable { address, cause: root_cause(cause) }
        }
        _ => error.into(),
    })
}

/// Host and port in a PostgreSQL URL; in its query they go before those in front of it.
fn postgres_address(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))?;
    let asked = |name| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let host = asked("host").or_else(|| url.host_str().map(str::to_owned));
    let port = asked("port").or_else(|| url.port().map(|port| port.to_string()));
    let (host, port) = (host.as_deref().unwrap_or("localhost"), port.as_deref().unwrap_or("5432"));
    Some(format!("{host}:{port}"))
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
    let operator = operator(config.take_operator(), &catalog, &executor)?;
    let vault = Vault::new(config.take_keyring()?);
    let token_keys = config.take_token_keys()?;
    let store = store(config).await?;
    let applied = store.migrate().await?;
    if applied > 0 {
        tracing::info!(count = applied, "applied migrations");
    }
    let parts = Parts {
        store,
        vault,
        catalog: Arc::new(catalog),
        executor,
        token_keys,
        clock: Clock::system(),
        public_url,
        operator,
    };
    Control::new(parts).await.map_err(|error| with_key_file(config, error))
}

/// Adds where the KEK that is missed was kept, when it was a generated one.
fn with_key_file(config: &Config, error: StartError) -> Failure {
    let file = match &error {
        StartError::MissingKey { kek_id, .. } | StartError::WrongKey(kek_id) => {
            config.generated_kek_file(kek_id)
        }
        StartError::Store(_) => None,
    };
    match file {
        Some(path) => Failure::GeneratedKeyLost { error, path },
        None => error.into(),
    }
}

/// The use cases for a command that changes the store and ends.
pub(crate) async fn control_for_command(config: &mut Config) -> Result<Control, Failure> {
    let public_url = config.public_url(config.bind.port());
    // Deleting revokes upstream, and must not leave by another way than the server's calls.
    let gateway = gateway(config);
    control(config, public_url, gateway).await
}

/// The gateway every upstream request goes through, when one is configured.
pub(crate) fn gateway(config: &Config) -> Option<Gateway> {
    config.upstream_gateway.clone().map(|base| Gateway { base, only_hosts: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postgres_address_is_told_without_its_password() {
        for (url, address) in [
            ("postgres://user:secret@db.example/patchbay", Some("db.example:5432")),
            ("postgresql://user:secret@127.0.0.1:9/patchbay?sslmode=require", Some("127.0.0.1:9")),
            ("postgres://[::1]:6543/patchbay", Some("[::1]:6543")),
            ("postgres:///patchbay?host=/run/postgresql&port=7", Some("/run/postgresql:7")),
            ("sqlite://./patchbay.db", None),
        ] {
            assert_eq!(postgres_address(url).as_deref(), address, "{url}");
        }
    }
}
