//! Declared header parameters.

use definitions::{Action, ParamFault};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::{fault, injected, text};

/// The caller's value, else the connector's setting, else the default, required or not: API versions
/// are pinned this way.
pub(super) fn headers(
    action: &Action,
    params: &Map<String, Value>,
    settings: &Map<String, Value>,
    faults: &mut Vec<ParamFault>,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(action.headers.len() + 4);
    for header in &action.headers {
        let value = params
            .get(&header.name)
            .filter(|value| !value.is_null())
            .or_else(|| injected(header.config_inject.as_ref(), settings))
            .or(header.default.as_ref());
        let Some(value) = value else { continue };
        let name = HeaderName::from_bytes(header.name.as_bytes());
        // Line breaks and NUL are refused here; other text goes as UTF-8.
        let value = HeaderValue::from_bytes(text(value).as_bytes());
        match (name, value) {
            (Ok(name), Ok(value)) => {
                headers.insert(name, value);
            }
            _ => faults.push(fault(
                &header.name,
                "header",
                format!("`{}` has characters that cannot be sent in a header", header.name),
            )),
        }
    }
    headers
}
