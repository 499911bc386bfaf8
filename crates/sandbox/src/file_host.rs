//! The storage host of files: signed URLs that work for an hour, and XML instead of JSON.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::clock::iso;
use crate::state::State;

/// Where the files are, on the sandbox's own address.
pub(crate) const PREFIX: &str = "/_files/";
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// What the host answers.
pub(crate) struct FileAnswer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// Turns every `file: {key}` in `json` into a fresh signed URL with its time of expiry.
pub(crate) fn sign_all(json: &mut Value, base_url: &str, now: Timestamp) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(|item| sign_all(item, base_url, now)),
        Value::Object(object) => {
            for (name, value) in object {
                let key =
                    value.get("key").and_then(Value::as_str).filter(|_| name == "file").map(str::to_owned);
                match key {
                    Some(key) => *value = signed(&key, base_url, now),
                    None => sign_all(value, base_url, now),
                }
            }
        }
        _ => {}
    }
}

fn signed(key: &str, base_url: &str, now: Timestamp) -> Value {
    let expires = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
    let second = expires.as_second();
    let url = format!("{base_url}{PREFIX}{key}?expires={second}&signature={:016x}", signature(key, second));
    json!({ "url": url, "expiry_time": iso(expires) })
}

/// Serves one file. A request with a token is refused: the storage host must never see one.
pub(crate) fn get(
    state: &State,
    path: &str,
    query: &[(String, String)],
    has_authorization: bool,
) -> FileAnswer {
    let key = path.strip_prefix(PREFIX).unwrap_or_default();
    if has_authorization {
        return xml(400, "InvalidArgument", "Only one auth mechanism allowed");
    }
    let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let expires = parameter("expires").and_then(|text| text.parse::<i64>().ok());
    let given = parameter("signature").and_then(|text| u64::from_str_radix(text, 16).ok());
    match expires {
        Some(expires) if given != Some(signature(key, expires)) => {
            xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        }
        Some(expires) if expires < state.clock.now().as_second() => {
            xml(403, "AccessDenied", "Request has expired")
        }
        None => xml(403, "AccessDenied", "Access Denied"),
        Some(_) => match state.files.get(key) {
            Some((content_type, body)) => {
                FileAnswer { status: 200, content_type: content_type.clone(), body: body.clone() }
            }
            None => xml(404, "NoSuchKey", "The specified key does not exist."),
        },
    }
}

fn xml(status: u16, code: &str, message: &str) -> FileAnswer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    FileAnswer { status, content_type: "application/xml".to_owned(), body: body.into() }
}

/// Not a secret: it only has to tell a changed URL from one that was given out.
fn signature(key: &str, expires: i64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, expires, "sandbox file host").hash(&mut hasher);
    hasher.finish()
}
