//! The API's pages: `/` and `/docs` lead to the reference.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

/// Leads to the API reference.
pub(crate) async fn home() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/docs/index.html")).finish()
}
