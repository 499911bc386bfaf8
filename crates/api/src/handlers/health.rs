//! Health: whether this process lives, and whether requests should be sent to it.

use actix_web::web::{Data, Json as Answer};
use actix_web::{HttpResponse, get};
use control::Control;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::Readiness;

/// What health answers depend on beside the database.
pub(crate) struct Health {
    pub(crate) readiness: Readiness,
    pub(crate) upstream_gateway: Option<String>,
}

/// The health routes, which stand outside the versioned prefix.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    service.service(live).service(ready).service(summary);
}

#[derive(Serialize, ToSchema)]
pub(crate) struct HealthStatus {
    /// `ok`, `stopping` or `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[schema(example = "sqlite")]
    database: &'static str,
    version: &'static str,
    /// Present when upstream calls do not go to the real upstreams.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_gateway: Option<String>,
}

async fn answer(control: &Control, health: &Health) -> HttpResponse {
    let (status, reason) = if health.readiness.stopping() {
        ("stopping", Some("this process is stopping: send requests to another"))
    } else if control.store().ready().await.is_err() {
        ("unavailable", Some("the database does not answer, or migrations are pending"))
    } else {
        ("ok", None)
    };
    let mut response = if reason.is_none() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(HealthStatus {
        status,
        reason,
        database: control.store().engine(),
        version: env!("CARGO_PKG_VERSION"),
        upstream_gateway: health.upstream_gateway.clone(),
    })
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Live {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(operation_id = "health_live", tag = "health", security(()), responses((status = 200, body = Live)))]
#[get("/health/live")]
pub(crate) async fn live() -> Answer<Live> {
    Answer(Live { status: "ok" })
}

/// Whether requests should be sent here: the database answers, migrations are applied.
#[utoipa::path(operation_id = "health_ready", tag = "health", security(()),
    responses((status = 200, body = HealthStatus), (status = 503, body = HealthStatus)))]
#[get("/health/ready")]
pub(crate) async fn ready(control: Data<Control>, health: Data<Health>) -> HttpResponse {
    answer(&control, &health).await
}

/// The same, for people.
#[utoipa::path(operation_id = "health", tag = "health", security(()),
    responses((status = 200, body = HealthStatus), (status = 503, body = HealthStatus)))]
#[get("/health")]
pub(crate) async fn summary(control: Data<Control>, health: Data<Health>) -> HttpResponse {
    answer(&control, &health).await
}
