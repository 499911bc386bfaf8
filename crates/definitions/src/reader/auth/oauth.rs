//! The OAuth part of a scheme: its endpoints, and how its tokens are refreshed.

use crate::auth_scheme::{OAuthEndpoints, TokenRefresh};
use crate::connector::Server;
use crate::document::Node;
use crate::extensions as x;
use crate::reader::{server, template};

/// The flows of an oauth2 scheme; the first one present is used.
const FLOWS: [&str; 4] = ["authorizationCode", "clientCredentials", "password", "implicit"];
const FLOW_KEYS: [&str; 4] = ["authorizationUrl", "tokenUrl", "refreshUrl", "scopes"];
const REFRESH_KEYS: [&str; 5] = ["auth_style", "body_format", "header", "prefix", "grant_type"];

pub(super) fn read(
    scheme: &Node<'_>,
    refresh: Option<&Node<'_>>,
    server: Option<&Server>,
    visible: &[&str],
) -> Option<OAuthEndpoints> {
    let flows = scheme.require("flows")?;
    let Some(flow) = FLOWS.iter().find_map(|name| flows.get(name)) else {
        flows.fault(format!("one of the flows {} is needed", FLOWS.join(", ")));
        return None;
    };
    flow.known_keys(&FLOW_KEYS);
    let settings = server.iter().flat_map(|server| server.variables.keys()).map(String::as_str);
    let known: Vec<&str> = visible.iter().copied().chain(settings).collect();
    let url = |key: &str| {
        let node = flow.get(key)?;
        let text = template::text(&node, &known)?;
        if !["https://", "http://", "{{"].iter().any(|start| text.starts_with(start)) {
            node.fault("must be an http or https URL");
        }
        Some(text)
    };
    let extracted = scheme.texts(x::TOKEN_EXTRACT);
    extracted.iter().for_each(|setting| server::check_setting(scheme, server, setting));
    let scopes = flow.get("scopes").map(|node| node.entries()).unwrap_or_default();
    Some(OAuthEndpoints {
        authorization_url: url("authorizationUrl"),
        token_url: url("tokenUrl"),
        refresh_url: url("refreshUrl"),
        scopes: scopes.iter().map(|(scope, _)| (*scope).to_owned()).collect(),
        token_refresh: read_token_refresh(refresh),
        token_extract: extracted,
    })
}

fn read_token_refresh(node: Option<&Node<'_>>) -> TokenRefresh {
    node.iter().for_each(|node| node.known_keys(&REFRESH_KEYS));
    let word = |key: &str, words: &[&str]| {
        let found = node.and_then(|node| node.get(key));
        let text = found.as_ref().and_then(Node::as_text).unwrap_or(words[0]);
        if let Some(found) = found.filter(|_| !words.contains(&text)) {
            found.fault(format!("must be one of {}", words.join(", ")));
        }
        text.to_owned()
    };
    TokenRefresh {
        auth_style: word("auth_style", &["body", "basic", "none"]),
        body_format: word("body_format", &["form", "json"]),
        grant_type: word("grant_type", &["refresh_token", "jwt_bearer"]),
    }
}
