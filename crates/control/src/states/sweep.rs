//! What time ends: consents nobody finished, connectors nobody confirmed, records grown old.

use domain::{Connector, ConnectorState, ConnectorStatus, DueConnector, EventKind, JobId};

use super::state_event;
use crate::{Control, Error};

const DAY_MS: i64 = 24 * 3_600_000;
/// How long a late callback is told that it is late, and not that nobody knows it.
const CONSENTS_KEPT_MS: i64 = DAY_MS;
/// How long a job can be read; one that waits for a revocation is kept until that ended.
const JOBS_KEPT_MS: i64 = 30 * DAY_MS;
/// How long events can be read.
const EVENTS_KEPT_MS: i64 = 90 * DAY_MS;
const NOT_CONFIRMED: &str = "its consent was not confirmed in time, so what it granted was given back";

impl Control {
    /// Removes what is over, `limit` rows of each kind at most. Answers the most that were removed of
    /// one kind: when that is `limit`, there may be more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sweep(&self, limit: usize) -> Result<usize, Error> {
        let now = self.clock.now();
        let rows = i64::try_from(limit).unwrap_or(i64::MAX);
        let count = |removed: u64| usize::try_from(removed).unwrap_or(usize::MAX);
        let removed = [
            count(self.store.delete_expired_consents(now.plus_ms(-CONSENTS_KEPT_MS), rows).await?),
            self.end_unconfirmed(rows).await?,
            self.finish_deleted_organizations(rows).await?,
            count(self.store.delete_old_jobs(now.plus_ms(-JOBS_KEPT_MS), rows).await?),
            count(self.store.delete_old_events(now.plus_ms(-EVENTS_KEPT_MS), rows).await?),
        ];
        Ok(removed.into_iter().max().unwrap_or(0))
    }

    async fn end_unconfirmed(&self, limit: i64) -> Result<usize, Error> {
        let mut ended = 0;
        // From here on they can be confirmed no longer.
        for (due, removes) in self.store.unconfirmed_connectors(self.clock.now(), limit).await? {
            let end = if removes {
                self.delete_connector(&due.tenant(), due.connector_id).await.map(|_: JobId| ())
            } else {
                self.end_new_consent(&due).await
            };
            match end {
                Ok(()) => ended += 1,
                Err(error @ Error::Unavailable(_)) => return Err(error),
                // Deleted by somebody else meanwhile.
                Err(Error::NotFound { .. }) => {}
                Err(error) => tracing::error!(connector.id = %due.connector_id,
                    error = &error as &dyn std::error::Error,
                    "unconfirmed connector `{}` cannot be ended", due.connector_id),
            }
        }
        Ok(ended)
    }

    /// The connector was there before the consent, so it stays and waits for another one.
    async fn end_new_consent(&self, due: &DueConnector) -> Result<(), Error> {
        let (tenant, id, now) = (due.tenant(), due.connector_id, self.clock.now());
        let row =
            self.store.connector_for_call(&tenant, id).await.map_err(Error::missing("connector", id))?;
        let to = ConnectorState {
            status: ConnectorStatus::ReauthRequired,
            since: now,
            reason: Some(NOT_CONFIRMED.to_owned()),
        };
        let kind = EventKind::ConnectorReauthRequired;
        let event = state_event(kind, &row.connector, Some(NOT_CONFIRMED), now);
        if row.connector.state.status != ConnectorStatus::PendingConfirmation
            || !self.change_state(&tenant, &row.connector, &to, &event).await?
        {
            return Ok(());
        }
        let opened =
            self.open_credential(&tenant, id, row.credential.version, &row.credential.sealed).await?;
        let Connector { definition_id, environment, replication_config, .. } = row.connector;
        let definition = self.definition(definition_id)?;
        self.discard_grant(&tenant, &definition, id, &environment, &replication_config, &opened).await;
        Ok(())
    }
}
