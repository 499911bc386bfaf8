//! What a claim is tried on: an empty, migrated store, a way past it to the bare tables, and
//! functions that fill it.

mod oauth;

use std::fmt::Debug;

use domain::{
    Application, ApplicationId, Connector, ConnectorId, ConnectorState, CredentialSource, Customer,
    CustomerId, CustomerStatus, Execution, ExecutionId, ExecutionStatus, Organization, OrganizationId,
    Timestamp, Visibility,
};
use serde_json::{Map, Value};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use store::{Grant, SealedCredential, Store, StoreError, StoreOptions, StoredDataKey};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

pub(crate) use oauth::{
    OAUTH, add, consent, definition, delete_connector, delete_customer, delete_organization, event, grant,
    job, oauth_app, state, tokens, unused,
};

/// More than the writers of the concurrency claims, so that those meet in the database.
pub(crate) const OPTIONS: StoreOptions = StoreOptions { connections_max: 12 };

/// An instant with microseconds, which both engines must give back.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros(1_767_322_096_678_901)
}

/// An hour and a microsecond after [`now`].
pub(crate) fn later() -> Timestamp {
    Timestamp::from_micros(1_767_325_696_678_902)
}

pub(crate) struct Bed {
    pub(crate) store: Store,
    pub(crate) url: String,
    pub(crate) raw: Raw,
    /// Holds the SQLite file.
    _folder: Option<TempDir>,
}

/// The same database, past the store.
pub(crate) enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn run(&self, sql: &str) -> u64 {
        self.try_run(sql).await.unwrap()
    }

    /// As [`Raw::run`], for a statement that the database may refuse.
    pub(crate) async fn try_run(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query(sql).execute(pool).await.map(|done| done.rows_affected()),
            Self::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(|done| done.rows_affected()),
        }
    }

    /// How many rows there are `FROM …`.
    pub(crate) async fn count(&self, from: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {from}"));
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }
}

/// Runs all of `work` at once and gives what each came to; a failure in one fails the claim.
pub(crate) async fn at_once<T, F>(work: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut running: JoinSet<T> = work.into_iter().collect();
    let mut done = Vec::new();
    while let Some(ended) = running.join_next().await {
        done.push(ended.unwrap());
    }
    done
}

impl Bed {
    pub(crate) async fn sqlite() -> Self {
        let bed = Self::sqlite_unmigrated().await;
        bed.store.migrate().await.unwrap();
        bed
    }

    pub(crate) async fn postgres() -> Self {
        let bed = Self::postgres_unmigrated().await;
        bed.store.migrate().await.unwrap();
        bed
    }

    pub(crate) async fn sqlite_unmigrated() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let url = format!("sqlite://{}", file.display());
        let store = Store::open(&url, OPTIONS).await.unwrap();
        let raw = SqlitePool::connect_lazy_with(SqliteConnectOptions::new().filename(file));
        Self { store, url, raw: Raw::Sqlite(raw), _folder: Some(folder) }
    }

    pub(crate) async fn postgres_unmigrated() -> Self {
        let url = testkit::postgres::Cluster::shared().await.database().await;
        let store = Store::open(&url, OPTIONS).await.unwrap();
        let raw = PgPool::connect_lazy(&url).unwrap();
        Self { store, url, raw: Raw::Postgres(raw), _folder: None }
    }

    /// The names of a table's columns, in order of the alphabet.
    pub(crate) async fn columns(&self, table: &str) -> Vec<String> {
        let (sqlite, postgres) = (
            "SELECT name FROM pragma_table_info($1) ORDER BY name",
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 ORDER BY 1",
        );
        match &self.raw {
            Raw::Sqlite(pool) => sqlx::query_scalar(sqlite).bind(table).fetch_all(pool).await.unwrap(),
            Raw::Postgres(pool) => sqlx::query_scalar(postgres).bind(table).fetch_all(pool).await.unwrap(),
        }
    }

    /// A new organization with a data key and the customer `default`.
    pub(crate) async fn organization(&self, name: &str) -> Organization {
        let organization = organization(name);
        let (key, default) = (data_key(&organization), customer(&organization, "default"));
        self.store.create_organization(&organization, &key, &default, false).await.unwrap();
        organization
    }

    pub(crate) async fn customer(&self, organization: &Organization, name: &str) -> Customer {
        let candidate = customer(organization, name);
        self.store.ensure_customer(&organization.tenant(), &candidate).await.unwrap()
    }

    pub(crate) async fn connector(&self, customer: &Customer) -> Connector {
        let connector = connector(customer);
        add(&self.store, &customer.tenant(), &connector).await.unwrap();
        connector
    }

    pub(crate) async fn application(&self, organizations: &[&Organization]) -> Application {
        let application = application(organizations);
        self.store.create_application(&application, &[9; 32]).await.unwrap();
        application
    }
}

