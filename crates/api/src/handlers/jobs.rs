//! Jobs: what becomes of the grants of deleted connectors.

use actix_web::get;
use actix_web::web::{Data, Json as Answer};
use control::Control;
use domain::{Job, JobId};

use super::problems::{Guarded, Named};
use crate::body::PathId;
use crate::caller::Scoped;
use crate::problem::Problem;

/// Get a job: for each deleted connector, whether its grant was revoked upstream.
#[utoipa::path(operation_id = "get_job", tag = "jobs", params(("job_id" = JobId, Path)),
    responses((status = 200, body = Job), Guarded, Named))]
#[get("/jobs/{job_id}")]
pub(crate) async fn get(
    control: Data<Control>,
    caller: Scoped,
    id: PathId<JobId>,
) -> Result<Answer<Job>, Problem> {
    Ok(Answer(control.job(&caller.tenant, id.0).await?))
}
