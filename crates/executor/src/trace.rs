//! What a call cost and what the upstream called it; goes into the execution log.

use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::send::{Answer, Fault};
use domain::Redactor;

/// Names under which upstreams answer their own id of a request, the usual one first.
const REQUEST_ID_HEADERS: [&str; 5] =
    ["x-request-id", "x-notion-request-id", "request-id", "x-correlation-id", "x-amzn-requestid"];
/// A longer one, or one with anything but printable ASCII, is not taken for an id.
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
    pub(crate) fn note(&mut self, outcome: &Result<Answer, Fault>, redactor: &Redactor) {
        match outcome {
            Ok(answer) => {
                self.upstream_status = Some(answer.status);
                self.upstream_request_id = request_id(answer, redactor);
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

/// An upstream that puts the credential into it has no id.
fn request_id(answer: &Answer, redactor: &Redactor) -> Option<String> {
    let id = in_headers(&answer.headers).or_else(|| in_error(answer))?;
    let is_id =
        !id.is_empty() && id.len() <= REQUEST_ID_CHARS_MAX && id.bytes().all(|b| b.is_ascii_graphic());
    (is_id && redactor.text(&id) == id).then_some(id)
}

fn in_headers(headers: &HeaderMap) -> Option<String> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::to_owned)
}

/// What an error body can carry instead of a header.
#[derive(Deserialize)]
struct ErrorBody {
    request_id: String,
}

fn in_error(answer: &Answer) -> Option<String> {
    if answer.status < 400 {
        return None;
    }
    serde_json::from_slice(&answer.body).ok().map(|body: ErrorBody| body.request_id)
}
