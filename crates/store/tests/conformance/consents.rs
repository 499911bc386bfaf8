//! Consents under way: found by the hash of their state, and taken once.

use domain::{ConnectorId, CustomerId};

use super::bed::{
    Bed, at_once, conflict, consent, delete_connector, delete_customer, delete_organization, later,
    not_found, now, same,
};

const STATE: [u8; 32] = [17; 32];

async fn r1_a_state_works_once(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let mut begun = consent(&acme);
    begun.own_app = true;
    begun.connector_id = Some(bed.connector(&acme).await.id);
    bed.store.create_consent(&a.tenant(), &begun, &STATE).await.unwrap();
    let taken = bed.store.take_consent(&STATE).await.unwrap().unwrap();
    same(&taken, &begun);
    assert_eq!(taken.tenant(), acme.tenant());
    assert!(bed.store.take_consent(&STATE).await.unwrap().is_none());
    assert_eq!(bed.raw.count("consents").await, 0);
}

async fn r2_a_consent_taken_by_many_at_once_is_had_by_one(bed: Bed) {
    let acme = bed.customer(&bed.organization("a").await, "Acme").await;
    for round in 0..20 {
        let state = [round; 32];
        bed.store.create_consent(&acme.tenant(), &consent(&acme), &state).await.unwrap();
        let taken = at_once((0..6).map(|_| {
            let store = bed.store.clone();
            async move { store.take_consent(&state).await.unwrap() }
        }))
        .await;
        assert_eq!(taken.into_iter().flatten().count(), 1, "round {round}");
    }
}

/// The clock belongs to the caller, which tells the person and writes an event.
async fn r3_an_expired_consent_is_still_given_and_swept_later(bed: Bed) {
    let acme = bed.customer(&bed.organization("a").await, "Acme").await;
    let mut ids = Vec::new();
    for (number, minutes) in (0..4).zip([3, 1, 2, 60]) {
        let mut begun = consent(&acme);
        begun.expires_at = now().plus_ms(minutes * 60_000);
        bed.store.create_consent(&acme.tenant(), &begun, &[number; 32]).await.unwrap();
        ids.push(begun.id);
    }
    let at = now().plus_ms(3 * 60_000);
    assert_eq!(bed.store.delete_expired_consents(at.plus_ms(-1), 1).await.unwrap(), 1);
    assert!(bed.store.take_consent(&[1; 32]).await.unwrap().is_none(), "the longest expired goes first");
    assert_eq!(bed.store.take_consent(&[2; 32]).await.unwrap().unwrap().id, ids[2]);
    assert_eq!(bed.store.delete_expired_consents(at.plus_ms(-1), 9).await.unwrap(), 0);
    assert_eq!(bed.store.delete_expired_consents(at, 9).await.unwrap(), 1);
    assert_eq!(bed.store.take_consent(&[3; 32]).await.unwrap().unwrap().id, ids[3]);
}

async fn r6_an_altered_state_finds_nothing(bed: Bed) {
    let acme = bed.customer(&bed.organization("a").await, "Acme").await;
    bed.store.create_consent(&acme.tenant(), &consent(&acme), &STATE).await.unwrap();
    let mut altered = STATE;
    altered[31] ^= 1;
    assert!(bed.store.take_consent(&altered).await.unwrap().is_none());
    assert!(bed.store.take_consent(&[0; 32]).await.unwrap().is_none());
    conflict(bed.store.create_consent(&acme.tenant(), &consent(&acme), &STATE).await, "consent");
    assert!(bed.store.take_consent(&STATE).await.unwrap().is_some());
}

/// A column for the state itself, or for the verifier, would be seen here.
async fn r7_a_consents_row_holds_a_hash_and_sealed_bytes(bed: Bed) {
    let acme = bed.customer(&bed.organization("a").await, "Acme").await;
    bed.store.create_consent(&acme.tenant(), &consent(&acme), &STATE).await.unwrap();
    let columns = bed.columns("consents").await;
    let expected = [
        "application_id",
        "connector_id",
        "created_at",
        "customer_id",
        "definition_id",
        "expires_at",
        "id",
        "organization_id",
        "own_app",
        "return_url",
        "sealed",
        "state_hash",
    ];
    assert_eq!(columns, expected);
}

async fn r46_a_deleted_customers_or_organizations_consent_is_nobodys(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (of_a, of_b) = (bed.customer(&a, "Acme").await, bed.customer(&b, "Acme").await);
    bed.store.create_consent(&of_a.tenant(), &consent(&of_a), &[1; 32]).await.unwrap();
    bed.store.create_consent(&of_b.tenant(), &consent(&of_b), &[2; 32]).await.unwrap();
    delete_customer(&bed.store, &a.tenant(), of_a.id, later()).await.unwrap();
    delete_organization(&bed.store, b.id, later()).await.unwrap();
    for state in [[1; 32], [2; 32]] {
        assert!(bed.store.take_consent(&state).await.unwrap().is_none());
    }
    for gone in [of_a, of_b] {
        not_found(bed.store.create_consent(&gone.tenant(), &consent(&gone), &STATE).await, "customer");
    }
    assert_eq!(bed.raw.count("consents").await, 1, "the organization's are gone at once");
}

async fn r50_a_consent_is_for_an_own_customer_and_its_own_connector(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (acme, globex) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Globex").await);
    let mut unknown = consent(&acme);
    unknown.customer_id = CustomerId::new();
    not_found(bed.store.create_consent(&a.tenant(), &unknown, &STATE).await, "customer");
    for other in [b.tenant(), globex.tenant()] {
        not_found(bed.store.create_consent(&other, &consent(&acme), &STATE).await, "customer");
    }
    let gone = bed.connector(&acme).await;
    delete_connector(&bed.store, &a.tenant(), &gone).await.unwrap();
    for connector in [bed.connector(&globex).await.id, gone.id, ConnectorId::new()] {
        let mut begun = consent(&acme);
        begun.connector_id = Some(connector);
        not_found(bed.store.create_consent(&a.tenant(), &begun, &STATE).await, "connector");
    }
    assert_eq!(bed.raw.count("consents").await, 0);
}

/// The person is told at the end of the trip.
async fn a_consent_outlives_the_connector_it_is_for(bed: Bed) {
    let acme = bed.customer(&bed.organization("a").await, "Acme").await;
    let connector = bed.connector(&acme).await;
    let mut begun = consent(&acme);
    begun.connector_id = Some(connector.id);
    bed.store.create_consent(&acme.tenant(), &begun, &STATE).await.unwrap();
    delete_connector(&bed.store, &acme.tenant(), &connector).await.unwrap();
    same(&bed.store.take_consent(&STATE).await.unwrap(), &Some(begun));
}

on_both_engines!(
    r1_a_state_works_once,
    r2_a_consent_taken_by_many_at_once_is_had_by_one,
    r3_an_expired_consent_is_still_given_and_swept_later,
    r6_an_altered_state_finds_nothing,
    r7_a_consents_row_holds_a_hash_and_sealed_bytes,
    r46_a_deleted_customers_or_organizations_consent_is_nobodys,
    r50_a_consent_is_for_an_own_customer_and_its_own_connector,
    a_consent_outlives_the_connector_it_is_for,
);
