//! Transactions that read before they write, as none of the store's does today.

use tokio::task::JoinSet;

use super::*;
use crate::{Store, StoreOptions};

async fn readers_that_then_write_all_succeed(url: &str) {
    const WRITERS: i64 = 8;
    const ROUNDS: i64 = 25;
    let store = Store::open(url, StoreOptions { connections_max: 8 }).await.unwrap();
    store.migrate().await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for round in 0..ROUNDS {
                let mut transaction = store.engine.begin().await.unwrap();
                let seen: Result<i64, sqlx::Error> = on!(transaction, c =>
                    sqlx::query_scalar("SELECT COUNT(*) FROM key_checks").fetch_one(c).await);
                let written = on!(transaction, c => sqlx::query("INSERT INTO key_checks VALUES ($1, $2)")
                    .bind(format!("{writer} {round}")).bind(seen.unwrap().to_be_bytes().as_slice())
                    .execute(c).await.map(|done| done.rows_affected()));
                assert_eq!(written.unwrap(), 1);
                transaction.commit().await.unwrap();
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(i64::try_from(store.key_checks().await.unwrap().len()).unwrap(), WRITERS * ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r89_reading_before_writing_is_safe_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    readers_that_then_write_all_succeed(&format!("sqlite://{}", folder.path().join("a.db").display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r89_reading_before_writing_is_safe_on_postgres() {
    let cluster = testkit::postgres::Cluster::shared().await;
    readers_that_then_write_all_succeed(&cluster.database().await).await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("a.db").display());
    let store = Store::open(&url, StoreOptions { connections_max: 1 }).await.unwrap();
    store.migrate().await.unwrap();
    let mut transaction = store.engine.begin().await.unwrap();
    let written = on!(transaction, c => sqlx::query("INSERT INTO key_checks VALUES ('a', $1)")
        .bind(&[1_u8][..]).execute(c).await.map(|done| done.rows_affected()));
    assert_eq!(written.unwrap(), 1);
    drop(transaction);
    assert!(store.key_checks().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_does_not_end_is_given_up() {
    let endless = in_time(std::future::pending::<Result<(), sqlx::Error>>());
    assert!(matches!(crate::StoreError::from(endless.await.unwrap_err()), crate::StoreError::Unavailable(_)));
}
