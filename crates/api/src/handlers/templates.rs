//! Source templates: the definitions an organization has enabled, which here are all of them.

use actix_web::get;
use actix_web::web::{Data, Json as Answer};
use control::Control;
use serde::Serialize;
use utoipa::ToSchema;

use super::connectors::wire::TemplateSummary;
use super::problems::Guarded;
use crate::caller::OrganizationWide;
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
pub(crate) struct Templates {
    data: Vec<TemplateSummary>,
}

fn all(control: &Control) -> Answer<Templates> {
    let templates =
        control.catalog().iter().map(|definition| TemplateSummary::of(definition.id, Some(definition)));
    Answer(Templates { data: templates.collect() })
}

/// List the enabled source templates. Every definition is enabled.
#[utoipa::path(operation_id = "list_templates", tag = "definitions", responses((status = 200, body = Templates), Guarded))]
#[get("/integrations/templates/sources")]
pub(crate) async fn list(
    control: Data<Control>,
    _caller: OrganizationWide,
) -> Result<Answer<Templates>, Problem> {
    Ok(all(&control))
}

/// List the source templates that can be enabled.
#[utoipa::path(operation_id = "list_global_templates", tag = "definitions", responses((status = 200, body = Templates), Guarded))]
#[get("/integrations/templates/sources/global")]
pub(crate) async fn list_global(
    control: Data<Control>,
    _caller: OrganizationWide,
) -> Result<Answer<Templates>, Problem> {
    Ok(all(&control))
}
