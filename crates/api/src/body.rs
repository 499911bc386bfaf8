//! Bodies, queries and ids of requests: read strictly, refused as problems that name the field.

use std::str::FromStr;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
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
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // The typed reading stops at its first fault; what is no JSON further on is said first.
        match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => Problem::invalid(fault(&error.path().to_string(), &error.inner().to_string())),
            Err(syntax) => malformed(&syntax.to_string()),
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error.to_string()))?;
    Ok(value)
}

/// The text of a syntax error names a place, not what stands there.
fn malformed(reason: &str) -> Problem {
    let detail = format!("The body is not valid JSON: {reason}.");
    Problem::new(StatusCode::BAD_REQUEST, "invalid_json", "Malformed JSON", detail)
}

/// A fault from the parser's words, without the value that it quotes: that may be a secret.
fn fault(path: &str, message: &str) -> FieldFault {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let below = |name: &str| match path {
        "." => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    if let Some(name) = quoted("missing field `") {
        return FieldFault::new(below(name), format!("{} is required", below(name))).with_code("missing");
    }
    let expected = message.split_once(", expected ").map(|(_, expected)| expected);
    if let Some(name) = quoted("unknown field `") {
        let known = expected.map(|expected| format!("; it takes {expected}")).unwrap_or_default();
        let known = known.replace("one of ", "").replace('`', "");
        let text = format!("unknown field {name}{known}");
        return FieldFault::new(below(name), text).with_code("unknown_field");
    }
    let field = if path == "." { "body" } else { path };
    if let Some(name) = quoted("duplicate field `") {
        return FieldFault::new(below(name), format!("{} is given twice", below(name)));
    }
    match expected {
        Some(expected) => FieldFault::new(field, format!("{field} must be {}", expected.replace('`', ""))),
        None => FieldFault::new(field, format!("{field}: {message}")),
    }
}

/// The query string, read into a struct.
pub(crate) struct QueryString<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for QueryString<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = web::Query::<T>::from_query(request.query_string());
        ready(query.map(|query| Self(query.into_inner())).map_err(|error| {
            let message = error.to_string();
            let message = message.strip_prefix("Query deserialize error: ").unwrap_or(&message);
            Problem::invalid(FieldFault {
                field: None,
                message: format!("query: {message}"),
                code: "value_error",
            })
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
        let fault = || FieldFault::new(format!("path.{name}"), format!("{name} must be a UUID"));
        ready(text.parse().map(Self).map_err(|_| Problem::invalid(fault())))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by the parser")]
    struct Body {
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by the parser")]
    struct Inner {
        size: u8,
    }

    fn refused(body: &str) -> serde_json::Value {
        serde_json::to_value(parse::<Body>(body.as_bytes()).err().unwrap().body()).unwrap()
    }

    #[test]
    fn faults_name_the_field_and_the_way_out() {
        for (body, field, code) in [
            ("{}", "name", "missing"),
            (r#"{"name":"a","nme":1}"#, "nme", "unknown_field"),
            (r#"{"name":"a","inner":{"size":1,"sze":2}}"#, "inner.sze", "unknown_field"),
            (r#"{"name":"a","inner":{}}"#, "inner.size", "missing"),
            (r#"{"name":7}"#, "name", "value_error"),
            (r#"{"name":"a","inner":{"size":300}}"#, "inner.size", "value_error"),
            ("[]", "body", "value_error"),
        ] {
            let problem = refused(body);
            assert_eq!(problem["status"], 422, "{body}");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
            assert_eq!(problem["errors"][0]["error_code"], code, "{body}");
        }
    }

    #[test]
    fn r47_a_misplaced_secret_does_not_come_back() {
        let problem = refused(r#"{"name":"a","inner":"ntn_marker"}"#);
        assert!(!problem.to_string().contains("ntn_marker"), "{problem}");
    }

    #[test]
    fn what_is_no_json_is_400() {
        for body in ["", "{", "{}x", "nope"] {
            assert!(
                parse::<serde_json::Value>(body.as_bytes())
                    .err()
                    .is_some_and(|p| p.to_string().contains("invalid_json"))
            );
        }
    }
}
