//! What a check found, and the verdict over its probes.

use definitions::ActionKind;
use executor::{Failure, FailureKind, Reply, Trace};
use serde_json::{Value, json};

use crate::execute::upstream;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    Healthy,
    /// The upstream does not take the credential: give a new one.
    TokenRefused,
    /// The credential is good, but the account shares nothing with it.
    NothingShared,
    /// The credential is good, but may not do some of what the definition offers.
    CapabilityMissing,
    /// The upstream refuses the call itself: a setting of the connector does not fit.
    Rejected,
    /// The upstream could not be asked, asks to wait, or failed: try again later.
    Unreachable,
    /// The definition names no call to check with.
    Skipped,
}

impl CheckState {
    /// The word for it in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::TokenRefused => "token_refused",
            Self::NothingShared => "nothing_shared",
            Self::CapabilityMissing => "capability_missing",
            Self::Rejected => "upstream_rejected",
            Self::Unreachable => "upstream_unreachable",
            Self::Skipped => "skipped",
        }
    }
}

/// What a check found, with its evidence.
#[derive(Debug)]
pub struct CheckReport {
    pub state: CheckState,
    /// What is wrong and what to do; none when healthy.
    pub message: Option<String>,
    /// The call that decided whether the token holds.
    pub checked: Option<(String, ActionKind)>,
    pub probes: Vec<EntityProbe>,
}

/// One entity asked for one record.
#[derive(Debug)]
pub struct EntityProbe {
    pub entity: String,
    /// None when it answered.
    pub problem: Option<String>,
    pub upstream_status: Option<u16>,
    state: CheckState,
    /// Whether it answered with no record at all.
    pub(super) empty: bool,
    pub(super) trace: Trace,
}

impl CheckReport {
    /// No call was made.
    pub(super) fn without_call(state: CheckState, message: String) -> Self {
        Self { state, message: Some(message), checked: None, probes: Vec::new() }
    }

    /// The first call failed, so no other was made.
    pub(super) fn stopped_at(first: EntityProbe, checked: (String, ActionKind)) -> Self {
        Self {
            state: first.state,
            message: first.problem.clone(),
            checked: Some(checked),
            probes: vec![first],
        }
    }

    /// The result of entity `*`, action `check`.
    pub(crate) fn as_result(&self) -> Value {
        let status = match self.state {
            CheckState::Healthy => "healthy",
            CheckState::Skipped => "skipped",
            _ => "unhealthy",
        };
        let mut result = json!({ "status": status, "reason": self.state.as_str() });
        if let Some(message) = &self.message {
            result["error"] = message.as_str().into();
        }
        if let Some((entity, action)) = &self.checked {
            result["checked_entity"] = entity.as_str().into();
            result["checked_action"] = action.as_str().into();
        }
        result
    }
}

impl EntityProbe {
    /// How the entity answered.
    #[must_use]
    pub fn state(&self) -> CheckState {
        self.state
    }

    pub(super) fn not_possible(entity: &str, problem: &str) -> Self {
        Self {
            entity: entity.to_owned(),
            problem: Some(problem.to_owned()),
            upstream_status: None,
            state: CheckState::Rejected,
            empty: false,
            trace: Trace::default(),
        }
    }

    pub(super) fn of(entity: &str, run: Result<Reply, Failure>) -> Self {
        let entity = entity.to_owned();
        match run {
            Ok(reply) => Self {
                entity,
                problem: None,
                upstream_status: reply.trace.upstream_status,
                state: CheckState::Healthy,
                empty: reply.result.as_array().is_some_and(Vec::is_empty),
                trace: reply.trace,
            },
            Err(failure) => {
                let state = state_of(&failure.kind);
                let (error, trace) = upstream::error(failure);
                Self {
                    entity,
                    problem: Some(error.to_string()),
                    upstream_status: trace.upstream_status,
                    state,
                    empty: false,
                    trace,
                }
            }
        }
    }
}

fn state_of(kind: &FailureKind) -> CheckState {
    match kind {
        // 401: who are you. 403: you may not. The first speaks of the token, the second of its rights.
        FailureKind::Auth { status: 403, .. } => CheckState::CapabilityMissing,
        FailureKind::Auth { .. } | FailureKind::Credential(_) => CheckState::TokenRefused,
        FailureKind::Rejected { .. } | FailureKind::Params(_) | FailureKind::Egress(_) => {
            CheckState::Rejected
        }
        _ => CheckState::Unreachable,
    }
}

/// The worst that was found, with what to do about it.
///
/// An entity that the upstream refuses although the token holds is told in its own line and does
/// not make the connector unhealthy: its plan or version may not have it.
pub(super) fn verdict(probes: &[EntityProbe], nothing_shared: Option<&str>) -> (CheckState, Option<String>) {
    if let Some(message) = nothing_shared {
        return (CheckState::NothingShared, Some(message.to_owned()));
    }
    for state in [CheckState::TokenRefused, CheckState::CapabilityMissing, CheckState::Unreachable] {
        let found: Vec<_> = probes.iter().filter(|probe| probe.state == state).collect();
        if let Some(first) = found.first() {
            let entities: Vec<_> = found.iter().map(|probe| probe.entity.as_str()).collect();
            let problem = first.problem.as_deref().unwrap_or_default();
            return (state, Some(format!("{}: {problem}", entities.join(", "))));
        }
    }
    (CheckState::Healthy, None)
}
