//! The environment, read once, typed and checked. Other crates get values, never the environment.
//!
//! `main.rs` reads it for the commands that need it, and `compose.rs` builds everything from it.

mod data_dir;
mod generated;
mod problem;
mod reader;
mod variables;

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use control::TokenKeys;
use domain::Secret;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};
use vault::Keyring;

pub(crate) use data_dir::DataDirError;
pub(crate) use generated::GeneratedKeyError;
pub(crate) use problem::Problems;
pub(crate) use variables::VARIABLES;

use reader::Reader;

const DEFAULT_DATA_DIR: &str = "./patchbay-data";
const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8000);
const DEFAULT_LOG: &str = "info";
const TRIAL_LOG: &str = "warn";

/// What a trial must not take from the environment.
const ASIDE_IN_A_TRIAL: [&str; 6] = [
    variables::DATA_DIR,
    variables::DATABASE_URL,
    variables::PUBLIC_URL,
    variables::KEKS,
    variables::TOKEN_KEY,
    variables::UPSTREAM_GATEWAY,
];

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
    /// that could reach another store or another upstream are left aside, and the log is quiet
    /// unless the environment says otherwise.
    pub(crate) fn for_trial(
        data_dir: &Path,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Problems> {
        let kept = variables.filter(|(name, _)| !ASIDE_IN_A_TRIAL.iter().any(|aside| name == aside));
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
        let data_dir =
            reader.text(variables::DATA_DIR).map_or_else(|| DEFAULT_DATA_DIR.into(), PathBuf::from);
        let database_url = reader.parsed(variables::DATABASE_URL, database_url);
        let bind = reader.parsed(variables::BIND, bind);
        let public_url = reader.parsed(variables::PUBLIC_URL, public_url);
        let keks =
            reader.parsed(variables::KEKS, |text| Keyring::parse(text).map_err(|fault| fault.to_string()));
        let token_keys = reader.parsed(variables::TOKEN_KEY, token_keys);
        let definitions_dir = reader.parsed(variables::DEFINITIONS_DIR, folder);
        let egress_allow = reader.parsed(variables::EGRESS_ALLOW, networks).unwrap_or_default();
        let upstream_gateway = reader.parsed(variables::UPSTREAM_GATEWAY, gateway);
        let log = LogConfig {
            filter: reader.parsed(variables::LOG, log_filter).unwrap_or_else(|| DEFAULT_LOG.to_owned()),
            format: reader.parsed(variables::LOG_FORMAT, log_format).unwrap_or(LogFormat::Text),
        };
        if let Some(url) = public_url.as_ref().filter(|url| !is_loopback(url)) {
            reader.require(variables::KEKS, url, "`k1:` followed by the output of `openssl rand -base64 32`");
            reader.require(variables::TOKEN_KEY, url, "the output of `openssl rand -base64 32`");
        }
        reader.finish()?;
        Ok(Self {
            database_is_default: database_url.is_none(),
            database_url: database_url.unwrap_or_else(|| default_database_url(&data_dir)),
            data_dir,
            bind: bind.unwrap_or(DEFAULT_BIND),
            bind_given: bind.is_some(),
            public_url,
            keks,
            token_keys,
            definitions_dir,
            egress_allow,
            upstream_gateway,
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
        self.public_url.as_ref().is_none_or(is_loopback)
    }

    /// Makes the data folder if the database belongs there.
    pub(crate) fn make_place_for_database(&self) -> Result<(), DataDirError> {
        if self.database_is_default { data_dir::make(&self.data_dir) } else { Ok(()) }
    }

    /// Where the value of the KEK of this name was kept, if it was a generated one.
    pub(crate) fn generated_kek_file(&self, kek_id: &str) -> Option<PathBuf> {
        generated::kek_file(&self.data_dir, kek_id)
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

fn default_database_url(data_dir: &Path) -> Secret<String> {
    // `%` and `?` would be read as part of the URL's syntax.
    let path = data_dir.join("patchbay.db").display().to_string().replace('%', "%25").replace('?', "%3f");
    Secret::new(format!("sqlite://{path}"))
}

fn database_url(text: &str) -> Result<Secret<String>, String> {
    if ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
        Ok(Secret::new(text.to_owned()))
    } else {
        Err("it must begin with sqlite:// or postgres://".to_owned())
    }
}

fn bind(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address with a port; write for example {DEFAULT_BIND}"))
}

fn public_url(text: &str) -> Result<Url, String> {
    web_url(text, "https://patchbay.example.com")
}

/// It is shown in the log and by `/health`, so it holds no password.
fn gateway(text: &str) -> Result<Url, String> {
    web_url(text, "http://127.0.0.1:9000")
}

fn web_url(text: &str, example: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| format!("it is no http or https URL; write for example {example}"))?;
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err("it may have a path, but no user, query or fragment".to_owned());
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn token_keys(text: &str) -> Result<TokenKeys, String> {
    TokenKeys::parse(&Secret::new(text.to_owned())).map_err(|fault| fault.to_string())
}

fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err(format!("`{text}` is no folder that can be read")) }
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |part: &str| {
        let part = part.trim();
        part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
            format!("`{part}` is no network; write for example 10.1.0.0/16, several separated by commas")
        })
    };
    text.split(',').map(network).collect()
}

fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(fault) => Err(format!("{fault}; write for example info, or info,store=debug")),
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("`{other}` is neither text nor json")),
    }
}

#[cfg(test)]
mod tests;
