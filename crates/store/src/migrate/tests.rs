//! Migrations that fail, on both engines: those of the folder do not, so these are made up. And what
//! becomes of rows that a release wrote which knew fewer of them, before them or beside us.

use domain::{
    ConnectorId, ConnectorState, CredentialSource, OrganizationId, OrganizationSettings, Timestamp,
};
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType};
use uuid::Uuid;

use super::*;
use crate::{Grant, Store, StoreOptions};

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

/// Two organizations `default`, of which the one with the higher id is the older one, and one thing
/// of each kind, as a release wrote them that knew three migrations: a statement, the ids it takes,
/// and whether it takes some bytes after them.
const OLDER_ROWS: [(&str, &[u128], bool); 8] = [
    ("INSERT INTO organizations (id, name, created_at) VALUES ($1, 'default', 20)", &[1], false),
    ("INSERT INTO organizations (id, name, created_at) VALUES ($1, 'default', 10)", &[2], false),
    ("INSERT INTO organizations (id, name, created_at) VALUES ($1, 'acme', 5)", &[3], false),
    (
        "INSERT INTO customers (id, organization_id, name, name_folded, status, visibility, created_at,
            updated_at) VALUES ($1, $2, 'c', 'c', 'active', 'shared', 30, 30)",
        &[9, 2],
        false,
    ),
    (
        "INSERT INTO connectors (id, organization_id, customer_id, definition_id, name, auth_scheme,
            environment, replication_config, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'n', 's', '{}', '{}', 40, 50)",
        &[8, 2, 9, 7],
        false,
    ),
    (
        "INSERT INTO credentials (connector_id, organization_id, version, sealed) VALUES ($1, $2, 1, $3)",
        &[8, 2],
        true,
    ),
    ("INSERT INTO applications (id, name, created_at, secret_hash) VALUES ($1, 'app', 60, $2)", &[6], true),
    (
        "INSERT INTO application_organizations (application_id, organization_id, position)
        VALUES ($1, $2, 0)",
        &[6, 2],
        false,
    ),
];

/// With `rows_after`, the older release goes on writing after this one has migrated.
async fn an_older_releases_rows_are_understood(url: &str, rows_after: bool) {
    let store = Store::open(url, StoreOptions { connections_max: 2 }).await.unwrap();
    let older = Migrator::with_migrations(MIGRATIONS.iter().take(3).cloned().collect());
    if rows_after {
        store.migrate().await.unwrap();
    } else {
        assert_eq!(apply(&store.engine, &older).await.unwrap(), 3);
    }
    for (sql, ids, bytes) in OLDER_ROWS {
        let written = on!(store.engine, c => {
            let mut query = sqlx::query(sql);
            for id in ids {
                query = query.bind(Uuid::from_u128(*id));
            }
            if bytes {
                query = query.bind(vec![7_u8; 32]);
            }
            query.execute(c).await.map(|done| done.rows_affected())
        });
        assert_eq!(written.unwrap(), 1, "{sql}");
    }
    store.migrate().await.unwrap();
    ready(&store.engine, &older).await.unwrap();

    let organization = store.organization(OrganizationId::from_uuid(Uuid::from_u128(2))).await.unwrap();
    let tenant = organization.tenant();
    let marked = store.first_organization().await.unwrap();
    assert_eq!(marked, (!rows_after).then_some(organization.id), "the oldest `default`");
    assert_eq!(store.organization_settings(&tenant).await.unwrap(), OrganizationSettings::default());
    let call = store.connector_for_call(&tenant, ConnectorId::from_uuid(Uuid::from_u128(8))).await.unwrap();
    let state = ConnectorState::active(Timestamp::from_micros(40));
    assert_eq!(call.connector.state, state);
    assert_eq!(call.connector.credential_source, CredentialSource::Given);
    assert_eq!((call.connector.account, call.connector.granted_scopes), (None, None));
    assert_eq!(call.credential.grant, Grant::default());
    let row = store.refresh_row(&tenant, call.connector.id).await.unwrap();
    assert_eq!((row.fence, row.claimed, row.unsettled, row.failures), (0, false, 0, 0));
    assert!(store.applications().await.unwrap()[0].allowed.is_empty());
}

#[tokio::test]
async fn r90_rows_of_an_older_release_are_understood_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    for rows_after in [false, true] {
        let file = folder.path().join(format!("{rows_after}.db"));
        an_older_releases_rows_are_understood(&format!("sqlite://{}", file.display()), rows_after).await;
    }
}

#[tokio::test]
async fn r90_rows_of_an_older_release_are_understood_on_postgres() {
    let cluster = testkit::postgres::Cluster::shared().await;
    for rows_after in [false, true] {
        an_older_releases_rows_are_understood(&cluster.database().await, rows_after).await;
    }
}
