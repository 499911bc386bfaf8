//! What is left when no route fits: 405 with the methods there are, or 404.

use std::collections::BTreeSet;

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use utoipa::openapi::OpenApi;

use crate::problem::Problem;

/// The methods of every documented path.
pub(crate) struct Methods(Vec<(Vec<String>, BTreeSet<&'static str>)>);

impl Methods {
    pub(crate) fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter().map(|(path, item)| {
            let methods = [
                ("GET", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("DELETE", item.delete.is_some()),
                ("PATCH", item.patch.is_some()),
            ];
            let methods = methods.into_iter().filter_map(|(name, there)| there.then_some(name)).collect();
            (path.split('/').map(str::to_owned).collect(), methods)
        });
        Self(paths.collect())
    }

    fn allowed(&self, path: &str) -> BTreeSet<&'static str> {
        // Both prefixes serve the same routes; the document has one.
        let path = if path.starts_with("/v1/") { format!("/api{path}") } else { path.to_owned() };
        let segments: Vec<&str> = path.split('/').collect();
        let fits = |pattern: &[String]| {
            pattern.len() == segments.len()
                && pattern
                    .iter()
                    .zip(&segments)
                    .all(|(part, segment)| part.starts_with('{') || part == segment)
        };
        self.0.iter().filter(|(pattern, _)| fits(pattern)).flat_map(|(_, methods)| methods).copied().collect()
    }
}

/// Left with a request that came as HEAD and is served as GET.
pub(crate) struct Head;

/// Whether the request came as HEAD: its route may change something that a look must not.
pub(crate) fn asked_for_head(request: &HttpRequest) -> bool {
    request.extensions().contains::<Head>()
}

/// Answers what no route took.
pub(crate) async fn no_such_route(request: HttpRequest, methods: Data<Methods>) -> HttpResponse {
    let allowed = methods.allowed(request.path());
    if allowed.is_empty() {
        let detail = "There is nothing at this path. The routes are listed at /docs.";
        return Problem::new(StatusCode::NOT_FOUND, "no_such_route", "No such route", detail)
            .error_response();
    }
    not_allowed(&request, &allowed.into_iter().collect::<Vec<_>>().join(", "))
}

/// Answers a method that the path does not take, with those it takes.
pub(crate) fn not_allowed(request: &HttpRequest, allowed: &str) -> HttpResponse {
    let method = if asked_for_head(request) { Method::HEAD.as_str() } else { request.method().as_str() };
    let detail = format!("{method} is not possible here; this path takes {allowed}.");
    let problem =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail);
    let mut response = problem.error_response();
    if let Ok(value) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}
