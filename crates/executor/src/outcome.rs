//! The last attempt becomes a reply or a failure.
//!
//! The rule behind every line: a write whose effect is not known is never reported as one that
//! failed, because callers repeat what failed.

use std::time::Duration;

use definitions::{ErrorCheck, RetryConfig};
use serde_json::Value;

use crate::authenticate::redactor;
use crate::extract::{Extracted, extract, markup, parse};
use crate::send::{Answer, BODY_BYTES_MAX, Fault};
use crate::{Call, FailureKind, retry};

/// Of an upstream's error body that is passed on.
const BODY_SHOWN_MAX: usize = 16 * 1024;
/// Of an upstream's error message.
const MESSAGE_SHOWN_MAX: usize = 1024;

/// Reads an answer, whatever its status. `wait` is how long a caller who was turned away shall wait.
pub(crate) fn of_answer(call: &Call<'_>, answer: &Answer, wait: Duration) -> Result<Extracted, FailureKind> {
    if !(200..300).contains(&answer.status) {
        return Err(refusal(call, answer, wait));
    }
    read(call, answer).map_err(|failure| match failure {
        // It was done, says the status, so it must not look like something to do again.
        FailureKind::BadResponse { message, status } if call.action.writes() => {
            FailureKind::OutcomeUnknown { status, message, body: Value::Null }
        }
        failure => failure,
    })
}

/// Reads an answer whose status is a success.
fn read(call: &Call<'_>, answer: &Answer) -> Result<Extracted, FailureKind> {
    let body = parse(answer)?;
    if let Some(check) = call.definition.error_check.as_ref().filter(|check| says_it_failed(check, &body)) {
        let said = body.get(&check.message_field).and_then(Value::as_str).map(str::to_owned);
        let (status, shown) = (answer.status, show(call, answer));
        let message = said.map_or(shown.message, |said| cut(&redactor(call).text(&said), MESSAGE_SHOWN_MAX));
        return Err(FailureKind::Rejected { status, message, body: shown.body });
    }
    extract(call, answer, body)
}

fn says_it_failed(check: &ErrorCheck, body: &Value) -> bool {
    body.get(&check.field) == Some(&check.on_value)
}

/// A status that is no success.
fn refusal(call: &Call<'_>, answer: &Answer, wait: Duration) -> FailureKind {
    let status = answer.status;
    let Shown { message, body } = show(call, answer);
    let writes = call.action.writes();
    match status {
        // 303 points at the result of something that was done (RFC 9110, 15.4.4).
        303 if writes => {
            let message = redirect(status);
            FailureKind::OutcomeUnknown { status: Some(status), message, body: Value::Null }
        }
        // Where it points to is not repeated: the location can carry a key or a password.
        300..=399 => FailureKind::Rejected { status, message: redirect(status), body: Value::Null },
        401 | 403 => FailureKind::Auth { status, message, body },
        // Coming back later would not help either.
        _ if is_final(&call.definition.retry, answer) && status < 500 => {
            FailureKind::Rejected { status, message, body }
        }
        _ if retry::is_rate_limit(status) => rate_limited(message, body, wait),
        400..=499 => FailureKind::Rejected { status, message, body },
        _ if writes => FailureKind::OutcomeUnknown { status: Some(status), message, body },
        _ => FailureKind::Failed { status: Some(status), message, body },
    }
}

/// Whether the definition reads in the body that this must not be tried again.
pub(crate) fn is_final(config: &RetryConfig, answer: &Answer) -> bool {
    !config.final_when.is_empty()
        && answer.status >= 400
        && serde_json::from_slice(&answer.body).is_ok_and(|body| config.is_final(&body))
}

/// The upstream asks for a wait that the deadline does not leave.
pub(crate) fn of_long_wait(call: &Call<'_>, answer: &Answer, wait: Duration) -> FailureKind {
    let Shown { message, body } = show(call, answer);
    rate_limited(message, body, wait)
}

fn rate_limited(message: String, body: Value, wait: Duration) -> FailureKind {
    // Rounded up: whoever waits a second less is turned away again.
    let retry_after_s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    FailureKind::RateLimited { retry_after_s: retry_after_s.max(1), message, body }
}

fn redirect(status: u16) -> String {
    format!("the upstream answered with a redirect ({status}), and redirects are not followed")
}

/// No answer came.
pub(crate) fn of_fault(call: &Call<'_>, fault: Fault) -> FailureKind {
    let unknown = |status, message: &str| FailureKind::OutcomeUnknown {
        status,
        message: message.to_owned(),
        body: Value::Null,
    };
    let writes = call.action.writes();
    match fault {
        Fault::Refused(refused) => FailureKind::Egress(refused),
        Fault::NotSent { timed_out: false } => FailureKind::Failed {
            status: None,
            message: "the upstream could not be reached".to_owned(),
            body: Value::Null,
        },
        Fault::Timeout { status } if writes => unknown(status, "the upstream did not answer in time"),
        Fault::Timeout { .. } | Fault::NotSent { timed_out: true } => FailureKind::Timeout,
        Fault::Broken { status } if writes => unknown(status, "the connection broke before the answer"),
        Fault::Broken { status } => FailureKind::Failed {
            status,
            message: "the connection broke before the answer was complete".to_owned(),
            body: Value::Null,
        },
        Fault::TooLarge { status } if writes => unknown(Some(status), &too_large()),
        Fault::TooLarge { status } => FailureKind::BadResponse { message: too_large(), status: Some(status) },
    }
}

fn too_large() -> String {
    format!("the upstream's answer is larger than {} MiB", BODY_BYTES_MAX >> 20)
}

/// What may be passed on of an error.
struct Shown {
    message: String,
    body: Value,
}

/// Redacts first and cuts then: a cut through a secret would hide it from the redactor.
fn show(call: &Call<'_>, answer: &Answer) -> Shown {
    let redactor = redactor(call);
    let body = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(body) => redactor.value(body),
        Err(_) => Value::String(redactor.text(&String::from_utf8_lossy(&answer.body))),
    };
    let message = match &body {
        Value::String(text) if markup(&answer.headers).is_some() || text.trim().is_empty() => None,
        body => said(body),
    };
    let message = message.unwrap_or_else(|| format!("the upstream answered {}", status_line(answer.status)));
    Shown { message: cut(&message, MESSAGE_SHOWN_MAX), body: shorten(body) }
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

/// A body within the limit stays JSON; of a larger one the beginning of its text is kept.
fn shorten(body: Value) -> Value {
    match body {
        Value::String(text) => Value::String(cut(&text, BODY_SHOWN_MAX)),
        body => {
            let text = body.to_string();
            if text.len() <= BODY_SHOWN_MAX { body } else { Value::String(cut(&text, BODY_SHOWN_MAX)) }
        }
    }
}

fn cut(text: &str, bytes_max: usize) -> String {
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}

#[cfg(test)]
mod tests;
