//! Every error answer: RFC 9457 problem details, and the one table from error to status.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use control::{Error, FieldFault, UpstreamFailure, UpstreamKind};
use domain::{ChoiceRefused, ConnectorStatus};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::request_id;

/// The title that also ends the connection, so that the client looks for another server.
const STOPPING: &str = "Service stopping";
/// How long a client waits before it tries again when we are busy.
const BUSY_RETRY_AFTER_S: u64 = 2;

/// Why a request was not served, ready to be answered.
#[derive(Debug)]
pub(crate) struct Problem(Box<ProblemBody>);

/// What every error answers, as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// A name for the kind of problem: `/problems/connector-not-found`.
    #[serde(rename = "type")]
    kind: String,
    #[schema(example = "Connector not found")]
    title: &'static str,
    #[schema(example = 404)]
    status: u16,
    /// What happened and what to do about it.
    detail: String,
    /// The same as `detail`, for clients that look here.
    message: String,
    /// The stable word for this kind of problem.
    #[schema(example = "connector_not_found")]
    code: &'static str,
    /// Quote it when asking for help; also in the `X-Request-Id` header.
    request_id: Uuid,
    /// One entry for each fault in the request.
    errors: Vec<ProblemEntry>,
    /// What the upstream API answered, when it is its doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<UpstreamAnswer>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

/// One fault in the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemEntry {
    message: String,
    /// The same as `message` (RFC 9457).
    detail: String,
    /// The field, with dots: `params.page_size`.
    field: Option<String>,
    /// The field as a JSON pointer (RFC 6901).
    pointer: Option<String>,
    #[schema(example = "value_error")]
    error_code: String,
}

/// An upstream's answer, cut to a limit and without the connector's secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpstreamAnswer {
    status: Option<u16>,
    #[schema(value_type = Value)]
    body: Value,
    /// The upstream's own id of the request, for its support.
    request_id: Option<String>,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        Self(Box::new(ProblemBody {
            kind: format!("/problems/{}", code.replace('_', "-")),
            title,
            status: status.as_u16(),
            message: detail.clone(),
            detail,
            code,
            request_id: request_id::current(),
            errors: Vec::new(),
            upstream: None,
            retry_after_s: None,
        }))
    }

    /// A fault in the request that has a field.
    pub(crate) fn invalid(fault: FieldFault) -> Self {
        Error::Invalid(vec![fault]).into()
    }

    /// Our own mistake. Says nothing but the request id.
    pub(crate) fn internal() -> Self {
        let detail = "Internal error. Quote the request id when you report it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)
    }

    #[cfg(test)]
    pub(crate) fn body(&self) -> &ProblemBody {
        &self.0
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// This process is going away; another will answer.
    pub(crate) fn stopping() -> Self {
        let detail = "This server is stopping. Send the request again: another one will answer it.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", STOPPING, detail)
            .retry_after(BUSY_RETRY_AFTER_S)
    }

    fn with_entries(mut self, faults: &[FieldFault]) -> Self {
        self.0.errors = faults.iter().map(ProblemEntry::from).collect();
        self
    }
}

impl From<&FieldFault> for ProblemEntry {
    fn from(fault: &FieldFault) -> Self {
        let pointer = Some(fault.field.as_str()).filter(|field| *field != "body");
        Self {
            message: fault.message.clone(),
            detail: fault.message.clone(),
            field: Some(fault.field.clone()),
            pointer: pointer.map(|field| format!("/{}", field.replace('.', "/"))),
            error_code: fault.code.to_owned(),
        }
    }
}

