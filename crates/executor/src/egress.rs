//! The way out: the only maker of HTTP clients.
//!
//! A request reaches [`Egress::route`] completely built. What may be dialled is decided on the
//! address, not on the name: a literal host is checked here, because the HTTP client never asks its
//! resolver about one; a name is checked by the resolver, whose answer is what gets dialled, so no
//! second look-up can differ from the checked one.

mod addresses;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::ConnectorId;
use ipnet::IpNet;
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::gateway::Gateway;
use crate::{BuildError, EgressError, ExecutorConfig};

/// For a connection to stand, name look-up and TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections kept to one upstream; each costs a socket.
const IDLE_PER_HOST_MAX: usize = 32;
/// Shorter than the common keep-alive of load balancers, so that a write seldom meets a closed one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// The clients, one for each rule about which addresses may be dialled.
pub(crate) struct Egress {
    allowed: Arc<[IpNet]>,
    /// For https: public and allowed addresses.
    public: Client,
    /// For plain http: allowed addresses only. None when no network is allowed.
    inside: Option<Client>,
    gateway: Option<(Gateway, Client)>,
}

/// Where a request really goes.
pub(crate) struct Route<'a> {
    pub(crate) client: &'a Client,
    pub(crate) url: Url,
}

impl Egress {
    pub(crate) fn new(config: ExecutorConfig) -> Result<Self, BuildError> {
        let allowed: Arc<[IpNet]> = config.egress_allow.into();
        let client =
            |reach| client(&config.user_agent, FilteringResolver { allowed: allowed.clone(), reach });
        Ok(Self {
            public: client(Reach::Public)?,
            inside: if allowed.is_empty() { None } else { Some(client(Reach::AllowedOnly)?) },
            gateway: match config.gateway {
                Some(gateway) => Some((gateway, client(Reach::Anywhere)?)),
                None => None,
            },
            allowed,
        })
    }

    /// Checks `url` and gives the client that may fetch it, by way of the gateway if there is one.
    pub(crate) fn route(&self, url: Url, connector: Option<ConnectorId>) -> Result<Route<'_>, EgressError> {
        self.check(&url)?;
        match &self.gateway {
            Some((gateway, client)) if gateway.serves(&url) => {
                Ok(Route { client, url: gateway.rewrite(&url, connector)? })
            }
            _ if url.scheme() == "https" => Ok(Route { client: &self.public, url }),
            _ => match &self.inside {
                Some(client) => Ok(Route { client, url }),
                None => Err(EgressError::PlainHttp { host: url.host_str().unwrap_or_default().to_owned() }),
            },
        }
    }

    /// Checks `url` and gives the one to open in a browser, which looks names up by itself.
    pub(crate) fn browser_url(&self, url: &Url) -> Result<Url, EgressError> {
        self.check(url)?;
        match &self.gateway {
            Some((gateway, _)) if gateway.serves(url) => gateway.rewrite(url, None),
            _ => Ok(url.clone()),
        }
    }

    /// Everything that can be said about `url` before a name is looked up.
    pub(crate) fn check(&self, url: &Url) -> Result<(), EgressError> {
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(EgressError::BadUrl("its scheme must be https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::BadUrl("it must not carry a user name or password"));
        }
        let address = match url.host() {
            None => return Err(EgressError::BadUrl("it has no host")),
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => None,
        };
        let host = || url.host_str().unwrap_or_default().to_owned();
        let allowed = address.map(|ip| addresses::is_allowed(&self.allowed, ip));
        // Whether a name lies in an allowed network shows only when it is looked up.
        if plain && !allowed.unwrap_or(!self.allowed.is_empty()) {
            return Err(EgressError::PlainHttp { host: host() });
        }
        match address {
            Some(ip) if allowed == Some(false) && !addresses::is_public(ip) => {
                Err(EgressError::NotPublic { host: host() })
            }
            _ => Ok(()),
        }
    }
}

/// By its own rules the client repeats only what an HTTP/2 server says it did not process (a refused
/// stream, or one after a graceful GOAWAY); that is no attempt of ours, and safe for writes.
#[expect(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
fn client(user_agent: &str, resolver: FilteringResolver) -> Result<Client, BuildError> {
    Ok(Client::builder()
        .user_agent(user_agent)
        .dns_resolver(resolver)
        // An environment variable must not move look-up and dialling elsewhere.
        .no_proxy()
        // A redirect could lead to an address, a scheme or a host nobody checked.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build()?)
}

/// Which addresses a client may dial.
#[derive(Clone, Copy)]
enum Reach {
    Public,
    AllowedOnly,
    /// The gateway's own origin, which the operator named.
    Anywhere,
}

/// Looks names up and keeps the answers that may be dialled.
struct FilteringResolver {
    allowed: Arc<[IpNet]>,
    reach: Reach,
}

impl Resolve for FilteringResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, reach) = (self.allowed.clone(), self.reach);
        Box::pin(async move {
            let answers = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let kept = admit(answers, name.as_str(), &allowed, reach)?;
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

/// The answers for `host` that may be dialled; none left is an error of its own.
fn admit(
    answers: impl Iterator<Item = SocketAddr>,
    host: &str,
    allowed: &[IpNet],
    reach: Reach,
) -> Result<Vec<SocketAddr>, EgressError> {
    let kept: Vec<_> = answers
        .filter(|answer| match reach {
            Reach::Anywhere => true,
            Reach::AllowedOnly => addresses::is_allowed(allowed, answer.ip()),
            Reach::Public => addresses::is_public(answer.ip()) || addresses::is_allowed(allowed, answer.ip()),
        })
        .collect();
    if !kept.is_empty() {
        return Ok(kept);
    }
    let host = host.to_owned();
    Err(match reach {
        Reach::AllowedOnly => EgressError::PlainHttp { host },
        Reach::Public | Reach::Anywhere => EgressError::NotPublic { host },
    })
}

#[cfg(test)]
mod tests;
