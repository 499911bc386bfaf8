//! The HTTP face: JSON in and out, translated to and from the use cases in `control`.
//!
//! [`server`] makes the whole server; `routes` is every route in one list.

mod body;
mod caller;
mod connection;
mod handlers;
mod methods;
mod openapi;
mod problem;
mod readiness;
mod request_id;

use std::net::TcpListener;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::App;
use actix_web::dev::{AppConfig, Server, fn_service};
use actix_web::middleware::{NormalizePath, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data};
use connection::Connection;
use control::Control;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

pub use openapi::openapi;
pub use readiness::Readiness;

/// How long a client may take to send the head of its request.
const HEAD_READ_MAX: Duration = Duration::from_secs(10);
/// How long a client may take to notice that its connection ends.
const DISCONNECT_MAX: Duration = Duration::from_secs(1);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the last answers may take to be sent, once no call is under way.
const DRAIN_MAX_S: u64 = 5;
/// Connections per worker; more wait in the listener's queue.
const CONNECTIONS_MAX: usize = 10_000;

/// The whole API under one prefix, every route in one list.
fn routes(service: &mut ServiceConfig<'_>) {
    use handlers::connectors::{credentials, state};
    use handlers::{
        checks, connectors, consent, definitions, events, execute, executions, jobs, oauth_apps,
        organizations, templates, tokens, workspaces,
    };
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
        .service(consent::initiate)
        .service(consent::callback)
        .service(consent::callback_own_app)
        .service(consent::callback_older)
        .service(state::confirm)
        .service(state::disable)
        .service(state::enable)
        .service(credentials::export)
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
        .service(oauth_apps::put_app)
        .service(oauth_apps::get_app)
        .service(oauth_apps::delete_app)
        .service(oauth_apps::specification)
        .service(oauth_apps::redirect_uri)
        .service(organizations::settings)
        .service(organizations::update_settings)
        .service(executions::list)
        .service(executions::get)
        .service(jobs::get)
        .service(events::list);
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
    let app = move || {
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
    };
    let server = Server::build();
    let stopping = server.graceful_shutdown_signal();
    // What `HttpServer` does, but for the connections, which are read with care.
    let connections = move || {
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_request_timeout(HEAD_READ_MAX)
            .client_disconnect_timeout(DISCONNECT_MAX)
            .keep_alive(KEEP_ALIVE)
            .finish(map_config(app().into_factory(), |()| AppConfig::default()));
        fn_service(|stream: TcpStream| async move {
            stream.set_nodelay(true)?;
            let peer = stream.peer_addr().ok();
            Ok((Connection::new(stream), Protocol::Http1, peer))
        })
        .and_then(http)
    };
    Ok(server
        .max_concurrent_connections(CONNECTIONS_MAX)
        .shutdown_timeout(DRAIN_MAX_S)
        .disable_signals()
        .listen("http", listener, connections)?
        .run())
}