pub(crate) fn organization(name: &str) -> Organization {
    Organization { id: OrganizationId::new(), name: name.to_owned(), created_at: now() }
}

pub(crate) fn data_key(organization: &Organization) -> StoredDataKey {
    StoredDataKey {
        organization_id: organization.id,
        version: 1,
        kek_id: "kek-a".to_owned(),
        wrapped: vec![0, 1, 255],
        created_at: now(),
    }
}

pub(crate) fn customer(organization: &Organization, name: &str) -> Customer {
    Customer {
        id: CustomerId::new(),
        name: name.to_owned(),
        organization_id: organization.id,
        status: CustomerStatus::Active,
        cache_enabled: None,
        tombstone: false,
        visibility: Visibility::Shared,
        color: None,
        created_at: now(),
        updated_at: now(),
    }
}

pub(crate) fn connector(customer: &Customer) -> Connector {
    Connector {
        id: ConnectorId::new(),
        organization_id: customer.organization_id,
        customer_id: customer.id,
        definition_id: definition(),
        name: "notion - default".to_owned(),
        auth_scheme: "internalToken".to_owned(),
        environment: Map::new(),
        replication_config: Map::new(),
        entities: None,
        state: ConnectorState::active(now()),
        credential_source: CredentialSource::Consent,
        account: None,
        granted_scopes: None,
        created_at: now(),
        updated_at: now(),
    }
}

pub(crate) fn sealed() -> SealedCredential {
    SealedCredential { version: 1, sealed: vec![1, 0, 2, 254], grant: Grant::default() }
}

pub(crate) fn application(organizations: &[&Organization]) -> Application {
    Application {
        id: ApplicationId::new(),
        name: "agent".to_owned(),
        organizations: organizations.iter().map(|organization| organization.id).collect(),
        allowed: Vec::new(),
        created_at: now(),
        revoked_at: None,
    }
}

pub(crate) fn execution(connector: &Connector) -> Execution {
    Execution {
        id: ExecutionId::new(),
        organization_id: connector.organization_id,
        application_id: ApplicationId::new(),
        customer_id: connector.customer_id,
        connector_id: connector.id,
        definition_id: connector.definition_id,
        entity: "users".to_owned(),
        action: "list".to_owned(),
        intent: None,
        status: ExecutionStatus::Started,
        error_code: None,
        upstream_status: None,
        upstream_request_id: None,
        attempts: 0,
        duration_ms: 0,
        upstream_ms: 0,
        response_bytes: 0,
        request_id: Uuid::now_v7(),
        started_at: now(),
        finished_at: None,
    }
}

/// A JSON object, from what `serde_json::json!` makes.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

/// The types of the domain say what they hold by `Debug`, and few of them compare.
#[track_caller]
pub(crate) fn same<T: Debug>(left: &T, right: &T) {
    assert_eq!(format!("{left:#?}"), format!("{right:#?}"));
}

#[track_caller]
pub(crate) fn not_found<T: Debug>(answer: Result<T, StoreError>, what: &str) {
    match answer {
        Err(StoreError::NotFound(found)) => assert_eq!(found, what),
        other => panic!("expected no {what}: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn conflict<T: Debug>(answer: Result<T, StoreError>, what: &str) {
    match answer {
        Err(StoreError::Conflict(found)) => assert_eq!(found, what),
        other => panic!("expected a conflict of {what}: {other:?}"),
    }
}
