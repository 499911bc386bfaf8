//! What a browser brings back: the query of a callback, read with suspicion.
//!
//! Everything in it may have been written by anybody. What is ambiguous is refused whole, because two
//! readers of one ambiguous query can be made to see different things.

use domain::Secret;
use url::form_urlencoded;

use crate::redact::one_line;

/// Longest state we ever made is 43 characters; a longer one is none of ours.
const STATE_BYTES_MAX: usize = 512;
/// Longest code that providers give are a few kilobytes.
const CODE_BYTES_MAX: usize = 8 * 1024;
const ISSUER_BYTES_MAX: usize = 2 * 1024;
/// Longest error code that is passed on.
const ERROR_BYTES_MAX: usize = 64;
/// Stands for an error code that is none (RFC 6749, 4.1.2.1 names the characters).
const UNREADABLE_ERROR: &str = "invalid_error";

/// A callback's query, each parameter once.
#[derive(Debug)]
pub struct CallbackQuery {
    pub state: Secret,
    pub code: Option<Secret>,
    /// The provider's error code; letters, digits, `_`, `-` and `.` only.
    pub error: Option<String>,
    /// One line of plain text. It is the provider's, or whoever wrote the link: escape it.
    pub error_description: Option<String>,
    /// Decoded and otherwise as it came (RFC 9207).
    pub iss: Option<String>,
}

/// Why a callback's query is not looked at further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    #[error("The link lacks its `state`")]
    NoState,
    #[error("The link's `state` is longer than any that was handed out")]
    LongState,
    #[error("The link says `{0}` more than once")]
    Repeated(&'static str),
    #[error("The link's `{0}` is too long")]
    TooLong(&'static str),
}

/// Reads the raw query of a callback.
///
/// # Errors
/// [`CallbackFault`]; then nothing of the query may be used.
pub fn callback(query: &str) -> Result<CallbackQuery, CallbackFault> {
    let mut state: Option<String> = None;
    let mut code: Option<String> = None;
    let mut error: Option<String> = None;
    let mut description: Option<String> = None;
    let mut iss: Option<String> = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let (name, place) = match &*name {
            "state" => ("state", &mut state),
            "code" => ("code", &mut code),
            "error" => ("error", &mut error),
            "error_description" => ("error_description", &mut description),
            "iss" => ("iss", &mut iss),
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(CallbackFault::Repeated(name));
        }
    }
    let state = state.filter(|state| !state.is_empty()).ok_or(CallbackFault::NoState)?;
    if state.len() > STATE_BYTES_MAX {
        return Err(CallbackFault::LongState);
    }
    if code.as_ref().is_some_and(|code| code.len() > CODE_BYTES_MAX) {
        return Err(CallbackFault::TooLong("code"));
    }
    if iss.as_ref().is_some_and(|iss| iss.len() > ISSUER_BYTES_MAX) {
        return Err(CallbackFault::TooLong("iss"));
    }
    Ok(CallbackQuery {
        state: Secret::new(state),
        code: code.filter(|code| !code.is_empty()).map(Secret::new),
        error: error.filter(|error| !error.is_empty()).map(error_code),
        error_description: description.map(|text| one_line(&text)).filter(|text| !text.is_empty()),
        iss,
    })
}

fn error_code(code: String) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if code.len() <= ERROR_BYTES_MAX && code.chars().all(is_plain) {
        code
    } else {
        UNREADABLE_ERROR.to_owned()
    }
}
