//! A successful answer becomes the result and its metadata.

mod link;
mod records;

use definitions::{Action, MetaSource};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use crate::send::Answer;
use crate::{Call, FailureKind};

/// What an action gives back.
pub(crate) type Extracted = (Value, Option<Map<String, Value>>);

/// Reads a 2xx answer.
pub(crate) fn extract(call: &Call<'_>, answer: &Answer, body: Value) -> Result<Extracted, FailureKind> {
    // Before the records are taken out of the body: metadata is read from the whole.
    let metadata = metadata(call.action, &answer.headers, &body);
    let result = records::records(call, body)
        .map_err(|message| FailureKind::BadResponse { message, status: Some(answer.status) })?;
    Ok((result, metadata))
}

/// The body as JSON, whatever it says it is, unless it says that it is a page. Blank is `{}`.
pub(crate) fn parse(answer: &Answer) -> Result<Value, FailureKind> {
    let body = answer.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&answer.body);
    if body.trim_ascii().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let bad = |message: String| FailureKind::BadResponse { message, status: Some(answer.status) };
    if let Some(kind) = markup(&answer.headers) {
        return Err(bad(format!("the upstream answered {kind} where JSON was expected")));
    }
    serde_json::from_slice(body).map_err(|error| {
        // The error's own text can quote the body.
        bad(format!(
            "the upstream's answer is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

/// Whether the content type names a page or XML.
pub(crate) fn markup(headers: &HeaderMap) -> Option<&'static str> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(';').next()?.trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => Some("HTML"),
        "application/xml" | "text/xml" => Some("XML"),
        _ => None,
    }
}

/// One entry for each declared name; null where the answer has nothing for it.
fn metadata(action: &Action, headers: &HeaderMap, body: &Value) -> Option<Map<String, Value>> {
    if action.meta.is_empty() {
        return None;
    }
    let read = |source: &MetaSource| match source {
        MetaSource::Link(relation) => link::target(headers, relation).map(Value::from),
        MetaSource::Header(name) => {
            headers.get(name.as_str()).map(|value| String::from_utf8_lossy(value.as_bytes()).into())
        }
        MetaSource::Body(path) => path.first(body).cloned(),
    };
    Some(action.meta.iter().map(|(name, source)| (name.clone(), read(source).unwrap_or_default())).collect())
}

#[cfg(test)]
mod tests;
