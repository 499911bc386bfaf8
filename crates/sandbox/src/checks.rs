//! What a request must bring before a handler sees it; it fails loudly, as the real service does.

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::routes::Need;
use crate::state::{Access, State};
use crate::version::Version;

const JSON_BYTES_MAX: usize = 500 * 1024;

/// The bearer token of a request, if it has one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Who asks.
pub(crate) fn access(state: &State, headers: &HeaderMap) -> Result<Access, Refusal> {
    let token = bearer(headers).ok_or_else(Refusal::unauthorized)?;
    let granted = || state.oauth.grants.access(token, state.clock.now());
    state.tokens.get(token).copied().or_else(granted).ok_or_else(Refusal::unauthorized)
}

/// Which version is asked for.
pub(crate) fn version(headers: &HeaderMap) -> Result<Version, Refusal> {
    let given = headers.get("Notion-Version").map(|value| value.to_str().unwrap_or_default());
    let missing = || {
        let message = "Notion-Version header failed validation: Notion-Version header should be defined, instead was \
                       `undefined`.";
        Refusal::new(400, "missing_version", message)
    };
    let given = given.ok_or_else(missing)?;
    let unknown = || {
        Refusal::validation(format!("Notion-Version header failed validation: `{given}` is not a version."))
    };
    Version::parse(given).ok_or_else(unknown)
}

/// Whether the token may do it.
pub(crate) fn capability(access: Access, need: Need) -> Result<(), Refusal> {
    let has = access.capabilities;
    let may = match need {
        Need::Nothing => true,
        Need::Users => has.users,
        Need::Read => has.read,
        Need::Update => has.update,
        Need::Insert => has.insert,
        Need::ReadComments => has.read_comments,
        Need::InsertComments => has.insert_comments,
    };
    let message = "Insufficient permissions for this endpoint.";
    if may { Ok(()) } else { Err(Refusal::new(403, "restricted_resource", message)) }
}

/// The JSON object of a body; empty when there is no body, or one of another content type for an upload.
pub(crate) fn body(headers: &HeaderMap, body: &[u8], is_upload: bool) -> Result<Map<String, Value>, Refusal> {
    let content_type = content_type(headers);
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if is_upload {
        let good = essence == "multipart/form-data";
        let wrong = || Refusal::new(400, "invalid_request", "Content-Type should be multipart/form-data.");
        return if good { Ok(Map::new()) } else { Err(wrong()) };
    }
    if body.is_empty() {
        return Ok(Map::new());
    }
    if essence != "application/json" {
        return Err(Refusal::new(400, "invalid_request", "Content-Type should be application/json."));
    }
    if body.len() > JSON_BYTES_MAX {
        return Err(Refusal::validation(format!(
            "The body has {} bytes, at most 500 KB are taken.",
            body.len()
        )));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Refusal::validation("body failed validation: body should be an object.")),
        Err(_) => Err(Refusal::new(400, "invalid_json", "Error parsing JSON body.")),
    }
}

/// The content type as it was sent, or nothing.
pub(crate) fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
