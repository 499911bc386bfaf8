//! The test gateway: one origin that stands for every upstream.
//!
//! A request is rewritten after it is completely built and authenticated, so that the gateway sees
//! what the upstream would have seen.

use domain::ConnectorId;
use url::Url;

use crate::EgressError;

/// In the place of a connector's id.
const NO_CONNECTOR: &str = "-";

/// Where upstream requests go instead: `<base>/<connector>/<scheme>/<host[:port]>/<path>?<query>`,
/// with `-` for a request of no connector.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Its origin is exempt from the rule about private addresses: the operator named it.
    pub base: Url,
    /// None: all hosts go through it.
    pub only_hosts: Option<Vec<String>>,
}

impl Gateway {
    pub(crate) fn serves(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.only_hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|own| own == host))
    }

    pub(crate) fn rewrite(&self, url: &Url, connector: Option<ConnectorId>) -> Result<Url, EgressError> {
        let base = self.base.as_str().trim_end_matches('/');
        let host = url.host_str().unwrap_or_default();
        let connector = connector.map_or_else(|| NO_CONNECTOR.to_owned(), |id| id.to_string());
        let mut text = format!("{base}/{connector}/{}/{host}", url.scheme());
        if let Some(port) = url.port() {
            text.push(':');
            text.push_str(&port.to_string());
        }
        text.push_str(url.path());
        if let Some(query) = url.query() {
            text.push('?');
            text.push_str(query);
        }
        Url::parse(&text).map_err(|_| EgressError::BadUrl("the gateway's URL cannot be extended"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(url: &str) -> String {
        let gateway = Gateway { base: "http://127.0.0.1:9/g/".parse().unwrap(), only_hosts: None };
        let connector = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        gateway.rewrite(&url.parse().unwrap(), Some(connector)).unwrap().to_string()
    }

    #[test]
    fn the_whole_original_is_in_the_path() {
        let own = "http://127.0.0.1:9/g/01890000-0000-7000-8000-000000000001";
        assert_eq!(
            through("https://api.x.example/v1/a%2Fb?q=a+b&q=%26"),
            format!("{own}/https/api.x.example/v1/a%2Fb?q=a+b&q=%26")
        );
        assert_eq!(through("http://api.x.example:8080"), format!("{own}/http/api.x.example:8080/"));
        assert_eq!(through("https://[2606::1]:4/x"), format!("{own}/https/[2606::1]:4/x"));
    }

    #[test]
    fn only_named_hosts_go_through_when_there_are_names() {
        let gateway = Gateway {
            base: "http://127.0.0.1:9".parse().unwrap(),
            only_hosts: Some(vec!["api.x.example".to_owned()]),
        };
        assert!(gateway.serves(&"https://api.x.example/".parse().unwrap()));
        assert!(!gateway.serves(&"https://api.x.example.evil.example/".parse().unwrap()));
    }
}
