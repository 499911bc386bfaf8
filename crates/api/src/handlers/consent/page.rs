//! The pages at the end of a consent: one file each, nothing fetched, nothing run, not to be framed.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use control::ConsentPage;
use utoipa::IntoResponses;

use crate::problem::Problem;

const STYLE: &str = "body{font:1.05rem/1.55 system-ui,sans-serif;margin:12vh auto;max-width:34rem;padding:0 1.5rem}\
                     h1{font-size:1.4rem;line-height:1.3}p{white-space:pre-line;overflow-wrap:anywhere}";

/// The policy lets in the one style above, by its hash, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'sha256-EIoNaGWdjQyHFP/onh/YDwJacu2zWwg4NGnrPisxrx0='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_FRAME_OPTIONS, "DENY"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

/// How a callback is answered.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are the document's responses")]
pub(crate) enum CallbackAnswer {
    /// Back to the application, at the `redirect_url` it gave, with `connector_id`, or with `error`
    /// and `error_description`.
    #[response(status = 303, content_type = "text/html")]
    Return(String),
    /// A page that says why nothing was connected and what to do: the state is unknown, used or late.
    #[response(status = 400, content_type = "text/html")]
    Refused(String),
}

/// A page where the trip ends.
pub(super) fn answer(status: StatusCode, page: &ConsentPage) -> HttpResponse {
    guarded(status).body(html(page, None))
}

/// Sends the browser on to `url`; the page is for one that does not follow.
pub(super) fn redirect(url: &str, page: &ConsentPage) -> HttpResponse {
    let Ok(location) = HeaderValue::from_str(url) else {
        return Problem::internal().error_response();
    };
    guarded(StatusCode::SEE_OTHER).insert_header((LOCATION, location)).body(html(page, Some(url)))
}

fn guarded(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    for header in HEADERS {
        response.insert_header(header);
    }
    response
}

fn html(page: &ConsentPage, link: Option<&str>) -> String {
    let (title, text) = (escaped(page.title), escaped(&page.text));
    let link =
        link.map(|url| format!("<p><a href=\"{}\">Continue</a></p>", escaped(url))).unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{text}</p>{link}</main></body></html>\n"
    )
}

/// Fit for text and for quoted attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
