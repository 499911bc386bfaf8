//! The way out, as this crate needs it; whoever owns the HTTP client implements it.

use std::time::Duration;

use http::{Request, Response};

/// Sends one request, once.
///
/// It follows no redirect, repeats nothing that may have been sent, and keeps to the limits while the
/// answer streams in. It must not log requests or bodies: they hold secrets.
pub trait Transport: Sync {
    /// Gives the answer whatever its status. Of a body longer than the limit it hands over one byte
    /// more than the limit, or more; that is how the excess shows.
    fn send(
        &self,
        request: Request<Vec<u8>>,
        limits: Limits,
    ) -> impl Future<Output = Result<Response<Vec<u8>>, TransportError>> + Send;
}

/// What one request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the answer, decompressed.
    pub body_bytes_max: usize,
    /// For the request and its whole answer.
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The address is one that may not be dialled; nothing was sent. The text says why.
    #[error("{0}")]
    Refused(String),
    /// No connection came to stand; the other side saw nothing.
    #[error("no connection could be made")]
    NotSent,
    /// The request was sent, or may have been, and no complete answer came.
    #[error("no complete answer came")]
    Unknown,
}
