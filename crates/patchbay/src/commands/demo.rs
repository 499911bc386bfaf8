//! `patchbay demo`: the main job, walked before the reader's eyes on a temporary store and the
//! sandbox, each call shown as a `curl` line with its answer.

mod consent;
mod curl;
mod layout;
mod page;
mod show;
mod walk;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Instant;

use tempfile::TempDir;

use crate::config::{self, Config};
use crate::failure::Failure;
use crate::output;
use crate::serve::{self, Running, Signals, Stop};
use crate::telemetry::{self, Output};

use show::Show;

pub(super) async fn run(exit: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let mut signals = Signals::listen()?;
    // Removed with everything in it when this function ends, however it ends.
    let folder = tempfile::Builder::new()
        .prefix("patchbay-demo-")
        .tempdir()
        .map_err(|source| Failure::Io { doing: "a temporary folder cannot be made".to_owned(), source })?;
    let config = Config::for_trial(folder.path(), config::environment())?;
    telemetry::start(&config.log, Output::Stderr);
    let (listener, taken) = listen(&config)?;
    output::line("Patchbay: the main job, on a temporary store and a stand-in for Notion.")?;
    if exit {
        output::line(
            "It stops after the last step, and the lines below are for a server that keeps running: \
             to paste them, run `patchbay demo` without --exit.",
        )?;
    }
    if let Some(taken) = taken {
        output::line(&format!(
            "Port {} is taken, so a free one is used. PATCHBAY_BIND chooses another.",
            taken.port()
        ))?;
    }
    output::line("Starting …")?;
    let running = Running::start(config, listener, true).await?;
    output::line(&format!("Ready at {} in {} ms.", running.base_url, started.elapsed().as_millis()))?;

    let walked = tokio::select! {
        walked = walk_through(&running, folder.path()) => walked,
        stop = signals.stop() => return running.stop(stop).await,
    };
    if let Err(failure) = walked {
        running.stop(Stop::Interrupted).await?;
        return Err(failure);
    }
    output::line(&format!(
        "\nEvery step answered as it should, in {:.1} s.",
        started.elapsed().as_secs_f64()
    ))?;
    if exit {
        return running.stop(Stop::Interrupted).await;
    }
    output::line(&format!(
        "\nPatchbay goes on serving at {0}; paste any line above into another terminal.\n\
         The API is described at {0}/docs. Ctrl-C stops it and removes the temporary store.",
        running.base_url
    ))?;
    close(folder, running.until_stopped(&mut signals).await)
}

async fn walk_through(running: &Running, data_dir: &Path) -> Result<(), Failure> {
    let show = Show::new(&running.base_url, data_dir)?;
    walk::walk(show, &running.control).await
}

/// Takes the configured address, or the usual one, or when that is taken and none was asked for,
/// a free one. Answers the address that was taken.
fn listen(config: &Config) -> Result<(TcpListener, Option<SocketAddr>), Failure> {
    match TcpListener::bind(config.bind) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && !config.bind_given => {
            Ok((serve::listen((Ipv4Addr::LOCALHOST, 0).into())?, Some(config.bind)))
        }
        bound => Ok((bound.map_err(serve::cannot_listen(config.bind))?, None)),
    }
}

/// Removes the temporary store, and says so when that fails.
fn close(folder: TempDir, ended: Result<(), Failure>) -> Result<(), Failure> {
    let path = folder.path().display().to_string();
    let removed = folder.close();
    ended?;
    removed.map_err(|source| Failure::Io { doing: format!("{path} cannot be removed"), source })
}
