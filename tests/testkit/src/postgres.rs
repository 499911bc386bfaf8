//! A PostgreSQL server for the tests of one process, from the installed Debian packages.
//!
//! It lives in a folder of its own, trusts everyone on the loopback, and never waits for the disk.
//! A shell waits for the end of a pipe from this process, then stops the server and removes the
//! folder: so both go even when the tests are killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where Debian installs each major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Accounts the server may run as when the tests run as root, whom PostgreSQL refuses.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Free ports to try: another program may take one between our look and the server's.
const PORTS: usize = 5;

/// Makes and starts the server, prints its port, waits for the end of its input, cleans up.
///
/// `$1` the binaries, `$2` the folder, then the ports. A signal to the tests is not for the shell.
const SUPERVISOR: &str = r#"
trap '' HUP INT QUIT TERM
binaries=$1 folder=$2 started=
shift 2
settings='-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300'
settings="$settings -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
if "$binaries/initdb" --no-sync --auth=trust --username=postgres --encoding=UTF8 --locale=C \
    -D "$folder/data" >"$folder/log" 2>&1
then
    for port in "$@"; do
        "$binaries/pg_ctl" start -w -s -D "$folder/data" -l "$folder/log" -o "-p $port $settings" \
            && started=$port && break
    done
fi
if [ -n "$started" ]; then
    echo "$started"
    exec >/dev/null 2>&1
    cat
    "$binaries/pg_ctl" stop -m immediate -s -D "$folder/data"
else
    cat "$folder/log" >&2
fi
cd / && rm -rf "$folder"
"#;

/// A running server. There is one in a process, and it ends with the process.
pub struct Cluster {
    binaries: PathBuf,
    port: String,
    databases: AtomicU32,
    /// The server runs as long as this child's input is open.
    _supervisor: Child,
}

impl Cluster {
    /// The server of this process, started on first use.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start: what cannot run must not pass.
    pub async fn shared() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        let start = || CLUSTER.get_or_init(Self::start);
        tokio::task::spawn_blocking(start).await.expect("PostgreSQL starts; its log is above")
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// When the server does not make one.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["-q", "-X", "-h", "127.0.0.1", "-p", &self.port, "-U", "postgres", "-d", "postgres"]);
        psql.args(["-c", &format!("CREATE DATABASE {name} TEMPLATE template0")]);
        let made = tokio::task::spawn_blocking(move || psql.status()).await.expect("psql is awaited");
        assert!(made.is_ok_and(|status| status.success()), "PostgreSQL made no database: see above");
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    fn start() -> Self {
        let binaries = newest_binaries();
        let folder = tempfile::Builder::new().prefix("patchbay-postgres-").tempdir();
        let folder = folder.expect("the temporary directory is writable").keep();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SUPERVISOR, "sh"]).arg(&binaries).arg(&folder);
        shell.args(free_ports()).current_dir(&folder).process_group(0);
        if let Some((uid, gid)) = unprivileged_account() {
            chown(&folder, Some(uid), Some(gid)).expect("root may give a folder away");
            shell.uid(uid).gid(gid);
        }
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut supervisor = shell.spawn().expect("/bin/sh runs");
        let mut port = String::new();
        let output = supervisor.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut port).expect("the shell writes text");
        assert!(!port.is_empty(), "PostgreSQL did not start: see its log above");
        let port = port.trim_end().to_owned();
        Self { binaries, port, databases: AtomicU32::new(0), _supervisor: supervisor }
    }
}

/// The programs of the newest version installed.
fn newest_binaries() -> PathBuf {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let binaries = entry.path().join("bin");
        binaries.join("initdb").exists().then_some((version, binaries))
    });
    let newest = numbered.max_by_key(|(version, _)| *version);
    newest.expect("these tests need PostgreSQL: apt-get install postgresql").1
}

/// Whom the server runs as, when it cannot run as whoever runs the tests.
fn unprivileged_account() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").expect("the process is listed").uid() != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("the accounts are readable");
    let ids = |name: &&str| {
        let mut fields = accounts
            .lines()
            .map(|line| line.split(':'))
            .find(|fields| fields.clone().next() == Some(name))?;
        Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(ACCOUNTS.iter().find_map(ids).expect("one of the accounts postgres and nobody exists"))
}

/// Several ports that are free now.
fn free_ports() -> Vec<String> {
    let taken: Vec<TcpListener> = (0..PORTS)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback has a free port"))
        .collect();
    taken
        .iter()
        .map(|listener| listener.local_addr().expect("a bound listener has an address").port().to_string())
        .collect()
}
