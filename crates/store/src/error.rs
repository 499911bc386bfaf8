//! What can go wrong with a row or with the database, by what the caller does about it.

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;
use uuid::Uuid;

/// What every method of [`crate::Store`] answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row, or not this tenant's; the two are told apart nowhere.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Another living row has that value, which must be unique.
    #[error("this {0} is already in use")]
    Conflict(&'static str),
    /// A text no row can hold: too long, or with a NUL character.
    #[error("this {0} cannot be stored: it is too long or contains a NUL character")]
    Unstorable(&'static str),
    /// A row that this program cannot have written so; `row` is its id, when at least that was read.
    #[error("column `{column}` of table `{table}` makes no sense in row {}", named(*row))]
    Corrupt { table: &'static str, column: String, row: Option<Uuid> },
    /// The database cannot do it now, and may when asked later: it is away, busy or full. Whether
    /// a write took effect nobody knows.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database will never do it, and nothing was changed: a mistake of this program, or a
    /// database that something else has changed.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] sqlx::Error),
    /// Not a database this program can open. The URL itself is not repeated: it may hold a password.
    #[error("this database URL cannot be used: {0}")]
    Url(String),
    /// Older than the oldest PostgreSQL the statements were written for.
    #[error("PostgreSQL {needed} or newer is needed, this server is version {found}")]
    PostgresTooOld { needed: i32, found: i32 },
    /// The database lacks this many of the migrations this program knows.
    #[error("{0} migrations are not applied to this database: run `patchbay migrate`")]
    MigrationsPending(usize),
    /// A migration failed, and nothing was changed; or an applied one is not the one known here.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[source] MigrateError),
}

fn named(row: Option<Uuid>) -> String {
    row.map_or_else(|| "of unknown id".to_owned(), |id| id.to_string())
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if may_pass(&error) { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}

/// Whether the same statement may succeed later.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            if refusal.try_downcast_ref::<PgDatabaseError>().is_some() {
                POSTGRES_MAY_PASS.iter().any(|class| code.starts_with(class))
            } else {
                // The low byte says what it is, the rest where it happened.
                code.parse::<i32>().is_ok_and(|code| SQLITE_MAY_PASS.contains(&(code & 0xff)))
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        _ => false,
    }
}

/// Classes of SQLSTATE: connection, rollback under concurrency, resources, locks, the operator's
/// intervention (time limits too), the system; a standby that became no primary yet; and a transaction
/// that stood still, or lasted, for too long.
const POSTGRES_MAY_PASS: [&str; 9] = ["08", "40", "53", "55", "57", "58", "25006", "25P03", "25P04"];

/// Busy, locked, out of memory, read-only, I/O error, full, cannot open, locking protocol.
const SQLITE_MAY_PASS: [i32; 8] = [5, 6, 7, 8, 10, 13, 14, 15];

/// For a query that reads rows of `table`: a value of the wrong type is a corrupt row, not a
/// database that is away.
pub(crate) fn reading(table: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match error {
        sqlx::Error::ColumnDecode { index, .. } => {
            StoreError::Corrupt { table, column: index.trim_matches('"').to_owned(), row: None }
        }
        other => other.into(),
    }
}

/// For a write that a unique index may refuse: `what` is the value that was already taken.
pub(crate) fn unique(what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match error.as_database_error() {
        Some(refusal) if refusal.is_unique_violation() => StoreError::Conflict(what),
        _ => error.into(),
    }
}

/// For a write that must hit a row: none is an error.
pub(crate) fn must_hit(rows: u64, what: &'static str) -> Result<()> {
    if rows == 0 { Err(StoreError::NotFound(what)) } else { Ok(()) }
}

/// Names the row and column that hold what this program cannot have written.
pub(crate) fn corrupt(table: &'static str, column: &str, row: Uuid) -> StoreError {
    StoreError::Corrupt { table, column: column.to_owned(), row: Some(row) }
}
