//! Whether a connector works, and if not, whose turn it is.
//!
//! One cheap call tells whether the token holds. Then entities that can be listed without knowing
//! anything are asked for one record, which tells a missing capability from a good token that
//! nothing was shared with.

mod report;

use std::time::Duration;

use definitions::{ActionKind, ConnectorDefinition};
use domain::{Caller, Connector, ConnectorId, Credential, CustomerStatus, EntityMode, ExecuteCall, Tenant};
use executor::{Call, Trace};
use futures_util::future::{join, join_all};
use serde_json::{Map, Value};
use tokio::time::Instant;
use uuid::Uuid;

use crate::connectors::{NewConnector, UpdateConnector, check_usable};
use crate::credentials::Fresh;
use crate::execute::{Ended, new_entry};
use crate::{Control, Error};
pub use report::{CheckReport, CheckState, EntityProbe};

/// How long a whole check may take.
const CHECK_MAX: Duration = Duration::from_secs(30);
/// Entities asked for a record each.
const PROBES_MAX: usize = 8;

/// What a check needs of a connector, made or not yet made.
pub(crate) struct Subject<'a> {
    pub(crate) definition: &'a ConnectorDefinition,
    pub(crate) credential: &'a Credential,
    pub(crate) settings: &'a Map<String, Value>,
    pub(crate) connector: ConnectorId,
    /// Whether an entity may be read with it.
    pub(crate) allows: &'a (dyn Fn(&str) -> bool + Send + Sync),
}

impl Control {
    /// Checks a connector that is not made yet; nothing is written.
    ///
    /// # Errors
    /// As [`Control::create_connector`].
    pub async fn check_new_connector(&self, new: NewConnector) -> Result<CheckReport, Error> {
        let (definition, prepared) = self.prepare(new)?;
        let settings = self.effective_settings(
            &definition,
            &prepared.setup.replication_config,
            &prepared.setup.environment,
        );
        let limits = prepared.setup.entities;
        let allows = |entity: &str| domain::allowed(limits.as_deref(), entity, EntityMode::Read);
        let subject = Subject {
            definition: &definition,
            credential: &prepared.credential,
            settings: &settings,
            connector: ConnectorId::new(),
            allows: &allows,
        };
        Ok(self.probe(&subject, Instant::now() + CHECK_MAX).await.0)
    }

    /// Checks a connector as it is, or as it would be after `update`; nothing but the execution log
    /// is written.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`], [`Error::WorkspaceInactive`].
    pub async fn check_connector(
        &self,
        caller: &Caller,
        tenant: Tenant,
        id: ConnectorId,
        update: UpdateConnector,
        request_id: Uuid,
    ) -> Result<CheckReport, Error> {
        let application = caller.application();
        let control = self.clone();
        // As with execute: it goes on to its record when the caller hangs up.
        let run = async move {
            let started_at = control.clock.now();
            let row = control
                .store
                .connector_for_call(&tenant, id)
                .await
                .map_err(Error::missing("connector", id))?;
            if row.customer_status == CustomerStatus::Inactive {
                return Err(Error::WorkspaceInactive);
            }
            let definition = control.definition(row.connector.definition_id)?;
            let call =
                ExecuteCall { entity: "*".to_owned(), action: "check".to_owned(), ..ExecuteCall::default() };
            let entry = new_entry(application, &row, &call, request_id, started_at);
            check_usable(&row.connector.state)?;
            let deadline = Instant::now() + CHECK_MAX;
            let connector = control.updated(row.connector.clone(), Some(&definition), &update)?;
            let recording = control.log.open(entry, false).await?;
            let checked = match control.fresh_credential(&tenant, &row, &definition, deadline).await {
                Ok(fresh) => control.check_fresh(&tenant, &connector, &definition, fresh, deadline).await,
                Err(error) => Err(error),
            };
            let (report, ended) = match checked {
                Ok((report, trace)) => {
                    (Some(report), Ended { result: Ok((Value::Null, None)), trace: Some(trace) })
                }
                Err(error) => (None, Ended { result: Err(error), trace: None }),
            };
            let finished_at = control.clock.now();
            control.log.close(recording, |entry| ended.write_to(entry, finished_at)).await;
            match (report, ended.result) {
                (Some(report), _) => Ok(report),
                (None, Err(error)) => Err(error),
                (None, Ok(_)) => Err(Error::Internal("a check ended without a report".into())),
            }
        };
        tokio::spawn(run).await.map_err(Error::panicked)?
    }

