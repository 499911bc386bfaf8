//! Opening a database, and losing it for a while.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use store::{Store, StoreError, StoreOptions};

use super::bed::{Bed, OPTIONS, Raw, delete_organization};

#[tokio::test]
async fn an_unusable_url_is_refused_without_being_repeated() {
    for url in [
        "",
        "mysql://me:hunter2@host/db",
        "sqlite::memory:",
        "sqlite://",
        "sqlite://file.db?mode=memory",
        "sqlite://file.db?hunter2=1",
        "postgres://me:hunter2@host:port/db",
    ] {
        let refused = Store::open(url, OPTIONS).await.unwrap_err();
        assert!(matches!(refused, StoreError::Url(_)), "{url}: {refused}");
        assert!(!refused.to_string().contains("me:hunter2"), "{refused}");
    }
}

#[tokio::test]
async fn a_sqlite_file_that_cannot_be_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let url = format!("sqlite://{}", folder.path().join("file/store.db").display());
    assert!(matches!(Store::open(&url, OPTIONS).await, Err(StoreError::Url(_))));
}

#[tokio::test]
async fn r84_a_server_that_is_away_is_said_to_be_at_once() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let begun = Instant::now();
    let away = Store::open(&format!("postgres://me@{closed}/db"), OPTIONS).await;
    assert!(matches!(away, Err(StoreError::Unavailable(sqlx::Error::Io(_)))), "{away:?}");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn r84_lost_connections_are_replaced() {
    let bed = Bed::postgres().await;
    assert_eq!(bed.store.engine(), "postgres");
    bed.organization("before").await;
    // CASE, because nothing else tells in which order the conditions are looked at.
    let others = "pg_stat_activity WHERE CASE WHEN datname = current_database() AND pid <> pg_backend_pid()
        THEN pg_terminate_backend(pid, 5000) ELSE FALSE END";
    assert!(bed.raw.count(others).await > 0);
    // A connection in use a moment ago is not tried first, so one call may find that it is gone.
    let mut failures = 0;
    while let Err(error) = bed.store.organizations().await {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        failures += 1;
        assert!(failures <= OPTIONS.connections_max, "the store does not recover");
    }
    bed.organization("after").await;
}

#[tokio::test]
async fn what_was_written_is_there_when_opened_again() {
    let bed = Bed::sqlite().await;
    assert_eq!(bed.store.engine(), "sqlite");
    let a = bed.organization("a").await;
    bed.store.close().await;
    let again = Store::open(&bed.url, OPTIONS).await.unwrap();
    again.ready().await.unwrap();
    assert_eq!(again.organizations().await.unwrap()[0].id, a.id);
}

/// Somebody holds the one connection for long: the others are told soon, and go on afterwards.
async fn r85_a_full_pool_answers_soon(bed: Bed) {
    let store = Store::open(&bed.url, StoreOptions { connections_max: 1 }).await.unwrap();
    let a = bed.organization("a").await;
    let (held, release) = hold_writers(&bed.raw).await;
    let slow = tokio::spawn({
        let store = store.clone();
        async move { delete_organization(&store, a.id, a.created_at).await }
    });
    held.await.unwrap();
    let begun = Instant::now();
    let refused = loop {
        match store.organizations().await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable(sqlx::Error::PoolTimedOut)), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    release.send(()).unwrap();
    slow.await.unwrap().unwrap();
    assert!(store.organizations().await.unwrap().is_empty());
}

/// Keeps every writer waiting until told otherwise. The first future ends when that is so.
async fn hold_writers(raw: &Raw) -> (tokio::sync::oneshot::Receiver<()>, tokio::sync::oneshot::Sender<()>) {
    let (holding, held) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel();
    match raw {
        Raw::Sqlite(pool) => {
            let transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
            tokio::spawn(async move {
                holding.send(()).unwrap();
                released.await.unwrap();
                transaction.rollback().await.unwrap();
            });
        }
        Raw::Postgres(pool) => {
            let mut transaction = pool.begin().await.unwrap();
            sqlx::query("LOCK TABLE organizations IN EXCLUSIVE MODE")
                .execute(&mut *transaction)
                .await
                .unwrap();
            tokio::spawn(async move {
                holding.send(()).unwrap();
                released.await.unwrap();
                transaction.rollback().await.unwrap();
            });
        }
    }
    (held, release)
}

on_both_engines!(r85_a_full_pool_answers_soon);
