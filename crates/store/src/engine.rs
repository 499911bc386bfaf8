//! The open database: which engine it is, and how one query text runs on either.

use std::future::Future;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{Postgres, Sqlite};

use crate::Result;

/// How long one statement may take, waiting for a connection and for locks included.
///
/// It matters when the network to PostgreSQL swallows packets: without it a call would wait until
/// TCP gives up, a quarter of an hour.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(8);

/// The pool of connections to the engine that the URL named.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// What a query runs on, per engine: the pool, or the connection of an open transaction.
pub(crate) enum Conn<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Runs one sqlx expression on whichever engine is open.
///
/// `$at` is an [`Engine`] or a [`Transaction`]; the expression is compiled once for each engine
/// and must end in a type that names neither.
macro_rules! on {
    ($at:expr, $conn:ident => $query:expr) => {
        match $at.conn() {
            $crate::engine::Conn::Sqlite($conn) => $crate::engine::in_time(async { $query }).await,
            $crate::engine::Conn::Postgres($conn) => $crate::engine::in_time(async { $query }).await,
        }
    };
}
pub(crate) use on;

/// Gives up on a statement after [`STATEMENT_TIMEOUT`].
pub(crate) async fn in_time<T>(
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(STATEMENT_TIMEOUT, statement)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
}

impl Engine {
    /// What [`on!`] asks for: each statement takes a connection of its own.
    pub(crate) fn conn(&self) -> Conn<&SqlitePool, &PgPool> {
        match self {
            Self::Sqlite(pool) => Conn::Sqlite(pool),
            Self::Postgres(pool) => Conn::Postgres(pool),
        }
    }

    /// Begins a transaction that may write. Dropping it undoes it.
    ///
    /// On SQLite it takes the write lock at once: a transaction that reads first and then wants to
    /// write fails at once, whatever the busy timeout, when another has written in between.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(in_time(pool.begin_with("BEGIN IMMEDIATE")).await?),
            Self::Postgres(pool) => {
                // Given up half-way, it would leave its connection in a transaction that nobody ends.
                // So it goes on, and is undone when the answer comes too late.
                let pool = pool.clone();
                let begun = tokio::spawn(async move { pool.begin().await });
                let begun = async { begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) };
                Transaction::Postgres(in_time(begun).await?)
            }
        })
    }
}

/// Several statements that take effect together; never held across an upstream call.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    /// What [`on!`] asks for: the one connection of this transaction.
    pub(crate) fn conn(&mut self) -> Conn<&mut SqliteConnection, &mut PgConnection> {
        match self {
            Self::Sqlite(transaction) => Conn::Sqlite(transaction),
            Self::Postgres(transaction) => Conn::Postgres(transaction),
        }
    }

    /// Makes it last. After an error nobody knows whether it did.
    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => in_time(transaction.commit()).await?,
            Self::Postgres(transaction) => in_time(transaction.commit()).await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
