//! What the answers of faults are made of.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// The value of a header, given as a text or a number.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// RFC 9110, section 5.6.7.
pub(super) fn http_date(now: Timestamp, seconds: i64) -> String {
    let at = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The error of the API that has this status.
pub(super) fn error_of(status: u16) -> Refusal {
    let (code, message) = match status {
        401 => ("unauthorized", "API token is invalid."),
        403 => ("restricted_resource", "Insufficient permissions for this endpoint."),
        404 => ("object_not_found", "Could not find the object."),
        409 => ("conflict_error", "Conflict occurred while saving. Please try again."),
        429 => ("rate_limited", "You have been rate limited."),
        503 => ("service_unavailable", "Notion is unavailable, please try again later."),
        504 => ("gateway_timeout", "The request timed out."),
        529 => ("service_overload", "The service is overloaded."),
        400..=499 => ("validation_error", "The request failed validation."),
        _ => ("internal_server_error", "Unexpected error occurred."),
    };
    Refusal::new(status, code, message)
}

/// A write that was saved although it failed: the answer says so and names what there is.
pub(super) fn saved(answer: &Value) -> Refusal {
    let mut data =
        json!({ "retry_guidance": "The write was saved. Read before writing again; do not repeat it." });
    match answer["results"].as_array() {
        Some(children) => {
            let parent = children.first().map(|child| &child["parent"]);
            let parent = parent.map(|parent| &parent[parent["type"].as_str().unwrap_or_default()]);
            data["committed_resource_id"] = parent.cloned().unwrap_or(Value::Null);
            data["committed_child_ids"] = children.iter().map(|child| child["id"].clone()).collect();
        }
        None => data["committed_resource_id"] = answer["id"].clone(),
    }
    error_of(503).with_additional(data)
}

/// The body as a client that accepts it would get it.
pub(super) fn gzip(body: &Bytes) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail").into()
}
