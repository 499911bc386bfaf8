//! What goes on without anybody asking: keeping tokens alive, revoking grants, clearing away.
//!
//! `patchbay/serve.rs` starts a [`Worker`] beside the server. `jobs.rs` lists the kinds of job, each
//! one use case of `control` with its pace; `tick.rs` is the loop they all run in. Rows are leased in
//! the database, so any number of servers on one database share the work.

mod jobs;
mod tick;

use std::time::Duration;

use control::Control;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use jobs::Kind;

/// How long a stop waits for the batches under way: one token request and what is written after it.
const STOP_MAX: Duration = Duration::from_secs(20);

/// The background loops of this process.
pub struct Worker {
    stop: watch::Sender<bool>,
    loops: JoinSet<()>,
}

impl Worker {
    /// Starts a loop for every kind of job.
    #[must_use]
    pub fn start(control: &Control) -> Self {
        let (stop, stopping) = watch::channel(false);
        let mut loops = JoinSet::new();
        for kind in Kind::ALL {
            let (control, stopping) = (control.clone(), stopping.clone());
            loops.spawn(async move {
                let batch = |limit| kind.run(&control, limit);
                tick::run(kind.name(), kind.pace(), stopping, batch).await;
            });
        }
        Self { stop, loops }
    }

    /// Begins no further batch, and waits for those under way, though not for ever: what is cut off is
    /// leased again when its lease is over.
    pub async fn stop(self) {
        let Self { stop, mut loops } = self;
        stop.send_replace(true);
        let ended = async { while loops.join_next().await.is_some() {} };
        if timeout(STOP_MAX, ended).await.is_err() {
            tracing::warn!(waited_s = STOP_MAX.as_secs(), "background jobs still under way are cut off");
            loops.shutdown().await;
        }
    }
}
