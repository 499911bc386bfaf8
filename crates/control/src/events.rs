//! The outbox: what happened to an organization's connectors, in the order in which it took effect.
//!
//! Events are written in the transaction of the change they tell of, so a reader that remembers the
//! last sequence it saw misses none.

use domain::{ConnectorId, CustomerId, Event, EventId, EventKind, NewEvent, Tenant, Timestamp};
use serde_json::{Map, Value};

use crate::{Control, Error};

impl Control {
    /// The events after the one of this sequence, oldest first. 0 begins at the oldest that is kept.
    ///
    /// A tenant narrowed to one customer sees the events of that customer only, with gaps between
    /// their sequences.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events(&self, tenant: &Tenant, after: i64, limit: usize) -> Result<Vec<Event>, Error> {
        let limit = limit.clamp(1, store::PAGE_ROWS_MAX);
        Ok(self.store.events(tenant, after, limit).await?)
    }
}

/// An event that happened just now, on its way into the transaction of its change. `data` is read by
/// applications, so nothing secret may be in it.
pub(crate) fn new_event(
    kind: EventKind,
    customer: CustomerId,
    connector: Option<ConnectorId>,
    data: Map<String, Value>,
    now: Timestamp,
) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        kind,
        customer_id: customer,
        connector_id: connector,
        data,
        created_at: now,
    }
}
