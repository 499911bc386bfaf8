//! Customers: made on first use, counted, changed, deleted. Their list is in `listing.rs`.

use domain::{CustomerStatus, Visibility};
use store::{CustomerCounts, StoreError};

use super::bed::{
    Bed, add, conflict, connector, customer, delete_customer, delete_organization, later, not_found, now,
    same,
};

async fn a_customer_is_made_on_first_use_and_found_again(bed: Bed) {
    let a = bed.organization("a").await;
    let mut candidate = customer(&a, "Acme");
    candidate.cache_enabled = Some(false);
    candidate.color = Some("#fff".to_owned());
    candidate.visibility = Visibility::Private;
    candidate.status = CustomerStatus::Inactive;
    let made = bed.store.ensure_customer(&a.tenant(), &candidate).await.unwrap();
    same(&made, &candidate);
    let again = bed.store.ensure_customer(&a.tenant(), &customer(&a, "Acme")).await.unwrap();
    same(&again, &made);
    same(&bed.store.customer(&a.tenant(), made.id).await.unwrap(), &made);
    same(&bed.store.find_customer(&a.tenant(), "Acme").await.unwrap(), &Some(made));
}

async fn r53_a_name_is_taken_within_its_organization_only(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (of_a, of_b) = (bed.customer(&a, "Acme").await, bed.customer(&b, "Acme").await);
    assert_ne!(of_a.id, of_b.id);
    let mut other = bed.customer(&a, "Other").await;
    other.name = "Acme".to_owned();
    conflict(bed.store.update_customer(&a.tenant(), &other, other.updated_at).await, "customer name");
    bed.customer(&b, "Taken in b").await;
    other.name = "Taken in b".to_owned();
    bed.store.update_customer(&a.tenant(), &other, other.updated_at).await.unwrap();
}

async fn names_are_compared_letter_for_letter(bed: Bed) {
    let a = bed.organization("a").await;
    let names = ["Acme", "acme", "Acme ", "Ac%e", "Ácme", "A\u{301}cme", "123", "1e5", ""];
    for name in names {
        assert_eq!(bed.customer(&a, name).await.name, name);
    }
    for name in names {
        assert_eq!(bed.store.find_customer(&a.tenant(), name).await.unwrap().unwrap().name, name);
    }
    assert!(bed.store.find_customer(&a.tenant(), "ACME").await.unwrap().is_none());
}

async fn changing_a_customer_writes_what_may_change(bed: Bed) {
    let a = bed.organization("a").await;
    let mut changed = bed.customer(&a, "Old").await;
    let read_at = changed.updated_at;
    changed.name = "New".to_owned();
    changed.status = CustomerStatus::Inactive;
    changed.cache_enabled = Some(true);
    changed.visibility = Visibility::Private;
    changed.color = Some("teal".to_owned());
    changed.updated_at = later();
    bed.store.update_customer(&a.tenant(), &changed, read_at).await.unwrap();
    not_found(bed.store.update_customer(&a.tenant(), &changed, read_at).await, "customer");
    same(&bed.store.customer(&a.tenant(), changed.id).await.unwrap(), &changed);
    assert!(bed.store.find_customer(&a.tenant(), "Old").await.unwrap().is_none());
    changed.cache_enabled = None;
    changed.color = None;
    bed.store.update_customer(&a.tenant(), &changed, changed.updated_at).await.unwrap();
    same(&bed.store.customer(&a.tenant(), changed.id).await.unwrap(), &changed);
}

async fn counts_are_of_living_customers_by_status(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let mut sleeping = bed.customer(&a, "sleeping").await;
    sleeping.status = CustomerStatus::Inactive;
    bed.store.update_customer(&a.tenant(), &sleeping, sleeping.updated_at).await.unwrap();
    let gone = bed.customer(&a, "gone").await;
    delete_customer(&bed.store, &a.tenant(), gone.id, later()).await.unwrap();
    bed.customer(&b, "foreign").await;
    let counts = async |tenant| bed.store.customer_counts(&tenant).await.unwrap();
    assert_eq!(counts(a.tenant()).await, CustomerCounts { active: 1, inactive: 1 });
    assert_eq!(counts(sleeping.tenant()).await, CustomerCounts { active: 0, inactive: 1 });
    assert_eq!(counts(gone.tenant()).await, CustomerCounts { active: 0, inactive: 0 });
}

async fn deleting_a_customer_removes_its_connectors_and_frees_its_name(bed: Bed) {
    let a = bed.organization("a").await;
    let (gone, kept) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Kept").await);
    let (lost, stays) = (bed.connector(&gone).await, bed.connector(&kept).await);
    delete_customer(&bed.store, &a.tenant(), gone.id, later()).await.unwrap();

    not_found(bed.store.customer(&a.tenant(), gone.id).await, "customer");
    not_found(delete_customer(&bed.store, &a.tenant(), gone.id, later()).await, "customer");
    not_found(bed.store.update_customer(&a.tenant(), &gone, gone.updated_at).await, "customer");
    not_found(bed.store.connector(&a.tenant(), lost.id).await, "connector");
    not_found(add(&bed.store, &a.tenant(), &connector(&gone)).await, "customer");
    bed.store.connector_for_call(&a.tenant(), stays.id).await.unwrap();
    assert_eq!(bed.raw.count("credentials").await, 1);
    let row = format!("customers WHERE name = 'Acme' AND deleted_at = {}", later().micros());
    assert_eq!(bed.raw.count(&row).await, 1);

    let new = bed.customer(&a, "Acme").await;
    assert_ne!(new.id, gone.id);
    assert!(bed.store.list_connectors(&a.tenant(), new.id, None).await.unwrap().is_empty());
}

async fn a_deleted_organization_gets_no_customer(bed: Bed) {
    let a = bed.organization("a").await;
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    for name in ["default", "new"] {
        not_found(bed.store.ensure_customer(&a.tenant(), &customer(&a, name)).await, "organization");
    }
    assert_eq!(bed.raw.count("customers WHERE deleted_at IS NULL").await, 0);
}

async fn a_name_no_row_can_hold_is_refused_and_finds_nothing(bed: Bed) {
    let a = bed.organization("a").await;
    let mut acme = bed.customer(&a, "Acme").await;
    for name in ["nul\0", &"x".repeat(5_000)] {
        assert!(bed.store.find_customer(&a.tenant(), name).await.unwrap().is_none());
        let made = bed.store.ensure_customer(&a.tenant(), &customer(&a, name)).await;
        assert!(matches!(made, Err(StoreError::Unstorable("customer name"))), "{made:?}");
        acme.name = name.to_owned();
        let renamed = bed.store.update_customer(&a.tenant(), &acme, acme.updated_at).await;
        assert!(matches!(renamed, Err(StoreError::Unstorable("customer name"))), "{renamed:?}");
    }
    // The longest one goes into the unique index, whose entries PostgreSQL limits.
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + u8::try_from(state >> 60).unwrap())
    };
    let longest: String = (0..2_048).map(|_| letter()).collect();
    same(&bed.customer(&a, &longest).await.created_at, &now());
}

on_both_engines!(
    a_customer_is_made_on_first_use_and_found_again,
    r53_a_name_is_taken_within_its_organization_only,
    names_are_compared_letter_for_letter,
    changing_a_customer_writes_what_may_change,
    counts_are_of_living_customers_by_status,
    deleting_a_customer_removes_its_connectors_and_frees_its_name,
    a_deleted_organization_gets_no_customer,
    a_name_no_row_can_hold_is_refused_and_finds_nothing,
);
