//! The store from behind: what an intruder with the database would read, or change.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::{Database, Patchbay};

impl Patchbay {
    /// Everything the store holds, as text to search in: SQLite's files as they are, or every row of
    /// Postgres, with binary columns in hexadecimal.
    ///
    /// # Panics
    /// When it cannot be read.
    pub async fn stored(&self) -> String {
        match self.database() {
            Database::Sqlite => files(&self.data_dir()),
            Database::Postgres => rows(self.database_url()).await,
        }
    }

    /// Runs statements on the store, past the program.
    ///
    /// # Panics
    /// When the database refuses them.
    pub async fn sql(&self, statements: &str) {
        let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        match self.database() {
            Database::Sqlite => {
                let mut connection =
                    SqliteConnection::connect(self.database_url()).await.expect("the file opens");
                statements.execute(&mut connection).await.expect("the statements run");
            }
            Database::Postgres => {
                let mut connection =
                    PgConnection::connect(self.database_url()).await.expect("the server answers");
                statements.execute(&mut connection).await.expect("the statements run");
            }
        }
    }

    /// Keeps the program from writing to `table`, as a long transaction of somebody else's does, until
    /// the answer is released.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn hold_writes(&self, table: &str) -> HeldWrites {
        match self.database() {
            Database::Sqlite => {
                let mut connection =
                    SqliteConnection::connect(self.database_url()).await.expect("the file opens");
                let begun = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await;
                begun.expect("nobody else writes for long");
                HeldWrites::Sqlite(connection)
            }
            Database::Postgres => self.hold(&format!("LOCK TABLE {table} IN EXCLUSIVE MODE")).await,
        }
    }

    /// Runs a statement on PostgreSQL and keeps its locks until the answer is released.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn hold(&self, statement: &str) -> HeldWrites {
        let mut connection = PgConnection::connect(self.database_url()).await.expect("the server answers");
        let lock = AssertSqlSafe(format!("BEGIN; {statement}"));
        sqlx::raw_sql(lock).execute(&mut connection).await.expect("the statement runs");
        HeldWrites::Postgres(connection)
    }

    /// An id as its SQL spells it.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn literal(&self, id: &str) -> String {
        let id: uuid::Uuid = id.parse().unwrap_or_else(|error| panic!("{id}: {error}"));
        match self.database() {
            Database::Sqlite => format!("X'{}'", id.simple()),
            Database::Postgres => format!("'{id}'"),
        }
    }

    /// The one number that a query gives.
    ///
    /// # Panics
    /// When it gives something else.
    pub async fn count(&self, query: &str) -> i64 {
        let query = AssertSqlSafe(query.to_owned());
        let count = match self.database() {
            Database::Sqlite => {
                let mut connection =
                    SqliteConnection::connect(self.database_url()).await.expect("the file opens");
                sqlx::query_scalar(query).fetch_one(&mut connection).await
            }
            Database::Postgres => {
                let mut connection =
                    PgConnection::connect(self.database_url()).await.expect("the server answers");
                sqlx::query_scalar(query).fetch_one(&mut connection).await
            }
        };
        count.expect("the query gives a number")
    }
}

/// A transaction that is in the program's way.
pub enum HeldWrites {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl HeldWrites {
    /// Ends it without a change.
    ///
    /// # Panics
    /// When the database is gone.
    pub async fn release(self) {
        let closed = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
        closed.expect("the connection can be closed");
    }
}

/// What is no UTF-8 in them is replaced, which keeps any marker of ASCII letters whole.
fn files(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("the data folder is readable").flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    let text = |path| {
        let bytes = std::fs::read(path).expect("a file of the data folder is readable");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    files.iter().map(text).collect()
}

async fn rows(url: &str) -> String {
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            .fetch_all(&mut connection)
            .await
            .expect("the tables are listed");
    let mut all = Vec::new();
    for table in tables {
        let rows = AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t"));
        let rows: Vec<String> =
            sqlx::query_scalar(rows).fetch_all(&mut connection).await.expect("rows have a text");
        all.extend(rows);
    }
    all.join("\n")
}
