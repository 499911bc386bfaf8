//! The errors an operation can answer, by what it takes; named in every operation's document.

use utoipa::IntoResponses;

use crate::problem::ProblemBody;

/// Any operation that needs a token.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are the document's responses")]
pub(crate) enum Guarded {
    /// The caller belongs to several organizations and named none, or a cursor cannot be used.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// No bearer token, or one that does not hold.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemBody),
    /// The token does not reach this, the application was not allowed it, or the workspace is inactive.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// A parameter, header or field is wrong; `errors` says which.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// Our mistake.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// Busy, or the database does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Operations that need no token.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are the document's responses")]
pub(crate) enum Failing {
    /// Our mistake.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// Busy, or stopping.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Operations that name one thing.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are the document's responses")]
pub(crate) enum Named {
    /// There is no such thing in this organization.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
}

/// Operations with a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are the document's responses")]
pub(crate) enum WithBody {
    /// The body is not JSON, or does not fit.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemBody),
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(ProblemBody),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not declared as JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
}

/// Operations that open a connector's credential.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are the document's responses")]
pub(crate) enum Opening {
    /// The connector cannot be used as it is; `detail` says the way out.
    #[response(status = 424, content_type = "application/problem+json")]
    NotActive(ProblemBody),
    /// Busy, or the access token has expired and the provider gives no other now: see `Retry-After`.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Operations that call the upstream API.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are the document's responses")]
pub(crate) enum Upstream {
    /// The call, its params or the upstream's refusal of them.
    #[response(status = 422, content_type = "application/problem+json")]
    Rejected(ProblemBody),
    /// The connector cannot be used as it is, the upstream refused its credential, or a changing
    /// call's outcome is unknown.
    #[response(status = 424, content_type = "application/problem+json")]
    FailedDependency(ProblemBody),
    /// The upstream asks to wait: see `Retry-After`.
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(ProblemBody),
    /// The upstream failed, or its answer cannot be read.
    #[response(status = 502, content_type = "application/problem+json")]
    Failed(ProblemBody),
    /// The upstream did not answer in time.
    #[response(status = 504, content_type = "application/problem+json")]
    Timeout(ProblemBody),
}
