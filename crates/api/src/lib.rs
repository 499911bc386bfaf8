//! The HTTP face: JSON in and out, translated to and from the use cases in `control`.
//!
//! [`server`] makes the whole server; `routes` is every route in one list.

mod body;
mod caller;
mod handlers;
mod methods;
mod openapi;
mod problem;
mod readiness;
mod request_id;

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{NormalizePath, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use control::Control;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

pub use openapi::openapi;
pub use readiness::Readiness;

/// How long a client may take to send the head of its request.
const HEAD_READ_MAX: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the last answers may take to be sent, once no call is under way.
const DRAIN_MAX_S: u64 = 5;
/// Connections per worker; more wait in the listener's queue.
const CONNECTIONS_MAX: usize = 10_000;

/// The whole API under one prefix, every route in one list.
fn routes(service: &mut ServiceConfig<'_>) {
    use handlers::{checks, connectors, definitions, execute, executions, templates, tokens, workspaces};
    service
        .service(tokens::issue)
        .service(tokens::issue_scoped)
        .service(tokens::scoped_info)
        .service(workspaces::stats)
        .service(workspaces::list)
        .service(workspaces::get)
        .service(workspaces::update)
        .service(workspaces::delete)
        // Before `{connector_id}`, which would take `check` for an id.
        .service(checks::check_new)
        .service(checks::check)
        .service(execute::execute)
        .service(connectors::create)
        .service(connectors::list)
        .service(connectors::inspect)
        .service(connectors::get)
        .service(connectors::update)
        .service(connectors::delete)
        .service(definitions::list)
        .service(definitions::get)
        .service(templates::list_global)
        .service(templates::list)
        .service(executions::list)
        .service(executions::get);
}

/// Older paths that programs in use still send; they are not in the document.
fn older_routes(service: &mut web::ServiceConfig) {
    use handlers::{execute, tokens};
    service
        .route("/embedded/scoped-token", web::post().to(tokens::issue_scoped_handler))
        .route("/connectors/sources/{connector_id}/execute", web::post().to(execute::execute_handler));
}

/// What the server is made of.
pub struct Serving {
    pub control: Control,
    pub listener: TcpListener,
    pub readiness: Readiness,
    /// Said by `/health` when upstream calls are rewritten to a test gateway.
    pub upstream_gateway: Option<String>,
}

/// The server, ready to be awaited. It does not watch signals: the caller stops it.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(serving: Serving) -> std::io::Result<Server> {
    let Serving { control, listener, readiness, upstream_gateway } = serving;
    let control = Data::new(control);
    let stop = Data::new(readiness.clone());
    let health = Data::new(handlers::health::Health { readiness, upstream_gateway });
    let document = openapi();
    let methods = Data::new(methods::Methods::of(&document));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(control.clone())
            .app_data(health.clone())
            .app_data(stop.clone())
            .app_data(methods.clone())
            .wrap(NormalizePath::trim())
            .wrap(from_fn(request_id::around))
            .configure(|app| {
                let both = |service: &mut web::ServiceConfig| {
                    routes(&mut ServiceConfig::new(service));
                    older_routes(service);
                };
                app.service(web::scope("/api/v1").configure(both));
                app.service(web::scope("/v1").configure(both));
                handlers::health::routes(&mut ServiceConfig::new(app));
                app.route("/", web::get().to(handlers::docs::home));
                app.route("/docs", web::get().to(handlers::docs::home));
            })
            .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", document.clone()))
            .default_service(web::to(methods::no_such_route))
    });
    Ok(server
        .tcp_nodelay(true)
        .client_request_timeout(HEAD_READ_MAX)
        .keep_alive(KEEP_ALIVE)
        .max_connections(CONNECTIONS_MAX)
        .shutdown_timeout(DRAIN_MAX_S)
        .disable_signals()
        .listen(listener)?
        .run())
}
