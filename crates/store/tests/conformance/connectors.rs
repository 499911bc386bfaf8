//! Connectors and their sealed credentials.

use domain::{
    ConnectorId, ConnectorStatus, CredentialSource, CustomerStatus, DefinitionId, EntityAccess, EntityMode,
    EventKind,
};
use serde_json::json;
use store::{SealedCredential, StoreError};
use uuid::Uuid;

use super::bed::{
    Bed, add, conflict, connector, delete_connector, event, grant, later, not_found, object, same, sealed,
    state, tokens,
};

async fn a_connector_comes_back_as_it_was(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let mut made = connector(&acme);
    made.name = "Größe 名".to_owned();
    made.environment = object(json!({"z": 1, "a": "1e5", "nul": "\0", "deep": {"list": [true, null, 1.5]}}));
    made.replication_config = object(json!({"start_date": "2026-01-01T00:00:00Z"}));
    made.entities = Some(vec![
        EntityAccess { entity: "pages".to_owned(), modes: None },
        EntityAccess { entity: "users".to_owned(), modes: Some(vec![EntityMode::Read]) },
    ]);
    made.state = state(ConnectorStatus::Disabled, "Größe");
    made.credential_source = CredentialSource::Given;
    made.account = Some(object(json!({"id": "w1", "name": "nul\0", "owner": {"user": null}})));
    made.granted_scopes = Some(vec!["read".to_owned(), "a b".to_owned()]);
    made.updated_at = later();
    add(&bed.store, &a.tenant(), &made).await.unwrap();
    same(&bed.store.connector(&a.tenant(), made.id).await.unwrap(), &made);
    same(&bed.store.list_connectors(&acme.tenant(), acme.id, None).await.unwrap(), &vec![made]);
}

async fn a_call_finds_connector_credential_and_status_at_once(bed: Bed) {
    let a = bed.organization("a").await;
    let mut acme = bed.customer(&a, "Acme").await;
    let made = connector(&acme);
    let credential = SealedCredential { version: 3, sealed: (0..=255).collect(), grant: grant() };
    let created = event(EventKind::ConnectorCreated, &made);
    bed.store.create_connector(&acme.tenant(), &made, &credential, None, &created).await.unwrap();
    bed.connector(&acme).await;

    let call = bed.store.connector_for_call(&acme.tenant(), made.id).await.unwrap();
    same(&call.connector, &made);
    same(&call.credential, &credential);
    assert_eq!(call.customer_status, CustomerStatus::Active);
    acme.status = CustomerStatus::Inactive;
    bed.store.update_customer(&a.tenant(), &acme, acme.updated_at).await.unwrap();
    let call = bed.store.connector_for_call(&a.tenant(), made.id).await.unwrap();
    assert_eq!(call.customer_status, CustomerStatus::Inactive);
    not_found(bed.store.connector_for_call(&a.tenant(), ConnectorId::new()).await, "connector");
}

async fn a_list_is_newest_first_and_of_one_customer_or_definition(bed: Bed) {
    let a = bed.organization("a").await;
    let (acme, other) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Other").await);
    let (first, second) = (bed.connector(&acme).await, bed.connector(&acme).await);
    let mut github = connector(&acme);
    github.definition_id = DefinitionId::from_uuid(Uuid::from_u128(8));
    add(&bed.store, &a.tenant(), &github).await.unwrap();
    bed.connector(&other).await;

    let ids = async |definition| {
        let listed = bed.store.list_connectors(&a.tenant(), acme.id, definition).await.unwrap();
        listed.into_iter().map(|connector| connector.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None).await, [github.id, second.id, first.id]);
    assert_eq!(ids(Some(github.definition_id)).await, [github.id]);
    assert_eq!(ids(Some(first.definition_id)).await, [second.id, first.id]);
    assert!(ids(Some(DefinitionId::from_uuid(Uuid::from_u128(9)))).await.is_empty());
}

