//! `servers[0]`: the base URL and the settings that complete it.

use indexmap::IndexMap;
use url::Url;

use crate::connector::{Server, ServerVariable};
use crate::document::Node;
use crate::{Pattern, extensions as x};

const KEYS: [&str; 3] = ["url", "description", "variables"];
const VARIABLE_KEYS: [&str; 3] = ["default", "description", "enum"];

pub(super) fn read(root: &Node<'_>) -> Option<Server> {
    let servers = root.require("servers")?;
    let Some(server) = servers.items().into_iter().next() else {
        servers.fault("one server is needed");
        return None;
    };
    server.known_keys(&KEYS);
    let variables = server.get("variables").map(|node| read_variables(&node)).unwrap_or_default();
    let url = server.require("url")?;
    let text = url.as_text()?.trim_end_matches('/');
    check_url(&url, text, &variables);
    Some(Server { url: text.to_owned(), variables })
}

fn read_variables(node: &Node<'_>) -> IndexMap<String, ServerVariable> {
    let entries = node.entries().into_iter();
    entries
        .map(|(name, variable)| {
            variable.known_keys(&VARIABLE_KEYS);
            let default = variable.require("default").and_then(|node| node.as_scalar_text());
            let read = ServerVariable {
                default: default.unwrap_or_default(),
                description: variable.text("description").unwrap_or_default().to_owned(),
                allowed: variable.texts("enum"),
                pattern: variable.get(x::PATTERN).and_then(|node| read_pattern(&node)),
            };
            check_pattern(&variable, &read);
            (name.to_owned(), read)
        })
        .collect()
}

fn read_pattern(node: &Node<'_>) -> Option<Pattern> {
    Pattern::parse(node.as_text()?).map_err(|reason| node.fault(reason)).ok()
}

/// A pattern that refuses what the definition itself proposes is a slip.
fn check_pattern(node: &Node<'_>, variable: &ServerVariable) {
    let Some(pattern) = &variable.pattern else { return };
    let allowed = variable.allowed.iter().map(String::as_str);
    for value in variable.usable_default().into_iter().chain(allowed) {
        if !pattern.matches(value) {
            node.fault(format!("`{value}` does not match the pattern `{}`", pattern.as_str()));
        }
    }
}

/// A URL that holds with the variables' defaults, or with a word where a value must come from the
/// connector.
fn check_url(node: &Node<'_>, text: &str, variables: &IndexMap<String, ServerVariable>) {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            node.fault("a brace in the server URL does not end");
            return;
        };
        let Some(variable) = variables.get(name) else {
            node.fault(format!("`{{{name}}}` is not among the server's variables"));
            return;
        };
        filled.push_str(literal);
        filled.push_str(match (variable.usable_default(), filled.is_empty()) {
            (Some(default), _) => default,
            (None, true) => "https://example.com",
            (None, false) => "example",
        });
        rest = tail;
    }
    filled.push_str(rest);
    if let Err(reason) = check_origin(&filled) {
        node.fault(reason);
    }
}

fn check_origin(text: &str) -> Result<(), &'static str> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("the server URL holds a space, a control character or `\\`");
    }
    let url = Url::parse(text).map_err(|_| "the server URL is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the server URL must be http or https");
    }
    if url.host_str().is_none_or(str::is_empty) || !url.username().is_empty() || url.password().is_some() {
        return Err("the server URL must name a host, and no user");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the server URL must have no query and no fragment");
    }
    Ok(())
}

/// A fault unless a connector can be given `setting`: a variable of the server, or a property of the
/// replication settings.
pub(super) fn check_setting(node: &Node<'_>, server: Option<&Server>, setting: &str) {
    let root = node.document.root();
    let replication = root.get("info").and_then(|info| info.get(x::REPLICATION_CONFIG));
    let property = replication.and_then(|config| config.get("properties")?.get(setting));
    if property.is_none() && server.is_some_and(|server| !server.variables.contains_key(setting)) {
        node.fault(format!("`{setting}` must be declared in the variables of the server"));
    }
}
