//! Rows that this program cannot have written: named, and not taken for a database that is away.

use std::fmt::Debug;

use domain::{ExecutionFilter, Organization};
use store::{CustomerFilter, StoreError};
use uuid::Uuid;

use super::bed::{Bed, Raw, delete_connector, execution, later};

#[track_caller]
fn corrupt<T: Debug>(answer: Result<T, StoreError>, place: (&str, &str), id: Option<Uuid>) {
    match answer {
        Err(StoreError::Corrupt { table, column, row }) => {
            assert_eq!((table, column.as_str()), place);
            assert_eq!(row, id);
        }
        other => panic!("expected a corrupt {place:?}: {other:?}"),
    }
}

async fn words_that_mean_nothing(bed: Bed) {
    let a = bed.organization("a").await;
    let tenant = a.tenant();
    let acme = bed.customer(&a, "Acme").await;
    let connector = bed.connector(&acme).await;
    let (store, id) = (&bed.store, Some(acme.id.uuid()));

    bed.raw.run("UPDATE customers SET status = 'asleep' WHERE name = 'Acme'").await;
    corrupt(store.customer(&tenant, acme.id).await, ("customers", "status"), id);
    corrupt(store.find_customer(&tenant, "Acme").await, ("customers", "status"), id);
    corrupt(
        store.list_customers(&tenant, &CustomerFilter::default(), 9, None).await,
        ("customers", "status"),
        id,
    );
    corrupt(store.connector_for_call(&tenant, connector.id).await, ("customers", "status"), id);
    bed.raw.run("UPDATE customers SET status = 'active', visibility = ''").await;
    corrupt(store.customer(&tenant, acme.id).await, ("customers", "visibility"), id);

    let started = execution(&connector);
    store.start_execution(&started).await.unwrap();
    for (column, garbage) in [("status", "'over'"), ("upstream_status", "70000"), ("attempts", "-1")] {
        bed.raw.run("UPDATE executions SET status = 'failed', upstream_status = NULL, attempts = 1").await;
        bed.raw.run(&format!("UPDATE executions SET {column} = {garbage}")).await;
        let (place, id) = (("executions", column), Some(started.id.uuid()));
        corrupt(store.execution(&tenant, started.id).await, place, id);
        corrupt(store.executions(&tenant, &ExecutionFilter::default(), 9, None).await, place, id);
    }
}

async fn documents_that_are_none(bed: Bed) {
    let a = bed.organization("a").await;
    let (tenant, acme) = (a.tenant(), bed.customer(&a, "Acme").await);
    let connector = bed.connector(&acme).await;
    let id = Some(connector.id.uuid());
    for column in ["environment", "replication_config", "entities", "account", "granted_scopes"] {
        for garbage in ["", "{", "123", "\"text\"", "[{\"entity\": 1}]"] {
            let sound =
                "UPDATE connectors SET environment = '{}', replication_config = '{}', entities = NULL,
                account = NULL, granted_scopes = NULL";
            bed.raw.run(sound).await;
            bed.raw.run(&format!("UPDATE connectors SET {column} = '{garbage}'")).await;
            let place = ("connectors", column);
            corrupt(bed.store.connector(&tenant, connector.id).await, place, id);
            corrupt(bed.store.connector_for_call(&tenant, connector.id).await, place, id);
            corrupt(bed.store.list_connectors(&tenant, acme.id, None).await, place, id);
        }
    }
}

async fn states_jobs_and_events_that_mean_nothing(bed: Bed) {
    let a = bed.organization("a").await;
    let (store, tenant, acme) = (&bed.store, a.tenant(), bed.customer(&a, "Acme").await);
    let (kept, gone) = (bed.connector(&acme).await, bed.granted(&acme).await);
    let job = delete_connector(store, &tenant, &gone).await.unwrap();
    let event = store.events(&tenant, 0, 1).await.unwrap().remove(0);
    let (kept_id, gone_id) = (Some(kept.id.uuid()), Some(gone.id.uuid()));

    bed.raw.run("UPDATE connectors SET credential_source = 'found'").await;
    corrupt(store.connector(&tenant, kept.id).await, ("connectors", "credential_source"), kept_id);
    bed.raw.run("UPDATE connectors SET credential_source = 'given', status = 'asleep'").await;
    corrupt(store.connector(&tenant, kept.id).await, ("connectors", "status"), kept_id);
    corrupt(store.connector_for_call(&tenant, kept.id).await, ("connectors", "status"), kept_id);
    corrupt(store.refresh_row(&tenant, kept.id).await, ("connectors", "status"), kept_id);

    bed.raw.run("UPDATE events SET data = '[]'").await;
    corrupt(store.events(&tenant, 0, 1).await, ("events", "data"), Some(event.id.uuid()));
    bed.raw.run("UPDATE events SET kind = 'connector.sold'").await;
    corrupt(store.events(&tenant, 0, 1).await, ("events", "kind"), Some(event.id.uuid()));

    for column in ["environment", "replication_config"] {
        bed.raw.run("UPDATE revocations SET environment = '{}', replication_config = '{}'").await;
        bed.raw.run(&format!("UPDATE revocations SET {column} = ''")).await;
        let place = ("revocations", column);
        corrupt(store.pending_revocations(a.id).await, place, gone_id);
        corrupt(store.due_revocations(later(), later(), 9).await, place, gone_id);
    }
    bed.raw.run("UPDATE revocations SET status = 'lost', sealed = NULL").await;
    corrupt(store.job(&tenant, job).await, ("revocations", "status"), gone_id);
    bed.raw.run("UPDATE revocations SET status = 'failed'").await;
    bed.raw.run("UPDATE jobs SET kind = 'sleep'").await;
    corrupt(store.job(&tenant, job).await, ("jobs", "kind"), Some(job.uuid()));
}

