//! Refreshing by many at once, beside everything else that changes a connector.

use domain::{ConnectorStatus, EventKind, RevocationStatus};
use store::{Settled, StoreError};

use super::bed::{
    Bed, at_once, connector, delete_connector, delete_customer, event, later, now, state, tokens,
};

const PROCESSES: i64 = 6;

async fn r22_of_many_claims_at_once_one_is_had(bed: Bed) {
    let a = bed.organization("a").await;
    let made = bed.granted(&bed.customer(&a, "Acme").await).await;
    for version in 1..30 {
        let won = at_once((0..PROCESSES).map(|_| {
            let (store, tenant, id) = (bed.store.clone(), a.tenant(), made.id);
            async move {
                let row = store.refresh_row(&tenant, id).await.unwrap();
                if row.credential.version > version {
                    return None;
                }
                assert_eq!(row.credential.version, version);
                let claim =
                    store.claim_refresh(&tenant, id, version, row.fence, false, now()).await.unwrap()?;
                let fresh = tokens(version + 1);
                let settled =
                    store.settle_refreshed(&tenant, id, claim.fence, version, &fresh, None, None).await;
                assert_eq!(settled.unwrap(), Settled::Stored);
                Some(claim.fence)
            }
        }))
        .await;
        assert_eq!(won.into_iter().flatten().collect::<Vec<_>>(), [version]);
    }
}

/// All believe the holder dead at the same moment.
async fn r22_a_dead_claim_is_taken_over_by_one(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    for _ in 0..20 {
        let made = bed.granted(&acme).await;
        bed.store.claim_refresh(&a.tenant(), made.id, 1, 0, false, now()).await.unwrap().unwrap();
        let taken = at_once((0..PROCESSES).map(|_| {
            let (store, tenant, id) = (bed.store.clone(), a.tenant(), made.id);
            async move { store.claim_refresh(&tenant, id, 1, 1, true, now()).await.unwrap() }
        }))
        .await;
        assert_eq!(taken.into_iter().flatten().count(), 1);
    }
}

async fn r26_a_refusal_noticed_by_many_is_told_once(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    for round in 1..20 {
        let made = bed.granted(&acme).await;
        let claim = bed.store.claim_refresh(&a.tenant(), made.id, 1, 0, false, now()).await.unwrap().unwrap();
        let changed = at_once((0..PROCESSES).map(|process| {
            let (store, tenant, made) = (bed.store.clone(), a.tenant(), made.clone());
            async move {
                let why = state(ConnectorStatus::ReauthRequired, "invalid_grant");
                let told = event(EventKind::ConnectorReauthRequired, &made);
                if process == 0 {
                    // Nobody who read the row before may try again after.
                    for fence in [claim.fence, claim.fence + 1] {
                        store.claim_refresh(&tenant, made.id, 1, fence, false, now()).await.unwrap();
                    }
                    return false;
                }
                store.refuse_refresh(&tenant, made.id, claim.fence, 1, &why, &told).await.unwrap()
            }
        }))
        .await;
        assert_eq!(changed.into_iter().filter(|first| *first).count(), 1);
        let row = bed.store.refresh_row(&a.tenant(), made.id).await.unwrap();
        assert_eq!((row.claimed, row.unsettled, row.fence), (false, 1, 2), "round {round}");
    }
    let told = bed.told(&a.tenant()).await;
    let refusals = told.iter().filter(|kind| **kind == EventKind::ConnectorReauthRequired).count();
    assert_eq!(refusals, 19);
}

