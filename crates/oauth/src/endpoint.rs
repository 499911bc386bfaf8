//! One request to an endpoint: what the `oauth2` package built goes out, what came back is put right.
//!
//! This is the package's HTTP client. It writes JSON bodies where the provider wants them, because the
//! package knows forms only, and lets nothing but a readable success back into the package, whose parse
//! error would carry the raw answer.

use std::pin::Pin;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use oauth2::{AsyncHttpClient, ErrorResponse, RequestTokenError};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::answer::Answer;
use crate::redact::Redactor;
use crate::{BodyFormat, Limits, OAuthError, Transport, TransportError};

/// For token and revocation requests. Tokens are a few kilobytes; a browser may be waiting.
const LIMITS: Limits = Limits { body_bytes_max: 256 * 1024, timeout: Duration::from_secs(20) };

const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(crate) struct Endpoint<'a, T> {
    pub(crate) transport: &'a T,
    /// For error texts.
    pub(crate) role: &'static str,
    pub(crate) url: &'a Url,
    pub(crate) body_format: BodyFormat,
    pub(crate) redactor: &'a Redactor,
    /// Makes of an answer the body that the package reads.
    pub(crate) read: fn(&Answer, &Redactor) -> Result<Vec<u8>, OAuthError>,
}

/// The future is boxed because callers move it between threads, which the compiler cannot prove of the
/// package's own implementation for closures.
impl<'c, T: Transport> AsyncHttpClient<'c> for Endpoint<'_, T> {
    type Error = OAuthError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, OAuthError>> + Send + 'c>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        Box::pin(async move {
            let answer = self.send(request).await?;
            let body = (self.read)(&answer, self.redactor)?;
            Ok(readable(body))
        })
    }
}

impl<T: Transport> Endpoint<'_, T> {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, OAuthError> {
        let request = self.written(request)?;
        match self.transport.send(request, LIMITS).await {
            Ok(response) => Ok(Answer::new(self.role, response, LIMITS)),
            Err(error) => Err(not_answered(self.role, error)),
        }
    }

    /// The request as this provider wants it: each parameter once, the last one given, since that is the
    /// definition's own.
    fn written(&self, mut request: Request<Vec<u8>>) -> Result<Request<Vec<u8>>, OAuthError> {
        let given = form_urlencoded::parse(request.body()).into_owned();
        let params: Map<String, Value> = given.map(|(name, value)| (name, value.into())).collect();
        *request.body_mut() = match self.body_format {
            BodyFormat::Json => Value::Object(params).to_string().into_bytes(),
            BodyFormat::Form => {
                let pairs = params.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
            }
        };
        if self.body_format == BodyFormat::Json {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        if let Some(authorization) = request.headers_mut().get_mut(AUTHORIZATION) {
            authorization.set_sensitive(true);
        }
        *request.uri_mut() =
            self.url.as_str().parse().map_err(|_| {
                OAuthError::Misconfigured(format!("the URL of the {} cannot be sent", self.role))
            })?;
        Ok(request)
    }
}

/// No answer came.
pub(crate) fn not_answered(role: &str, error: TransportError) -> OAuthError {
    match error {
        TransportError::Refused(why) => {
            OAuthError::Misconfigured(format!("the {role} must not be called: {why}"))
        }
        TransportError::NotSent => OAuthError::unreachable(format!("no connection to the {role}")),
        TransportError::Unknown => OAuthError::unknown(format!("the {role} gave no complete answer")),
    }
}

/// A success as the package wants to see it.
fn readable(body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// What the package reports, without what it says: its parse error holds the raw answer.
pub(crate) fn settled<E: ErrorResponse>(error: RequestTokenError<OAuthError, E>) -> OAuthError {
    match error {
        RequestTokenError::Request(error) => error,
        // Before anything was sent: after it, this module lets through only what cannot fail there.
        RequestTokenError::Other(_) => OAuthError::misconfigured("the request cannot be built"),
        RequestTokenError::Parse(..) | RequestTokenError::ServerResponse(_) => {
            OAuthError::unknown("the answer is not understood")
        }
    }
}
