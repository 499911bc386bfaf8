//! What an organization decides about consent.

use actix_web::web::{Data, Json as Answer};
use actix_web::{get, put};
use control::{Control, UpdateSettings};
use domain::OrganizationSettings;
use serde::Deserialize;
use utoipa::ToSchema;

use super::problems::{Guarded, WithBody};
use crate::body::Json;
use crate::caller::OrganizationWide;
use crate::problem::Problem;

/// Get the organization's settings.
#[utoipa::path(operation_id = "get_organization_settings", tag = "organizations", responses((status = 200, body = OrganizationSettings), Guarded))]
#[get("/organizations/settings")]
pub(crate) async fn settings(
    control: Data<Control>,
    caller: OrganizationWide,
) -> Result<Answer<OrganizationSettings>, Problem> {
    Ok(Answer(control.organization_settings(&caller.tenant).await?))
}

/// What to change; absent keeps it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSettings {
    /// Whether a connector made by consent is unusable until the application confirms that the right
    /// person consented.
    confirm_connectors: Option<bool>,
    /// Where a consent may return to, as origins: `https://app.example.com`. An empty list allows any.
    return_origins: Option<Vec<String>>,
}

/// Change the organization's settings.
#[utoipa::path(operation_id = "update_organization_settings", tag = "organizations", responses((status = 200, body = OrganizationSettings), Guarded, WithBody))]
#[put("/organizations/settings")]
pub(crate) async fn update_settings(
    control: Data<Control>,
    caller: OrganizationWide,
    Json(body): Json<ChangeSettings>,
) -> Result<Answer<OrganizationSettings>, Problem> {
    let ChangeSettings { confirm_connectors, return_origins } = body;
    let update = UpdateSettings { confirm_connectors, return_origins };
    Ok(Answer(control.update_organization_settings(&caller.tenant, update).await?))
}
