//! Opening a database: how each engine is set up for this program.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::engine::{Engine, in_time};
use crate::{Result, StoreError, StoreOptions};

/// How long a call waits for a connection when all are in use: short, so that an overloaded
/// database is answered for with 503 while the caller still listens.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a write waits for SQLite's single write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A PostgreSQL connection that rested longer than this is tried before it is used; one in
/// steady use is not, which saves a round trip a query.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// The server gives up a little before the program does, so that the connection stays usable.
const SERVER_LIMITS: &str = "SET statement_timeout = '7s'; SET idle_in_transaction_session_timeout = '30s'";

/// The oldest PostgreSQL the statements are written for and tested on.
const POSTGRES_OLDEST: i32 = 15;

/// Opens what `url` names.
pub(crate) async fn open(url: &str, options: StoreOptions) -> Result<Engine> {
    if url.starts_with("sqlite:") {
        open_sqlite(sqlite_options(url)?, options).await
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        open_postgres(PgConnectOptions::from_str(url).map_err(unusable)?, options).await
    } else {
        Err(StoreError::Url("it must begin with sqlite:// or postgres://".to_owned()))
    }
}

// The error speaks of the URL's form; at most it names a parameter, never a password.
#[expect(clippy::needless_pass_by_value, reason = "used as the argument of map_err")]
fn unusable(error: sqlx::Error) -> StoreError {
    StoreError::Url(error.to_string())
}

/// WAL, so that readers and the writer do not wait for each other. Synchronous `FULL`: a commit is
/// on the disk before it is acknowledged, as on PostgreSQL; with `NORMAL` a power cut would lose
/// the newest commits, among them the row that says an upstream call was about to change something.
/// Deleted keys and credentials are overwritten (`secure_delete`).
fn sqlite_options(url: &str) -> Result<SqliteConnectOptions> {
    let options = SqliteConnectOptions::from_str(url).map_err(unusable)?;
    if url.contains(":memory:") || url.contains("mode=memory") || options.get_filename() == Path::new("") {
        return Err(StoreError::Url("sqlite:// needs the path of a file".to_owned()));
    }
    Ok(options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("secure_delete", "ON"))
}

async fn open_sqlite(connect: SqliteConnectOptions, options: StoreOptions) -> Result<Engine> {
    create_private(connect.get_filename())
        .map_err(|error| StoreError::Url(format!("the SQLite file cannot be created: {error}")))?;
    let pool = PoolOptions::new()
        .max_connections(options.connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        // When the disk is full SQLite undoes a transaction by itself, and sqlx goes on counting it
        // as open; such a connection could never begin another one.
        .before_acquire(|conn: &mut SqliteConnection, _| {
            Box::pin(async move { Ok(!conn.is_in_transaction()) })
        })
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(connect)
        .await?;
    Ok(Engine::Sqlite(pool))
}

/// Makes the file and its folder, readable by their owner alone, unless they are there.
///
/// SQLite gives the files beside it (`-wal`, `-shm`) the same mode.
fn create_private(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

async fn open_postgres(connect: PgConnectOptions, options: StoreOptions) -> Result<Engine> {
    let connect = connect.application_name("patchbay");
    check_postgres(&connect).await?;
    let pool = PoolOptions::new()
        .max_connections(options.connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|conn: &mut PgConnection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|conn, _| {
            Box::pin(async move {
                sqlx::raw_sql(SERVER_LIMITS).execute(conn).await?;
                Ok(())
            })
        })
        .connect_lazy_with(connect);
    Ok(Engine::Postgres(pool))
}

/// Connects once past the pool, which would try again for a while and then say no more than that
/// it could not.
async fn check_postgres(connect: &PgConnectOptions) -> Result<()> {
    const VERSION: &str = "SELECT CAST(current_setting('server_version_num') AS INTEGER)";
    in_time(async {
        let mut connection = connect.connect().await?;
        let version: i32 = sqlx::query_scalar(VERSION).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(version)
    })
    .await
    .map_err(StoreError::from)
    .and_then(new_enough)
}

/// `version` as the server numbers itself: 150004 is 15.4.
fn new_enough(version: i32) -> Result<()> {
    match version / 10_000 {
        found if found < POSTGRES_OLDEST => {
            Err(StoreError::PostgresTooOld { needed: POSTGRES_OLDEST, found })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
