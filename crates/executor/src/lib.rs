//! One upstream call: from an action and its params to a result.
//!
//! `control/execute.rs` hands over a [`Call`]; [`Executor::run`] is its way through the files of
//! this crate. Nothing is compiled or connected per call: definitions come compiled, and the HTTP
//! clients keep their connections.

mod apart;
mod authenticate;
mod egress;
mod error;
mod extract;
mod fetch;
mod gateway;
mod json;
mod outcome;
mod request;
mod retry;
mod send;
mod trace;

use std::sync::Arc;

use definitions::{Action, ConnectorDefinition};
use domain::{Clock, ConnectorId, Credential};
use ipnet::IpNet;
use serde_json::{Map, Value};
use tokio::time::Instant;
use url::Url;

use egress::Egress;
use extract::Extracted;
use outcome::Verdict;
use retry::{Decision, Observed, Situation};

pub use error::{BuildError, EgressError, Failure, FailureKind};
pub use fetch::{Fetch, FetchError};
pub use gateway::Gateway;
pub use trace::Trace;

/// Calls upstreams. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Executor {
    egress: Arc<Egress>,
    clock: Clock,
}

/// What the operator decides about calls.
#[derive(Debug, Clone, Default)]
pub struct ExecutorConfig {
    /// Networks that may be reached although they are not public, and over plain http.
    pub egress_allow: Vec<IpNet>,
    /// One origin that receives all requests instead; for tests.
    pub gateway: Option<Gateway>,
    pub user_agent: String,
}

/// One call, with everything it needs.
pub struct Call<'a> {
    pub definition: &'a ConnectorDefinition,
    pub action: &'a Action,
    pub params: &'a Map<String, Value>,
    pub credential: &'a Credential,
    /// Server variables and further settings: defaults overlaid by the connector's own.
    pub settings: &'a Map<String, Value>,
    pub connector: ConnectorId,
    /// No attempt and no wait goes on after it.
    pub deadline: Instant,
}

/// A result, with what was spent on it.
#[derive(Debug)]
pub struct Reply {
    pub result: Value,
    /// None when the action declares no metadata.
    pub metadata: Option<Map<String, Value>>,
    pub trace: Trace,
}

impl Executor {
    /// Made once, at start-up.
    ///
    /// # Errors
    /// When the HTTP clients cannot be made.
    pub fn new(config: ExecutorConfig) -> Result<Self, BuildError> {
        Ok(Self { egress: Arc::new(Egress::new(config)?), clock: Clock::system() })
    }

    /// Runs one call to its end: reads may be repeated, writes are sent once unless it is known that
    /// nothing was sent.
    ///
    /// # Errors
    /// See [`FailureKind`].
    pub async fn run(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let mut trace = Trace::default();
        match self.steps(&call, &mut trace).await {
            Ok((result, metadata)) => Ok(Reply { result, metadata, trace }),
            Err(kind) => Err(Failure { kind, trace }),
        }
    }

    async fn steps(&self, call: &Call<'_>, trace: &mut Trace) -> Result<Extracted, FailureKind> {
        let params = request::fill_from_settings(call);
        let faults = call.action.check(&params);
        if !faults.is_empty() {
            return Err(FailureKind::Params(faults));
        }
        let mut request = request::build(call, &params, self.clock.now())?;
        authenticate::authenticate(call, &mut request)?;
        let route =
            self.egress.route(request.url.clone(), Some(call.connector)).map_err(FailureKind::Egress)?;
        let begun = Instant::now();
        let outcome = self.attempts(call, &request, &route, trace).await;
        trace.upstream_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        outcome.map_err(|kind| outcome::with_attempts(kind, trace.attempts))
    }

    /// Sends until there is an answer, or no use in trying again.
    async fn attempts(
        &self,
        call: &Call<'_>,
        request: &request::Prepared,
        route: &egress::Route<'_>,
        trace: &mut Trace,
    ) -> Result<Extracted, FailureKind> {
        let config = &call.definition.retry;
        let redactor = Arc::new(authenticate::redactor(call));
        if Instant::now() >= call.deadline {
            return Err(FailureKind::Timeout);
        }
        loop {
            trace.attempts += 1;
            let outcome = send::attempt(route, request, call.deadline).await;
            trace.note(&outcome, &redactor);
            let seen = match &outcome {
                Ok(answer) if outcome::is_final(config, answer, call.deadline).await => Observed::Final,
                Ok(answer) => Observed::Status {
                    status: answer.status,
                    named_wait: retry::named_wait(config, &answer.headers, self.clock.now()),
                },
                Err(fault) => fault.observed(),
            };
            let situation = Situation {
                writes: call.action.writes(),
                attempts: trace.attempts,
                remaining: call.deadline.saturating_duration_since(Instant::now()),
                chance: rand::random(),
            };
            let decision = retry::decide(config, seen, &situation);
            // A wait that outlasts the deadline ends the call with what the last attempt said.
            if let Decision::Wait(wait) = decision
                && retry::pause(wait, call.deadline).await
            {
                continue;
            }
            return match (decision, outcome) {
                (Decision::TooLong(wait), Ok(answer)) => {
                    Err(outcome::of_long_wait(call, &redactor, &answer, wait).await)
                }
                (_, Ok(answer)) => {
                    let wait = seen.named_wait().unwrap_or_else(|| retry::backoff(config, trace.attempts));
                    let verdict = Verdict { is_final: seen == Observed::Final, wait };
                    outcome::of_answer(call, &redactor, &answer, &verdict).await
                }
                (_, Err(fault)) => Err(outcome::of_fault(call, fault)),
            };
        }
    }

    /// Whether a connector with these settings could ever be called; for its creation.
    ///
    /// # Errors
    /// When its base URL is incomplete, malformed, or names an address that may not be called.
    pub fn check_base_url(
        &self,
        definition: &ConnectorDefinition,
        settings: &Map<String, Value>,
    ) -> Result<(), EgressError> {
        let base = request::base_url(definition, settings)?;
        let url = Url::parse(&base).map_err(|_| EgressError::BadUrl("it is not a URL"))?;
        self.egress.check(&url)
    }
}
