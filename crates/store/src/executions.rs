//! The execution log: one row a call.
//!
//! A call that can change something has its row before the upstream is called, and it is completed
//! after. The rows of other calls come in batches, off the path of the answer.

mod row;

use domain::{
    ConnectorId, Cursor, CustomerId, Execution, ExecutionFilter, ExecutionId, Page, Tenant, Timestamp,
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::engine::on;
use crate::error::{must_hit, reading};
use crate::text::{is_storable, without_nul};
use crate::{Result, Store, StoreError, page_rows};
use row::{ExecutionRow, status_text};

const TABLE: &str = "executions";

/// Rows in one statement: 20 values each, where SQLite takes at most 32,766 in all.
const STATEMENT_ROWS_MAX: usize = 500;

/// Adds rows in one statement, and counts those it added. Rows that are there already stay as they
/// are, so that a batch whose outcome is not known can be given again.
///
/// One statement for 500 rows takes a sixth of the time of 500 prepared ones, on both engines.
macro_rules! insert {
    ($at:expr, $executions:expr) => {
        on!($at, c => {
            let mut insert = QueryBuilder::new(
                "INSERT INTO executions (id, organization_id, application_id, customer_id, connector_id,
                    definition_id, entity, action, intent, status, error_code, upstream_status,
                    upstream_request_id, attempts, duration_ms, upstream_ms, response_bytes, request_id,
                    started_at, finished_at) ",
            );
            insert.push_values($executions, |mut row, execution: &Execution| {
                row.push_bind(execution.id.uuid())
                    .push_bind(execution.organization_id.uuid())
                    .push_bind(execution.application_id.uuid())
                    .push_bind(execution.customer_id.uuid())
                    .push_bind(execution.connector_id.uuid())
                    .push_bind(execution.definition_id.uuid())
                    .push_bind(without_nul(&execution.entity))
                    .push_bind(without_nul(&execution.action))
                    .push_bind(execution.intent.as_deref().map(without_nul))
                    .push_bind(status_text(execution.status))
                    .push_bind(execution.error_code.as_deref().map(without_nul))
                    .push_bind(execution.upstream_status.map(i32::from))
                    .push_bind(execution.upstream_request_id.as_deref().map(without_nul))
                    .push_bind(i64::from(execution.attempts))
                    .push_bind(execution.duration_ms)
                    .push_bind(execution.upstream_ms)
                    .push_bind(execution.response_bytes)
                    .push_bind(execution.request_id)
                    .push_bind(execution.started_at.micros())
                    .push_bind(execution.finished_at.map(Timestamp::micros));
            });
            insert.push(" ON CONFLICT (id) DO NOTHING");
            // A text for each length would crowd the other statements out of the cache.
            insert.build().persistent($executions.len() == 1).execute(c).await.map(|done| done.rows_affected())
        })
    };
}

/// One text a way to narrow the list, because SQLite plans a statement without knowing which of
/// its parameters are null: with `$3 IS NULL OR connector_id = $3` it would read the whole
/// organization's log to find one connector's rows.
macro_rules! list_sql {
    ($narrowed:literal) => {
        concat!(
            "SELECT id, organization_id, application_id, customer_id, connector_id, definition_id, entity,
                action, intent, status, error_code, upstream_status, upstream_request_id, attempts,
                duration_ms, upstream_ms, response_bytes, request_id, started_at, finished_at
            FROM executions
            WHERE organization_id = $1 AND id < $2 AND ",
            $narrowed,
            " AND ($5 IS NULL OR status = $5)
                AND ($6 IS NULL OR entity = $6) AND ($7 IS NULL OR action = $7)
                AND ($8 IS NULL OR started_at >= $8) AND ($9 IS NULL OR started_at < $9)
            ORDER BY id DESC LIMIT $10"
        )
    };
}

const OF_CONNECTOR: &str = list_sql!("connector_id = $3 AND ($4 IS NULL OR customer_id = $4)");
const OF_CUSTOMER: &str = list_sql!("($3 IS NULL OR connector_id = $3) AND customer_id = $4");
const OF_ORGANIZATION: &str =
    list_sql!("($3 IS NULL OR connector_id = $3) AND ($4 IS NULL OR customer_id = $4)");

