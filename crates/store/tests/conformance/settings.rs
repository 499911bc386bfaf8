//! What organizations decide about consent, which of them was first, and which are deleted.

use domain::{OrganizationId, OrganizationSettings};

use super::bed::{Bed, customer, data_key, delete_organization, later, not_found, organization, same};

async fn one_setting_is_changed_without_the_other(bed: Bed) {
    let a = bed.organization("a").await;
    let origins = vec!["https://app.example".to_owned()];
    let store = &bed.store;
    store.update_organization_settings(&a.tenant(), None, Some(&origins)).await.unwrap();
    let settings = store.update_organization_settings(&a.tenant(), Some(true), None).await.unwrap();
    assert!(settings.confirm_connectors && settings.return_origins == origins);
    let settings = store.update_organization_settings(&a.tenant(), None, Some(&[])).await.unwrap();
    assert!(settings.confirm_connectors && settings.return_origins.is_empty());
}

async fn settings_begin_open_and_are_kept(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let read = async |tenant| bed.store.organization_settings(&tenant).await.unwrap();
    assert_eq!(read(a.tenant()).await, OrganizationSettings::default());
    let decided = OrganizationSettings {
        confirm_connectors: true,
        return_origins: vec!["https://app.example.com".to_owned(), "http://localhost:3000".to_owned()],
    };
    bed.store
        .update_organization_settings(
            &a.tenant(),
            Some(decided.confirm_connectors),
            Some(&decided.return_origins),
        )
        .await
        .unwrap();
    assert_eq!(read(a.tenant()).await, decided);
    assert_eq!(read(b.tenant()).await, OrganizationSettings::default());
    let open = OrganizationSettings::default();
    bed.store
        .update_organization_settings(&a.tenant(), Some(open.confirm_connectors), Some(&open.return_origins))
        .await
        .unwrap();
    assert_eq!(read(a.tenant()).await, open);
}

async fn r54_a_narrowed_tenant_reads_settings_and_changes_none(bed: Bed) {
    let a = bed.organization("a").await;
    let narrowed = bed.customer(&a, "Acme").await.tenant();
    not_found(bed.store.update_organization_settings(&narrowed, Some(true), None).await, "organization");
    let read = bed.store.organization_settings(&narrowed).await.unwrap();
    assert_eq!(read, OrganizationSettings::default());
}

async fn a_deleted_organization_has_no_settings(bed: Bed) {
    let a = bed.organization("a").await;
    not_found(bed.store.deleted_organization(a.id).await, "organization");
    not_found(bed.store.deleted_organization(OrganizationId::new()).await, "organization");
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    not_found(bed.store.organization_settings(&a.tenant()).await, "organization");
    not_found(bed.store.update_organization_settings(&a.tenant(), Some(true), None).await, "organization");
    same(&bed.store.deleted_organization(a.id).await.unwrap(), &a);
}

async fn the_first_organization_is_the_one_made_at_first_start(bed: Bed) {
    bed.organization("default").await;
    assert_eq!(bed.store.first_organization().await.unwrap(), None);
    let first = organization("default");
    let (key, default) = (data_key(&first), customer(&first, "default"));
    bed.store.create_organization(&first, &key, &default, true).await.unwrap();
    bed.organization("default").await;
    assert_eq!(bed.store.first_organization().await.unwrap(), Some(first.id));
    delete_organization(&bed.store, first.id, later()).await.unwrap();
    assert_eq!(bed.store.first_organization().await.unwrap(), None);
}

on_both_engines!(
    one_setting_is_changed_without_the_other,
    settings_begin_open_and_are_kept,
    r54_a_narrowed_tenant_reads_settings_and_changes_none,
    a_deleted_organization_has_no_settings,
    the_first_organization_is_the_one_made_at_first_start,
);
