//! Why a use case did not succeed. `api/problem.rs` gives each its status and code.

use std::sync::Arc;

use domain::{ChoiceRefused, ConnectorStatus};
use serde_json::Value;
use store::StoreError;
use vault::VaultError;

/// One fault in what the caller sent.
#[derive(Debug, Clone)]
pub struct FieldFault {
    /// The field, with dots: `params.page_size`; `body` for the request as a whole.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// `missing`, `value_error`, …
    pub code: &'static str,
}

impl FieldFault {
    /// A fault of a field's value.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), code: "value_error" }
    }

    /// The same with its own code.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }
}

/// How an upstream call ended that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamKind {
    /// It refused the request itself.
    Rejected,
    /// It refused the connector's credential.
    AuthFailed,
    /// It, or the deadline, asks to wait this many seconds.
    RateLimited { retry_after_s: u64 },
    /// It failed on a call that changed nothing.
    Failed,
    /// It did not answer in time on a call that changed nothing.
    Timeout,
    /// A changing call was sent, and nothing tells whether it took effect.
    OutcomeUnknown,
    /// Its answer cannot be read.
    BadResponse,
}

/// An upstream call that did not succeed.
#[derive(Debug)]
pub struct UpstreamFailure {
    pub kind: UpstreamKind,
    /// None when there was no answer.
    pub status: Option<u16>,
    pub message: String,
    /// What the upstream said, cut and redacted.
    pub body: Value,
    /// The upstream's own id of the request.
    pub request_id: Option<String>,
}

impl UpstreamKind {
    fn code(self) -> &'static str {
        match self {
            Self::Rejected => "upstream_rejected",
            Self::AuthFailed => "connector_auth_failed",
            Self::RateLimited { .. } => "upstream_rate_limited",
            Self::Failed => "upstream_failed",
            Self::Timeout => "upstream_timeout",
            Self::OutcomeUnknown => "upstream_outcome_unknown",
            Self::BadResponse => "upstream_bad_response",
        }
    }
}