/// Whatever comes first, the token set that is left is the one that is to be revoked.
async fn r33_a_deletion_revokes_what_the_refresh_stored(bed: Bed) {
    let a = bed.organization("a").await;
    for round in 0..40 {
        let acme = bed.customer(&a, &format!("customer {round}")).await;
        let made = bed.granted(&acme).await;
        let claim = bed.store.claim_refresh(&a.tenant(), made.id, 1, 0, false, now()).await.unwrap().unwrap();
        let settled = at_once((0..2).map(|process| {
            let (store, tenant, made) = (bed.store.clone(), a.tenant(), made.clone());
            async move {
                if process == round % 2 {
                    if round % 8 < 4 {
                        delete_connector(&store, &tenant, &made).await.unwrap();
                    } else {
                        delete_customer(&store, &tenant, made.customer_id, later()).await.unwrap();
                    }
                    return None;
                }
                let scopes = ["read".to_owned()];
                let scopes = (round % 4 < 2).then_some(&scopes[..]);
                let fresh = tokens(2);
                let settled = store
                    .settle_refreshed(&tenant, made.id, claim.fence, 1, &fresh, scopes, None)
                    .await
                    .unwrap();
                if settled == Settled::Gone {
                    assert!(
                        store.late_revocation(&tenant, made.id, 2, &fresh.sealed, later()).await.unwrap()
                    );
                }
                Some(settled)
            }
        }))
        .await;
        let settled = settled.into_iter().flatten().next().unwrap();
        assert!(matches!(settled, Settled::Stored | Settled::Gone), "{settled:?}");
        let pending = bed.store.pending_revocations(a.id).await.unwrap();
        let [pending] = &pending[..] else { panic!("one is pending: {pending:?}") };
        assert_eq!((pending.connector_id, pending.version, &pending.sealed), (made.id, 2, &tokens(2).sealed));
        bed.store.settle_revocation(pending, RevocationStatus::Revoked, None, None, later()).await.unwrap();
    }
    assert_eq!(bed.raw.count("credentials").await, 0);
}

/// Everything that locks more than one row, on the same few rows. A deadlock would be an error.
async fn r89_whatever_is_done_at_once_ends(bed: Bed) {
    let a = bed.organization("a").await;
    for round in 0..15 {
        let acme = bed.customer(&a, &format!("customer {round}")).await;
        let mut connectors = Vec::new();
        for _ in 0..4 {
            connectors.push(bed.granted(&acme).await);
        }
        at_once((0..9).map(|process| {
            let (store, tenant, acme) = (bed.store.clone(), a.tenant(), acme.clone());
            let connectors = connectors.clone();
            async move {
                for made in &connectors {
                    let told = event(EventKind::ConnectorDisabled, made);
                    let why = state(ConnectorStatus::ReauthRequired, "");
                    let answer: Result<(), StoreError> = match process {
                        0 => delete_customer(&store, &tenant, acme.id, later()).await.map(|_| ()),
                        1 => delete_connector(&store, &tenant, made).await.map(|_| ()),
                        2 => {
                            let from = [ConnectorStatus::Active];
                            store.set_connector_state(&tenant, made.id, &from, &why, &told).await.map(|_| ())
                        }
                        3 => store.replace_credential(&tenant, made, 1, &tokens(2), None, &told).await,
                        4 => store.refuse_refresh(&tenant, made.id, 0, 1, &why, &told).await.map(|_| ()),
                        5 => store.due_keep_alives(later().plus_ms(90_000_000), later(), 9).await.map(|_| ()),
                        6 => store.due_revocations(later(), later().plus_ms(-1), 9).await.map(|_| ()),
                        7 => {
                            let new = connector(&acme);
                            let created = event(EventKind::ConnectorCreated, &new);
                            store.create_connector(&tenant, &new, &tokens(1), None, &created).await
                        }
                        _ => {
                            let scopes = ["read".to_owned()];
                            let (fresh, scopes) = (tokens(2), Some(&scopes[..]));
                            let claim =
                                store.claim_refresh(&tenant, made.id, 1, 0, false, now()).await.unwrap();
                            let fence = claim.map_or(0, |claim| claim.fence);
                            store
                                .settle_refreshed(&tenant, made.id, fence, 1, &fresh, scopes, Some(&told))
                                .await
                                .map(|_| ())
                        }
                    };
                    let orderly = matches!(
                        answer,
                        Ok(()) | Err(StoreError::NotFound(_) | StoreError::Conflict("credential"))
                    );
                    assert!(orderly, "{answer:?}");
                }
            }
        }))
        .await;
        assert_eq!(bed.raw.count("connectors").await, 0);
        assert_eq!(bed.raw.count("credentials").await, 0);
    }
    let events = bed.store.events(&a.tenant(), 0, usize::MAX).await.unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
}

on_both_engines!(
    r22_of_many_claims_at_once_one_is_had,
    r22_a_dead_claim_is_taken_over_by_one,
    r26_a_refusal_noticed_by_many_is_told_once,
    r33_a_deletion_revokes_what_the_refresh_stored,
    r89_whatever_is_done_at_once_ends,
);
