//! A stateful stand-in for Notion, for trying Patchbay without an account and for its tests.
//!
//! One process-local server on an address of its own, seeded with two workspaces. A request goes
//! through `server.rs` (record, fault, check, route) to a handler in the module named after its
//! noun; handlers are plain functions over `state.rs`. The control door is `control.rs`.

mod appearance;
mod block_types;
mod blocks;
mod call;
mod checks;
mod clock;
mod comments;
mod connection;
mod control;
mod custom_emojis;
mod data_sources;
mod databases;
mod faults;
mod file_host;
mod file_uploads;
mod limiter;
mod markdown;
mod multipart;
mod oauth;
mod pages;
mod pagination;
mod properties;
mod property_items;
mod query;
mod recorder;
mod refusal;
mod render;
mod respond;
mod rich_text;
mod routes;
mod search;
pub mod seed;
mod server;
mod state;
mod target;
mod users;
mod version;
mod views;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};

use crate::connection::Connection;
use crate::server::{Server, World};

/// A moment for requests under way when it stops.
const SHUTDOWN_S: u64 = 1;
/// Longer than clients keep an idle connection, so that they never write to one just closed.
const KEEP_ALIVE: Duration = Duration::from_secs(180);

/// Where it listens.
#[derive(Debug, Clone, Copy)]
pub struct SandboxConfig {
    /// Port 0 takes a free one.
    pub bind: SocketAddr,
}

/// A running sandbox, which ends when this is dropped.
pub struct Sandbox {
    addr: SocketAddr,
    handle: ServerHandle,
}

impl Sandbox {
    /// Starts it on a thread of its own.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start(config: SandboxConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.bind)?;
        let addr = listener.local_addr()?;
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("sandbox".to_owned());
        thread.spawn(move || {
            let ran = actix_web::rt::System::new().block_on(async {
                let server = listen(listener, addr)?;
                // The one who started it waits for this.
                let _ = sender.send(server.handle());
                server.await
            });
            if let Err(error) = ran {
                tracing::error!("the sandbox ended: {error}");
            }
        })?;
        let handle = receiver.recv().map_err(|_| io::Error::other("the sandbox did not start"))?;
        Ok(Self { addr, handle })
    }

    /// Where it listens, with the port it got.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://…`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Ends it, and waits until it has.
    pub async fn stop(self) {
        self.handle.stop(true).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The request to stop is sent here; nobody waits for its end.
        drop(self.handle.stop(false));
    }
}

fn listen(listener: TcpListener, addr: SocketAddr) -> io::Result<actix_web::dev::Server> {
    let state = seed::state(format!("http://{addr}"));
    let server = Data::new(Server::new(World { state, ..World::default() }));
    let app = move || App::new().app_data(server.clone()).default_service(web::to(server::serve));
    // One worker: one lock is contended by nobody, and the order of requests is theirs.
    let server =
        HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(SHUTDOWN_S).keep_alive(KEEP_ALIVE);
    Ok(server.on_connect(Connection::remember).listen(listener)?.run())
}
