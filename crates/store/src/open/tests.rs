//! What opening promises that cannot be seen from outside the crate.

use std::os::unix::fs::PermissionsExt;

use sqlx::sqlite::SqlitePool;

use super::*;
use crate::Store;

const OPTIONS: StoreOptions = StoreOptions { connections_max: 2 };

fn url(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("deep/er/store.db").display())
}

fn pool(engine: &Engine) -> &SqlitePool {
    match engine {
        Engine::Sqlite(pool) => pool,
        Engine::Postgres(_) => panic!("opened on SQLite"),
    }
}

#[test]
fn postgres_before_15_is_refused() {
    assert!(new_enough(150_000).is_ok());
    assert!(new_enough(180_001).is_ok());
    let refused = new_enough(140_012).unwrap_err();
    assert!(matches!(refused, StoreError::PostgresTooOld { needed: 15, found: 14 }));
    assert_eq!(refused.to_string(), "PostgreSQL 15 or newer is needed, this server is version 14");
}

#[tokio::test]
async fn every_sqlite_connection_is_set_up_alike() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&url(&folder), OPTIONS).await.unwrap();
    let mut connections = Vec::new();
    for _ in 0..OPTIONS.connections_max {
        connections.push(pool(&engine).acquire().await.unwrap());
    }
    for connection in &mut connections {
        let mut settings = Vec::new();
        for pragma in
            ["PRAGMA synchronous", "PRAGMA foreign_keys", "PRAGMA secure_delete", "PRAGMA busy_timeout"]
        {
            let (value,): (i64,) = sqlx::query_as(pragma).fetch_one(&mut **connection).await.unwrap();
            settings.push(value);
        }
        assert_eq!(settings, [2, 1, 1, 5_000]);
        let (mode,): (String,) =
            sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut **connection).await.unwrap();
        assert_eq!(mode, "wal");
    }
}

#[tokio::test]
async fn the_sqlite_files_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store { engine: open(&url(&folder), OPTIONS).await.unwrap() };
    store.migrate().await.unwrap();
    let mode = |path: &str| folder.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("deep/er"), 0o700);
    for file in ["deep/er/store.db", "deep/er/store.db-wal", "deep/er/store.db-shm"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}

/// `max_page_count` makes SQLite answer as it does on a full disk, at a size of our choosing.
#[tokio::test]
async fn r91_a_full_disk_fails_writes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let one = StoreOptions { connections_max: 1 };
    let full = sqlite_options(&url(&folder)).unwrap().pragma("max_page_count", "60");
    let store = Store { engine: open_sqlite(full, one).await.unwrap() };
    store.migrate().await.unwrap();
    let check = vec![7; 20_000];
    let mut kept = 0;
    let refused = loop {
        match store.add_key_check(&format!("kek-{kept}"), &check).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    // The same within a transaction, which SQLite undoes by itself then.
    for _ in 0..3 {
        let mut transaction = store.engine.begin().await.unwrap();
        let failed = crate::engine::on!(transaction, c => sqlx::query("INSERT INTO key_checks VALUES ('big', $1)")
            .bind(&check).execute(c).await.map(|_| ()));
        assert!(matches!(StoreError::from(failed.unwrap_err()), StoreError::Unavailable(_)));
    }
    assert_eq!(store.key_checks().await.unwrap().len(), kept);

    sqlx::query("PRAGMA max_page_count = 1000").execute(pool(&store.engine)).await.unwrap();
    store.add_key_check("after", &check).await.unwrap();
    assert_eq!(store.key_checks().await.unwrap().len(), kept + 1);
    let (integrity,): (String,) =
        sqlx::query_as("PRAGMA integrity_check").fetch_one(pool(&store.engine)).await.unwrap();
    assert_eq!(integrity, "ok");
}
