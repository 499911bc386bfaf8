//! Which index finds due work, as SQLite plans it: what is not due is not read.

use sqlx::AssertSqlSafe;

use super::{KEEP_ALIVES, REVOCATIONS, UNCONFIRMED};
use crate::engine::Conn;
use crate::{Store, StoreOptions};

#[tokio::test]
async fn due_work_is_read_from_its_index_without_sorting() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("plan.db").display());
    let store = Store::open(&url, StoreOptions { connections_max: 1 }).await.unwrap();
    store.migrate().await.unwrap();
    let Conn::Sqlite(pool) = store.engine.conn() else { panic!("opened on SQLite") };
    for (sql, expected) in [
        (KEEP_ALIVES, "SEARCH s USING INDEX credentials_to_keep_alive (keep_alive_at<?)"),
        (REVOCATIONS, "SEARCH revocations USING INDEX revocations_to_try (next_at<?)"),
        (UNCONFIRMED, "SEARCH connectors USING INDEX connectors_unconfirmed (confirm_before<?)"),
    ] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(pool).await.unwrap();
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        assert_eq!(steps[0], expected);
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
    }
}
