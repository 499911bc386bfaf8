//! The last attempt becomes a reply or a failure.
//!
//! The rule behind every line: a write whose effect is not known is never reported as one that
//! failed, because callers repeat what failed.

mod shown;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use definitions::{ErrorCheck, RetryConfig};
use serde_json::Value;
use tokio::time::Instant;

use crate::apart::apart;
use crate::extract::{Extracted, Unread, extract, parse};
use crate::retry::{OVERLOADED, TOO_MANY};
use crate::send::{Answer, BODY_BYTES_MAX, Fault};
use crate::{Call, FailureKind, json};
use domain::Redactor;

use shown::{Shown, show, show_failed};

/// What was read out of an answer when the question was whether to try again.
pub(crate) struct Verdict {
    /// Coming back later would not help.
    pub(crate) is_final: bool,
    /// How long a caller who was turned away shall wait.
    pub(crate) wait: Duration,
}

/// Reads an answer, whatever its status.
pub(crate) async fn of_answer(
    call: &Call<'_>,
    redactor: &Arc<Redactor>,
    answer: &Answer,
    verdict: &Verdict,
) -> Result<Extracted, FailureKind> {
    let status = answer.status;
    if !(200..300).contains(&status) {
        return Err(refusal(call, status, show(call, redactor, answer).await, verdict));
    }
    let body = parse(call, answer).await.map_err(|why| unread(call, status, why))?;
    if let Some(check) = call.definition.error_check.as_ref().filter(|check| says_it_failed(check, &body)) {
        let Shown { message, body } = show_failed(call, redactor, answer, body, &check.message_field).await;
        return Err(FailureKind::Rejected { status, message, body });
    }
    extract(call, answer, body).await.map_err(|why| unread(call, status, why))
}

fn says_it_failed(check: &ErrorCheck, body: &Value) -> bool {
    body.get(&check.field) == Some(&check.on_value)
}

/// A success without a result. A write was done, says the status, so it must not look like something
/// to do again.
fn unread(call: &Call<'_>, status: u16, why: Unread) -> FailureKind {
    let done = |message| FailureKind::OutcomeUnknown { status: Some(status), message, body: Value::Null };
    let writes = call.action.writes();
    match why {
        Unread::Bad(message) if writes => done(message),
        Unread::Late if writes => done("the answer could not be read in time".to_owned()),
        Unread::Bad(message) => FailureKind::BadResponse { message, status: Some(status) },
        Unread::Late => FailureKind::Timeout,
    }
}

/// A status that is no success.
fn refusal(call: &Call<'_>, status: u16, shown: Shown, verdict: &Verdict) -> FailureKind {
    let Shown { message, body } = shown;
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
        400..=499 if verdict.is_final => FailureKind::Rejected { status, message, body },
        TOO_MANY => rate_limited(message, body, verdict.wait),
        400..=499 => FailureKind::Rejected { status, message, body },
        _ if writes => FailureKind::OutcomeUnknown { status: Some(status), message, body },
        OVERLOADED => rate_limited(message, body, verdict.wait),
        _ => FailureKind::Failed { status: Some(status), message, body },
    }
}

/// Whether the definition reads in the body that this must not be tried again.
pub(crate) async fn is_final(config: &RetryConfig, answer: &Answer, deadline: Instant) -> bool {
    if config.final_when.is_empty() || answer.status < 400 {
        return false;
    }
    let (config, body) = (config.clone(), Bytes::clone(&answer.body));
    let work = move || json::read(&body).is_ok_and(|body| config.is_final(&body));
    apart(answer.body.len(), deadline, work).await.unwrap_or(false)
}

/// The upstream asks for a wait that the deadline does not leave.
pub(crate) async fn of_long_wait(
    call: &Call<'_>,
    redactor: &Arc<Redactor>,
    answer: &Answer,
    wait: Duration,
) -> FailureKind {
    let Shown { message, body } = show(call, redactor, answer).await;
    rate_limited(message, body, wait)
}

fn rate_limited(message: String, body: Value, wait: Duration) -> FailureKind {
    // Rounded up: whoever waits a second less is turned away again.
    let retry_after_s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    FailureKind::RateLimited { retry_after_s: retry_after_s.max(1), message, body }
}

fn redirect(status: u16) -> String {
    format!("it answered with a redirect ({status}), and redirects are not followed")
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
            message: "it could not be reached".to_owned(),
            body: Value::Null,
        },
        Fault::Timeout { status } if writes => unknown(status, "it did not answer in time"),
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
    format!("the answer is larger than {} MiB", BODY_BYTES_MAX >> 20)
}

/// Says how often it was tried: that tells an upstream that is down from one that stumbled.
pub(crate) fn with_attempts(kind: FailureKind, attempts: u32) -> FailureKind {
    match kind {
        FailureKind::Failed { status, message, body } => {
            let word = if attempts == 1 { "attempt" } else { "attempts" };
            FailureKind::Failed { status, message: format!("{message}, {attempts} {word}"), body }
        }
        kind => kind,
    }
}

#[cfg(test)]
mod tests;
