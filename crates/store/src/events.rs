//! The outbox: what happened to an organization's connectors, numbered in the order in which it took
//! effect.
//!
//! An event is written in the transaction of the change it tells of, as that transaction's last
//! statements. The number comes from a row that stays locked until the commit, so a reader who has
//! seen number N can miss nothing below it, and the lock is held for two statements only.

use domain::{
    ConnectorId, CustomerId, Event, EventId, EventKind, NewEvent, OrganizationId, Tenant, Timestamp,
};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::engine::{Transaction, on};
use crate::error::{corrupt, reading};
use crate::text::{document, read_document};
use crate::{PAGE_ROWS_MAX, Result, Store, StoreError};

const TABLE: &str = "events";

/// Rows in one statement: 8 values each, where SQLite takes at most 32,766 in all.
const STATEMENT_ROWS_MAX: usize = 500;

#[derive(FromRow)]
struct EventRow {
    id: Uuid,
    sequence: i64,
    kind: String,
    customer_id: Uuid,
    connector_id: Option<Uuid>,
    data: String,
    created_at: i64,
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self> {
        Ok(Self {
            sequence: row.sequence,
            id: EventId::from_uuid(row.id),
            kind: EventKind::parse(&row.kind).ok_or_else(|| corrupt(TABLE, "kind", row.id))?,
            customer_id: CustomerId::from_uuid(row.customer_id),
            connector_id: row.connector_id.map(ConnectorId::from_uuid),
            data: read_document(&row.data, (TABLE, "data"), row.id)?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

/// Writes events in their order. It comes last in a transaction: see the head of this file.
pub(crate) async fn append(
    at: &mut Transaction,
    organization: OrganizationId,
    events: &[NewEvent],
) -> Result<()> {
    const NUMBERS: &str = "INSERT INTO event_sequences (organization_id, newest) VALUES ($1, $2)
        ON CONFLICT (organization_id) DO UPDATE SET newest = event_sequences.newest + excluded.newest
        RETURNING newest";
    for events in events.chunks(STATEMENT_ROWS_MAX) {
        let count = i64::try_from(events.len()).expect("a chunk is far below the limit of i64");
        let newest: i64 = on!(at, c => sqlx::query_scalar(NUMBERS)
            .bind(organization.uuid())
            .bind(count)
            .fetch_one(c).await)
        .map_err(reading("event_sequences"))?;
        on!(at, c => {
            let mut insert = QueryBuilder::new(
                "INSERT INTO events (id, organization_id, sequence, kind, customer_id, connector_id, data,
                    created_at) ",
            );
            insert.push_values((newest - count + 1..).zip(events), |mut row, (sequence, event)| {
                row.push_bind(event.id.uuid())
                    .push_bind(organization.uuid())
                    .push_bind(sequence)
                    .push_bind(event.kind.as_str())
                    .push_bind(event.customer_id.uuid())
                    .push_bind(event.connector_id.map(ConnectorId::uuid))
                    .push_bind(document(&event.data))
                    .push_bind(event.created_at.micros());
            });
            insert.build().persistent(events.len() == 1).execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

impl Store {
    /// The events that follow number `after`, oldest first: at most `limit`, and at most
    /// [`PAGE_ROWS_MAX`].
    ///
    /// A tenant narrowed to a customer sees that customer's, under the organization's numbers.
    pub async fn events(&self, tenant: &Tenant, after: i64, limit: usize) -> Result<Vec<Event>> {
        const SQL: &str = "SELECT id, sequence, kind, customer_id, connector_id, data, created_at
            FROM events
            WHERE organization_id = $1 AND sequence > $2 AND ($3 IS NULL OR customer_id = $3)
            ORDER BY sequence LIMIT $4";
        let limit =
            i64::try_from(limit.clamp(1, PAGE_ROWS_MAX)).expect("a page is far below the limit of i64");
        let rows: Vec<EventRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(tenant.organization().uuid())
            .bind(after)
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(limit)
            .fetch_all(c).await)
        .map_err(reading(TABLE))?;
        rows.into_iter().map(Event::try_from).collect()
    }

    /// Writes an event that no change of a row goes with.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when its customer is not the tenant's.
    pub async fn add_event(&self, tenant: &Tenant, event: &NewEvent) -> Result<()> {
        const CUSTOMER: &str = "SELECT id FROM customers
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR id = $3)";
        let mut transaction = self.engine.begin().await?;
        let customer: Option<Uuid> = on!(transaction, c => sqlx::query_scalar(CUSTOMER)
            .bind(event.customer_id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)?;
        customer.ok_or(StoreError::NotFound("customer"))?;
        append(&mut transaction, tenant.organization(), std::slice::from_ref(event)).await?;
        transaction.commit().await
    }
}
