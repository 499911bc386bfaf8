//! What a call cost and what the upstream called it; goes into the execution log.

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::send::{Answer, Fault};

/// Names under which upstreams answer their own id of a request, the usual one first.
const REQUEST_ID_HEADERS: [&str; 5] =
    ["x-request-id", "x-notion-request-id", "request-id", "x-correlation-id", "x-amzn-requestid"];
/// The member of an error body that carries the same.
const REQUEST_ID_MEMBER: &str = "request_id";
const REQUEST_ID_CHARS_MAX: usize = 128;

/// The upstream side of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Requests sent, retries included.
    pub attempts: u32,
    /// Spent on requests and the waits between them.
    pub upstream_ms: i64,
    /// Of the last answer; none when the last attempt got none.
    pub upstream_status: Option<u16>,
    pub upstream_request_id: Option<String>,
    /// Of the last answer, decompressed.
    pub response_bytes: i64,
}

impl Trace {
    /// Takes over what the last attempt tells.
    pub(crate) fn note(&mut self, outcome: &Result<Answer, Fault>) {
        match outcome {
            Ok(answer) => {
                self.upstream_status = Some(answer.status);
                self.upstream_request_id = request_id(answer);
                self.response_bytes = i64::try_from(answer.body.len()).unwrap_or(i64::MAX);
            }
            Err(fault) => {
                if matches!(fault, Fault::Refused(_)) {
                    // It ended at the look-up of the name.
                    self.attempts -= 1;
                }
                self.upstream_status = fault.status();
                self.upstream_request_id = None;
                self.response_bytes = 0;
            }
        }
    }
}

fn request_id(answer: &Answer) -> Option<String> {
    in_headers(&answer.headers).or_else(|| in_error(answer)).filter(|id| {
        !id.is_empty() && id.len() <= REQUEST_ID_CHARS_MAX && id.bytes().all(|b| b.is_ascii_graphic())
    })
}

fn in_headers(headers: &HeaderMap) -> Option<String> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::to_owned)
}

fn in_error(answer: &Answer) -> Option<String> {
    if answer.status < 400 {
        return None;
    }
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    body.get(REQUEST_ID_MEMBER)?.as_str().map(str::to_owned)
}
