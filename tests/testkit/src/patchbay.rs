//! A server: its environment, its start, its log and its end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use crate::options::environment;
use crate::process::spawn;
use crate::{Client, Database, Options, Printed, Upstream, eventually, run};

/// A debug build on a busy machine is ready in well under a second; this is for the worst day.
const READY_WAIT: Duration = Duration::from_secs(60);
/// A graceful stop waits for the calls under way, which the tests keep short.
const STOP_WAIT: Duration = Duration::from_secs(30);
/// Another process can take the free port between our look and the program's bind.
const PORT_ATTEMPTS: usize = 5;

/// One running server with a store, a sandbox and a log of its own; killed when dropped.
pub struct Patchbay {
    /// The sandbox all its upstream calls go to.
    pub upstream: Upstream,
    binary: String,
    arguments: Vec<String>,
    env: Vec<(String, String)>,
    database: Database,
    database_url: String,
    base: String,
    process: Child,
    files: Arc<TempDir>,
}

impl Patchbay {
    /// Starts it on an empty store and waits until it is ready.
    ///
    /// `binary` is `env!("CARGO_BIN_EXE_patchbay")`, which only the test binary knows.
    ///
    /// # Panics
    /// When it does not become ready; its log is in the message.
    pub async fn start(binary: &str, database: Database) -> Self {
        Self::start_with(binary, database, &Options::default()).await
    }

    /// As [`Patchbay::start`], with other settings.
    ///
    /// # Panics
    /// As [`Patchbay::start`].
    pub async fn start_with(binary: &str, database: Database, options: &Options) -> Self {
        let files =
            Arc::new(TempDir::with_prefix("patchbay-test-").expect("the temporary directory is writable"));
        let data_dir = files.path().join("data");
        std::fs::create_dir(&data_dir).expect("a fresh directory takes a directory");
        let store = (database, database.fresh(&data_dir).await);
        Self::listen(binary, store, Upstream::start(), files, options).await
    }

    /// A second server on the same store, keys and upstream.
    ///
    /// # Panics
    /// As [`Patchbay::start`].
    pub async fn twin(&self) -> Self {
        self.twin_with(&Options::default()).await
    }

    /// As [`Patchbay::twin`], with other settings.
    ///
    /// # Panics
    /// As [`Patchbay::start`].
    pub async fn twin_with(&self, options: &Options) -> Self {
        let store = (self.database, self.database_url.clone());
        let files = Arc::clone(&self.files);
        Self::listen(&self.binary, store, self.upstream.clone(), files, options).await
    }

    /// Starts on a free port, on another one when that was taken meanwhile.
    async fn listen(
        binary: &str,
        (database, database_url): (Database, String),
        upstream: Upstream,
        files: Arc<TempDir>,
        options: &Options,
    ) -> Self {
        let arguments = [vec!["serve".to_owned()], options.arguments.clone()].concat();
        let mut failure = String::new();
        for _ in 0..PORT_ATTEMPTS {
            let address = free_address();
            let env = environment(&files.path().join("data"), &database_url, &address, &upstream, options);
            let process = spawn(binary, &arguments, &env, &log_path(files.path()));
            let mut server = Self {
                upstream: upstream.clone(),
                binary: binary.to_owned(),
                arguments: arguments.clone(),
                env,
                database,
                database_url: database_url.clone(),
                base: format!("http://{address}"),
                process,
                files: Arc::clone(&files),
            };
            match server.until_ready().await {
                Ok(()) => return server,
                Err(log) if log.contains("ddress already in use") || log.contains("AddrInUse") => {
                    failure = log;
                }
                Err(log) => panic!("patchbay did not become ready:\n{log}"),
            }
        }
        panic!("no port was free in {PORT_ATTEMPTS} attempts:\n{failure}");
    }

    /// A client without a token.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// Its address, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The engine of its store.
    #[must_use]
    pub fn database(&self) -> Database {
        self.database
    }

    /// Where its store is.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// `PATCHBAY_DATA_DIR`.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.files.path().join("data")
    }

    /// What is removed with it: its data and its log.
    pub(crate) fn folder(&self) -> &Path {
        self.files.path()
    }

    /// All it has written to standard output and error, over restarts too.
    ///
    /// # Panics
    /// When the log file is gone.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(log_path(self.files.path())).expect("the log lives as long as the server");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs `patchbay …` on the same store and with the same environment.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn command(&self, arguments: &[&str]) -> Printed {
        self.command_with(arguments, &[]).await
    }

    /// As [`Patchbay::command`], with these variables changed.
    ///
    /// # Panics
    /// As [`Patchbay::command`].
    pub async fn command_with(&self, arguments: &[&str], changed: &[(&str, &str)]) -> Printed {
        let mut env = self.env.clone();
        env.retain(|(known, _)| !changed.iter().any(|(name, _)| name == known));
        env.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        run(&self.binary, arguments, &env).await
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().await
    }

    /// Sends SIGTERM and returns at once.
    ///
    /// # Panics
    /// When there is no `kill`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.process.id())])
            .status()
            .expect("sh is there");
        assert!(sent.success(), "no process {} to signal", self.process.id());
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn ended(&mut self) -> ExitStatus {
        let process = std::sync::Mutex::new(&mut self.process);
        eventually("patchbay ends", STOP_WAIT, async || {
            let mut process = process.lock().expect("no look panics");
            process.try_wait().expect("a child can be waited for")
        })
        .await
    }

    /// Ends it with SIGKILL, between any two instructions.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a child can be waited for");
    }

    /// Starts it again on the same store and address, after [`Patchbay::terminate`] or [`Patchbay::kill`].
    ///
    /// # Panics
    /// As [`Patchbay::start`].
    pub async fn restart(&mut self) {
        self.process = spawn(&self.binary, &self.arguments, &self.env, &log_path(self.files.path()));
        if let Err(log) = self.until_ready().await {
            panic!("patchbay did not become ready again:\n{log}");
        }
    }

    /// Changes a variable, or with none takes it away, from the next [`Patchbay::restart`] on.
    pub fn set_env(&mut self, name: &str, value: Option<&str>) {
        self.env.retain(|(known, _)| known != name);
        self.env.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// Waits for readiness; the log when it ended instead.
    async fn until_ready(&mut self) -> Result<(), String> {
        let client = self.client();
        let process = std::sync::Mutex::new(&mut self.process);
        let ready = eventually("patchbay is ready", READY_WAIT, async || {
            let ended =
                process.lock().expect("no look panics").try_wait().expect("a child can be waited for");
            if ended.is_some() {
                return Some(false);
            }
            match client.get("/health/ready").try_send().await {
                Ok(answer) if answer.status == 200 => Some(true),
                _ => None,
            }
        })
        .await;
        if ready { Ok(()) } else { Err(self.log()) }
    }
}

impl Drop for Patchbay {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to wait for.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").to_string()
}

fn log_path(files: &Path) -> PathBuf {
    files.join("log")
}
