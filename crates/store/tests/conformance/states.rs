//! The states of a connector: changed from where the caller believes it, confirmed once, consented
//! anew.

use domain::{ConnectorId, ConnectorState, ConnectorStatus, CredentialSource, EventKind};
use serde_json::json;
use store::{Confirmation, SealedCredential};

use super::bed::{
    Bed, at_once, conflict, connector, event, grant, later, not_found, now, object, same, state, tokens,
};

const HASH: [u8; 32] = [21; 32];

/// May be given at [`later`] and no later.
const CONFIRMATION: fn(bool) -> Confirmation =
    |removes| Confirmation { hash: HASH, before: later(), removes };

async fn a_state_is_changed_only_from_where_it_is_believed_to_be(bed: Bed) {
    use ConnectorStatus::{Active, Disabled, PendingConfirmation, ReauthRequired};
    let a = bed.organization("a").await;
    let (store, tenant) = (&bed.store, a.tenant());
    let made = bed.connector(&bed.customer(&a, "Acme").await).await;
    let told = event(EventKind::ConnectorDisabled, &made);
    let mut off = state(Disabled, "nul\0");
    for from in [&[][..], &[Disabled], &[PendingConfirmation, ReauthRequired, Disabled]] {
        assert!(!store.set_connector_state(&tenant, made.id, from, &off, &told).await.unwrap(), "{from:?}");
    }
    same(&store.connector(&tenant, made.id).await.unwrap().state, &made.state);
    assert_eq!(bed.told(&tenant).await, [EventKind::ConnectorCreated]);

    let from = [PendingConfirmation, ReauthRequired, Disabled, Active];
    assert!(store.set_connector_state(&tenant, made.id, &from, &off, &told).await.unwrap());
    off.reason = Some("nul\u{fffd}".to_owned());
    same(&store.connector(&tenant, made.id).await.unwrap().state, &off);
    let on = ConnectorState::active(now());
    let told = event(EventKind::ConnectorEnabled, &made);
    assert!(store.set_connector_state(&tenant, made.id, &[Disabled], &on, &told).await.unwrap());
    same(&store.connector(&tenant, made.id).await.unwrap(), &made);
    let kinds = [EventKind::ConnectorCreated, EventKind::ConnectorDisabled, EventKind::ConnectorEnabled];
    assert_eq!(bed.told(&tenant).await, kinds);
    let unknown = store.set_connector_state(&tenant, ConnectorId::new(), &from, &on, &told).await;
    not_found(unknown, "connector");
}

async fn r10_a_confirmation_works_for_its_value_in_time_and_once(bed: Bed) {
    let a = bed.organization("a").await;
    let (store, tenant) = (&bed.store, a.tenant());
    let mut made = connector(&bed.customer(&a, "Acme").await);
    made.state = state(ConnectorStatus::PendingConfirmation, "not confirmed yet");
    let (created, told) =
        (event(EventKind::ConnectorCreated, &made), event(EventKind::ConnectorConfirmed, &made));
    store.create_connector(&tenant, &made, &tokens(1), Some(&CONFIRMATION(true)), &created).await.unwrap();
    let confirm =
        async |hash: &[u8; 32], at| store.confirm_connector(&tenant, made.id, hash, at, &told).await;

    assert!(!confirm(&[22; 32], now()).await.unwrap());
    assert!(!confirm(&HASH, later().plus_ms(1)).await.unwrap());
    let waiting = store.connector(&tenant, made.id).await.unwrap();
    assert_eq!(waiting.state.status, ConnectorStatus::PendingConfirmation);
    assert!(confirm(&HASH, later()).await.unwrap());
    same(&store.connector(&tenant, made.id).await.unwrap().state, &ConnectorState::active(later()));
    assert!(!confirm(&HASH, now()).await.unwrap());
    assert_eq!(bed.told(&tenant).await, [EventKind::ConnectorCreated, EventKind::ConnectorConfirmed]);
    let left = "connectors WHERE confirmation_hash IS NOT NULL OR confirm_before IS NOT NULL
        OR confirmation_removes IS NOT NULL";
    assert_eq!(bed.raw.count(left).await, 0);
}

async fn a_confirmation_posted_by_many_at_once_counts_once(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    for _ in 0..10 {
        let mut made = connector(&acme);
        made.state = state(ConnectorStatus::PendingConfirmation, "not confirmed yet");
        let created = event(EventKind::ConnectorCreated, &made);
        let confirmation = CONFIRMATION(true);
        bed.store
            .create_connector(&acme.tenant(), &made, &tokens(1), Some(&confirmation), &created)
            .await
            .unwrap();
        let confirmed = at_once((0..6).map(|_| {
            let (store, tenant, id) = (bed.store.clone(), acme.tenant(), made.id);
            let told = event(EventKind::ConnectorConfirmed, &made);
            async move { store.confirm_connector(&tenant, id, &HASH, now(), &told).await.unwrap() }
        }))
        .await;
        assert_eq!(confirmed.into_iter().filter(|first| *first).count(), 1);
    }
    assert_eq!(bed.told(&a.tenant()).await.len(), 20);
}

