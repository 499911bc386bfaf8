//! What the token, introspection and revocation endpoints say when they do not do it.

use serde_json::json;

use super::settings::Shape;
use crate::refusal::Refusal;
use crate::respond::Response;

/// A request that is not done, in the words of RFC 6749, section 5.2.
#[derive(Debug)]
pub(crate) struct Refused {
    status: u16,
    code: &'static str,
    description: String,
}

impl Refused {
    pub(crate) fn new(status: u16, code: &'static str, description: impl Into<String>) -> Self {
        Self { status, code, description: description.into() }
    }

    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new(400, "invalid_grant", description)
    }

    pub(crate) fn invalid_client() -> Self {
        Self::new(401, "invalid_client", "Client authentication failed.")
    }

    pub(crate) fn response(&self, shape: Shape) -> Response {
        let mut answer = match shape {
            Shape::Oauth => {
                let body = json!({ "error": self.code, "error_description": self.description });
                Response::api(self.status, body)
            }
            Shape::Api => {
                let code = if self.status == 401 { "unauthorized" } else { self.code };
                Response::refusal(&Refusal::new(self.status, code, self.description.as_str()))
            }
        };
        if self.status == 401 {
            answer.headers.push(("www-authenticate".to_owned(), "Basic realm=\"oauth\"".to_owned()));
        }
        answer
    }
}
