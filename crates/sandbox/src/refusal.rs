//! An answer that is an error, in the shape of every error of the API.

use serde_json::{Value, json};
use uuid::Uuid;

/// A request that is not done, and why.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) additional: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), additional: None }
    }

    /// The request itself is wrong.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "validation_error", message)
    }

    /// No such object, or one that is not shared with the token: the same answer.
    pub(crate) fn not_found(noun: &str, id: Uuid) -> Self {
        let message = format!(
            "Could not find {noun} with ID: {id}. Make sure the relevant pages and databases are shared with \
             your integration."
        );
        Self::new(404, "object_not_found", message)
    }

    /// A path that is not in this version of the API.
    pub(crate) fn unknown_path() -> Self {
        Self::new(400, "invalid_request_url", "Invalid request URL.")
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "API token is invalid.")
    }

    pub(crate) fn with_additional(mut self, data: Value) -> Self {
        self.additional = Some(data);
        self
    }

    /// The body, without `request_id`, which every JSON answer gets on its way out.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "object": "error", "status": self.status, "code": self.code, "message": self.message,
        });
        if let Some(data) = &self.additional {
            body["additional_data"] = data.clone();
        }
        body
    }
}