/// Why a use case did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No token, or one that does not hold. The text says which way, never what was sent.
    #[error("{0}")]
    Unauthorized(&'static str),
    #[error("{0}")]
    Forbidden(&'static str),
    #[error(transparent)]
    Organization(#[from] ChoiceRefused),
    /// No such thing for this tenant; foreign and unknown look alike.
    #[error("no {noun} {id} in this organization")]
    NotFound { noun: &'static str, id: String },
    #[error("no connector definition {given}{}; there are {}", suggestion(.nearest.as_deref()), known.join(", "))]
    UnknownDefinition { given: String, nearest: Option<String>, known: Vec<String> },
    /// What was sent does not hold; one entry a fault.
    #[error("{}", faults_line(.0))]
    Invalid(Vec<FieldFault>),
    #[error("{0}")]
    UnknownEntity(String),
    /// The connector was limited to other entities, or to reading this one.
    #[error("{0}")]
    EntityNotAllowed(String),
    #[error("{0}")]
    UnknownAction(String),
    /// Params of a call; one entry a fault.
    #[error("{}", faults_line(.0))]
    Params(Vec<FieldFault>),
    /// Credential keys fit no auth scheme. The text lists keys and schemes, never values.
    #[error("{0}")]
    CredentialsMismatch(String),
    #[error("{message}")]
    Conflict { message: String, field: Option<&'static str> },
    #[error("the workspace of this connector is inactive: set its status to active to use it")]
    WorkspaceInactive,
    /// The application lacks what the operator must allow it.
    #[error("{0}")]
    PermissionMissing(String),
    /// The definition has no consent. The text says which schemes it has.
    #[error("{0}")]
    OAuthNotSupported(String),
    /// Nobody registered an OAuth app for the definition. The text says how to supply one.
    #[error("{0}")]
    OAuthAppMissing(String),
    /// The connector cannot be used in its present state. The text says the way out.
    #[error("{message}")]
    NotActive { status: ConnectorStatus, message: String },
    /// The grant lacks OAuth scopes that the action needs.
    #[error("{0}")]
    ScopeMissing(String),
    /// The access token has expired and the provider cannot be reached for another.
    #[error("{message}")]
    RefreshUnavailable { retry_after_s: u64, message: String },
    /// The confirmation of a connector is wrong, used or late.
    #[error("{0}")]
    ConfirmationRefused(&'static str),
    #[error("{}", .0.message)]
    Upstream(Box<UpstreamFailure>),
    /// The address rules refuse the connector's upstream.
    #[error("{0}")]
    Egress(String),
    /// The database did not answer, or a queue is full: try again.
    #[error("the service is busy or its database unreachable")]
    Unavailable(#[source] Option<StoreError>),
    /// Our own mistake, or a row that makes no sense.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(Some(error)),
            StoreError::Unstorable(what) => Self::invalid(what, error.to_string()),
            // Deleted while this call was under way.
            StoreError::NotFound("organization" | "data key") => {
                Self::Unauthorized("the organization of this token no longer exists")
            }
            StoreError::NotFound("customer") => {
                Self::NotFound { noun: "workspace", id: "of that name".to_owned() }
            }
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl Error {
    /// Names what was looked for in a store's "not found".
    pub(crate) fn missing(noun: &'static str, id: impl ToString) -> impl FnOnce(StoreError) -> Self {
        move |error| match error {
            StoreError::NotFound(_) => Self::NotFound { noun, id: id.to_string() },
            other => other.into(),
        }
    }

    /// A task of ours panicked. The panic's own words were printed by the panic hook and may quote
    /// what it was working on, so they go no further.
    pub(crate) fn panicked(_: tokio::task::JoinError) -> Self {
        Self::Internal("a task panicked".into())
    }

    /// A failure that several callers waited for; the one who gets it whole keeps its chain.
    pub(crate) fn shared(error: Arc<Self>) -> Self {
        Arc::try_unwrap(error).unwrap_or_else(|shared| match &*shared {
            Self::Unavailable(_) => Self::Unavailable(None),
            Self::Unauthorized(text) => Self::Unauthorized(text),
            Self::Egress(text) => Self::Egress(text.clone()),
            Self::RefreshUnavailable { retry_after_s, message } => {
                Self::RefreshUnavailable { retry_after_s: *retry_after_s, message: message.clone() }
            }
            other => Self::Internal(other.to_string().into()),
        })
    }

    /// The stable word for it, in answers and in the execution log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "unauthorized",
            Self::Forbidden(_) | Self::Organization(ChoiceRefused::NotAMember) => "forbidden",
            Self::Organization(ChoiceRefused::Ambiguous) => "organization_required",
            Self::NotFound { noun: "workspace", .. } => "workspace_not_found",
            Self::NotFound { noun: "connector", .. } => "connector_not_found",
            Self::NotFound { noun: "execution", .. } => "execution_not_found",
            Self::NotFound { noun: "job", .. } => "job_not_found",
            Self::NotFound { noun: "OAuth app", .. } => "oauth_app_not_found",
            Self::NotFound { .. } => "not_found",
            Self::UnknownDefinition { .. } => "definition_not_found",
            Self::Invalid(_) => "invalid_request",
            Self::UnknownEntity(_) => "unknown_entity",
            Self::UnknownAction(_) => "unknown_action",
            Self::EntityNotAllowed(_) => "entity_not_allowed",
            Self::Params(_) => "invalid_params",
            Self::CredentialsMismatch(_) => "credentials_mismatch",
            Self::Conflict { .. } => "conflict",
            Self::WorkspaceInactive => "workspace_inactive",
            Self::PermissionMissing(_) => "permission_missing",
            Self::OAuthNotSupported(_) => "oauth_not_supported",
            Self::OAuthAppMissing(_) => "oauth_app_missing",
            Self::NotActive { status, .. } => match status {
                ConnectorStatus::PendingConfirmation => "connector_pending_confirmation",
                ConnectorStatus::Disabled => "connector_disabled",
                ConnectorStatus::ReauthRequired | ConnectorStatus::Active => "connector_reauth_required",
            },
            Self::ScopeMissing(_) => "scope_missing",
            Self::RefreshUnavailable { .. } => "token_refresh_unavailable",
            Self::ConfirmationRefused(_) => "confirmation_refused",
            Self::Upstream(failure) => failure.kind.code(),
            Self::Egress(_) => "upstream_address_refused",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal_error",
        }
    }

    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault::new(field, message)])
    }
}

/// ` (did you mean `x`?)`, or nothing.
pub(crate) fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// The first few; `errors` in the answer has them all.
fn faults_line(faults: &[FieldFault]) -> String {
    const TOLD: usize = 3;
    let mut line =
        faults.iter().take(TOLD).map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ");
    if faults.len() > TOLD {
        line.push_str(&format!("; and {} more", faults.len() - TOLD));
    }
    line
}

/// Most faults told of one request; past it nobody reads them.
pub(crate) const FAULTS_MAX: usize = 100;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "the key-encryption key `{0}` is not the one this database was written with; \
         give the original key in PATCHBAY_KEKS"
    )]
    WrongKey(String),
    #[error(
        "{count} data keys are wrapped by key-encryption key `{kek_id}`, which is not configured; \
         add it to PATCHBAY_KEKS"
    )]
    MissingKey { kek_id: String, count: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}
