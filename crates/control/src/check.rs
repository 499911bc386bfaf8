//! Whether a connector works, and if not, whose turn it is.
//!
//! One cheap call tells whether the token holds. Then every entity that can be listed without
//! knowing anything is asked for one record, which tells a missing capability from a good token
//! that nothing was shared with.

use std::time::Duration;

use definitions::{Action, ActionKind, ConnectorDefinition, PathPart};
use domain::{ConnectorId, Credential, Tenant};
use executor::{Call, FailureKind};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::connectors::{NewConnector, UpdateConnector, effective_settings};
use crate::execute::upstream;
use crate::{Control, Error};

/// How long a whole check may take.
const CHECK_MAX: Duration = Duration::from_secs(30);
/// Entities asked for a record each.
const PROBES_MAX: usize = 8;

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
    /// The upstream could not be asked, or failed: try again later.
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
    /// The call that decided.
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
    empty: bool,
}

impl CheckReport {
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

impl Control {
    /// Checks a connector that is not made yet; nothing is written.
    ///
    /// # Errors
    /// As [`Control::create_connector`].
    pub async fn check_new_connector(&self, new: NewConnector) -> Result<CheckReport, Error> {
        let (definition, prepared) = self.prepare(new)?;
        let settings = effective_settings(&definition, &prepared.replication_config, &prepared.environment);
        let deadline = Instant::now() + CHECK_MAX;
        Ok(self.probe(&definition, &prepared.credential, &settings, ConnectorId::new(), deadline).await)
    }

    /// Checks a connector as it is, or as it would be after `update`; nothing is written.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`].
    pub async fn check_connector(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        update: UpdateConnector,
    ) -> Result<CheckReport, Error> {
        let row = self.store.connector_for_call(tenant, id).await.map_err(Error::missing("connector", id))?;
        let definition = self.definition(row.connector.definition_id)?;
        let credential = self.open_credential(tenant, id, &row.credential).await?;
        let connector = self.updated(row.connector, Some(&definition), update)?;
        let settings = effective_settings(&definition, &connector.replication_config, &connector.environment);
        Ok(self.probe(&definition, &credential, &settings, id, Instant::now() + CHECK_MAX).await)
    }

    pub(crate) async fn probe(
        &self,
        definition: &ConnectorDefinition,
        credential: &Credential,
        settings: &Map<String, Value>,
        connector: ConnectorId,
        deadline: Instant,
    ) -> CheckReport {
        let Some(check) = &definition.health_check else {
            let message = format!("{} names no call to check with", definition.title);
            return CheckReport {
                state: CheckState::Skipped,
                message: Some(message),
                checked: None,
                probes: vec![],
            };
        };
        let ask = async |entity: &str, kind: ActionKind, params: &Map<String, Value>| {
            let found = definition.action(entity, kind.as_str());
            let action = found.map_err(|_| "the definition's check names an action it has not".to_owned());
            let call =
                |action| Call { definition, action, params, credential, settings, connector, deadline };
            match action {
                Ok(action) => outcome(entity, self.executor.run(call(action)).await),
                Err(problem) => EntityProbe {
                    entity: entity.to_owned(),
                    problem: Some(problem),
                    upstream_status: None,
                    state: CheckState::Unreachable,
                    empty: false,
                },
            }
        };
        let checked = Some((check.entity.clone(), check.action));
        let params = match definition.health_params(self.clock.now()) {
            Ok(params) => params,
            Err(error) => {
                let message = format!("the definition's check cannot be made: {error}");
                return CheckReport {
                    state: CheckState::Unreachable,
                    message: Some(message),
                    checked,
                    probes: vec![],
                };
            }
        };
        let first = ask(&check.entity, check.action, &params).await;
        if first.state != CheckState::Healthy {
            return CheckReport {
                state: first.state,
                message: first.problem.clone(),
                checked,
                probes: vec![first],
            };
        }

        let one = one_record();
        let listed = listable(definition).filter(|entity| *entity != check.entity);
        let probes = join_all(listed.take(PROBES_MAX).map(|entity| ask(entity, ActionKind::List, &one)));
        let visibility = async {
            let visibility = check.visibility.as_ref()?;
            let seen = ask(&visibility.entity, visibility.action, &visibility.params).await;
            Some((seen, visibility.message.clone()))
        };
        let (mut probes, visibility) = futures_util::future::join(probes, visibility).await;
        let nothing_shared =
            visibility.as_ref().filter(|(seen, _)| seen.empty).map(|(_, message)| message.clone());
        probes.extend(visibility.map(|(seen, _)| seen));
        let (state, message) = verdict(&probes, nothing_shared);
        probes.insert(0, first);
        CheckReport { state, message, checked, probes }
    }
}

/// The worst that was found, with what to do about it.
fn verdict(probes: &[EntityProbe], nothing_shared: Option<String>) -> (CheckState, Option<String>) {
    if let Some(message) = nothing_shared {
        return (CheckState::NothingShared, Some(message));
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

fn outcome(entity: &str, run: Result<executor::Reply, executor::Failure>) -> EntityProbe {
    let entity = entity.to_owned();
    let failure = match run {
        Ok(reply) => {
            return EntityProbe {
                entity,
                problem: None,
                upstream_status: reply.trace.upstream_status,
                state: CheckState::Healthy,
                empty: reply.result.as_array().is_some_and(Vec::is_empty),
            };
        }
        Err(failure) => failure,
    };
    let state = match &failure.kind {
        // 401: who are you. 403: you may not. The first speaks of the token, the second of its rights.
        FailureKind::Auth { status: 403, .. } => CheckState::CapabilityMissing,
        FailureKind::Auth { .. } | FailureKind::Credential(_) => CheckState::TokenRefused,
        _ => CheckState::Unreachable,
    };
    let upstream_status = failure.trace.upstream_status;
    let (error, _) = upstream::error(failure);
    EntityProbe { entity, problem: Some(error.to_string()), upstream_status, state, empty: false }
}

/// Entities whose list needs nothing to be known.
fn listable(definition: &ConnectorDefinition) -> impl Iterator<Item = &str> {
    let lists = definition.entities.values().filter_map(|entity| entity.actions.get(&ActionKind::List));
    lists.filter(|action| needs_nothing(action)).map(|action| action.entity.as_str())
}

fn needs_nothing(action: &Action) -> bool {
    let path = action.path.0.iter().all(|part| matches!(part, PathPart::Literal(_)));
    let query = action.query.iter().all(|query| !query.required || query.default.is_some());
    path && query && action.check(&Map::new()).is_empty()
}

/// The common names of a page's size; those an action does not know are dropped.
fn one_record() -> Map<String, Value> {
    ["limit", "page_size", "per_page"].into_iter().map(|name| (name.to_owned(), 1.into())).collect()
}

impl EntityProbe {
    /// How the entity answered, as one word.
    #[must_use]
    pub fn state(&self) -> CheckState {
        self.state
    }
}
