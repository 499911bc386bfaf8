//! Which index serves which list, as SQLite plans it; on PostgreSQL the planner knows the values.

use sqlx::AssertSqlSafe;

use super::{OF_CONNECTOR, OF_CUSTOMER, OF_ORGANIZATION};
use crate::engine::Conn;
use crate::{Store, StoreOptions};

#[tokio::test]
async fn each_list_is_read_from_its_index_without_sorting() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("plan.db").display());
    let store = Store::open(&url, StoreOptions { connections_max: 1 }).await.unwrap();
    store.migrate().await.unwrap();
    let Conn::Sqlite(pool) = store.engine.conn() else { panic!("opened on SQLite") };
    for (sql, expected) in [
        (OF_ORGANIZATION, "executions_of_organization (organization_id=? AND id<?)"),
        (OF_CONNECTOR, "executions_of_connector (organization_id=? AND connector_id=? AND id<?)"),
        (OF_CUSTOMER, "executions_of_customer (organization_id=? AND customer_id=? AND id<?)"),
    ] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(pool).await.unwrap();
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        assert_eq!(steps, [format!("SEARCH executions USING INDEX {expected}")]);
    }
}
