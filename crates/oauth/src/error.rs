//! What a caller does differently: ask the person again, try later, try once more, or tell the operator.

use std::time::Duration;

/// Why there is no grant. No variant holds a secret or what an upstream said, but for the code and the
/// description of a refusal, from which our secrets are removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// The provider looked at the request and said no; sending it again gives the same answer.
    #[error("the provider refused with `{code}`{}", described(description.as_deref()))]
    Refused {
        status: u16,
        /// As the provider spells it, `invalid_grant` for one; `http_` and the status when it has no
        /// code for it.
        code: String,
        /// The provider's words: one line, cut, without any secret of the request.
        description: Option<String>,
    },
    /// Nothing happened: the request did not arrive, or was turned away unread. Worth trying later.
    #[error("the provider cannot be reached now: {reason}")]
    Unreachable {
        /// How long the provider asks to be left alone.
        retry_after: Option<Duration>,
        reason: String,
    },
    /// The request arrived, or may have, and what it did is not known: a code or refresh token may be
    /// used up.
    #[error("the outcome at the provider is not known: {reason}")]
    Unknown { reason: String },
    /// The definition, the app or the provider's address is wrong; nothing was granted or used up.
    #[error("{0}")]
    Misconfigured(String),
}

fn described(description: Option<&str>) -> String {
    description.map(|description| format!(": {description}")).unwrap_or_default()
}

impl OAuthError {
    pub(crate) fn unreachable(reason: impl Into<String>) -> Self {
        Self::Unreachable { retry_after: None, reason: reason.into() }
    }

    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    pub(crate) fn misconfigured(reason: impl Into<String>) -> Self {
        Self::Misconfigured(reason.into())
    }
}
