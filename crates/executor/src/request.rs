//! An action and its params become an HTTP request, complete but for the credential.
//!
//! Every group (path, query, headers, body) picks its names from the same flat params, so a name
//! declared in two groups is sent in both, and an undeclared one nowhere. Bodies other than JSON and
//! forms (GraphQL, multipart) will be further variants of `definitions::BodyShape`.

mod base_url;
mod body;
mod headers;
mod path;
mod query;
mod scope;

use std::borrow::Cow;

use bytes::Bytes;
use definitions::{ConfigInject, Method, ParamFault};
use domain::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};
use url::Url;

use crate::{Call, EgressError, FailureKind};

pub(crate) use base_url::base_url;
pub(crate) use scope::fill_from_settings;

/// All but the unreserved characters of RFC 3986, so that a value can change nothing around it.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request as the upstream would receive it. Attempts share it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) method: reqwest::Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    /// Serialized once, however often it is sent.
    pub(crate) body: Option<Bytes>,
}

/// Builds the request for `params`, which the action's schema has already accepted.
pub(crate) fn build(
    call: &Call<'_>,
    params: &Map<String, Value>,
    now: Timestamp,
) -> Result<Prepared, FailureKind> {
    let action = call.action;
    let base = base_url(call.definition, call.settings).map_err(FailureKind::Egress)?;
    let mut faults = Vec::new();
    let path = path::path(&action.path, params, &mut faults);
    let mut headers = headers::headers(action, params, call.settings, &mut faults);
    let spelling = query::Spelling::of(&headers, call);
    let query = query::query(call, params, now, spelling, &mut faults);
    if !faults.is_empty() {
        return Err(FailureKind::Params(faults));
    }
    let body = body::body(action.body.as_ref(), params, &mut headers);
    let mut url = Url::parse(&format!("{base}{path}")).map_err(|_| unusable())?;
    if !query.is_empty() {
        // A path may bring a query of its own.
        let whole = url.query().map(|own| format!("{own}&{query}"));
        url.set_query(Some(whole.as_deref().unwrap_or(&query)));
    }
    let method = match action.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
        Method::Patch => reqwest::Method::PATCH,
    };
    Ok(Prepared { method, url, headers, body })
}

fn unusable() -> FailureKind {
    FailureKind::Egress(EgressError::BadUrl("it is not a URL"))
}

/// A value as text: strings as they are, everything else as JSON.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

/// Null, blank text, or an empty list or object: nothing an upstream could use.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The connector setting that stands in for a param the caller left out.
fn injected<'a>(inject: Option<&'a ConfigInject>, settings: &'a Map<String, Value>) -> Option<&'a Value> {
    let inject = inject?;
    let value = settings.get(&inject.source).filter(|value| !is_blank(value))?;
    let Some(map) = &inject.map else { return Some(value) };
    let key = text(value);
    map.get(key.as_ref()).or_else(|| map.get(&key.to_uppercase()))
}

fn fault(name: &str, code: &'static str, message: String) -> ParamFault {
    ParamFault { pointer: format!("/{}", name.replace('~', "~0").replace('/', "~1")), message, code }
}

fn missing(name: &str) -> ParamFault {
    fault(name, "missing", format!("`{name}` is required"))
}

fn blank(name: &str) -> ParamFault {
    fault(name, "blank", format!("`{name}` must not be null or empty"))
}

#[cfg(test)]
mod tests;
