//! The OAuth part of a scheme: its endpoints, and how its tokens are refreshed.

mod settings;

use url::Url;

use crate::connector::Server;
use crate::document::Node;
use crate::extensions as x;
use crate::oauth_scheme::{OAuthEndpoints, OAuthFlow, TokenRefresh};
use crate::reader::{server, template};
use crate::template::{Segment, segments};

/// The flows of an oauth2 scheme; the first one present is used.
const FLOWS: [(&str, OAuthFlow); 4] = [
    ("authorizationCode", OAuthFlow::AuthorizationCode),
    ("clientCredentials", OAuthFlow::ClientCredentials),
    ("password", OAuthFlow::Password),
    ("implicit", OAuthFlow::Implicit),
];
const FLOW_KEYS: [&str; 4] = ["authorizationUrl", "tokenUrl", "refreshUrl", "scopes"];
const REFRESH_KEYS: [&str; 5] = ["auth_style", "body_format", "header", "prefix", "grant_type"];

pub(super) fn read(
    scheme: &Node<'_>,
    refresh: Option<&Node<'_>>,
    server: Option<&Server>,
    visible: &[&str],
) -> Option<OAuthEndpoints> {
    let flows = scheme.require("flows")?;
    let Some((node, flow)) = FLOWS.iter().find_map(|(name, flow)| Some((flows.get(name)?, *flow))) else {
        flows.fault(format!("one of the flows {} is needed", FLOWS.map(|(name, _)| name).join(", ")));
        return None;
    };
    node.known_keys(&FLOW_KEYS);
    let variables = server.iter().flat_map(|server| server.variables.keys()).map(String::as_str);
    let known: Vec<&str> = visible.iter().copied().chain(variables).collect();
    let url = |key: &str| read_url(&node.get(key)?, &known);
    let token_url = url("tokenUrl");
    let extracted = scheme.texts(x::TOKEN_EXTRACT);
    extracted.iter().for_each(|setting| server::check_setting(scheme, server, setting));
    let scopes = node.get("scopes").map(|node| node.entries()).unwrap_or_default();
    let own = scheme.get(x::OAUTH);
    let settings = settings::read(own.as_ref(), refresh, &known, token_url.is_some());
    Some(OAuthEndpoints {
        flow,
        authorization_url: url("authorizationUrl"),
        token_url,
        refresh_url: url("refreshUrl"),
        scopes: scopes.iter().map(|(scope, _)| (*scope).to_owned()).collect(),
        token_refresh: read_token_refresh(refresh),
        token_extract: extracted,
        settings,
    })
}

/// The template of a URL. Its expressions are compiled one by one as well, because each value is
/// checked for the place in which it stands.
fn read_url(node: &Node<'_>, known: &[&str]) -> Option<String> {
    let text = template::text(node, known)?;
    if !["https://", "http://", "{{"].iter().any(|start| text.starts_with(start)) {
        node.fault("must be an http or https URL");
        return None;
    }
    let mut filled = String::new();
    for segment in segments(&text) {
        match segment {
            Segment::Literal(literal) => filled.push_str(literal),
            Segment::Expression(expression) => {
                // What is wrong with it was told of the whole.
                node.document.templates.borrow_mut().add(expression, known).ok()?;
                filled.push_str(if filled.is_empty() { "https://example.com" } else { "example" });
            }
        }
    }
    check_endpoint(node, &filled)?;
    Some(text)
}

/// A fault unless `text` is a URL that an endpoint can have (RFC 6749, 3.1 and 3.2).
fn check_endpoint(node: &Node<'_>, text: &str) -> Option<Url> {
    let Ok(url) = Url::parse(text) else {
        node.fault("must be an http or https URL");
        return None;
    };
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        node.fault("holds a space, a control character or `\\`");
    } else if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        node.fault("must be an http or https URL");
    } else if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        node.fault("must have no user and no fragment");
    }
    Some(url)
}

fn read_token_refresh(node: Option<&Node<'_>>) -> TokenRefresh {
    node.iter().for_each(|node| node.known_keys(&REFRESH_KEYS));
    let chosen = |key: &str, words: &[&str]| word(node, key, words).unwrap_or(words[0]).to_owned();
    TokenRefresh {
        auth_style: chosen("auth_style", &["body", "basic", "none"]),
        body_format: chosen("body_format", &["form", "json"]),
        grant_type: chosen("grant_type", &["refresh_token", "jwt_bearer"]),
    }
}

/// The one of `words` under `key`, if any is given; a fault for another.
fn word<'w>(node: Option<&Node<'_>>, key: &str, words: &[&'w str]) -> Option<&'w str> {
    let found = node?.get(key)?;
    let given = found.as_text()?;
    let word = words.iter().find(|word| **word == given);
    if word.is_none() {
        found.fault(format!("must be one of {}", words.join(", ")));
    }
    word.copied()
}