async fn lists_that_are_none(bed: Bed) {
    let a = bed.organization("a").await;
    let made = bed.application(&[&a]).await;
    for garbage in ["", "{}", "[1]", "[\"everything\"]"] {
        bed.raw.run(&format!("UPDATE applications SET allowed = '{garbage}'")).await;
        let (place, id) = (("applications", "allowed"), Some(made.id.uuid()));
        corrupt(bed.store.application(made.id).await, place, id);
        corrupt(bed.store.applications().await, place, id);
    }
    for garbage in ["", "{}", "[1]"] {
        bed.raw.run(&format!("UPDATE organizations SET return_origins = '{garbage}'")).await;
        let (place, id) = (("organizations", "return_origins"), Some(a.id.uuid()));
        corrupt(bed.store.organization_settings(&a.tenant()).await, place, id);
    }
}

async fn a_hash_of_the_wrong_length(bed: Bed) {
    let a = bed.organization("a").await;
    let made = bed.application(&[&a]).await;
    let short = match bed.raw {
        Raw::Sqlite(_) => "UPDATE applications SET secret_hash = x'00ff'",
        Raw::Postgres(_) => r"UPDATE applications SET secret_hash = '\x00ff'",
    };
    bed.raw.run(short).await;
    let (place, id) = (("applications", "secret_hash"), Some(made.id.uuid()));
    corrupt(bed.store.application_login(made.id).await, place, id);
    corrupt(bed.store.application(made.id).await, place, id);
}

/// SQLite lets any column hold any type; PostgreSQL has no such rows.
#[tokio::test]
async fn values_of_another_type() {
    let bed = Bed::sqlite().await;
    let a: Organization = bed.organization("a").await;
    let (tenant, acme) = (a.tenant(), bed.customer(&a, "Acme").await);
    let connector = bed.connector(&acme).await;
    let application = bed.application(&[&a]).await;
    let started = execution(&connector);
    bed.store.start_execution(&started).await.unwrap();
    bed.store.add_key_check("kek-a", &[1]).await.unwrap();
    for garbage in [
        "UPDATE customers SET created_at = 'yesterday'",
        "UPDATE connectors SET definition_id = x'01'",
        "UPDATE credentials SET version = 'one'",
        "UPDATE executions SET duration_ms = 'long'",
        "UPDATE applications SET created_at = 'now'",
        "UPDATE data_keys SET version = 'one'",
        "UPDATE key_checks SET check_value = 1.5",
        "UPDATE organizations SET created_at = 'then'",
    ] {
        assert!(bed.raw.run(garbage).await > 0);
    }
    let store = &bed.store;
    corrupt(store.customer(&tenant, acme.id).await, ("customers", "created_at"), None);
    corrupt(store.find_customer(&tenant, "Acme").await, ("customers", "created_at"), None);
    corrupt(store.connector(&tenant, connector.id).await, ("connectors", "definition_id"), None);
    corrupt(store.execution(&tenant, started.id).await, ("executions", "duration_ms"), None);
    corrupt(store.applications().await, ("applications", "created_at"), None);
    corrupt(store.application(application.id).await, ("applications", "created_at"), None);
    corrupt(store.data_key(&tenant, None).await, ("data_keys", "version"), None);
    corrupt(store.key_checks().await, ("key_checks", "1"), None);
    corrupt(store.organizations().await, ("organizations", "created_at"), None);
    corrupt(store.organization(a.id).await, ("organizations", "created_at"), None);
}

on_both_engines!(
    words_that_mean_nothing,
    documents_that_are_none,
    states_jobs_and_events_that_mean_nothing,
    lists_that_are_none,
    a_hash_of_the_wrong_length,
);
