//! What a fault does: answers in the request's place, or spoils the true answer.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::gates::{Gates, Hold};
use super::parts::{error_of, gzip, http_date, saved, text_of};
use crate::limiter::rate_limited;
use crate::refusal::Refusal;
use crate::respond::{Delivery, Response};

/// No answer is held back longer.
const DELAY_MS_MAX: u64 = 120_000;
const LARGE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// One failure mode.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Effect {
    /// Any answer at all, in the place of the request or, with `done`, of its true answer.
    Answer {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        json: Option<Value>,
        text: Option<String>,
        content_type: Option<String>,
        #[serde(default)]
        done: bool,
    },
    /// 429. `retry_after` is sent as it is; without one the header is missing.
    RateLimited {
        retry_after: Option<Value>,
        retry_after_date_in_s: Option<i64>,
        reason: Option<String>,
    },
    /// 529.
    Overloaded {
        retry_after: Option<Value>,
    },
    /// The error of the API that has this status.
    Error {
        status: u16,
        retry_after: Option<Value>,
    },
    /// 502 in HTML, as from the edge.
    BadGateway {},
    /// 503 in plain text.
    Unavailable {
        retry_after: Option<Value>,
    },
    /// The request is done; the answer is a 503 that names what was saved.
    SavedThenUnavailable {},
    /// The request is done; then the connection is reset.
    SavedThenReset {},
    /// The request is done at once; its answer waits.
    SlowFirstByte {
        delay_ms: u64,
    },
    /// The request waits before it is done.
    Deferred {
        delay_ms: u64,
    },
    /// The request waits until the control door opens the gate.
    Held {
        gate: String,
        when: When,
    },
    /// The true answer, a few bytes at a time.
    SlowBody {
        chunk_bytes: Option<usize>,
        pause_ms: Option<u64>,
    },
    /// Half of the true answer, then the connection ends.
    StopMidway {},
    /// The connection is reset before any answer; nothing is done.
    Reset {},
    /// 200 with half a JSON text.
    Malformed {},
    /// A list without `results`.
    ResultsMissing {},
    /// A list with `has_more` but no `next_cursor`.
    CursorMissing {},
    /// A list whose `next_cursor` is always the same, known one.
    SameCursor {},
    /// A JSON text of this many bytes.
    Large {
        bytes: usize,
    },
    /// The true answer, compressed whether or not that was accepted.
    Gzip {},
    Redirect {
        location: String,
        status: Option<u16>,
    },
}

/// On which side of its effect a request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    Before,
    After,
}

/// What a request waits for.
pub(crate) enum Pause {
    None,
    For(Duration),
    Until(Hold),
}

/// Whether the request itself is done.
pub(crate) enum Outcome {
    /// No: this is the answer.
    Instead(Response),
    /// Yes: and its answer goes through [`Effect::spoil`].
    Done,
}

impl Effect {
    /// Its name at the control door.
    pub(crate) fn kind(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        json["kind"].as_str().unwrap_or_default().to_owned()
    }

    /// What the request waits for on this side of its effect.
    pub(crate) fn pause(&self, side: When, gates: &mut Gates) -> Pause {
        match self {
            Self::Deferred { delay_ms } if side == When::Before => {
                Pause::For(Duration::from_millis((*delay_ms).min(DELAY_MS_MAX)))
            }
            Self::Held { gate, when } if side == *when => gates.hold(gate).map_or(Pause::None, Pause::Until),
            _ => Pause::None,
        }
    }