impl From<Error> for Problem {
    /// The one table from error to status.
    fn from(error: Error) -> Self {
        use StatusCode as S;
        let (status, title) = match &error {
            Error::Unauthorized(_) => (S::UNAUTHORIZED, "Not authenticated"),
            Error::Forbidden(_) | Error::Organization(ChoiceRefused::NotAMember) => {
                (S::FORBIDDEN, "Not allowed")
            }
            Error::Organization(ChoiceRefused::Ambiguous) => (S::BAD_REQUEST, "Organization required"),
            Error::NotFound { noun: "connector", .. } => (S::NOT_FOUND, "Connector not found"),
            Error::NotFound { noun: "workspace", .. } => (S::NOT_FOUND, "Workspace not found"),
            Error::NotFound { noun: "execution", .. } => (S::NOT_FOUND, "Execution not found"),
            Error::NotFound { noun: "job", .. } => (S::NOT_FOUND, "Job not found"),
            Error::NotFound { noun: "OAuth app", .. } => (S::NOT_FOUND, "OAuth app not found"),
            Error::NotFound { .. } => (S::NOT_FOUND, "Not found"),
            Error::UnknownDefinition { .. } => (S::NOT_FOUND, "Connector definition not found"),
            Error::Invalid(_) => (S::UNPROCESSABLE_ENTITY, "Invalid request"),
            Error::UnknownEntity(_) => (S::UNPROCESSABLE_ENTITY, "Unknown entity"),
            Error::UnknownAction(_) => (S::UNPROCESSABLE_ENTITY, "Unknown action"),
            Error::EntityNotAllowed(_) => (S::UNPROCESSABLE_ENTITY, "Entity not allowed"),
            Error::Params(_) => (S::UNPROCESSABLE_ENTITY, "Invalid params"),
            Error::CredentialsMismatch(_) => (S::BAD_REQUEST, "Credentials fit no auth scheme"),
            Error::Conflict { .. } => (S::CONFLICT, "Conflict"),
            Error::WorkspaceInactive => (S::FORBIDDEN, "Workspace inactive"),
            Error::PermissionMissing(_) => (S::FORBIDDEN, "Permission missing"),
            Error::ConfirmationRefused(_) => (S::FORBIDDEN, "Confirmation refused"),
            Error::OAuthNotSupported(_) => (S::UNPROCESSABLE_ENTITY, "No consent for this API"),
            Error::OAuthAppMissing(_) => (S::UNPROCESSABLE_ENTITY, "OAuth app missing"),
            Error::NotActive { status, .. } => (S::FAILED_DEPENDENCY, not_active(*status)),
            Error::ScopeMissing(_) => (S::FAILED_DEPENDENCY, "Scope missing"),
            Error::RefreshUnavailable { .. } => (S::SERVICE_UNAVAILABLE, "Token refresh unavailable"),
            Error::Upstream(failure) => upstream_status(failure.kind),
            Error::Egress(_) => (S::UNPROCESSABLE_ENTITY, "Upstream address refused"),
            Error::Unavailable(_) => (S::SERVICE_UNAVAILABLE, "Service busy"),
            Error::Internal(_) => (S::INTERNAL_SERVER_ERROR, "Internal error"),
        };
        if status.is_server_error() {
            log(&error, status);
        }
        if let Error::Internal(_) = error {
            return Self::internal();
        }
        let detail = match &error {
            // Clients look for the words "specify target organization".
            Error::Organization(ChoiceRefused::Ambiguous) => {
                format!("{error}: specify target organization in the X-Organization-Id header")
            }
            _ => capitalised(&error.to_string()),
        };
        let problem = Self::new(status, error.code(), title, detail);
        match error {
            Error::Invalid(faults) | Error::Params(faults) => problem.with_entries(&faults),
            Error::UnknownEntity(text) | Error::EntityNotAllowed(text) => {
                problem.with_entries(&[FieldFault::new("entity", text)])
            }
            Error::UnknownAction(text) => problem.with_entries(&[FieldFault::new("action", text)]),
            Error::CredentialsMismatch(text) => problem.with_entries(&[FieldFault::new("credentials", text)]),
            Error::Conflict { message, field: Some(field) } => {
                problem.with_entries(&[FieldFault::new(field, message)])
            }
            Error::Unavailable(_) => problem.retry_after(BUSY_RETRY_AFTER_S),
            Error::RefreshUnavailable { retry_after_s, .. } => problem.retry_after(retry_after_s),
            Error::Upstream(failure) => {
                let UpstreamFailure { kind, status, body, request_id, .. } = *failure;
                let mut problem = match kind {
                    UpstreamKind::RateLimited { retry_after_s } => problem.retry_after(retry_after_s),
                    _ => problem,
                };
                problem.0.upstream = Some(UpstreamAnswer { status, body, request_id });
                problem
            }
            _ => problem,
        }
    }
}

/// The upstream's 401 and 403 never become ours, which speak of the caller's own token; and an
/// unknown outcome never becomes a 502 to 504, which clients repeat blindly.
fn upstream_status(kind: UpstreamKind) -> (StatusCode, &'static str) {
    match kind {
        UpstreamKind::Rejected => (StatusCode::UNPROCESSABLE_ENTITY, "The upstream refused the call"),
        UpstreamKind::AuthFailed => (StatusCode::FAILED_DEPENDENCY, "The upstream refused the credential"),
        UpstreamKind::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "The upstream asks to wait"),
        UpstreamKind::Failed => (StatusCode::BAD_GATEWAY, "The upstream failed"),
        UpstreamKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "The upstream did not answer in time"),
        UpstreamKind::OutcomeUnknown => (StatusCode::FAILED_DEPENDENCY, "Outcome unknown"),
        UpstreamKind::BadResponse => (StatusCode::BAD_GATEWAY, "Unreadable upstream answer"),
    }
}

fn not_active(status: ConnectorStatus) -> &'static str {
    match status {
        ConnectorStatus::PendingConfirmation => "Connector not confirmed",
        ConnectorStatus::Disabled => "Connector disabled",
        ConnectorStatus::ReauthRequired | ConnectorStatus::Active => "New consent needed",
    }
}

/// Logs a failure of ours with its whole chain: the one place where it stops travelling.
fn log(error: &Error, status: StatusCode) {
    let request_id = request_id::current();
    match error {
        Error::Upstream(_) => {}
        Error::Unavailable(_) | Error::RefreshUnavailable { .. } => {
            tracing::warn!(request.id = %request_id, error = error as &dyn std::error::Error, "answered {status}");
        }
        _ => {
            tracing::error!(request.id = %request_id, error = error as &dyn std::error::Error, "answered {status}");
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.0.detail, self.0.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        response.insert_header((request_id::HEADER, request_id::header_value(self.0.request_id)));
        if let Some(seconds) = self.0.retry_after_s {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if self.0.status == StatusCode::UNAUTHORIZED.as_u16() {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if self.0.title == STOPPING {
            response.insert_header((CONNECTION, "close"));
        }
        response.json(&self.0)
    }
}