impl Store {
    /// Writes the row of a call that is about to change something upstream.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for an id that is taken.
    pub async fn start_execution(&self, execution: &Execution) -> Result<()> {
        let executions = [execution];
        match insert!(self.engine, executions)? {
            0 => Err(StoreError::Conflict("execution id")),
            _ => Ok(()),
        }
    }

    /// Completes the row that [`Store::start_execution`] wrote: how it ended, and what it cost.
    pub async fn finish_execution(&self, execution: &Execution) -> Result<()> {
        const SQL: &str = "UPDATE executions SET status = $3, error_code = $4, upstream_status = $5,
                upstream_request_id = $6, attempts = $7, duration_ms = $8, upstream_ms = $9,
                response_bytes = $10, finished_at = $11
            WHERE id = $1 AND organization_id = $2";
        let finished = on!(self.engine, c => sqlx::query(SQL)
            .bind(execution.id.uuid())
            .bind(execution.organization_id.uuid())
            .bind(status_text(execution.status))
            .bind(execution.error_code.as_deref().map(without_nul))
            .bind(execution.upstream_status.map(i32::from))
            .bind(execution.upstream_request_id.as_deref().map(without_nul))
            .bind(i64::from(execution.attempts))
            .bind(execution.duration_ms)
            .bind(execution.upstream_ms)
            .bind(execution.response_bytes)
            .bind(execution.finished_at.map(Timestamp::micros))
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(finished, "execution")
    }

    /// Writes the rows of calls that are over, all or none.
    ///
    /// It may be repeated with the same rows when its outcome is not known.
    pub async fn record_executions(&self, executions: &[Execution]) -> Result<()> {
        let mut transaction = self.engine.begin().await?;
        for executions in executions.chunks(STATEMENT_ROWS_MAX) {
            insert!(transaction, executions)?;
        }
        transaction.commit().await
    }

    /// The newest executions first, those the filter lets through.
    pub async fn executions(
        &self,
        tenant: &Tenant,
        filter: &ExecutionFilter,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Page<Execution>> {
        let (limit, rows) = page_rows(limit);
        let foreign = filter.customer.is_some_and(|customer| !tenant.covers(customer));
        let mut texts = filter.entity.iter().chain(&filter.action);
        if foreign || texts.any(|text| !is_storable(text)) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let customer = tenant.customer().or(filter.customer);
        let sql = match (filter.connector, customer) {
            (Some(_), _) => OF_CONNECTOR,
            (None, Some(_)) => OF_CUSTOMER,
            (None, None) => OF_ORGANIZATION,
        };
        let found: Vec<ExecutionRow> = on!(self.engine, c => sqlx::query_as(sql)
            .bind(tenant.organization().uuid())
            .bind(after.map_or(Uuid::max(), |cursor| cursor.after()))
            .bind(filter.connector.map(ConnectorId::uuid))
            .bind(customer.map(CustomerId::uuid))
            .bind(filter.status.map(status_text))
            .bind(filter.entity.as_deref())
            .bind(filter.action.as_deref())
            .bind(filter.since.map(Timestamp::micros))
            .bind(filter.until.map(Timestamp::micros))
            .bind(rows)
            .fetch_all(c).await)
        .map_err(reading(TABLE))?;
        let found = found.into_iter().map(Execution::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(found, limit, tenant.organization(), |execution| execution.id.uuid()))
    }

    /// One execution.
    pub async fn execution(&self, tenant: &Tenant, id: ExecutionId) -> Result<Execution> {
        const SQL: &str = "SELECT id, organization_id, application_id, customer_id, connector_id,
                definition_id, entity, action, intent, status, error_code, upstream_status,
                upstream_request_id, attempts, duration_ms, upstream_ms, response_bytes, request_id,
                started_at, finished_at
            FROM executions
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR customer_id = $3)";
        let row: Option<ExecutionRow> = on!(self.engine, c => sqlx::query_as(SQL)
            .bind(id.uuid())
            .bind(tenant.organization().uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .fetch_optional(c).await)
        .map_err(reading(TABLE))?;
        row.ok_or(StoreError::NotFound("execution"))?.try_into()
    }
}

#[cfg(test)]
mod tests;
