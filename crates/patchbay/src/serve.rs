//! The server from its start to its graceful stop.
//!
//! `commands/serve.rs` and `commands/demo.rs` both run one: configuration and arguments in, a
//! [`Running`] out, which is stopped at a signal or when the demo has ended.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use api::{Readiness, Serving};
use control::Control;
use executor::Gateway;
use sandbox::{Sandbox, SandboxConfig};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use url::Url;
use worker::Worker;

use crate::compose;
use crate::config::Config;
use crate::failure::Failure;

/// The upstream that the sandbox stands in for.
const SANDBOX_HOST: &str = "api.notion.com";

/// How long readiness fails before requests are refused, so that a load balancer has looked.
const READINESS_LEAD: Duration = Duration::from_secs(2);

/// How long requests in flight may take when the server stops: the longest call, and a little.
const DRAIN_MAX: Duration = Duration::from_secs(65);

/// Asked of us from outside: by a person at the terminal, or by what supervises the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Interrupted,
    Terminated,
}

/// The signals that stop the server. Once made, no further signal ends the process by itself, so
/// that a second one cannot cut off the calls under way.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        let of = |kind| {
            signal(kind).map_err(|source| Failure::Io { doing: "listen for signals".to_owned(), source })
        };
        Ok(Self { interrupt: of(SignalKind::interrupt())?, terminate: of(SignalKind::terminate())? })
    }

    pub(crate) async fn stop(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupted,
            _ = self.terminate.recv() => Stop::Terminated,
        }
    }
}

/// A server that answers requests.
pub(crate) struct Running {
    pub(crate) control: Control,
    /// Where this machine reaches it, without a trailing slash.
    pub(crate) base_url: String,
    sandbox: Option<Sandbox>,
    readiness: Readiness,
    handle: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
    worker: Worker,
}

impl Running {
    /// Builds everything and serves on `listener`; with a sandbox, calls to Notion go there.
    pub(crate) async fn start(
        mut config: Config,
        listener: TcpListener,
        with_sandbox: bool,
    ) -> Result<Self, Failure> {
        if with_sandbox && config.upstream_gateway.is_some() {
            return Err(Failure::SandboxAndGateway);
        }
        let address = listener.local_addr().map_err(cannot_listen(config.bind))?;
        let sandbox = if with_sandbox { Some(start_sandbox()?) } else { None };
        let gateway = match &sandbox {
            Some(sandbox) => Some(sandbox_gateway(sandbox)),
            None => compose::gateway(&config),
        };
        let public_url = config.public_url(address.port());
        warn_of_exposure(&config, address);
        if let Some(gateway) = &gateway {
            announce(gateway);
        }
        let upstream_gateway = gateway.as_ref().map(|gateway| gateway.base.to_string());
        let control = compose::control(&mut config, public_url.clone(), gateway).await?;

        let readiness = Readiness::default();
        let serving =
            Serving { control: control.clone(), listener, readiness: readiness.clone(), upstream_gateway };
        let server = api::server(serving).map_err(cannot_listen(address))?;
        let handle = server.handle();
        let serving = tokio::spawn(server);
        let engine = control.store().engine();
        tracing::info!(%address, %public_url, engine, "listening");
        let worker = Worker::start(&control);
        Ok(Self { control, base_url: loopback_url(address), sandbox, readiness, handle, serving, worker })
    }

    /// Serves until a signal asks to stop, then stops. A server that ends by itself is a failure.
    pub(crate) async fn until_stopped(mut self, signals: &mut Signals) -> Result<(), Failure> {
        let ended = tokio::select! {
            stop = signals.stop() => return self.stop(stop).await,
            ended = &mut self.serving => ended,
        };
        self.worker.stop().await;
        close(self.control, self.handle, self.sandbox, false).await;
        let source = match ended {
            Ok(Ok(())) => io::Error::other("it ended by itself"),
            Ok(Err(error)) => error,
            Err(panicked) => io::Error::other(panicked),
        };
        Err(Failure::Io { doing: "the server failed".to_owned(), source })
    }

    /// Readiness fails first, then requests are refused, and those in flight are finished; so are
    /// background jobs, meanwhile. Only then does the server end: its threads go the moment they are
    /// idle, and with each the connections it opened, which calls of other threads share.
    pub(crate) async fn stop(self, stop: Stop) -> Result<(), Failure> {
        tracing::info!("stopping: calls under way are finished first");
        self.readiness.stop();
        let drain = async {
            if stop == Stop::Terminated {
                tokio::time::sleep(READINESS_LEAD).await;
            }
            self.readiness.refuse();
            timeout(DRAIN_MAX, self.readiness.drained()).await.is_ok()
        };
        let (drained, ()) = tokio::join!(drain, self.worker.stop());
        if !drained {
            tracing::warn!(waited_s = DRAIN_MAX.as_secs(), "requests still in flight are cut off");
        }
        close(self.control, self.handle, self.sandbox, drained).await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Ends every part after those that need it; `graceful` lets the last answers be sent.
async fn close(control: Control, server: ServerHandle, sandbox: Option<Sandbox>, graceful: bool) {
    // Calls whose client went away still run, and the execution log is written out.
    control.shutdown().await;
    server.stop(graceful).await;
    control.store().close().await;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
}

/// Takes the configured address.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(cannot_listen(address))
}

/// How this machine reaches a server on `address`, which may stand for all addresses.
pub(crate) fn loopback_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    format!("http://{address}")
}

/// Says that an address could not be taken.
pub(crate) fn cannot_listen(address: SocketAddr) -> impl FnOnce(io::Error) -> Failure {
    move |source| Failure::Io { doing: format!("cannot listen on {address} (PATCHBAY_BIND)"), source }
}

fn start_sandbox() -> Result<Sandbox, Failure> {
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Sandbox::start(SandboxConfig { bind })
        .map_err(|source| Failure::Io { doing: "the sandbox cannot be started".to_owned(), source })
}

fn sandbox_gateway(sandbox: &Sandbox) -> Gateway {
    let base = Url::parse(&sandbox.base_url()).expect("the sandbox gives its own URL");
    Gateway { base, only_hosts: Some(vec![SANDBOX_HOST.to_owned()]) }
}

fn announce(gateway: &Gateway) {
    let base = &gateway.base;
    match &gateway.only_hosts {
        Some(hosts) => tracing::info!(sandbox = %base, "calls to {} go to the sandbox", hosts.join(", ")),
        None => {
            tracing::warn!(gateway = %base, "every upstream call goes to a gateway (PATCHBAY_UPSTREAM_GATEWAY)");
        }
    }
}

fn warn_of_exposure(config: &Config, address: SocketAddr) {
    if config.is_local() && !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "other machines can reach this server while PATCHBAY_PUBLIC_URL is loopback: set it, and keys of your own"
        );
    }
}
