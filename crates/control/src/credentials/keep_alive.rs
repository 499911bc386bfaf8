//! Renewing the tokens of connectors that nobody calls, before their refresh tokens die of it.

use domain::DueConnector;
use futures_util::stream::{self, StreamExt};

use super::refresh::Urgency;
use crate::{Control, Error};

/// Renewals at a time in one process; calls go first.
const AT_ONCE_MAX: usize = 4;
/// When one that did not succeed is due again.
const AGAIN_MS: i64 = 15 * 60 * 1_000;

impl Control {
    /// Renews what is due, of all organizations. Answers how many connectors that were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keep_alive(&self, limit: usize) -> Result<usize, Error> {
        let now = self.clock.now();
        let rows = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = self.store.due_keep_alives(now, now.plus_ms(AGAIN_MS), rows).await?;
        let count = due.len();
        stream::iter(due).for_each_concurrent(AT_ONCE_MAX, async |due| self.keep_one_alive(due).await).await;
        Ok(count)
    }

    /// How it ends is in the row, and in the log when it went wrong.
    async fn keep_one_alive(&self, due: DueConnector) {
        let tenant = due.tenant();
        match self.store.refresh_row(&tenant, due.connector_id).await {
            Ok(row) => {
                let version = row.credential.version;
                self.refresh_flight(&tenant, due.connector_id, version, Urgency::Background).await;
            }
            Err(error) => tracing::debug!(connector.id = %due.connector_id,
                error = &error as &dyn std::error::Error, "not kept alive"),
        }
    }
}
