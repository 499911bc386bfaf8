//! Where a request wanted to go: the API itself, or through a gateway that kept the origin in the path.

use percent_encoding::percent_decode_str;

/// The one host the sandbox stands in for.
const HOST: &str = "api.notion.com";

/// A request path without its gateway prefix.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// The prefix `/{connector}/{scheme}/{host}`, when there was one.
    pub(crate) gateway: Option<Gateway>,
    /// From `/v1` on, still percent-encoded.
    pub(crate) path: String,
}

/// What a gateway says of a request.
#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    pub(crate) connector: String,
    pub(crate) scheme: String,
    pub(crate) host: String,
}

impl Target {
    /// Splits a path; a path that begins with a name of the sandbox's own has no gateway.
    pub(crate) fn parse(path: &str) -> Self {
        let rest = path.strip_prefix('/').unwrap_or(path);
        let mut parts = rest.splitn(4, '/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(connector), Some(scheme @ ("http" | "https")), Some(host), Some(path))
                if !matches!(connector, "v1" | "_files" | "_control") =>
            {
                let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
                let gateway =
                    Gateway { connector: decoded(connector), scheme: scheme.to_owned(), host: decoded(host) };
                Self { gateway: Some(gateway), path: format!("/{path}") }
            }
            _ => Self { gateway: None, path: path.to_owned() },
        }
    }

    /// Whether the gateway's origin is one the sandbox stands in for: the host, or one below it, as
    /// providers with regions have.
    pub(crate) fn is_known(&self) -> bool {
        self.gateway.as_ref().is_none_or(|gateway| {
            let host = gateway.host.split(':').next().unwrap_or_default();
            host.strip_suffix(HOST).is_some_and(|region| region.is_empty() || region.ends_with('.'))
        })
    }

    /// The connector a gateway named.
    pub(crate) fn connector(&self) -> Option<&str> {
        self.gateway.as_ref().map(|gateway| gateway.connector.as_str())
    }
}
