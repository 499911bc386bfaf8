//! Migrations that fail, on both engines: those of the folder do not, so these are made up.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType};

use super::*;
use crate::{Store, StoreOptions};

fn migrations(texts: &[&'static str]) -> Migrator {
    let numbered = (1_i64..).zip(texts).map(|(version, sql)| {
        Migration::new(version, "made up".into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(numbered.collect())
}

async fn a_failed_migration_changes_nothing(url: &str) {
    const OPTIONS: StoreOptions = StoreOptions { connections_max: 2 };
    const TABLE_A: &str = "CREATE TABLE a (id BIGINT)";
    let store = Store::open(url, OPTIONS).await.unwrap();
    let old = migrations(&[TABLE_A]);
    assert_eq!(apply(&store.engine, &old).await.unwrap(), 1);
    let new = migrations(&[TABLE_A, "CREATE TABLE b (id BIGINT)", "INSERT INTO nowhere VALUES (1)"]);
    let failed = apply(&store.engine, &new).await.unwrap_err();
    assert!(matches!(failed, StoreError::Migration(MigrateError::ExecuteMigration(_, 3))), "{failed}");
    assert!(matches!(ready(&store.engine, &new).await, Err(StoreError::MigrationsPending(2))));

    ready(&store.engine, &old).await.unwrap();
    let rows = on!(store.engine, c => sqlx::query("INSERT INTO a VALUES (1)")
        .execute(c).await.map(|done| done.rows_affected()));
    assert_eq!(rows.unwrap(), 1);
    let mended = migrations(&[TABLE_A, "CREATE TABLE b (id BIGINT)", "INSERT INTO b VALUES (1)"]);
    assert_eq!(apply(&store.engine, &mended).await.unwrap(), 2);
}

#[tokio::test]
async fn r90_a_failed_migration_leaves_sqlite_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    a_failed_migration_changes_nothing(&format!("sqlite://{}", folder.path().join("a.db").display())).await;
}

#[tokio::test]
async fn r90_a_failed_migration_leaves_postgres_as_it_was() {
    let cluster = testkit::postgres::Cluster::shared().await;
    a_failed_migration_changes_nothing(&cluster.database().await).await;
}
