//! Many at once: no writer is turned away, and what two writers decide together stays consistent.

use domain::{Customer, Organization};
use store::StoreError;

use super::bed::{
    Bed, add, at_once, connector, customer, delete_connector, delete_customer, delete_organization, later,
};

const WRITERS: usize = 8;
const ROUNDS: usize = 50;

async fn r89_eight_writers_are_never_turned_away(bed: Bed) {
    let a = bed.organization("a").await;
    let mut customers = Vec::new();
    for writer in 0..WRITERS {
        customers.push(bed.customer(&a, &format!("customer {writer}")).await);
    }
    at_once(customers.into_iter().map(|mut customer| {
        let store = bed.store.clone();
        async move {
            for round in 0..ROUNDS {
                let (kept, gone) = (connector(&customer), connector(&customer));
                add(&store, &customer.tenant(), &kept).await.unwrap();
                add(&store, &customer.tenant(), &gone).await.unwrap();
                store.connector_for_call(&customer.tenant(), kept.id).await.unwrap();
                delete_connector(&store, &customer.tenant(), &gone).await.unwrap();
                customer.color = Some(round.to_string());
                store.update_customer(&customer.tenant(), &customer, customer.updated_at).await.unwrap();
            }
        }
    }))
    .await;
    let expected = i64::try_from(WRITERS * ROUNDS).unwrap();
    assert_eq!(bed.raw.count("connectors").await, expected);
    assert_eq!(bed.raw.count("credentials").await, expected);
    assert_eq!(bed.raw.count("customers WHERE color = '49'").await, 8);
}

async fn one_name_used_by_many_at_once_makes_one_customer(bed: Bed) {
    let a = bed.organization("a").await;
    for round in 0..10 {
        let name = format!("customer {round}");
        at_once((0..WRITERS).map(|_| {
            let (store, candidate) = (bed.store.clone(), customer(&a, &name));
            async move {
                let made = store.ensure_customer(&candidate_tenant(&candidate), &candidate).await.unwrap();
                assert_eq!(made.name, candidate.name);
            }
        }))
        .await;
    }
    assert_eq!(bed.raw.count("customers").await, 11);
}

/// The tenant of a whole organization, from one of its customers that is not stored yet.
fn candidate_tenant(candidate: &Customer) -> domain::Tenant {
    let name = String::new();
    Organization { id: candidate.organization_id, name, created_at: candidate.created_at }.tenant()
}

async fn a_deleted_customer_is_left_without_connectors(bed: Bed) {
    let a = bed.organization("a").await;
    for round in 0..20 {
        let doomed = bed.customer(&a, &format!("customer {round}")).await;
        at_once((0..WRITERS).map(|writer| {
            let (store, doomed) = (bed.store.clone(), doomed.clone());
            async move {
                let answer = match writer {
                    0 => delete_customer(&store, &doomed.tenant(), doomed.id, later()).await.map(|_| ()),
                    _ => add(&store, &doomed.tenant(), &connector(&doomed)).await,
                };
                assert!(matches!(answer, Ok(()) | Err(StoreError::NotFound("customer"))), "{answer:?}");
            }
        }))
        .await;
        assert_eq!(bed.raw.count("connectors").await, 0);
        assert_eq!(bed.raw.count("credentials").await, 0);
    }
}

async fn r46_a_deleted_organization_is_left_without_anything(bed: Bed) {
    for round in 0..10 {
        let doomed = bed.organization("doomed").await;
        let first = bed.customer(&doomed, "first").await;
        at_once((0..WRITERS).map(|writer| {
            let (store, doomed, first) = (bed.store.clone(), doomed.clone(), first.clone());
            async move {
                let name = format!("customer {round} {writer}");
                let answer = match writer {
                    0 => delete_organization(&store, doomed.id, later()).await.map(|_| ()),
                    1..4 => add(&store, &doomed.tenant(), &connector(&first)).await,
                    _ => store.ensure_customer(&doomed.tenant(), &customer(&doomed, &name)).await.map(|_| ()),
                };
                assert!(matches!(answer, Ok(()) | Err(StoreError::NotFound(_))), "{answer:?}");
            }
        }))
        .await;
        assert_eq!(bed.raw.count("connectors").await, 0);
        assert_eq!(bed.raw.count("data_keys").await, 0);
        assert_eq!(bed.raw.count("customers WHERE deleted_at IS NULL").await, 0);
    }
}

on_both_engines!(
    r89_eight_writers_are_never_turned_away,
    one_name_used_by_many_at_once_makes_one_customer,
    a_deleted_customer_is_left_without_connectors,
    r46_a_deleted_organization_is_left_without_anything,
);
