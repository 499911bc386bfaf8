//! Refreshing, step by step: claimed, settled, released or refused. Many at once are in
//! `refresh_races.rs`.

use domain::{Connector, ConnectorId, ConnectorStatus, EventKind, Tenant};
use store::{Claim, Grant, RefreshRow, SealedCredential, Settled};

use super::bed::{
    Bed, delete_connector, delete_customer, delete_organization, event, grant, later, not_found, now, same,
    state, tokens,
};

/// A connector of the customer Acme that can be refreshed, and its organization's tenant.
async fn granted(bed: &Bed) -> (Connector, Tenant) {
    let a = bed.organization("a").await;
    (bed.granted(&bed.customer(&a, "Acme").await).await, a.tenant())
}

async fn row(bed: &Bed, tenant: &Tenant, id: ConnectorId) -> RefreshRow {
    bed.store.refresh_row(tenant, id).await.unwrap()
}

/// Claims as the row is now.
async fn claim(bed: &Bed, tenant: &Tenant, id: ConnectorId, take_over: bool) -> Option<Claim> {
    let row = row(bed, tenant, id).await;
    let (version, fence) = (row.credential.version, row.fence);
    bed.store.claim_refresh(tenant, id, version, fence, take_over, now()).await.unwrap()
}

async fn a_credential_comes_with_who_is_refreshing_it(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    let fresh = row(&bed, &tenant, made.id).await;
    same(&fresh.credential, &tokens(1));
    let counts = |row: &RefreshRow| (row.status, row.fence, row.claimed, row.unsettled, row.failures);
    assert_eq!(counts(&fresh), (ConnectorStatus::Active, 0, false, 0, 0));
    let claimed = claim(&bed, &tenant, made.id, false).await;
    assert_eq!(claimed, Some(Claim { fence: 1, unsettled: 1 }));
    let fresh = row(&bed, &tenant, made.id).await;
    assert_eq!(counts(&fresh), (ConnectorStatus::Active, 1, true, 1, 0));
    not_found(bed.store.refresh_row(&tenant, ConnectorId::new()).await, "connector");
}

async fn r22_a_claim_is_made_of_what_was_read_and_held_by_one(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    let claim = async |version, fence, take_over| {
        bed.store.claim_refresh(&tenant, made.id, version, fence, take_over, now()).await.unwrap()
    };
    assert_eq!(claim(2, 0, true).await, None, "another version");
    assert_eq!(claim(1, 1, true).await, None, "another fence");
    assert_eq!(claim(1, 0, false).await, Some(Claim { fence: 1, unsettled: 1 }));
    assert_eq!(claim(1, 0, true).await, None, "somebody was faster");
    assert_eq!(claim(1, 1, false).await, None, "it is held");
    assert_eq!(claim(1, 1, true).await, Some(Claim { fence: 2, unsettled: 2 }), "its holder is dead");
    assert_eq!(claim(1, 2, true).await, None, "r25: two outcomes are not known");
}

async fn r28_a_new_token_set_replaces_the_old_one(bed: Bed) {
    let (mut made, tenant) = granted(&bed).await;
    let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
    let mut fresh = SealedCredential { version: 2, sealed: vec![9, 0], grant: grant() };
    fresh.grant.keep_alive_at = None;
    fresh.grant.expires_at = Some(later());
    let scopes = ["read".to_owned(), "write".to_owned()];
    let told = event(EventKind::ConnectorRefreshedAgain, &made);
    let settled = bed
        .store
        .settle_refreshed(&tenant, made.id, claimed.fence, 1, &fresh, Some(&scopes), Some(&told))
        .await;
    assert_eq!(settled.unwrap(), Settled::Stored);
    let again = SealedCredential { version: 2, sealed: vec![1], grant: Grant::default() };
    let settled = bed.store.settle_refreshed(&tenant, made.id, claimed.fence, 1, &again, None, None).await;
    assert_eq!(settled.unwrap(), Settled::Superseded, "a claim is settled once");
    made.granted_scopes = Some(scopes.to_vec());
    let call = bed.store.connector_for_call(&tenant, made.id).await.unwrap();
    same(&(call.connector, call.credential), &(made.clone(), fresh));
    let after = row(&bed, &tenant, made.id).await;
    assert_eq!((after.fence, after.claimed, after.unsettled, after.failures), (1, false, 0, 0));
    assert_eq!(bed.told(&tenant).await[1], EventKind::ConnectorRefreshedAgain);

    let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
    let settled =
        bed.store.settle_refreshed(&tenant, made.id, claimed.fence, 2, &tokens(3), None, None).await;
    assert_eq!(settled.unwrap(), Settled::Stored);
    same(&bed.store.connector(&tenant, made.id).await.unwrap(), &made);
    assert_eq!(bed.told(&tenant).await.len(), 2, "no event when there is nothing to tell");
}

