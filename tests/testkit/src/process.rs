//! The real program as a child process.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Printed {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Printed {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// When the command failed or printed something else.
    #[must_use]
    pub fn json(&self) -> Value {
        assert!(self.status.success(), "the command failed: {self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// Runs the program once with nothing in its environment but `env`.
///
/// # Panics
/// When it cannot be started.
pub async fn run(binary: &str, arguments: &[&str], env: &[(String, String)]) -> Printed {
    let output = tokio::process::Command::new(binary)
        .args(arguments)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{binary} does not start: {error}"));
    Printed {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Starts it so that it dies with the thread that started it: a server shared by all tests of a
/// process is never dropped, and must not outlive them.
pub(crate) fn spawn(binary: &str, arguments: &[String], env: &[(String, String)], log: &Path) -> Child {
    let log =
        File::options().create(true).append(true).open(log).expect("the test's own directory is writable");
    let same = log.try_clone().expect("a file handle can be doubled");
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--", binary])
        .args(arguments)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(same)
        .spawn()
        .expect("setpriv, of util-linux, is installed")
}