    /// Checks a connector, once more with a renewed token when the upstream refuses the present one.
    pub(crate) async fn check_fresh(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        definition: &ConnectorDefinition,
        fresh: Fresh,
        deadline: Instant,
    ) -> Result<(CheckReport, Trace), Error> {
        let credential = &fresh.opened.credential;
        let (report, trace) = self.check_of(connector, definition, credential, deadline).await;
        if report.state != CheckState::TokenRefused {
            return Ok((report, trace));
        }
        let Some(renewed) = self.after_refusal(tenant, connector.id, &fresh, deadline).await? else {
            return Ok((report, trace));
        };
        let credential = &renewed.opened.credential;
        let (report, mut second) = self.check_of(connector, definition, credential, deadline).await;
        add(&mut second, &trace);
        Ok((report, second))
    }

    /// Checks a connector with its opened credential.
    async fn check_of(
        &self,
        connector: &Connector,
        definition: &ConnectorDefinition,
        credential: &Credential,
        deadline: Instant,
    ) -> (CheckReport, Trace) {
        let settings =
            self.effective_settings(definition, &connector.replication_config, &connector.environment);
        let allows = |entity: &str| connector.allows(entity, EntityMode::Read);
        let subject =
            Subject { definition, credential, settings: &settings, connector: connector.id, allows: &allows };
        self.probe(&subject, deadline).await
    }

    async fn probe(&self, subject: &Subject<'_>, deadline: Instant) -> (CheckReport, Trace) {
        let definition = subject.definition;
        let mut trace = Trace::default();
        let Some(check) = &definition.health_check else {
            let message = format!("{} names no call to check with", definition.title);
            return (CheckReport::without_call(CheckState::Skipped, message), trace);
        };
        let params = match definition.health_params(self.clock.now()) {
            Ok(params) => params,
            Err(error) => {
                let message = format!("the definition's check cannot be made: {error}");
                return (CheckReport::without_call(CheckState::Rejected, message), trace);
            }
        };
        let first = self.ask(subject, &check.entity, check.action, &params, deadline).await;
        add(&mut trace, &first.trace);
        let checked = (check.entity.clone(), check.action);
        if first.state() != CheckState::Healthy {
            return (CheckReport::stopped_at(first, checked), trace);
        }

        let one = one_record();
        let named = check.entities.as_deref();
        let listed = listable(definition)
            .filter(|entity| *entity != check.entity && (subject.allows)(entity))
            .filter(|entity| named.is_none_or(|named| named.iter().any(|name| name == entity)));
        let asked =
            listed.take(PROBES_MAX).map(|entity| self.ask(subject, entity, ActionKind::List, &one, deadline));
        let visibility = async {
            let visibility = check.visibility.as_ref()?;
            let seen =
                self.ask(subject, &visibility.entity, visibility.action, &visibility.params, deadline).await;
            Some((seen, visibility.message.as_str()))
        };
        let (mut probes, visibility) = join(join_all(asked), visibility).await;
        let nothing_shared = match visibility {
            Some((seen, message)) => {
                let empty = seen.empty;
                probes.push(seen);
                empty.then_some(message)
            }
            None => None,
        };
        let (state, message) = report::verdict(&probes, nothing_shared);
        probes.iter().for_each(|probe| add(&mut trace, &probe.trace));
        probes.insert(0, first);
        (CheckReport { state, message, checked: Some(checked), probes }, trace)
    }

    async fn ask(
        &self,
        subject: &Subject<'_>,
        entity: &str,
        kind: ActionKind,
        params: &Map<String, Value>,
        deadline: Instant,
    ) -> EntityProbe {
        let &Subject { definition, credential, settings, connector, .. } = subject;
        match definition.action(entity, kind.as_str()) {
            Ok(action) => {
                let call = Call { definition, action, params, credential, settings, connector, deadline };
                EntityProbe::of(entity, self.executor.run(call).await)
            }
            Err(_) => EntityProbe::not_possible(entity, "the definition's check names an action it has not"),
        }
    }
}

/// One line for the log of all the calls that a check made.
fn add(sum: &mut Trace, one: &Trace) {
    sum.attempts += one.attempts;
    sum.upstream_ms += one.upstream_ms;
    sum.response_bytes += one.response_bytes;
    sum.upstream_status = one.upstream_status.or(sum.upstream_status);
    if one.upstream_request_id.is_some() {
        sum.upstream_request_id.clone_from(&one.upstream_request_id);
    }
}

/// Entities whose list needs nothing to be known.
fn listable(definition: &ConnectorDefinition) -> impl Iterator<Item = &str> {
    let lists = definition.entities.values().filter_map(|entity| entity.actions.get(&ActionKind::List));
    lists.filter(|action| action.needs_no_params()).map(|action| action.entity.as_str())
}

/// The common names of a page's size; those an action does not know are dropped.
fn one_record() -> Map<String, Value> {
    ["limit", "page_size", "per_page"].into_iter().map(|name| (name.to_owned(), 1.into())).collect()
}
