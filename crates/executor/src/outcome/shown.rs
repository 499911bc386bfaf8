//! What may be passed on of an error: without secrets, and no more than fits.
//!
//! Secrets are replaced first and the rest is cut then: a cut through a secret would hide it.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::apart::apart;
use crate::extract::markup;
use crate::send::Answer;
use crate::{Call, json};
use domain::Redactor;

/// Of an upstream's error body that is passed on.
const BODY_SHOWN_MAX: usize = 16 * 1024;
/// Of an upstream's error message.
const MESSAGE_SHOWN_MAX: usize = 1024;

/// The part of an error that a caller sees.
pub(super) struct Shown {
    /// It stands after a prefix that says what it is about, so it has no full stop of its own.
    pub(super) message: String,
    pub(super) body: Value,
}

/// What an answer with an error status says.
pub(super) async fn show(call: &Call<'_>, redactor: &Arc<Redactor>, answer: &Answer) -> Shown {
    let redactor = Arc::clone(redactor);
    let body = Bytes::clone(&answer.body);
    let (status, complete, is_page) = (answer.status, answer.complete, markup(&answer.headers).is_some());
    let work = move || {
        let body = redacted(&redactor, &body, complete);
        let message = match &body {
            Value::String(_) if is_page => None,
            body => said(body),
        };
        Shown::new(status, message, body)
    };
    let shown = apart(answer.body.len(), call.deadline, work).await;
    shown.unwrap_or_else(|| Shown::new(status, None, Value::Null))
}

/// What an answer says whose status is a success and whose body says that it is none; its message is
/// the member `field`.
pub(super) async fn show_failed(
    call: &Call<'_>,
    redactor: &Arc<Redactor>,
    answer: &Answer,
    body: Value,
    field: &str,
) -> Shown {
    let redactor = Arc::clone(redactor);
    let (status, field) = (answer.status, field.to_owned());
    let work = move || {
        let named = body.get(&field).and_then(Value::as_str).map(|named| redactor.text(named));
        let body = redactor.value(body);
        Shown::new(status, named.or_else(|| said(&body)), body)
    };
    let shown = apart(answer.body.len(), call.deadline, work).await;
    shown.unwrap_or_else(|| Shown::new(status, None, Value::Null))
}

impl Shown {
    /// Without words of the upstream the status has to do.
    fn new(status: u16, message: Option<String>, body: Value) -> Self {
        let message = message.filter(|message| !message.trim().is_empty());
        let message = message.unwrap_or_else(|| status_line(status));
        Self { message: cut(without_full_stop(&message), MESSAGE_SHOWN_MAX).to_owned(), body: shorten(body) }
    }
}

fn redacted(redactor: &Redactor, body: &[u8], complete: bool) -> Value {
    match json::read(body) {
        // Brackets show that the end is there, whatever happened after it.
        Ok(body) if complete || body.is_object() || body.is_array() => redactor.value(body),
        _ => {
            let text = String::from_utf8_lossy(body);
            Value::String(if complete { redactor.text(&text) } else { redactor.unfinished(&text) })
        }
    }
}

/// The sentence in an error body: `errors`, else `message`, else `error`, else the body itself.
fn said(body: &Value) -> Option<String> {
    let errors = body.get("errors").and_then(Value::as_array).filter(|errors| !errors.is_empty());
    if let Some(errors) = errors {
        let all: Vec<_> = errors.iter().map(sentence).collect();
        return Some(all.join("; "));
    }
    let chosen = body
        .get("message")
        .filter(|value| !value.is_null())
        .or_else(|| body.get("error").filter(|value| !value.is_null()));
    match chosen.unwrap_or(body) {
        Value::Object(members) if members.is_empty() => None,
        Value::Null => None,
        chosen => Some(sentence(chosen)),
    }
}

fn sentence(value: &Value) -> String {
    const NAMES: [&str; 3] = ["userPresentableMessage", "message", "error"];
    let named = NAMES.iter().find_map(|name| value.get(name)?.as_str());
    named.or(value.as_str()).map_or_else(|| value.to_string(), str::to_owned)
}

fn status_line(status: u16) -> String {
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// More goes on after it; dots that stand for words left out stay.
fn without_full_stop(message: &str) -> &str {
    let message = message.trim();
    message.strip_suffix('.').filter(|rest| !rest.ends_with('.')).unwrap_or(message)
}

/// A body within the limit stays JSON; of a larger one the beginning of its text is kept.
fn shorten(body: Value) -> Value {
    match body {
        Value::String(text) => cut(&text, BODY_SHOWN_MAX).into(),
        body => {
            let text = body.to_string();
            if text.len() <= BODY_SHOWN_MAX { body } else { cut(&text, BODY_SHOWN_MAX).into() }
        }
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests;
