//! Deleting an organization in two steps: its keys go, but for one that opens what is still to be
//! revoked, and that one goes with the last of it.

use domain::{Connector, DueRevocation, Organization, RevocationStatus};
use store::StoredDataKey;

use super::bed::{
    Bed, at_once, data_key, delete_connector, delete_organization, later, not_found, now, same, tokens,
};

/// An organization with as many connectors that can be revoked.
async fn granted(bed: &Bed, name: &str, number: usize) -> (Organization, Vec<Connector>) {
    let organization = bed.organization(name).await;
    let customer = bed.customer(&organization, "Acme").await;
    let mut connectors = Vec::new();
    for _ in 0..number {
        connectors.push(bed.granted(&customer).await);
    }
    (organization, connectors)
}

fn fresh(organization: &Organization) -> StoredDataKey {
    StoredDataKey { version: 2, wrapped: vec![2], created_at: later(), ..data_key(organization) }
}

/// What is pending, as if sealed anew.
async fn resealed(bed: &Bed, organization: &Organization) -> Vec<DueRevocation> {
    let mut pending = bed.store.pending_revocations(organization.id).await.unwrap();
    for due in &mut pending {
        due.sealed.insert(0, 0xff);
    }
    pending
}

async fn keys(bed: &Bed) -> i64 {
    bed.raw.count("data_keys").await
}

async fn revoke(bed: &Bed, due: &DueRevocation) -> bool {
    bed.store.settle_revocation(due, RevocationStatus::Revoked, None, None, later()).await.unwrap()
}

async fn r46_with_nothing_to_revoke_all_keys_go_at_once(bed: Bed) {
    let a = bed.organization("a").await;
    bed.connector(&bed.customer(&a, "Acme").await).await;
    let (job, pending) = delete_organization(&bed.store, a.id, later()).await.unwrap();
    assert_eq!(pending, 0);
    assert_eq!(keys(&bed).await, 0);
    assert!(bed.store.half_deleted_organizations(9).await.unwrap().is_empty());
    let job = bed.store.job(&a.tenant(), job).await.unwrap();
    assert_eq!(job.connectors[0].revocation, RevocationStatus::NotSupported);
}

async fn r46_what_is_pending_keeps_the_keys_until_it_is_sealed_anew(bed: Bed) {
    let (a, connectors) = granted(&bed, "a", 3).await;
    delete_connector(&bed.store, &a.tenant(), &connectors[0]).await.unwrap();
    let (job, pending) = delete_organization(&bed.store, a.id, later()).await.unwrap();
    assert_eq!(pending, 3, "the older job's included");
    assert_eq!(bed.store.job(&a.tenant(), job).await.unwrap().connectors.len(), 2);
    assert_eq!(bed.store.data_key(&a.tenant(), None).await.unwrap().version, 1);
    assert_eq!(bed.store.half_deleted_organizations(9).await.unwrap(), [a.id]);

    let resealed = resealed(&bed, &a).await;
    assert!(bed.store.rekey_revocations(a.id, &fresh(&a), &resealed).await.unwrap());
    same(&bed.store.pending_revocations(a.id).await.unwrap(), &resealed);
    assert_eq!(keys(&bed).await, 1);
    same(&bed.store.data_key(&a.tenant(), None).await.unwrap(), &fresh(&a));
    assert!(bed.store.half_deleted_organizations(9).await.unwrap().is_empty());
    for (left, due) in [2, 1, 0].into_iter().zip(&resealed) {
        assert_eq!(keys(&bed).await, 1, "{left} are pending");
        assert!(revoke(&bed, due).await);
    }
    assert_eq!(keys(&bed).await, 0);
}

async fn a_revocation_of_a_living_organization_leaves_its_keys(bed: Bed) {
    let (a, connectors) = granted(&bed, "a", 1).await;
    delete_connector(&bed.store, &a.tenant(), &connectors[0]).await.unwrap();
    let pending = bed.store.pending_revocations(a.id).await.unwrap();
    assert!(!bed.store.rekey_revocations(a.id, &fresh(&a), &pending).await.unwrap());
    assert!(revoke(&bed, &pending[0]).await);
    assert_eq!(bed.store.data_key(&a.tenant(), None).await.unwrap().version, 1);
}

async fn sealing_anew_is_done_once_and_of_what_is_pending(bed: Bed) {
    let (a, connectors) = granted(&bed, "a", 2).await;
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    let first = resealed(&bed, &a).await;
    let rekey = async |resealed: &[DueRevocation]| {
        bed.store.rekey_revocations(a.id, &fresh(&a), resealed).await.unwrap()
    };
    let before = bed.store.pending_revocations(a.id).await.unwrap();
    assert!(!rekey(&first[..1]).await, "one is missing");
    let late = bed.store.late_revocation(&a.tenant(), connectors[0].id, 2, &tokens(2).sealed, later()).await;
    assert!(late.unwrap());
    assert!(!rekey(&first).await, "one was overtaken by a late token set");
    let pending = bed.store.pending_revocations(a.id).await.unwrap();
    same(&pending[1], &before[1]);
    assert_eq!(bed.store.data_key(&a.tenant(), None).await.unwrap().version, 1);

    let second = resealed(&bed, &a).await;
    assert!(revoke(&bed, &pending[1]).await);
    assert!(rekey(&second).await, "what is over needs no sealing");
    assert!(!rekey(&second).await, "it was done before");
    same(&bed.store.pending_revocations(a.id).await.unwrap(), &second[..1].to_vec());
    same(&bed.store.data_key(&a.tenant(), None).await.unwrap(), &fresh(&a));
}