/// Only the pending are confirmed; being disabled meanwhile loses nothing, anything else does.
async fn a_confirmation_goes_with_the_state_that_waits_for_it(bed: Bed) {
    use ConnectorStatus::{Disabled, PendingConfirmation, ReauthRequired};
    let a = bed.organization("a").await;
    let (store, tenant) = (&bed.store, a.tenant());
    let mut made = connector(&bed.customer(&a, "Acme").await);
    made.state = state(PendingConfirmation, "not confirmed yet");
    let told = || event(EventKind::ConnectorCreated, &made);
    store.create_connector(&tenant, &made, &tokens(1), Some(&CONFIRMATION(true)), &told()).await.unwrap();
    let turn = async |from, to| {
        let to = state(to, "");
        assert!(store.set_connector_state(&tenant, made.id, &[from], &to, &told()).await.unwrap());
    };
    let confirm = async || store.confirm_connector(&tenant, made.id, &HASH, now(), &told()).await.unwrap();
    turn(PendingConfirmation, Disabled).await;
    assert!(!confirm().await);
    turn(Disabled, ReauthRequired).await;
    turn(ReauthRequired, PendingConfirmation).await;
    assert!(!confirm().await);

    let (again, version) = (store.connector(&tenant, made.id).await.unwrap(), 1);
    let kept = CONFIRMATION(false);
    store.replace_credential(&tenant, &again, version, &tokens(2), Some(&kept), &told()).await.unwrap();
    turn(PendingConfirmation, Disabled).await;
    turn(Disabled, PendingConfirmation).await;
    assert!(confirm().await);
}

async fn another_consent_replaces_the_credential_and_what_it_is_about(bed: Bed) {
    let a = bed.organization("a").await;
    let (store, tenant) = (&bed.store, a.tenant());
    let acme = bed.customer(&a, "Acme").await;
    let (made, untouched) = (bed.connector(&acme).await, bed.granted(&acme).await);
    let mut anew = made.clone();
    anew.name = "not this".to_owned();
    anew.environment = object(json!({"not": "this"}));
    anew.auth_scheme = "oauth".to_owned();
    anew.state = state(ConnectorStatus::PendingConfirmation, "not confirmed yet");
    anew.credential_source = CredentialSource::Consent;
    anew.account = Some(object(json!({"id": "w1"})));
    anew.granted_scopes = Some(vec!["read".to_owned()]);
    anew.updated_at = later();
    let credential = SealedCredential { version: 2, sealed: vec![0, 9], grant: grant() };
    let told = || event(EventKind::ConnectorRefreshedAgain, &made);
    let kept = CONFIRMATION(false);
    store.replace_credential(&tenant, &anew, 1, &credential, Some(&kept), &told()).await.unwrap();

    let call = store.connector_for_call(&tenant, made.id).await.unwrap();
    same(&call.credential, &credential);
    let mut expected = anew.clone();
    expected.name.clone_from(&made.name);
    expected.environment.clone_from(&made.environment);
    same(&call.connector, &expected);
    assert!(store.confirm_connector(&tenant, made.id, &HASH, now(), &told()).await.unwrap());
    let call = store.connector_for_call(&tenant, untouched.id).await.unwrap();
    same(&(call.connector, call.credential), &(untouched, tokens(1)));
    assert_eq!(bed.told(&tenant).await[2], EventKind::ConnectorRefreshedAgain);
}

async fn a_credential_that_others_replaced_is_not_replaced_again(bed: Bed) {
    let a = bed.organization("a").await;
    let (store, tenant) = (&bed.store, a.tenant());
    let made = bed.granted(&bed.customer(&a, "Acme").await).await;
    let told = event(EventKind::ConnectorRefreshedAgain, &made);
    let mut late = made.clone();
    late.account = Some(object(json!({"id": "late"})));
    store.replace_credential(&tenant, &made, 1, &tokens(2), None, &told).await.unwrap();
    conflict(store.replace_credential(&tenant, &late, 1, &tokens(2), None, &told).await, "credential");
    let call = store.connector_for_call(&tenant, made.id).await.unwrap();
    same(&call.connector, &made);
    let unknown = connector(&bed.customer(&a, "Acme").await);
    let answer = store.replace_credential(&tenant, &unknown, 1, &tokens(2), None, &told).await;
    not_found(answer, "connector");
    assert_eq!(bed.told(&tenant).await.len(), 2);
}

/// The application's word stands, whatever a person consents to meanwhile.
async fn another_consent_neither_disables_nor_enables(bed: Bed) {
    let a = bed.organization("a").await;
    let (store, tenant) = (&bed.store, a.tenant());
    let read = bed.granted(&bed.customer(&a, "Acme").await).await;
    let told = || event(EventKind::ConnectorDisabled, &read);
    let off = state(ConnectorStatus::Disabled, "unpaid");
    let from = [ConnectorStatus::Active];
    assert!(store.set_connector_state(&tenant, read.id, &from, &off, &told()).await.unwrap());
    conflict(store.replace_credential(&tenant, &read, 1, &tokens(2), None, &told()).await, "credential");
    let again = store.connector(&tenant, read.id).await.unwrap();
    store.replace_credential(&tenant, &again, 1, &tokens(2), None, &told()).await.unwrap();
    same(&store.connector(&tenant, read.id).await.unwrap().state, &off);

    let on = ConnectorState::active(now());
    let from = [ConnectorStatus::Disabled];
    assert!(store.set_connector_state(&tenant, read.id, &from, &on, &told()).await.unwrap());
    conflict(store.replace_credential(&tenant, &again, 2, &tokens(3), None, &told()).await, "credential");
}

on_both_engines!(
    a_state_is_changed_only_from_where_it_is_believed_to_be,
    r10_a_confirmation_works_for_its_value_in_time_and_once,
    a_confirmation_posted_by_many_at_once_counts_once,
    a_confirmation_goes_with_the_state_that_waits_for_it,
    another_consent_replaces_the_credential_and_what_it_is_about,
    a_credential_that_others_replaced_is_not_replaced_again,
    another_consent_neither_disables_nor_enables,
);