async fn r23_who_slept_through_its_claim_stores_nothing(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    let sleeper = claim(&bed, &tenant, made.id, false).await.unwrap();
    let awake = claim(&bed, &tenant, made.id, true).await.unwrap();
    let scopes = ["late".to_owned()];
    let told = event(EventKind::ConnectorRefreshedAgain, &made);
    let late = SealedCredential { version: 2, sealed: vec![1], grant: Grant::default() };
    let settle_late = async || {
        bed.store
            .settle_refreshed(&tenant, made.id, sleeper.fence, 1, &late, Some(&scopes), Some(&told))
            .await
            .unwrap()
    };
    assert_eq!(settle_late().await, Settled::Superseded, "before the other has settled");
    let stored = bed.store.settle_refreshed(&tenant, made.id, awake.fence, 1, &tokens(2), None, None).await;
    assert_eq!(stored.unwrap(), Settled::Stored);
    assert_eq!(settle_late().await, Settled::Superseded, "and after");
    assert!(!bed.store.release_refresh(&tenant, made.id, sleeper.fence, true, None).await.unwrap());
    let call = bed.store.connector_for_call(&tenant, made.id).await.unwrap();
    same(&(call.connector, call.credential), &(made, tokens(2)));
    assert_eq!(bed.told(&tenant).await.len(), 1);
}

async fn another_consent_supersedes_a_refresh(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
    let told = event(EventKind::ConnectorRefreshedAgain, &made);
    bed.store.replace_credential(&tenant, &made, 1, &tokens(2), None, &told).await.unwrap();
    let after = row(&bed, &tenant, made.id).await;
    assert_eq!((after.fence, after.claimed, after.unsettled, after.failures), (2, false, 0, 0));
    let settled =
        bed.store.settle_refreshed(&tenant, made.id, claimed.fence, 1, &tokens(2), None, None).await;
    assert_eq!(settled.unwrap(), Settled::Superseded);
    assert!(!bed.store.release_refresh(&tenant, made.id, claimed.fence, false, None).await.unwrap());
    assert_eq!(claim(&bed, &tenant, made.id, false).await, Some(Claim { fence: 3, unsettled: 1 }));
}

async fn r27_an_attempt_that_was_not_sent_costs_nothing(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    for attempt in 1..5 {
        let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
        assert_eq!(claimed, Claim { fence: attempt, unsettled: 1 });
        let released = bed.store.release_refresh(&tenant, made.id, claimed.fence, true, Some(later())).await;
        assert!(released.unwrap());
        let after = row(&bed, &tenant, made.id).await;
        assert_eq!((after.claimed, after.unsettled, after.failures), (false, 0, attempt));
        assert_eq!(after.credential.grant.retry_at, Some(later()));
        let again = bed.store.release_refresh(&tenant, made.id, claimed.fence, true, None).await;
        assert!(!again.unwrap(), "a claim is released once");
    }
    let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
    let stored = bed.store.settle_refreshed(&tenant, made.id, claimed.fence, 1, &tokens(2), None, None).await;
    assert_eq!(stored.unwrap(), Settled::Stored);
    let after = row(&bed, &tenant, made.id).await;
    assert_eq!((after.failures, after.credential.grant.retry_at), (0, None));
}

async fn r25_an_unknown_outcome_is_tried_once_more(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    for attempt in 1..3 {
        let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
        assert_eq!(claimed.unsettled, attempt);
        assert!(bed.store.release_refresh(&tenant, made.id, claimed.fence, false, None).await.unwrap());
        let after = row(&bed, &tenant, made.id).await;
        assert_eq!((after.claimed, after.unsettled, after.failures), (false, attempt, attempt));
    }
    assert_eq!(claim(&bed, &tenant, made.id, false).await, None);
    assert_eq!(claim(&bed, &tenant, made.id, true).await, None);
}

async fn r26_a_refusal_counts_once_and_ends_all_attempts(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
    let why = state(ConnectorStatus::ReauthRequired, "invalid_grant");
    let told = event(EventKind::ConnectorReauthRequired, &made);
    let refuse = async |fence, version| {
        bed.store.refuse_refresh(&tenant, made.id, fence, version, &why, &told).await.unwrap()
    };
    assert!(!refuse(0, 1).await, "another fence");
    assert!(!refuse(claimed.fence, 2).await, "another version");
    same(&bed.store.connector(&tenant, made.id).await.unwrap(), &made);
    assert!(refuse(claimed.fence, 1).await);
    assert!(!refuse(claimed.fence, 1).await);
    assert_eq!(bed.told(&tenant).await, [EventKind::ConnectorCreated, EventKind::ConnectorReauthRequired]);
    let after = row(&bed, &tenant, made.id).await;
    assert_eq!((after.status, after.claimed, after.fence), (why.status, false, claimed.fence + 1));
    same(&bed.store.connector(&tenant, made.id).await.unwrap().state, &why);
    assert_eq!(claim(&bed, &tenant, made.id, true).await, None);
    let mut kept = tokens(1);
    kept.grant.keep_alive_at = None;
    same(&after.credential, &kept);
}

