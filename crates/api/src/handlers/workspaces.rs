//! Workspaces: an organization's customers.

use actix_web::web::{Data, Json as Answer};
use actix_web::{HttpRequest, delete, get, put};
use control::{Control, UpdateCustomer};
use domain::{Customer, CustomerId, CustomerStatus, JobId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use store::CustomerFilter;
use utoipa::{IntoParams, ToSchema};

use super::problems::{Guarded, Named, WithBody};
use crate::body::{Json, PathId, QueryString};
use crate::caller::OrganizationWide;
use crate::problem::{Problem, ProblemBody};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListWorkspaces {
    /// Only names that contain this, whatever the case. An exact match comes first.
    name_contains: Option<String>,
    #[param(inline)]
    status: Option<CustomerStatus>,
    /// Rows of a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Workspaces {
    data: Vec<Customer>,
    /// The URL of the next page on this host; null on the last.
    next: Option<String>,
}

/// List workspaces, newest first.
#[utoipa::path(operation_id = "list_workspaces", tag = "workspaces", params(ListWorkspaces), responses((status = 200, body = Workspaces), Guarded))]
#[get("/workspaces")]
pub(crate) async fn list(
    request: HttpRequest,
    control: Data<Control>,
    caller: OrganizationWide,
    QueryString(query): QueryString<ListWorkspaces>,
) -> Result<Answer<Workspaces>, Problem> {
    let limit = super::page_limit(query.limit)?;
    let after = super::cursor(query.cursor.as_deref(), &caller.tenant)?;
    let filter = CustomerFilter { name_contains: query.name_contains, status: query.status };
    let page = control.store().list_customers(&caller.tenant, &filter, limit, after).await;
    let page = page.map_err(control::Error::from)?;
    let next = page.next.map(|cursor| next_url(&request, &cursor.to_string()));
    Ok(Answer(Workspaces { data: page.items, next }))
}

/// The same query with another cursor. Relative, so that it is on whatever host the client used.
fn next_url(request: &HttpRequest, cursor: &str) -> String {
    let kept =
        request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: Vec<_> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("{}?{}", request.path(), query.join("&"))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct WorkspaceStats {
    active_count: i64,
    inactive_count: i64,
    total_count: i64,
}

/// Count workspaces.
#[utoipa::path(operation_id = "count_workspaces", tag = "workspaces", responses((status = 200, body = WorkspaceStats), Guarded))]
#[get("/workspaces/stats")]
pub(crate) async fn stats(
    control: Data<Control>,
    caller: OrganizationWide,
) -> Result<Answer<WorkspaceStats>, Problem> {
    let counts = control.store().customer_counts(&caller.tenant).await.map_err(control::Error::from)?;
    Ok(Answer(WorkspaceStats {
        active_count: counts.active,
        inactive_count: counts.inactive,
        total_count: counts.active + counts.inactive,
    }))
}

/// Get one workspace.
#[utoipa::path(operation_id = "get_workspace", tag = "workspaces", params(("workspace_id" = CustomerId, Path)),
    responses((status = 200, body = Customer), Guarded, Named))]
#[get("/workspaces/{workspace_id}")]
pub(crate) async fn get(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<CustomerId>,
) -> Result<Answer<Customer>, Problem> {
    Ok(Answer(control.customer(&caller.tenant, id.0).await?))
}

/// What to change; absent keeps it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateWorkspace {
    /// The old name no longer routes afterwards.
    name: Option<String>,
    /// `inactive` refuses execute; reads go on.
    status: Option<CustomerStatus>,
    /// Null inherits again.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    cache_enabled: Option<Option<bool>>,
}

/// Tells a field that is null from one that is absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<bool>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Rename, activate or deactivate a workspace.
#[utoipa::path(operation_id = "update_workspace", tag = "workspaces", params(("workspace_id" = CustomerId, Path)),
    responses((status = 200, body = Customer), (status = 409, body = ProblemBody, content_type = "application/problem+json",
        description = "Another workspace has this name."), Guarded, Named, WithBody))]
#[put("/workspaces/{workspace_id}")]
pub(crate) async fn update(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<CustomerId>,
    Json(body): Json<UpdateWorkspace>,
) -> Result<Answer<Customer>, Problem> {
    let UpdateWorkspace { name, status, cache_enabled } = body;
    let update = UpdateCustomer { name, status, cache_enabled };
    Ok(Answer(control.update_customer(&caller.tenant, id.0, update).await?))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct WorkspaceDeleted {
    id: CustomerId,
    deleted_at: Timestamp,
    /// The job that tells whether the grants of its connectors were revoked upstream.
    job_id: JobId,
}

/// Delete a workspace with its connectors and their credentials. Their grants are revoked upstream.
#[utoipa::path(operation_id = "delete_workspace", tag = "workspaces", params(("workspace_id" = CustomerId, Path)),
    responses((status = 200, body = WorkspaceDeleted), Guarded, Named))]
#[delete("/workspaces/{workspace_id}")]
pub(crate) async fn delete(
    control: Data<Control>,
    caller: OrganizationWide,
    id: PathId<CustomerId>,
) -> Result<Answer<WorkspaceDeleted>, Problem> {
    let (deleted_at, job_id) = control.delete_customer(&caller.tenant, id.0).await?;
    Ok(Answer(WorkspaceDeleted { id: id.0, deleted_at, job_id }))
}
