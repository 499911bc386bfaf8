//! As `tenancy.rs`, for whatever changes a connector's state or its credential, and for what is left
//! of it: whoever is not the owner finds nothing and changes nothing.

use domain::{ConnectorState, ConnectorStatus, EventKind};
use serde_json::json;
use store::{Confirmation, Settled};

use super::bed::{
    Bed, connector, delete_connector, event, later, not_found, now, object, same, state, tokens,
};
use super::tenancy::Scene;

async fn r49_anothers_state_is_not_changed(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let (store, owner) = (&bed.store, scene.owner.tenant());
    let mut waiting = connector(&scene.acme);
    waiting.state = state(ConnectorStatus::PendingConfirmation, "");
    let confirmation = Confirmation { hash: [1; 32], before: later(), removes: true };
    let told = || event(EventKind::ConnectorCreated, &waiting);
    store.create_connector(&owner, &waiting, &tokens(1), Some(&confirmation), &told()).await.unwrap();
    let before = bed.told(&owner).await;

    let mut stolen = waiting.clone();
    stolen.account = Some(object(json!({"id": "stolen"})));
    let on = ConnectorState::active(now());
    let from = [ConnectorStatus::PendingConfirmation];
    for other in scene.others() {
        let changed = store.set_connector_state(&other, waiting.id, &from, &on, &told()).await;
        not_found(changed, "connector");
        assert!(!store.confirm_connector(&other, waiting.id, &[1; 32], now(), &told()).await.unwrap());
        let replaced = store.replace_credential(&other, &stolen, 1, &tokens(2), None, &told()).await;
        not_found(replaced, "connector");
    }
    let call = store.connector_for_call(&owner, waiting.id).await.unwrap();
    same(&(call.connector, call.credential), &(waiting.clone(), tokens(1)));
    assert_eq!(bed.told(&owner).await, before);
    for other in scene.others() {
        let seen = store.events(&other, 0, 99).await.unwrap();
        assert!(seen.iter().all(|event| event.customer_id != scene.acme.id), "r52: {seen:?}");
    }
    assert!(
        store.confirm_connector(&scene.acme.tenant(), waiting.id, &[1; 32], now(), &told()).await.unwrap()
    );
}

async fn r49_anothers_credential_is_not_refreshed(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let (store, owner, id) = (&bed.store, scene.owner.tenant(), scene.of_acme.id);
    let told = event(EventKind::ConnectorReauthRequired, &scene.of_acme);
    let why = state(ConnectorStatus::ReauthRequired, "");
    let refused_by_others = async |version: i64, fence: i64| {
        for other in scene.others() {
            not_found(store.refresh_row(&other, id).await, "connector");
            let claimed = store.claim_refresh(&other, id, version, fence, true, now()).await.unwrap();
            assert_eq!(claimed, None);
            let scopes = ["stolen".to_owned()];
            for scopes in [None, Some(&scopes[..])] {
                let settled = store
                    .settle_refreshed(&other, id, fence, version, &tokens(version + 1), scopes, Some(&told))
                    .await;
                assert_eq!(settled.unwrap(), Settled::Gone);
            }
            assert!(!store.release_refresh(&other, id, fence, true, None).await.unwrap());
            assert!(!store.refuse_refresh(&other, id, fence, version, &why, &told).await.unwrap());
        }
    };
    let before = store.refresh_row(&owner, id).await.unwrap();
    refused_by_others(1, 0).await;
    same(&store.refresh_row(&owner, id).await.unwrap(), &before);
    let claim = store.claim_refresh(&scene.acme.tenant(), id, 1, 0, false, now()).await.unwrap().unwrap();
    let before = store.refresh_row(&owner, id).await.unwrap();
    refused_by_others(1, claim.fence).await;
    same(&store.refresh_row(&owner, id).await.unwrap(), &before);
    same(&store.connector(&owner, id).await.unwrap(), &scene.of_acme);
    let settled = store.settle_refreshed(&scene.acme.tenant(), id, 1, 1, &tokens(2), None, Some(&told)).await;
    assert_eq!(settled.unwrap(), Settled::Stored);
}

async fn r49_anothers_revocation_is_not_replaced(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let made = bed.granted(&scene.acme).await;
    delete_connector(&bed.store, &scene.owner.tenant(), &made).await.unwrap();
    let before = bed.store.pending_revocations(scene.owner.id).await.unwrap();
    for other in scene.others() {
        let late = bed.store.late_revocation(&other, made.id, 9, &[9], later()).await.unwrap();
        assert!(!late);
    }
    same(&bed.store.pending_revocations(scene.owner.id).await.unwrap(), &before);
    assert!(bed.store.pending_revocations(scene.stranger.id).await.unwrap().is_empty());
    let mut foreign = before[0].clone();
    foreign.organization_id = scene.stranger.id;
    let status = domain::RevocationStatus::Failed;
    assert!(!bed.store.settle_revocation(&foreign, status, None, None, later()).await.unwrap());
    let own = bed.store.late_revocation(&scene.acme.tenant(), made.id, 9, &[9], later()).await;
    assert!(own.unwrap());
}

on_both_engines!(
    r49_anothers_state_is_not_changed,
    r49_anothers_credential_is_not_refreshed,
    r49_anothers_revocation_is_not_replaced,
);
