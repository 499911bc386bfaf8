//! Around every request: its id, its place among those in flight, one line in the log, and a net
//! under panics.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONNECTION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use uuid::Uuid;

use crate::Readiness;
use crate::methods::Head;
use crate::problem::Problem;

/// The header that carries the id in every answer.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: Uuid;
}

/// The id of the request being answered.
pub(crate) fn current() -> Uuid {
    CURRENT.try_with(|id| *id).unwrap_or_default()
}

/// The header's value for an id.
pub(crate) fn header_value(id: Uuid) -> HeaderValue {
    HeaderValue::from_str(&id.to_string()).expect("a UUID is a header value")
}

/// Gives the request an id, answers it, and logs how that went.
pub(crate) async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = Uuid::now_v7();
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.path().to_owned());
    // Every GET answers HEAD (RFC 9110 section 9.1); the server leaves the body out by itself.
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(Head);
    }
    let readiness = request.app_data::<Data<Readiness>>().cloned();
    let counted = !path.starts_with("/health");
    let in_flight = readiness.as_ref().filter(|_| counted).map(|readiness| readiness.enter());
    let answer = if let Some(None) = in_flight {
        Err(CURRENT.sync_scope(id, Problem::stopping).into())
    } else {
        match CURRENT.scope(id, AssertUnwindSafe(next.call(request)).catch_unwind()).await {
            Ok(answer) => answer,
            // The message of the panic was printed by the panic hook; the caller gets the id to quote.
            Err(_) => Err(CURRENT.sync_scope(id, Problem::internal).into()),
        }
    };
    drop(in_flight);
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = match &answer {
        Ok(answer) => answer.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let status = status.as_u16();
    tracing::info!(request.id = %id, %method, path, status, duration_ms, "answered");
    answer.map(|mut answer| {
        answer.headers_mut().insert(HEADER, header_value(id));
        if readiness.is_some_and(|readiness| readiness.stopping()) {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    })
}