    /// The answer in place of the true one, if it is of that sort.
    pub(crate) fn outcome(&self, now: Timestamp) -> Outcome {
        Outcome::Instead(match self {
            Self::Answer { done: false, .. } => match self.made_up() {
                Some(answer) => answer,
                None => return Outcome::Done,
            },
            Self::RateLimited { retry_after, retry_after_date_in_s, reason } => {
                let date = retry_after_date_in_s.map(|seconds| http_date(now, seconds));
                let retry_after = retry_after.as_ref().map(text_of).or(date);
                let reason = reason.as_deref().unwrap_or("public_api_request_rate_limit");
                Response::refusal(&rate_limited(reason, retry_after.as_deref())).retry_after(retry_after)
            }
            Self::Overloaded { retry_after } => {
                let refusal =
                    Refusal::new(529, "service_overload", "The service is overloaded. Try again later.");
                Response::refusal(&refusal).retry_after(retry_after.as_ref().map(text_of))
            }
            Self::Error { status, retry_after } => {
                Response::refusal(&error_of(*status)).retry_after(retry_after.as_ref().map(text_of))
            }
            Self::BadGateway {} => {
                let html = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>";
                let mut answer = Response::text(502, "text/html; charset=UTF-8", html.to_owned());
                answer.headers.push(("cf-ray".to_owned(), "8f2b1c0d4e5f6a7b-SBX".to_owned()));
                answer
            }
            Self::Unavailable { retry_after } => {
                let answer = Response::text(503, "text/plain", "Service Unavailable".to_owned());
                answer.retry_after(retry_after.as_ref().map(text_of))
            }
            Self::Reset {} => {
                Response::text(200, "application/json", String::new()).delivered(Delivery::Reset)
            }
            Self::Malformed {} => Response::text(
                200,
                "application/json; charset=utf-8",
                "{\"object\":\"list\",\"results\":[{\"object\"".to_owned(),
            ),
            Self::Large { bytes } => {
                let bytes = (*bytes).min(LARGE_BYTES_MAX);
                Response::text(200, "application/json; charset=utf-8", String::new())
                    .delivered(Delivery::Large { bytes })
            }
            Self::Redirect { location, status } => {
                let mut answer = Response::text(status.unwrap_or(302), "text/plain", String::new());
                answer.headers.push(("location".to_owned(), location.clone()));
                answer
            }
            _ => return Outcome::Done,
        })
    }

    /// What is left of the true answer.
    pub(crate) fn spoil(&self, mut answer: Response) -> Response {
        match self {
            Self::Answer { .. } => self.made_up().unwrap_or(answer),
            Self::SlowFirstByte { delay_ms } => {
                answer.delivered(Delivery::Late(Duration::from_millis((*delay_ms).min(DELAY_MS_MAX))))
            }
            Self::SlowBody { chunk_bytes, pause_ms } => answer.delivered(Delivery::Trickle {
                chunk_bytes: chunk_bytes.unwrap_or(1).max(1),
                pause: Duration::from_millis(pause_ms.unwrap_or(100).min(DELAY_MS_MAX)),
            }),
            Self::StopMidway {} => answer.delivered(Delivery::Half),
            Self::SavedThenReset {} => answer.delivered(Delivery::Reset),
            Self::SavedThenUnavailable {} if answer.status < 300 => {
                Response::refusal(&saved(&answer.parsed()))
            }
            Self::Gzip {} => {
                answer.body = gzip(&answer.body);
                answer.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
                answer
            }
            Self::ResultsMissing {} => reshaped(&answer, |list| {
                list.as_object_mut().map(|list| list.shift_remove("results"));
            }),
            Self::CursorMissing {} => reshaped(&answer, |list| {
                list["has_more"] = true.into();
                list["next_cursor"] = Value::Null;
            }),
            Self::SameCursor {} => reshaped(&answer, |list| {
                list["has_more"] = true.into();
                list["next_cursor"] = "the-same-cursor-again".into();
            }),
            _ => answer,
        }
    }
}

impl Effect {
    /// The answer that was ordered word for word.
    fn made_up(&self) -> Option<Response> {
        let Self::Answer { status, headers, json, text, content_type, done: _ } = self else { return None };
        let content_type = content_type.as_deref().unwrap_or("application/json; charset=utf-8");
        let mut answer = match json {
            Some(json) => Response::json(*status, json),
            None => Response::text(*status, content_type, text.clone().unwrap_or_default()),
        };
        answer.headers.extend(headers.clone());
        Some(answer)
    }
}

fn reshaped(answer: &Response, change: impl FnOnce(&mut Value)) -> Response {
    let mut json = answer.parsed();
    change(&mut json);
    Response { status: answer.status, ..Response::json(answer.status, &json) }
}
