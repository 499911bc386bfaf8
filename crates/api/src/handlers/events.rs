//! Events: what happened to an organization's connectors, in order.

use actix_web::get;
use actix_web::web::{Data, Json as Answer};
use control::{Control, FieldFault};
use domain::Event;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problems::Guarded;
use crate::body::QueryString;
use crate::caller::OrganizationWide;
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListEvents {
    /// Only events after this `sequence`: `next_after` of the answer before.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
    /// Rows of a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Events {
    data: Vec<Event>,
    /// Send it as `after` for what comes next; the same again while there is nothing.
    next_after: i64,
}

/// List what happened to connectors, oldest first.
#[utoipa::path(operation_id = "list_events", tag = "events", params(ListEvents), responses((status = 200, body = Events), Guarded))]
#[get("/events")]
pub(crate) async fn list(
    control: Data<Control>,
    caller: OrganizationWide,
    QueryString(query): QueryString<ListEvents>,
) -> Result<Answer<Events>, Problem> {
    let limit = super::page_limit(query.limit)?;
    let after = query.after.unwrap_or_default();
    if after < 0 {
        let text = "`after` must be the `next_after` of an earlier answer, or 0 for the beginning";
        return Err(Problem::invalid(FieldFault::new("after", text)));
    }
    let data = control.events(&caller.tenant, after, limit).await?;
    let next_after = data.last().map_or(after, |event| event.sequence);
    Ok(Answer(Events { data, next_after }))
}