/// The application disabled it while a refresh was under way: that stays, and the claim is free.
async fn a_refusal_leaves_a_disabled_connector_disabled(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
    let off = state(ConnectorStatus::Disabled, "unpaid");
    let told = event(EventKind::ConnectorDisabled, &made);
    let from = [ConnectorStatus::Active];
    assert!(bed.store.set_connector_state(&tenant, made.id, &from, &off, &told).await.unwrap());
    let why = state(ConnectorStatus::ReauthRequired, "invalid_grant");
    assert!(!bed.store.refuse_refresh(&tenant, made.id, claimed.fence, 1, &why, &told).await.unwrap());
    same(&bed.store.connector(&tenant, made.id).await.unwrap().state, &off);
    let after = row(&bed, &tenant, made.id).await;
    assert!(!after.claimed);
    same(&after.credential, &tokens(1));
    assert_eq!(bed.told(&tenant).await.len(), 2);
}

/// A token set that took another's place is the only one left, whatever the connector is now.
async fn r24_a_new_token_set_is_kept_whatever_the_state(bed: Bed) {
    let (made, tenant) = granted(&bed).await;
    let told = || event(EventKind::ConnectorDisabled, &made);
    for (version, status) in (1..).zip([ConnectorStatus::Disabled, ConnectorStatus::PendingConfirmation]) {
        let claimed = claim(&bed, &tenant, made.id, false).await.unwrap();
        let from = [ConnectorStatus::Active, ConnectorStatus::Disabled];
        let to = state(status, "");
        assert!(bed.store.set_connector_state(&tenant, made.id, &from, &to, &told()).await.unwrap());
        let fresh = tokens(version + 1);
        let settled =
            bed.store.settle_refreshed(&tenant, made.id, claimed.fence, version, &fresh, None, None).await;
        assert_eq!(settled.unwrap(), Settled::Stored);
        same(&row(&bed, &tenant, made.id).await.credential, &fresh);
    }
}

async fn r33_a_token_set_for_what_was_deleted_is_not_stored(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let (first, second, third) =
        (bed.granted(&acme).await, bed.granted(&acme).await, bed.granted(&bed.customer(&a, "B").await).await);
    let mut claims = Vec::new();
    for connector in [&first, &second, &third] {
        claims.push(claim(&bed, &a.tenant(), connector.id, false).await.unwrap());
    }
    delete_connector(&bed.store, &a.tenant(), &first).await.unwrap();
    delete_customer(&bed.store, &a.tenant(), acme.id, later()).await.unwrap();
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    for (connector, claim) in [first, second, third].iter().zip(claims) {
        for scopes in [None, Some(&["read".to_owned()][..])] {
            let told = event(EventKind::ConnectorRefreshedAgain, connector);
            let settled = bed
                .store
                .settle_refreshed(&a.tenant(), connector.id, claim.fence, 1, &tokens(2), scopes, Some(&told))
                .await;
            assert_eq!(settled.unwrap(), Settled::Gone);
        }
        assert!(
            !bed.store.release_refresh(&a.tenant(), connector.id, claim.fence, true, None).await.unwrap()
        );
    }
    assert_eq!(bed.raw.count("credentials").await, 0);
    let told = bed.told(&a.tenant()).await;
    assert!(!told.contains(&EventKind::ConnectorRefreshedAgain), "{told:?}");
}

on_both_engines!(
    a_credential_comes_with_who_is_refreshing_it,
    r22_a_claim_is_made_of_what_was_read_and_held_by_one,
    r28_a_new_token_set_replaces_the_old_one,
    r23_who_slept_through_its_claim_stores_nothing,
    another_consent_supersedes_a_refresh,
    r27_an_attempt_that_was_not_sent_costs_nothing,
    r25_an_unknown_outcome_is_tried_once_more,
    r26_a_refusal_counts_once_and_ends_all_attempts,
    a_refusal_leaves_a_disabled_connector_disabled,
    r24_a_new_token_set_is_kept_whatever_the_state,
    r33_a_token_set_for_what_was_deleted_is_not_stored,
);
