//! Migrating: when, how often, and by how many at once. Failing migrations are in `src/migrate`.

use store::{Store, StoreError};

use super::bed::{Bed, OPTIONS, now};

/// How many migrations there are.
fn number() -> usize {
    std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations")).unwrap().count()
}

async fn r90_replicas_that_start_together_migrate_once(bed: Bed) {
    let mut starts = Vec::new();
    for _ in 0..4 {
        let url = bed.url.clone();
        starts.push(tokio::spawn(async move {
            let replica = Store::open(&url, OPTIONS).await.unwrap();
            replica.migrate().await.unwrap()
        }));
    }
    let mut applied = Vec::new();
    for start in starts {
        applied.push(start.await.unwrap());
    }
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 0, number()]);
    bed.store.ready().await.unwrap();
}

async fn a_store_is_ready_when_nothing_is_pending(bed: Bed) {
    let pending = bed.store.ready().await;
    assert!(matches!(pending, Err(StoreError::MigrationsPending(all)) if all == number()), "{pending:?}");
    assert!(matches!(bed.store.organizations().await, Err(StoreError::Refused(_))));
    assert_eq!(bed.store.migrate().await.unwrap(), number());
    bed.store.ready().await.unwrap();
    assert_eq!(bed.store.migrate().await.unwrap(), 0);
    bed.raw.run("DELETE FROM _sqlx_migrations WHERE version = 2").await;
    let pending = bed.store.ready().await;
    assert!(matches!(pending, Err(StoreError::MigrationsPending(1))), "{pending:?}");
    bed.store.close().await;
    let closed = bed.store.ready().await;
    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
}

async fn r90_a_newer_release_has_migrated_further(bed: Bed) {
    bed.store.migrate().await.unwrap();
    let further = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 9000, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    assert_eq!(bed.raw.run(further).await, 1);
    bed.store.ready().await.unwrap();
    assert_eq!(bed.store.migrate().await.unwrap(), 0);
    bed.organization("still works").await;
}

async fn a_migration_changed_after_it_was_applied_is_noticed(bed: Bed) {
    bed.store.migrate().await.unwrap();
    let changed = "UPDATE _sqlx_migrations
        SET checksum = (SELECT checksum FROM _sqlx_migrations WHERE version = 1) WHERE version = 2";
    assert_eq!(bed.raw.run(changed).await, 1);
    let refused = bed.store.migrate().await;
    assert!(matches!(refused, Err(StoreError::Migration(_))), "{refused:?}");
    assert_eq!(bed.organization("a").await.created_at, now());
}

on_both_engines!(on sqlite_unmigrated, postgres_unmigrated:
    r90_replicas_that_start_together_migrate_once,
    a_store_is_ready_when_nothing_is_pending,
    r90_a_newer_release_has_migrated_further,
    a_migration_changed_after_it_was_applied_is_noticed,
);
