//! Every SQL statement of Patchbay, on SQLite or PostgreSQL behind one [`Store`].
//!
//! A query is written once, in the file of its aggregate, and runs on both engines (`engine.rs`
//! says how). What belongs to an organization is reached with a [`domain::Tenant`] only, and a row
//! of another tenant is not found.

mod applications;
mod connectors;
mod consents;
mod customers;
mod engine;
mod error;
mod events;
mod executions;
mod jobs;
mod leases;
mod migrate;
mod oauth_apps;
mod open;
mod tenants;
mod text;

pub use connectors::{
    Claim, Confirmation, ConnectorForCall, Grant, RefreshRow, SealedCredential, Settled, UNSETTLED_MAX,
};
pub use customers::{CustomerCounts, CustomerFilter};
pub use error::{Result, StoreError};
pub use jobs::Deletion;
pub use oauth_apps::StoredOAuthApp;
pub use tenants::StoredDataKey;

use engine::Engine;

/// The most rows one page of a list holds, whatever the caller asks for.
pub const PAGE_ROWS_MAX: usize = 1_000;

/// The database. Cloning it shares the connections.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
}

/// How to use the database that the URL names.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Connections kept at most; a call that finds all of them busy fails after a short wait.
    pub connections_max: u32,
}

impl Store {
    /// Opens `sqlite://path`, made with its folder when missing, or `postgres://…`.
    ///
    /// One connection is made at once, so that a wrong URL is noticed here. Migrations are not
    /// applied: see [`Store::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Url`] and [`StoreError::PostgresTooOld`] need the operator;
    /// [`StoreError::Unavailable`] may pass.
    pub async fn open(url: &str, options: StoreOptions) -> Result<Self> {
        Ok(Self { engine: open::open(url, options).await? })
    }

    /// Applies the migrations this database lacks, all or none, and says how many those were.
    ///
    /// Several processes may do so at once: one applies them, the others wait and find none left.
    ///
    /// # Errors
    /// [`StoreError::Migration`] when one cannot be applied, or was changed after it had been.
    pub async fn migrate(&self) -> Result<usize> {
        migrate::apply(&self.engine, &migrate::MIGRATIONS).await
    }

    /// Succeeds when the database answers and lacks no migration.
    ///
    /// # Errors
    /// [`StoreError::MigrationsPending`] or [`StoreError::Unavailable`].
    pub async fn ready(&self) -> Result<()> {
        migrate::ready(&self.engine, &migrate::MIGRATIONS).await
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    /// Waits for the connections in use and closes them all.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(pool) => pool.close().await,
            Engine::Postgres(pool) => pool.close().await,
        }
    }
}

/// The rows to read for a page of `limit`: one more, which tells whether another page follows.
fn page_rows(limit: usize) -> (usize, i64) {
    let limit = limit.clamp(1, PAGE_ROWS_MAX);
    (limit, i64::try_from(limit + 1).expect("the longest page is far below the limit of i64"))
}
