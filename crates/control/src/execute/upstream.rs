//! From what the executor and the definition say to what the caller is told.

use definitions::{ParamFault, UnknownAction};
use executor::{Failure, FailureKind, Trace};
use serde_json::Value;

use crate::Error;
use crate::error::{FieldFault, UpstreamFailure, UpstreamKind, suggestion};

pub(super) fn unknown_action(unknown: UnknownAction) -> Error {
    match unknown {
        UnknownAction::Entity { given, nearest, known } => Error::UnknownEntity(format!(
            "no entity `{given}`{}; there are {}",
            suggestion(nearest.as_deref()),
            known.join(", ")
        )),
        UnknownAction::Action { entity, given, nearest, known } => Error::UnknownAction(format!(
            "`{entity}` has no action `{given}`{}; it has {}",
            suggestion(nearest.as_deref()),
            known.join(", ")
        )),
        UnknownAction::Unsupported { entity, action, reason } => Error::UnknownAction(format!(
            "`{entity}` `{action}` is in the definition, but this release cannot run it: {reason}"
        )),
    }
}

fn params(faults: Vec<ParamFault>) -> Error {
    let faults = faults.into_iter().map(|fault| FieldFault {
        field: Some(format!("params{}", fault.pointer.replace('/', "."))),
        message: fault.message,
        code: fault.code,
    });
    Error::Params(faults.collect())
}

/// The caller's error and what is logged of the attempts.
pub(crate) fn error(failure: Failure) -> (Error, Trace) {
    let Failure { kind, trace } = failure;
    let request_id = trace.upstream_request_id.clone();
    let upstream = |kind, status, message, body| {
        Error::Upstream(Box::new(UpstreamFailure { kind, status, message, body, request_id }))
    };
    let error = match kind {
        FailureKind::Params(faults) => params(faults),
        FailureKind::Credential(message) => upstream(UpstreamKind::AuthFailed, None, message, Value::Null),
        FailureKind::Egress(refused) => Error::Egress(refused.to_string()),
        FailureKind::Rejected { status, message, body } => upstream(
            UpstreamKind::Rejected,
            Some(status),
            format!("the upstream refused the call: {message}"),
            body,
        ),
        FailureKind::Auth { status, message, body } => upstream(
            UpstreamKind::AuthFailed,
            Some(status),
            format!("the upstream refused the connector's credential ({status}): {message}"),
            body,
        ),
        FailureKind::RateLimited { retry_after_s, message, body } => upstream(
            UpstreamKind::RateLimited { retry_after_s },
            trace.upstream_status,
            format!("the upstream asks to wait {retry_after_s} s: {message}"),
            body,
        ),
        FailureKind::Failed { status, message, body } => {
            upstream(UpstreamKind::Failed, status, format!("the upstream failed: {message}"), body)
        }
        FailureKind::Timeout => upstream(
            UpstreamKind::Timeout,
            None,
            "the upstream did not answer in time".to_owned(),
            Value::Null,
        ),
        FailureKind::OutcomeUnknown { status, message, body } => upstream(
            UpstreamKind::OutcomeUnknown,
            status,
            format!("the upstream may or may not have done this: {message}. Read before you send it again"),
            body,
        ),
        FailureKind::BadResponse { message, status } => upstream(
            UpstreamKind::BadResponse,
            status,
            format!("the upstream's answer cannot be read: {message}"),
            Value::Null,
        ),
    };
    (error, trace)
}
