//! One request that is no call of an action: token, revocation and discovery requests.
//!
//! `control` builds nothing here but hands over what `oauth` built. It goes the same way out as a
//! call, with the same address rules, and comes back whatever its status. Nothing about it is
//! repeated, and nothing of it is logged: these requests and answers hold secrets.

use std::time::Duration;

use domain::ConnectorId;
use http::{Request, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::EgressError;
use crate::Executor;
use crate::send::{End, Fault, before_the_answer, read};

/// One request, with what its answer may cost.
pub struct Fetch {
    /// Its URI is absolute.
    pub request: Request<Vec<u8>>,
    /// Whose it is; the gateway writes `-` for none.
    pub connector: Option<ConnectorId>,
    /// Of the answer, decompressed.
    pub body_bytes_max: usize,
    /// For the request and its whole answer.
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address may not be dialled; nothing was sent. The text says why.
    #[error("{0}")]
    Refused(String),
    /// No connection came to stand; the other side saw nothing.
    #[error("no connection could be made")]
    NotSent,
    /// The request was sent, or may have been, and no complete answer came.
    #[error("no complete answer came")]
    Unknown,
}

impl Executor {
    /// Sends one request, once, and gives the answer whatever its status; a redirect is an answer.
    ///
    /// Of a body over `body_bytes_max` one byte more than that is handed over, so that the excess
    /// shows.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch(&self, fetch: Fetch) -> Result<Response<Vec<u8>>, FetchError> {
        let until = Instant::now() + fetch.timeout;
        let (head, body) = fetch.request.into_parts();
        let url = Url::parse(&head.uri.to_string())
            .map_err(|_| FetchError::from(EgressError::BadUrl("it is not a URL")))?;
        let route = self.egress.route(url, fetch.connector)?;
        let sending = route.client.request(head.method, route.url).headers(head.headers).body(body).send();
        let response = match timeout_at(until, sending).await {
            Err(_) => return Err(FetchError::Unknown),
            Ok(answered) => answered.map_err(before_the_answer)?,
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let with_excess = fetch.body_bytes_max.saturating_add(1);
        match read(response, &mut body, with_excess, until).await {
            End::Complete | End::TooLarge => {}
            End::TimedOut | End::Broken => return Err(FetchError::Unknown),
        }
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// The address for a person's browser: checked like one of ours, and by way of the gateway if
    /// there is one.
    ///
    /// # Errors
    /// When it may not be reached by the rules for upstreams.
    pub fn browser_url(&self, url: &Url) -> Result<Url, EgressError> {
        self.egress.browser_url(url)
    }
}

impl From<EgressError> for FetchError {
    fn from(refused: EgressError) -> Self {
        Self::Refused(refused.to_string())
    }
}

impl From<Fault> for FetchError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refused) => refused.into(),
            Fault::NotSent { .. } => Self::NotSent,
            Fault::Timeout { .. } | Fault::Broken { .. } | Fault::TooLarge { .. } => Self::Unknown,
        }
    }
}
