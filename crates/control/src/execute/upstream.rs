//! From what the executor and the definition say to what the caller is told.

use definitions::{ParamFault, UnknownAction};
use executor::{Failure, FailureKind, Trace};
use serde_json::Value;

use crate::Error;
use crate::error::{FieldFault, UpstreamFailure, UpstreamKind};

#[expect(clippy::needless_pass_by_value, reason = "it is the argument of map_err")]
pub(super) fn unknown_action(unknown: UnknownAction) -> Error {
    let text = unknown.to_string();
    match unknown {
        UnknownAction::Entity { .. } => Error::UnknownEntity(text),
        UnknownAction::Action { .. } | UnknownAction::Unsupported { .. } => Error::UnknownAction(text),
    }
}

fn params(faults: Vec<ParamFault>) -> Error {
    let faults = faults.into_iter().map(|fault| FieldFault {
        field: format!("params{}", fault.pointer.replace('/', ".")),
        message: fault.message,
        code: fault.code,
    });
    Error::Params(faults.collect())
}

/// A 403 speaks of what the credential may do, a 401 of the credential itself.
fn refused_credential(status: u16, message: &str) -> String {
    if status == 403 {
        format!(
            "the upstream takes the connector's credential but does not allow this with it (403): {message}. \
             Grant what is missing at the upstream, or connect with another credential"
        )
    } else {
        format!(
            "the upstream refused the connector's credential ({status}): {message}. \
             Have the customer consent again (initiate with its id as `connector_id`), or create a connector \
             with a new credential"
        )
    }
}

/// A writing call whose end nobody saw.
pub(super) fn lost() -> Error {
    Error::Upstream(Box::new(UpstreamFailure {
        kind: UpstreamKind::OutcomeUnknown,
        status: None,
        message: "the call failed inside this server and may or may not have taken effect. \
                  Read before you send it again"
            .to_owned(),
        body: Value::Null,
        request_id: None,
    }))
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
        FailureKind::Auth { status, message, body } => {
            upstream(UpstreamKind::AuthFailed, Some(status), refused_credential(status, &message), body)
        }
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
            "the upstream did not answer in time; nothing was changed, so the call may be repeated"
                .to_owned(),
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
