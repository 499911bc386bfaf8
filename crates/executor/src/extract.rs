//! A successful answer becomes the result and its metadata.

mod link;
mod records;

use bytes::Bytes;
use definitions::{Action, MetaSource};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use crate::apart::apart;
use crate::send::Answer;
use crate::{Call, json};

/// What an action gives back.
pub(crate) type Extracted = (Value, Option<Map<String, Value>>);

/// Why a successful answer gives nothing.
#[derive(Debug)]
pub(crate) enum Unread {
    /// With the reason.
    Bad(String),
    /// The deadline passed meanwhile.
    Late,
}

/// Makes the result out of the body of a 2xx answer.
pub(crate) async fn extract(call: &Call<'_>, answer: &Answer, body: Value) -> Result<Extracted, Unread> {
    // Before the records are taken out of the body: metadata is read from the whole.
    let metadata = metadata(call.action, &answer.headers, &body);
    let (path, lists) = (call.action.extractor.clone(), call.action.kind.lists());
    let take = move || records::take(path.as_ref(), lists, body);
    let result = apart(answer.body.len(), call.deadline, take).await.ok_or(Unread::Late)?;
    Ok((records::render(call, result).await?, metadata))
}

/// The body as JSON.
pub(crate) async fn parse(call: &Call<'_>, answer: &Answer) -> Result<Value, Unread> {
    let (body, markup) = (Bytes::clone(&answer.body), markup(&answer.headers));
    let parsed = apart(answer.body.len(), call.deadline, move || read(&body, markup)).await;
    parsed.ok_or(Unread::Late)?.map_err(Unread::Bad)
}

/// It is JSON, whatever it says it is, unless it says that it is a page. Blank is `{}`.
fn read(body: &[u8], markup: Option<&'static str>) -> Result<Value, String> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    if let Some(kind) = markup {
        return Err(format!("the answer is {kind} where JSON was expected"));
    }
    json::read(body).map_err(|unreadable| unreadable.to_string())
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
