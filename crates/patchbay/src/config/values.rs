//! How the value of each variable is read: text in, a typed value or what is wrong with it out.
//!
//! The text of a fault is for the operator, and repeats no value that may hold a secret.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use control::TokenKeys;
use domain::Secret;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

use super::{DEFAULT_BIND, LogFormat};

pub(super) fn default_database_url(data_dir: &Path) -> Secret<String> {
    // `%` and `?` would be read as part of the URL's syntax.
    let path = data_dir.join("patchbay.db").display().to_string().replace('%', "%25").replace('?', "%3f");
    Secret::new(format!("sqlite://{path}"))
}

pub(super) fn database_url(text: &str) -> Result<Secret<String>, String> {
    if ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
        Ok(Secret::new(text.to_owned()))
    } else {
        Err("it must begin with sqlite:// or postgres://".to_owned())
    }
}

pub(super) fn bind(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address with a port; write for example {DEFAULT_BIND}"))
}

pub(super) fn public_url(text: &str) -> Result<Url, String> {
    web_url(text, "https://patchbay.example.com")
}

/// It is shown in the log and by `/health`, so it holds no password.
pub(super) fn gateway(text: &str) -> Result<Url, String> {
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

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

pub(super) fn token_keys(text: &str) -> Result<TokenKeys, String> {
    TokenKeys::parse(&Secret::new(text.to_owned())).map_err(|fault| fault.to_string())
}

pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err(format!("`{text}` is no folder that can be read")) }
}

pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |part: &str| {
        let part = part.trim();
        part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
            format!("`{part}` is no network; write for example 10.1.0.0/16, several separated by commas")
        })
    };
    text.split(',').map(network).collect()
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(fault) => Err(format!("{fault}; write for example info, or info,store=debug")),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("`{other}` is neither text nor json")),
    }
}
