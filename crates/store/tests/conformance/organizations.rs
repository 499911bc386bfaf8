//! Organizations, their data keys, and the values that check KEKs.

use domain::{OrganizationId, Timestamp};

use super::bed::{
    Bed, conflict, customer, data_key, delete_customer, delete_organization, later, not_found, now,
    organization, same,
};

async fn an_organization_begins_with_its_key_and_its_customer(bed: Bed) {
    let acme = organization("Acme — Köln");
    let (key, default) = (data_key(&acme), customer(&acme, "default"));
    bed.store.create_organization(&acme, &key, &default, false).await.unwrap();
    same(&bed.store.organization(acme.id).await.unwrap(), &acme);
    same(&bed.store.data_key(&acme.tenant(), None).await.unwrap(), &key);
    same(&bed.store.find_customer(&acme.tenant(), "default").await.unwrap(), &Some(default));
}

async fn organizations_are_listed_oldest_first_and_living(bed: Bed) {
    assert!(bed.store.organizations().await.unwrap().is_empty());
    let a = bed.organization("a").await;
    let b = bed.organization("b").await;
    let c = bed.organization("a").await;
    delete_organization(&bed.store, b.id, later()).await.unwrap();
    same(&bed.store.organizations().await.unwrap(), &vec![a, c]);
}

async fn an_organization_id_is_taken_once_and_nothing_is_half_written(bed: Bed) {
    let a = bed.organization("a").await;
    let again = bed.store.create_organization(&a, &data_key(&a), &customer(&a, "second"), false).await;
    conflict(again, "organization id");
    assert_eq!(bed.raw.count("organizations").await, 1);
    assert_eq!(bed.raw.count("data_keys").await, 1);
    assert_eq!(bed.raw.count("customers").await, 1);
}

async fn r46_deleting_an_organization_destroys_its_keys_and_credentials(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let extra = bed.customer(&a, "extra").await;
    bed.connector(&extra).await;
    let gone_before = bed.customer(&a, "gone before").await;
    delete_customer(&bed.store, &a.tenant(), gone_before.id, now()).await.unwrap();
    let kept = bed.connector(&bed.customer(&b, "kept").await).await;

    delete_organization(&bed.store, a.id, later()).await.unwrap();
    not_found(bed.store.organization(a.id).await, "organization");
    not_found(bed.store.data_key(&a.tenant(), None).await, "data key");
    not_found(bed.store.customer(&a.tenant(), extra.id).await, "customer");
    assert_eq!(bed.raw.count("data_keys").await, 1);
    assert_eq!(bed.raw.count("connectors").await, 1);
    assert_eq!(bed.raw.count("credentials").await, 1);
    let deleted =
        async |at: Timestamp| bed.raw.count(&format!("customers WHERE deleted_at = {}", at.micros())).await;
    assert_eq!((deleted(now()).await, deleted(later()).await), (1, 2));
    bed.store.data_key(&b.tenant(), None).await.unwrap();
    bed.store.connector_for_call(&b.tenant(), kept.id).await.unwrap();
}

async fn an_organization_is_deleted_once(bed: Bed) {
    let a = bed.organization("a").await;
    not_found(delete_organization(&bed.store, OrganizationId::new(), later()).await, "organization");
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    not_found(delete_organization(&bed.store, a.id, now()).await, "organization");
    let when = format!("organizations WHERE deleted_at = {}", later().micros());
    assert_eq!(bed.raw.count(&when).await, 1);
}

async fn data_keys_are_found_by_version_and_newest(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let newer = "INSERT INTO data_keys (organization_id, version, kek_id, wrapped, created_at)
        SELECT organization_id, 12, 'kek-b', wrapped, created_at FROM data_keys
        WHERE organization_id = (SELECT id FROM organizations WHERE name = 'a')";
    assert_eq!(bed.raw.run(newer).await, 1);
    let version = async |tenant, version| bed.store.data_key(&tenant, version).await.unwrap().version;
    assert_eq!(version(a.tenant(), None).await, 12);
    assert_eq!(version(a.tenant(), Some(1)).await, 1);
    assert_eq!(version(b.tenant(), None).await, 1);
    not_found(bed.store.data_key(&a.tenant(), Some(2)).await, "data key");
    not_found(bed.store.data_key(&b.tenant(), Some(12)).await, "data key");

    let by_kek = bed.store.data_keys_by_kek().await.unwrap();
    assert_eq!(by_kek, [("kek-a".to_owned(), 2), ("kek-b".to_owned(), 1)]);
}

async fn the_first_check_of_a_key_stays(bed: Bed) {
    assert!(bed.store.key_checks().await.unwrap().is_empty());
    bed.store.add_key_check("kek-a", &[1, 0, 255]).await.unwrap();
    bed.store.add_key_check("kek-b", &[2]).await.unwrap();
    bed.store.add_key_check("kek-a", &[3]).await.unwrap();
    let checks = bed.store.key_checks().await.unwrap();
    assert_eq!(checks, [("kek-a".to_owned(), vec![1, 0, 255]), ("kek-b".to_owned(), vec![2])]);
}

on_both_engines!(
    an_organization_begins_with_its_key_and_its_customer,
    organizations_are_listed_oldest_first_and_living,
    an_organization_id_is_taken_once_and_nothing_is_half_written,
    r46_deleting_an_organization_destroys_its_keys_and_credentials,
    an_organization_is_deleted_once,
    data_keys_are_found_by_version_and_newest,
    the_first_check_of_a_key_stays,
);