async fn changing_a_connector_writes_what_may_change(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let untouched = bed.connector(&acme).await;
    let mut changed = bed.connector(&acme).await;
    let read_at = changed.updated_at;
    changed.name = "New".to_owned();
    changed.environment = object(json!({"subdomain": "acme"}));
    changed.replication_config = object(json!({"a": []}));
    changed.entities = Some(Vec::new());
    changed.updated_at = later();
    bed.store.update_connector(&a.tenant(), &changed, read_at).await.unwrap();
    same(&bed.store.connector(&a.tenant(), changed.id).await.unwrap(), &changed);
    same(&bed.store.connector(&a.tenant(), untouched.id).await.unwrap(), &untouched);

    let mut moved = changed.clone();
    moved.customer_id = bed.customer(&a, "Other").await.id;
    moved.auth_scheme = "oauth".to_owned();
    moved.definition_id = DefinitionId::from_uuid(Uuid::from_u128(9));
    not_found(bed.store.update_connector(&a.tenant(), &moved, read_at).await, "connector");
    bed.store.update_connector(&a.tenant(), &moved, changed.updated_at).await.unwrap();
    same(&bed.store.connector(&a.tenant(), changed.id).await.unwrap(), &changed);
    let unknown = connector(&acme);
    not_found(bed.store.update_connector(&a.tenant(), &unknown, unknown.updated_at).await, "connector");
}

async fn deleting_a_connector_removes_its_credential(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let (gone, kept) = (bed.connector(&acme).await, bed.connector(&acme).await);
    delete_connector(&bed.store, &a.tenant(), &gone).await.unwrap();
    not_found(bed.store.connector(&a.tenant(), gone.id).await, "connector");
    not_found(bed.store.connector_for_call(&a.tenant(), gone.id).await, "connector");
    not_found(delete_connector(&bed.store, &a.tenant(), &gone).await, "connector");
    bed.store.connector_for_call(&a.tenant(), kept.id).await.unwrap();
    assert_eq!(bed.raw.count("credentials").await, 1);
}

/// Deleting a customer removes its connectors; should one be left, it is not to be used.
async fn a_deleted_customers_credential_is_not_handed_out(bed: Bed) {
    let a = bed.organization("a").await;
    let left = bed.connector(&bed.customer(&a, "Acme").await).await;
    bed.store.connector_for_call(&a.tenant(), left.id).await.unwrap();
    bed.raw.run("UPDATE customers SET deleted_at = 1 WHERE name = 'Acme'").await;
    not_found(bed.store.connector_for_call(&a.tenant(), left.id).await, "connector");
}

async fn a_refused_connector_is_not_half_written(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let made = bed.connector(&acme).await;
    let again = event(EventKind::ConnectorCreated, &made);
    let again = bed.store.create_connector(&a.tenant(), &made, &tokens(2), None, &again).await;
    conflict(again, "connector id");
    let kept = bed.store.connector_for_call(&a.tenant(), made.id).await.unwrap();
    same(&kept.credential, &sealed());

    let mut nameless = connector(&acme);
    nameless.name = "nul\0".to_owned();
    let refused = add(&bed.store, &a.tenant(), &nameless).await;
    assert!(matches!(refused, Err(StoreError::Unstorable("connector name"))), "{refused:?}");
    let refused = bed.store.update_connector(&a.tenant(), &nameless, nameless.updated_at).await;
    assert!(matches!(refused, Err(StoreError::Unstorable("connector name"))), "{refused:?}");
    assert_eq!(bed.raw.count("connectors").await, 1);
    assert_eq!(bed.raw.count("credentials").await, 1);
}

on_both_engines!(
    a_connector_comes_back_as_it_was,
    a_call_finds_connector_credential_and_status_at_once,
    a_list_is_newest_first_and_of_one_customer_or_definition,
    changing_a_connector_writes_what_may_change,
    deleting_a_connector_removes_its_credential,
    a_deleted_customers_credential_is_not_handed_out,
    a_refused_connector_is_not_half_written,
);
