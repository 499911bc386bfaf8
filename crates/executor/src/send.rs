//! One attempt: send the request, read the answer, within limits of time and size.
//!
//! Both limits act while the answer streams in, after decompression, so that neither a slow nor a
//! compressed endless answer holds more than [`BODY_BYTES_MAX`] or stays longer than its time.
//! Dropping an unfinished answer closes its connection and frees its place in the pool.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::Response;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::EgressError;
use crate::egress::Route;
use crate::request::Prepared;
use crate::retry::Observed;

/// For one request and its whole answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// Decompressed.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Of an error's body nobody reads more.
pub(crate) const ERROR_BODY_BYTES_MAX: usize = 256 * 1024;
/// Reserved before the first byte came, however long the upstream says it will be.
const BODY_BYTES_RESERVED_MAX: u64 = 256 * 1024;

/// What the upstream answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Always when `status` is a success; the body of an error can lack its end, because it broke
    /// off or went over a limit.
    pub(crate) complete: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The name leads only to addresses that may not be dialled.
    Refused(EgressError),
    /// No connection came to stand; the upstream saw nothing.
    NotSent {
        timed_out: bool,
    },
    /// With the status, if that much came.
    Timeout {
        status: Option<u16>,
    },
    Broken {
        status: Option<u16>,
    },
    TooLarge {
        status: u16,
    },
}

/// Sends `request` once.
pub(crate) async fn attempt(
    route: &Route<'_>,
    request: &Prepared,
    deadline: Instant,
) -> Result<Answer, Fault> {
    let until = deadline.min(Instant::now() + ATTEMPT_TIMEOUT);
    let mut sending =
        route.client.request(request.method.clone(), route.url.clone()).headers(request.headers.clone());
    if let Some(body) = &request.body {
        sending = sending.body(Bytes::clone(body));
    }
    let response = match tokio::time::timeout_at(until, sending.send()).await {
        Err(_) => return Err(Fault::Timeout { status: None }),
        Ok(Err(error)) => return Err(before_the_answer(error)),
        Ok(Ok(response)) => response,
    };
    let status = response.status();
    let headers = response.headers().clone();
    let limit = if status.is_success() { BODY_BYTES_MAX } else { ERROR_BODY_BYTES_MAX };
    let mut body = Vec::new();
    let end = read(response, &mut body, limit, until).await;
    let status = status.as_u16();
    let complete = matches!(end, End::Complete);
    match end {
        End::Complete => {}
        // The status alone already says what happened.
        _ if !(200..300).contains(&status) => {}
        End::TimedOut => return Err(Fault::Timeout { status: Some(status) }),
        End::Broken => return Err(Fault::Broken { status: Some(status) }),
        End::TooLarge => return Err(Fault::TooLarge { status }),
    }
    Ok(Answer { status, headers, body: body.into(), complete })
}

/// How reading a body ended.
pub(crate) enum End {
    Complete,
    TimedOut,
    Broken,
    TooLarge,
}

/// Reads a body, of which `body` has at the end what came within both limits.
pub(crate) async fn read(response: Response, body: &mut Vec<u8>, limit: usize, until: Instant) -> End {
    let chunks = read_chunks(response, body, limit);
    tokio::time::timeout_at(until, chunks).await.unwrap_or(End::TimedOut)
}

async fn read_chunks(response: Response, body: &mut Vec<u8>, limit: usize) -> End {
    let announced = response.content_length().unwrap_or(0).min(BODY_BYTES_RESERVED_MAX);
    body.reserve(usize::try_from(announced).unwrap_or(0));
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let Ok(chunk) = chunk else { return End::Broken };
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return End::TooLarge;
        }
    }
    End::Complete
}

/// Sorts an error that came instead of an answer.
///
/// Its text is not passed on: it names the URL, which can carry a key.
pub(crate) fn before_the_answer(error: reqwest::Error) -> Fault {
    if let Some(refused) = find_refusal(&error) {
        return Fault::Refused(refused);
    }
    let (connecting, timed_out) = (error.is_connect(), error.is_timeout());
    tracing::debug!(error = ?error.without_url(), "an upstream request failed");
    match (connecting, timed_out) {
        (true, timed_out) => Fault::NotSent { timed_out },
        (false, true) => Fault::Timeout { status: None },
        (false, false) => Fault::Broken { status: None },
    }
}

/// The resolver's refusal, out of the layers that carried it here.
fn find_refusal(error: &reqwest::Error) -> Option<EgressError> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(refused) = inner.downcast_ref::<EgressError>() {
            return Some(refused.clone());
        }
        source = inner.source();
    }
    None
}

impl Fault {
    /// What it means for another attempt.
    pub(crate) fn observed(&self) -> Observed {
        match self {
            Fault::Refused(_) | Fault::TooLarge { .. } => Observed::Final,
            Fault::NotSent { .. } => Observed::NotSent,
            Fault::Timeout { .. } => Observed::Timeout,
            Fault::Broken { .. } => Observed::Broken,
        }
    }

    /// The status line, if that much came.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Fault::Refused(_) | Fault::NotSent { .. } => None,
            Fault::Timeout { status } | Fault::Broken { status } => *status,
            Fault::TooLarge { status } => Some(*status),
        }
    }
}
