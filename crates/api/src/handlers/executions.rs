//! The execution log: who called what, and how it ended.

use actix_web::get;
use actix_web::web::{Data, Json as Answer};
use control::{Control, FieldFault};
use domain::{ConnectorId, CustomerId, Execution, ExecutionFilter, ExecutionId, ExecutionStatus, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problems::{Guarded, Named};
use crate::body::{PathId, QueryString};
use crate::caller::Scoped;
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListExecutions {
    connector_id: Option<ConnectorId>,
    workspace_id: Option<CustomerId>,
    /// Another name for `workspace_id`.
    customer_id: Option<CustomerId>,
    #[param(inline)]
    status: Option<ExecutionStatus>,
    entity: Option<String>,
    action: Option<String>,
    /// Started at or after, RFC 3339.
    since: Option<Timestamp>,
    /// Started before, RFC 3339.
    until: Option<Timestamp>,
    /// Rows of a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Executions {
    data: Vec<Execution>,
    /// Send it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// List executions, newest first. Neither params nor bodies are kept.
#[utoipa::path(operation_id = "list_executions", tag = "executions", params(ListExecutions), responses((status = 200, body = Executions), Guarded))]
#[get("/executions")]
pub(crate) async fn list(
    control: Data<Control>,
    Scoped { tenant, .. }: Scoped,
    QueryString(query): QueryString<ListExecutions>,
) -> Result<Answer<Executions>, Problem> {
    let limit = super::page_limit(query.limit)?;
    let after = super::cursor(query.cursor.as_deref(), &tenant)?;
    if let (Some(a), Some(b)) = (query.workspace_id, query.customer_id)
        && a != b
    {
        let text = "workspace_id and customer_id are names for one thing and must not differ; give one";
        return Err(Problem::invalid(FieldFault::new("workspace_id", text)));
    }
    let filter = ExecutionFilter {
        connector: query.connector_id,
        customer: query.workspace_id.or(query.customer_id),
        status: query.status,
        entity: query.entity,
        action: query.action,
        since: query.since,
        until: query.until,
    };
    let page = control.executions(&tenant, &filter, limit, after).await?;
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Answer(Executions { data: page.items, next_cursor }))
}

/// Get one execution.
#[utoipa::path(operation_id = "get_execution", tag = "executions", params(("execution_id" = ExecutionId, Path)),
    responses((status = 200, body = Execution), Guarded, Named))]
#[get("/executions/{execution_id}")]
pub(crate) async fn get(
    control: Data<Control>,
    caller: Scoped,
    id: PathId<ExecutionId>,
) -> Result<Answer<Execution>, Problem> {
    Ok(Answer(control.execution(&caller.tenant, id.0).await?))
}
