//! Bodies, queries and ids of requests: read strictly, refused as problems that name the field.

mod faults;

use std::str::FromStr;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};
use control::FieldFault;
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::problem::Problem;

/// Largest body of most requests.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Largest body of execute, whose params may carry content.
pub(crate) const EXECUTE_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How much of a body that is too large is read and thrown away: a client that is still sending
/// when the connection closes sees a reset instead of the answer.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a body may take to arrive.
const BODY_READ_MAX: Duration = Duration::from_secs(30);

/// A JSON body of at most `LIMIT` bytes.
pub(crate) struct Json<T, const LIMIT: usize = BODY_BYTES_MAX>(pub(crate) T);

impl<T: DeserializeOwned + 'static, const LIMIT: usize> FromRequest for Json<T, LIMIT> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            check_content_type(&request)?;
            let bytes = read(payload, LIMIT).await?;
            parse(&bytes).map(Self)
        })
    }
}

/// A JSON body, or none at all, which stands for the default.
pub(crate) struct JsonOrNothing<T>(pub(crate) T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for JsonOrNothing<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(payload, BODY_BYTES_MAX).await?;
            if bytes.is_empty() {
                return Ok(Self(T::default()));
            }
            check_content_type(&request)?;
            parse(&bytes).map(Self)
        })
    }
}

fn check_content_type(request: &HttpRequest) -> Result<(), Problem> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Unsupported media type",
        "Send the body as JSON, with the header Content-Type: application/json.",
    ))
}

async fn read(payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    match tokio::time::timeout(BODY_READ_MAX, read_all(payload, limit)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "Body too slow",
            format!("The body did not arrive within {} s.", BODY_READ_MAX.as_secs()),
        )),
    }
}

async fn read_all(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| malformed("the body ended early"))?;
        length += chunk.len();
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        } else if length > DISCARDED_BYTES_MAX {
            break;
        }
    }
    if length <= limit {
        return Ok(bytes);
    }
    Err(Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "payload_too_large",
        "Body too large",
        format!("The body may have {} MiB at most.", limit / 1024 / 1024),
    ))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut deserializer);
    // The typed reading stops at its first fault; what is no JSON further on is said first.
    serde_json::from_str::<IgnoredAny>(text).map_err(|syntax| malformed(&syntax.to_string()))?;
    if !text.trim_start().starts_with('{') {
        return Err(Problem::invalid(FieldFault::new("body", "the body must be a JSON object")));
    }
    read.map_err(|error| {
        Problem::invalid(faults::fault(&error.path().to_string(), &error.inner().to_string()))
    })
}

/// The text of a syntax error names a place, not what stands there.
fn malformed(reason: &str) -> Problem {
    let detail = format!("The body is not valid JSON: {reason}.");
    Problem::new(StatusCode::BAD_REQUEST, "invalid_json", "Malformed JSON", detail)
}

/// The query string, read into a struct.
pub(crate) struct QueryString<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for QueryString<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        ready(read.map(Self).map_err(|error| {
            Problem::invalid(faults::fault(&error.path().to_string(), &error.inner().to_string()))
        }))
    }
}

/// The id in the path. One that is none is 422, one that is unknown is the use case's 404.
pub(crate) struct PathId<T>(pub(crate) T);

impl<T: FromStr + 'static> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (name, text) = request.match_info().iter().next().unwrap_or(("id", ""));
        let fault = || FieldFault::new(format!("path.{name}"), format!("`{name}` must be a UUID"));
        ready(text.parse().map(Self).map_err(|_| Problem::invalid(fault())))
    }
}

#[cfg(test)]
mod tests;
