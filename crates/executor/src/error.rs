//! How a call can fail, told apart by what the caller does about it.

use definitions::ParamFault;
use serde_json::Value;

use crate::Trace;

/// A call that gave no result, with what was spent on it.
#[derive(Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub trace: Trace,
}

/// Why there is no result.
///
/// `message` is for a person, to stand after words that say what became of the call; it has no full
/// stop, and "it" is the upstream. `body` is what the upstream said, a JSON value or text as a JSON
/// string. Both are cut to a limit, and no secret of the credential is left in them.
#[derive(Debug)]
pub enum FailureKind {
    /// The params do not fit the action. Nothing was sent.
    Params(Vec<ParamFault>),
    /// The credential lacks a value the auth scheme needs. Nothing was sent.
    Credential(String),
    /// The target may not be called. Nothing was sent.
    Egress(EgressError),
    /// The upstream refused this request: 4xx about its content, or a redirect.
    Rejected { status: u16, message: String, body: Value },
    /// 401 or 403: the upstream refused the credential.
    Auth { status: u16, message: String, body: Value },
    /// 429, on a read also 529, or an upstream that asks a read for a wait which does not fit the
    /// deadline. Nothing was changed.
    RateLimited { retry_after_s: u64, message: String, body: Value },
    /// The upstream, or the way to it, is broken, and nothing was changed. The message ends with the
    /// number of attempts.
    Failed { status: Option<u16>, message: String, body: Value },
    /// No answer in time, and nothing was changed.
    Timeout,
    /// A write was sent and no answer tells whether it took effect.
    OutcomeUnknown { status: Option<u16>, message: String, body: Value },
    /// The answer cannot be read: too large, of too many values, or not JSON where JSON is declared.
    BadResponse { message: String, status: Option<u16> },
}

/// Why an upstream may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The connector's settings lack it.
    #[error("the base URL needs a value for `{0}`")]
    MissingVariable(String),
    #[error("the value of `{variable}` cannot be part of the base URL: {reason}")]
    BadVariable { variable: String, reason: String },
    #[error("the base URL is not usable: {0}")]
    BadUrl(&'static str),
    #[error("`{host}` is not reached over plain http; only networks the operator allows are")]
    PlainHttp { host: String },
    /// The host is, or resolves only to, an address that is not public.
    #[error("`{host}` is not a public address")]
    NotPublic { host: String },
}

/// The HTTP clients could not be made: the platform's TLS or the user agent is at fault.
#[derive(Debug, thiserror::Error)]
#[error("cannot make an HTTP client: {0}")]
pub struct BuildError(#[from] pub(crate) reqwest::Error);
