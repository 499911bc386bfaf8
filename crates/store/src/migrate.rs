//! Migrations: the numbered files of the `migrations` folder, compiled in.

use sqlx::migrate::{Migrate, MigrateError, Migrator};

use crate::engine::{Conn, Engine, on};
use crate::{Result, StoreError};

/// Every migration this program knows.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Where sqlx notes which migrations were applied.
const TABLE: &str = "_sqlx_migrations";

/// The PostgreSQL advisory lock that a migrating process holds; any number, but always this one.
const LOCK: i64 = 0x7061_7463_6862_6179;

/// Applies what is missing in one transaction, and counts it.
///
/// A database that a newer release has migrated further is left as it is: two releases run side by
/// side while one replaces the other.
pub(crate) async fn apply(engine: &Engine, migrations: &Migrator) -> Result<usize> {
    let mut transaction = engine.begin().await?;
    // No time limits: a migration may rewrite a large table, and a second process waits for it.
    let applied = match transaction.conn() {
        // The transaction took SQLite's only write lock when it began.
        Conn::Sqlite(conn) => apply_missing(conn, migrations).await,
        Conn::Postgres(conn) => {
            sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(&mut *conn).await?;
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *conn).await?;
            apply_missing(conn, migrations).await
        }
    };
    let applied = applied.map_err(|error| match error {
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Migration(other),
    })?;
    transaction.commit().await?;
    Ok(applied)
}

async fn apply_missing(conn: &mut impl Migrate, migrations: &Migrator) -> Result<usize, MigrateError> {
    conn.ensure_migrations_table(TABLE).await?;
    let before = conn.list_applied_migrations(TABLE).await?;
    let mut applied = 0;
    for migration in migrations.iter() {
        match before.iter().find(|known| known.version == migration.version) {
            Some(known) if known.checksum == migration.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version)),
            None => {
                conn.apply(TABLE, migration).await?;
                applied += 1;
            }
        }
    }
    Ok(applied)
}

/// Succeeds when the database answers and holds every migration of `migrations`.
pub(crate) async fn ready(engine: &Engine, migrations: &Migrator) -> Result<()> {
    const SQL: &str = "SELECT version FROM _sqlx_migrations";
    let read: Result<Vec<(i64,)>, sqlx::Error> = on!(engine, c => sqlx::query_as(SQL).fetch_all(c).await);
    let applied = match read {
        Ok(applied) => applied,
        Err(error) => match StoreError::from(error) {
            // It answers, but knows no such table: nothing was ever applied.
            StoreError::Refused(_) => Vec::new(),
            other => return Err(other),
        },
    };
    match migrations.iter().filter(|known| !applied.contains(&(known.version,))).count() {
        0 => Ok(()),
        pending => Err(StoreError::MigrationsPending(pending)),
    }
}

#[cfg(test)]
mod tests;
