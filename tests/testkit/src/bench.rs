//! What a claim is tested on: one engine, and a server of it.
//!
//! Claims that do not disturb each other share one server per engine and process, each with an
//! organization of its own; a claim that stops or configures a server starts its own.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};

use crate::{Options, Organization, Patchbay, postgres};

/// Which engine holds the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// The address of an empty database, for SQLite within `data_dir`.
    pub(crate) async fn fresh(self, data_dir: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", data_dir.join("patchbay.db").display()),
            Self::Postgres => postgres::Cluster::shared().await.database().await,
        }
    }
}

/// Handed to every claim.
pub struct Bench {
    binary: &'static str,
    database: Database,
}

impl Bench {
    /// The engine this run of the claim is for.
    #[must_use]
    pub fn database(&self) -> Database {
        self.database
    }

    /// The program under test.
    #[must_use]
    pub fn binary(&self) -> &'static str {
        self.binary
    }

    /// The server that this process's claims share, started on first use.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn shared(&self) -> &'static Patchbay {
        static SQLITE: OnceLock<Patchbay> = OnceLock::new();
        static POSTGRES: OnceLock<Patchbay> = OnceLock::new();
        let cell = match self.database {
            Database::Sqlite => &SQLITE,
            Database::Postgres => &POSTGRES,
        };
        cell.get_or_init(|| keep(self.binary, self.database))
    }

    /// A server of this claim's own.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(&self, options: &Options) -> Patchbay {
        Patchbay::start_with(self.binary, self.database, options).await
    }

    /// A new organization on the shared server, with an application and its token.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn organization(&self) -> Organization {
        Organization::create(self.shared()).await
    }
}

/// Runs one claim on one engine; [`crate::both`] calls it.
///
/// # Panics
/// When the claim does not hold.
pub fn run_claim(binary: &'static str, database: Database, claim: impl AsyncFnOnce(&Bench)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime of one thread can be built");
    runtime.block_on(claim(&Bench { binary, database }));
}

/// Starts a server on a thread that lasts as long as the process, because the server ends with it.
fn keep(binary: &'static str, database: Database) -> Patchbay {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        run_claim(binary, database, async |bench: &Bench| {
            let server = bench.start(&Options::default()).await;
            sender.send(server).expect("the thread that asked is waiting");
        });
        loop {
            std::thread::park();
        }
    });
    let server = receiver.recv().expect("the server started; otherwise its log is above");
    remove_after_this_process(server.folder());
    server
}

/// Leaves a shell behind that removes `folder` once this process has ended: what is kept until then
/// is never dropped. It notices by the end of its input, so also when the tests are killed.
fn remove_after_this_process(folder: &Path) {
    const SWEEPER: &str = "trap '' HUP INT QUIT TERM; cat; rm -rf \"$1\" || { sleep 1; rm -rf \"$1\"; }";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", SWEEPER, "sh"]).arg(folder).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let sweeper = shell.spawn().expect("/bin/sh runs");
    // Its input stays open as long as this process lives.
    std::mem::forget(sweeper);
}
