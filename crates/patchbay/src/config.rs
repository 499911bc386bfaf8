//! The environment, read once, typed and checked. Other crates get values, never the environment.
//!
//! `main.rs` reads it for the commands that need it, and `compose.rs` builds everything from it.

mod data_dir;
mod generated;
mod oauth_names;
mod operator;
mod problem;
mod reader;
mod spelling;
mod values;
mod variables;

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use control::TokenKeys;
use domain::Secret;
use ipnet::IpNet;
use url::Url;
use vault::Keyring;

pub(crate) use data_dir::DataDirError;
pub(crate) use generated::GeneratedKeyError;
pub(crate) use oauth_names::definition_name;
pub(crate) use operator::{AppVariables, OperatorVariables};
pub(crate) use problem::{Problem, Problems};
pub(crate) use reader::Given;
pub(crate) use variables::VARIABLES;

use reader::Reader;

const DEFAULT_DATA_DIR: &str = "./patchbay-data";
const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8000);
const DEFAULT_LOG: &str = "info";
const TRIAL_LOG: &str = "warn";

/// Everything the environment says. Secrets in it do not print.
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    /// It may hold a password.
    pub(crate) database_url: Secret<String>,
    /// Whether the database is the one in `data_dir`.
    database_is_default: bool,
    pub(crate) bind: SocketAddr,
    /// Whether `bind` was asked for, or is the default.
    pub(crate) bind_given: bool,
    /// None: loopback, at the port that is listened on.
    public_url: Option<Url>,
    keks: Option<Keyring>,
    token_keys: Option<TokenKeys>,
    pub(crate) definitions_dir: Option<PathBuf>,
    pub(crate) egress_allow: Vec<IpNet>,
    pub(crate) upstream_gateway: Option<Url>,
    operator: OperatorVariables,
    pub(crate) log: LogConfig,
}

/// What is logged, and how.
pub(crate) struct LogConfig {
    /// A filter that is known to parse.
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// Reads this process's environment.
    pub(crate) fn from_environment() -> Result<Self, Problems> {
        Self::read(environment())
    }

    /// As [`Config::from_environment`] for a trial on an empty store in `data_dir`: the variables
    /// that could reach another store, another upstream or real accounts are left aside, and the log is quiet
    /// unless the environment says otherwise.
    pub(crate) fn for_trial(
        data_dir: &Path,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Problems> {
        let kept = variables.filter(|(name, _)| !name.to_str().is_some_and(variables::is_aside_in_a_trial));
        let own = (OsString::from(variables::DATA_DIR), data_dir.as_os_str().to_owned());
        let mut config = Self::read(kept.chain([own]))?;
        if config.log.filter == DEFAULT_LOG {
            TRIAL_LOG.clone_into(&mut config.log.filter);
        }
        Ok(config)
    }

    /// Reads these variables, and reports every problem with them together.
    pub(crate) fn read(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, Problems> {
        let mut reader = Reader::new(variables);
        let data_dir = reader.parsed(variables::DATA_DIR, |text| Ok(PathBuf::from(text)));
        let data_dir = data_dir.unwrap_or_else(|| DEFAULT_DATA_DIR.into());
        let database_url = reader.parsed(variables::DATABASE_URL, values::database_url);
        let bind = reader.parsed(variables::BIND, values::bind);
        let public_url = reader.parsed(variables::PUBLIC_URL, values::public_url);
        let keks =
            reader.parsed(variables::KEKS, |text| Keyring::parse(text).map_err(|fault| fault.to_string()));
        let token_keys = reader.parsed(variables::TOKEN_KEY, values::token_keys);
        let definitions_dir = reader.parsed(variables::DEFINITIONS_DIR, values::folder);
        let egress_allow = reader.parsed(variables::EGRESS_ALLOW, values::networks).unwrap_or_default();
        let upstream_gateway = reader.parsed(variables::UPSTREAM_GATEWAY, values::gateway);
        let operator = OperatorVariables::read(&mut reader);
        let log = LogConfig {
            filter: reader
                .parsed(variables::LOG, values::log_filter)
                .unwrap_or_else(|| DEFAULT_LOG.to_owned()),
            format: reader.parsed(variables::LOG_FORMAT, values::log_format).unwrap_or(LogFormat::Text),
        };
        if let Some(url) = public_url.as_ref().filter(|url| !values::is_loopback(url)) {
            reader.require(variables::KEKS, url, "`k1:` followed by the output of `openssl rand -base64 32`");
            reader.require(variables::TOKEN_KEY, url, "the output of `openssl rand -base64 32`");
        }
        reader.finish()?;
        Ok(Self {
            database_is_default: database_url.is_none(),
            database_url: database_url.unwrap_or_else(|| values::default_database_url(&data_dir)),
            data_dir,
            bind: bind.unwrap_or(DEFAULT_BIND),
            bind_given: bind.is_some(),
            public_url,
            keks,
            token_keys,
            definitions_dir,
            egress_allow,
            upstream_gateway,
            operator,
            log,
        })
    }

    /// Where clients reach a server that listens on `port`, without a trailing slash.
    pub(crate) fn public_url(&self, port: u16) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://localhost:{port}"),
        }
    }

    /// Whether only this machine is meant to reach the server.
    pub(crate) fn is_local(&self) -> bool {
        self.public_url.as_ref().is_none_or(values::is_loopback)
    }

    /// Makes the data folder if the database belongs there.
    pub(crate) fn make_place_for_database(&self) -> Result<(), DataDirError> {
        if self.database_is_default { data_dir::make(&self.data_dir) } else { Ok(()) }
    }

    /// Where the value of the KEK of this name was kept, if it was a generated one.
    pub(crate) fn generated_kek_file(&self, kek_id: &str) -> Option<PathBuf> {
        generated::kek_file(&self.data_dir, kek_id)
    }

    /// What the operator supplies for definitions.
    pub(crate) fn take_operator(&mut self) -> OperatorVariables {
        std::mem::take(&mut self.operator)
    }

    /// The configured KEKs, or this folder's development key, which is made on first use.
    pub(crate) fn take_keyring(&mut self) -> Result<Keyring, GeneratedKeyError> {
        self.keks.take().map_or_else(|| generated::keyring(&self.data_dir), Ok)
    }

    /// The configured token keys, or this folder's development key, which is made on first use.
    pub(crate) fn take_token_keys(&mut self) -> Result<TokenKeys, GeneratedKeyError> {
        self.token_keys.take().map_or_else(|| generated::token_keys(&self.data_dir), Ok)
    }
}

/// The variables of this process.
pub(crate) fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

#[cfg(test)]
mod tests;