/// All were revoked between the two steps: no key is left that nobody would remove.
async fn r46_a_fresh_key_that_nothing_needs_is_not_kept(bed: Bed) {
    let (a, _) = granted(&bed, "a", 1).await;
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    let resealed = resealed(&bed, &a).await;
    assert!(revoke(&bed, &resealed[0]).await);
    assert_eq!(keys(&bed).await, 0);
    assert!(bed.store.rekey_revocations(a.id, &fresh(&a), &resealed).await.unwrap());
    assert_eq!(keys(&bed).await, 0);
    assert_eq!(bed.raw.count("revocations WHERE sealed IS NOT NULL").await, 0);
    let late = bed.store.late_revocation(&a.tenant(), resealed[0].connector_id, 9, &[1], later()).await;
    assert!(!late.unwrap(), "no key is left to open it with");
}

async fn r46_the_last_of_many_settled_at_once_takes_the_key(bed: Bed) {
    for round in 0..15 {
        let (a, _) = granted(&bed, "a", 4).await;
        delete_organization(&bed.store, a.id, later()).await.unwrap();
        if round % 2 == 0 {
            let resealed = resealed(&bed, &a).await;
            assert!(bed.store.rekey_revocations(a.id, &fresh(&a), &resealed).await.unwrap());
        }
        let pending = bed.store.pending_revocations(a.id).await.unwrap();
        at_once(pending.into_iter().map(|due| {
            let store = bed.store.clone();
            async move {
                let settled =
                    store.settle_revocation(&due, RevocationStatus::Failed, None, None, later()).await;
                assert!(settled.unwrap());
            }
        }))
        .await;
        assert_eq!(keys(&bed).await, 0, "round {round}");
    }
}

async fn r46_a_revocation_that_ends_while_its_organization_is_deleted_leaves_no_key(bed: Bed) {
    for _ in 0..15 {
        let (a, connectors) = granted(&bed, "a", 1).await;
        delete_connector(&bed.store, &a.tenant(), &connectors[0]).await.unwrap();
        let due = bed.store.pending_revocations(a.id).await.unwrap().remove(0);
        at_once((0..2).map(|process| {
            let (store, id, due) = (bed.store.clone(), a.id, due.clone());
            async move {
                if process == 0 {
                    delete_organization(&store, id, later()).await.unwrap();
                } else {
                    let status = RevocationStatus::Revoked;
                    assert!(store.settle_revocation(&due, status, None, None, now()).await.unwrap());
                }
            }
        }))
        .await;
        assert_eq!(keys(&bed).await, 0);
    }
}

async fn of_two_that_finish_a_deletion_one_does(bed: Bed) {
    let (a, _) = granted(&bed, "a", 3).await;
    let (b, _) = granted(&bed, "b", 1).await;
    for organization in [&b, &a] {
        delete_organization(&bed.store, organization.id, later()).await.unwrap();
    }
    bed.organization("living").await;
    assert_eq!(bed.store.half_deleted_organizations(9).await.unwrap(), [a.id, b.id]);
    assert_eq!(bed.store.half_deleted_organizations(1).await.unwrap(), [a.id]);
    let done = at_once((2..5).map(|version| {
        let (store, a, mut key) = (bed.store.clone(), a.clone(), fresh(&a));
        key.version = version;
        async move {
            let pending = store.pending_revocations(a.id).await.unwrap();
            (version, store.rekey_revocations(a.id, &key, &pending).await.unwrap())
        }
    }))
    .await;
    let winners: Vec<i64> =
        done.into_iter().filter(|(_, first)| *first).map(|(version, _)| version).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(bed.store.data_key(&a.tenant(), None).await.unwrap().version, winners[0]);
    assert_eq!(keys(&bed).await, 3);
    not_found(bed.store.data_key(&a.tenant(), Some(1)).await, "data key");
    assert_eq!(bed.store.data_key(&b.tenant(), None).await.unwrap().version, 1);
}

on_both_engines!(
    r46_with_nothing_to_revoke_all_keys_go_at_once,
    r46_what_is_pending_keeps_the_keys_until_it_is_sealed_anew,
    a_revocation_of_a_living_organization_leaves_its_keys,
    sealing_anew_is_done_once_and_of_what_is_pending,
    r46_a_fresh_key_that_nothing_needs_is_not_kept,
    r46_the_last_of_many_settled_at_once_takes_the_key,
    r46_a_revocation_that_ends_while_its_organization_is_deleted_leaves_no_key,
    of_two_that_finish_a_deletion_one_does,
);
