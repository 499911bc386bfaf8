//! Where the upstream lives: the definition's server with the connector's settings filled in.

use definitions::ConnectorDefinition;
use serde_json::{Map, Value};

use super::text;
use crate::EgressError;

/// The base URL without a trailing `/`.
///
/// A value may be a whole origin, when the template begins with its placeholder, but elsewhere it
/// must stay within its place: `evil.example/` as a subdomain would move the host.
pub(crate) fn base_url(
    definition: &ConnectorDefinition,
    settings: &Map<String, Value>,
) -> Result<String, EgressError> {
    let template = definition.server.url.as_str();
    let mut url = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, name, after)) = next_placeholder(rest) {
        url.push_str(before);
        let variable = definition.server.variables.get(name);
        let given = settings.get(name).filter(|value| !super::is_blank(value));
        let value = match (given, variable) {
            (Some(value), _) => text(value),
            (None, Some(variable)) if !variable.default.is_empty() => variable.default.as_str().into(),
            (None, _) => return Err(EgressError::MissingVariable(name.to_owned())),
        };
        // Some definitions use the placeholder itself as the default, to say that there is none.
        if value.contains(['{', '}']) {
            return Err(EgressError::MissingVariable(name.to_owned()));
        }
        if let Some(Err(reason)) = variable.map(|variable| variable.check(&value)) {
            return Err(bad(name, format!("it {reason}")));
        }
        let takes_path = url.is_empty() || after.is_empty() || after.starts_with('/');
        if let Some(c) = value.chars().find(|c| leaves_its_place(*c, takes_path)) {
            return Err(bad(name, format!("it must not contain {c:?}")));
        }
        url.push_str(&value);
        rest = after;
    }
    url.push_str(rest);
    url.truncate(url.trim_end_matches('/').len());
    Ok(url)
}

fn bad(variable: &str, reason: String) -> EgressError {
    EgressError::BadVariable { variable: variable.to_owned(), reason }
}

fn leaves_its_place(c: char, takes_path: bool) -> bool {
    match c {
        '/' => !takes_path,
        '?' | '#' | '@' | '\\' => true,
        c => c.is_whitespace() || c.is_control(),
    }
}

/// `a{name}b` as `a`, `name`, `b`.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
