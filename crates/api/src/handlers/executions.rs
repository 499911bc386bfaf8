//! The execution log: who called what, and how it ended.

use actix_web::get;
use actix_web::web::{Data, Json as Answer};
use control::{Control, Error, FieldFault};
use domain::{ConnectorId, CustomerId, Execution, ExecutionFilter, ExecutionId, ExecutionStatus, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problems::{Guarded, Named};
use crate::body::{PathId, QueryString};
use crate::caller::Scoped;
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListExecutions {
    connector_id: Option<ConnectorId>,
    /// Another name for `connector_id`.
    connector: Option<ConnectorId>,
    workspace_id: Option<CustomerId>,
    /// Another name for `workspace_id`.
    customer_id: Option<CustomerId>,
    /// The workspace by its name, under any of its names.
    workspace_name: Option<String>,
    customer_name: Option<String>,
    external_user_id: Option<String>,
    /// Another name for `customer_name`.
    customer: Option<String>,
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

/// One value under several names; two different ones are a contradiction.
fn one<T: PartialEq>(
    field: &'static str,
    names: impl IntoIterator<Item = Option<T>>,
) -> Result<Option<T>, Problem> {
    let mut given = names.into_iter().flatten();
    let first = given.next();
    if given.any(|other| Some(&other) != first.as_ref()) {
        let text = format!("`{field}` is given twice, under names that mean the same, with different values");
        return Err(Problem::invalid(FieldFault::new(field, text)));
    }
    Ok(first)
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
    let named = super::workspace_name([
        ("workspace_name", &query.workspace_name),
        ("customer_name", &query.customer_name),
        ("external_user_id", &query.external_user_id),
    ])?;
    let named = one("workspace_name", [named, query.customer.as_deref()])?;
    let named = match named {
        Some(name) => {
            let found = control.store().find_customer(&tenant, name).await.map_err(Error::from)?;
            // A name nobody has lists nothing, as it does with connectors.
            let Some(customer) = found else {
                return Ok(Answer(Executions { data: Vec::new(), next_cursor: None }));
            };
            Some(customer.id)
        }
        None => None,
    };
    let filter = ExecutionFilter {
        connector: one("connector_id", [query.connector_id, query.connector])?,
        customer: one("workspace_id", [query.workspace_id, query.customer_id, named])?,
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
