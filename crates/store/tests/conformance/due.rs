//! Due work, found across tenants and had by one process at a time. What is swept is with its own
//! kind: consents, jobs, events.

use std::collections::HashSet;

use domain::{Connector, ConnectorId, ConnectorStatus, Customer, DueConnector, EventKind, Timestamp};
use store::{Confirmation, SealedCredential, Settled};

use super::bed::{Bed, at_once, connector, delete_connector, event, later, not_found, now, state, tokens};

const PROCESSES: usize = 4;

fn minutes(number: i64) -> Timestamp {
    now().plus_ms(number * 60_000)
}

/// A connector that is to be kept alive so many minutes after [`now`].
async fn to_keep_alive(bed: &Bed, customer: &Customer, after: i64) -> Connector {
    let made = connector(customer);
    let mut credential = tokens(1);
    credential.grant.keep_alive_at = Some(minutes(after));
    let told = event(EventKind::ConnectorCreated, &made);
    bed.store.create_connector(&customer.tenant(), &made, &credential, None, &told).await.unwrap();
    made
}

/// A connector that waits for its confirmation so many minutes after [`now`].
async fn unconfirmed(bed: &Bed, customer: &Customer, after: i64, removes: bool) -> Connector {
    let mut made = connector(customer);
    made.state = state(ConnectorStatus::PendingConfirmation, "not confirmed yet");
    let confirmation = Confirmation { hash: [1; 32], before: minutes(after), removes };
    let told = event(EventKind::ConnectorCreated, &made);
    bed.store
        .create_connector(&customer.tenant(), &made, &tokens(1), Some(&confirmation), &told)
        .await
        .unwrap();
    made
}

fn due(connector: &Connector) -> DueConnector {
    DueConnector {
        organization_id: connector.organization_id,
        customer_id: connector.customer_id,
        connector_id: connector.id,
    }
}

async fn what_is_to_be_kept_alive_is_found_across_tenants_when_due(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (of_a, of_b) = (bed.customer(&a, "Acme").await, bed.customer(&b, "Acme").await);
    bed.connector(&of_a).await;
    let third = to_keep_alive(&bed, &of_a, 3).await;
    let first = to_keep_alive(&bed, &of_b, 1).await;
    let second = to_keep_alive(&bed, &of_a, 2).await;
    let found = async |at, again_at, limit| bed.store.due_keep_alives(at, again_at, limit).await.unwrap();

    assert!(found(minutes(1).plus_ms(-1), minutes(9), 9).await.is_empty());
    let taken = found(minutes(3), minutes(9), 2).await;
    assert_eq!(taken, [due(&first), due(&second)]);
    assert_eq!(taken[0].tenant(), of_b.tenant());
    assert_eq!(found(minutes(8), minutes(9), 9).await, [due(&third)]);
    assert_eq!(found(minutes(9), minutes(20), 9).await.len(), 3);
}

async fn only_active_and_free_connectors_are_kept_alive(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let made = to_keep_alive(&bed, &acme, 0).await;
    let (store, tenant) = (&bed.store, a.tenant());
    let found = async |at| store.due_keep_alives(at, at, 9).await.unwrap();
    use ConnectorStatus::{Active, Disabled, PendingConfirmation, ReauthRequired};
    for status in [Disabled, ReauthRequired, PendingConfirmation, Active] {
        let from = [Active, Disabled, ReauthRequired, PendingConfirmation];
        let told = event(EventKind::ConnectorDisabled, &made);
        assert!(store.set_connector_state(&tenant, made.id, &from, &state(status, ""), &told).await.unwrap());
        assert_eq!(found(minutes(1)).await.len(), usize::from(status == Active), "{status:?}");
    }
    let claim = store.claim_refresh(&tenant, made.id, 1, 0, false, minutes(2)).await.unwrap().unwrap();
    assert!(found(minutes(2)).await.is_empty());
    assert!(found(minutes(12)).await.is_empty(), "somebody is refreshing it");
    assert_eq!(found(minutes(13)).await, [due(&made)], "somebody died over it");
    let mut fresh: SealedCredential = tokens(2);
    fresh.grant.keep_alive_at = None;
    let settled = store.settle_refreshed(&tenant, made.id, claim.fence, 1, &fresh, None, None).await;
    assert_eq!(settled.unwrap(), Settled::Stored);
    assert!(found(minutes(60)).await.is_empty());
}

async fn r82_revocations_are_leased(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (of_a, of_b) = (bed.customer(&a, "Acme").await, bed.customer(&b, "Acme").await);
    let (first, second) = (bed.granted(&of_b).await, bed.granted(&of_a).await);
    for made in [&first, &second] {
        delete_connector(&bed.store, &Bed::tenant_of(made), made).await.unwrap();
    }
    let found = async |at: Timestamp, until, limit| {
        let due = bed.store.due_revocations(at, until, limit).await.unwrap();
        due.into_iter().map(|due| (due.tenant(), due.connector_id)).collect::<HashSet<_>>()
    };
    let both = HashSet::from([(of_b.tenant(), first.id), (of_a.tenant(), second.id)]);
    assert!(found(later().plus_ms(-1), minutes(90), 9).await.is_empty());
    assert_eq!(found(later(), minutes(90), 1).await.len(), 1);
    assert_eq!(found(later(), minutes(90), 9).await.len(), 1, "the other one");
    assert!(found(minutes(90).plus_ms(-1), minutes(99), 9).await.is_empty());
    assert_eq!(found(minutes(90), minutes(99), 9).await, both, "who took them has died");
}

async fn r10_unconfirmed_connectors_are_given_to_be_removed(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (of_a, of_b) = (bed.customer(&a, "Acme").await, bed.customer(&b, "Acme").await);
    let second = unconfirmed(&bed, &of_a, 2, true).await;
    let first = unconfirmed(&bed, &of_b, 1, false).await;
    let confirmed = unconfirmed(&bed, &of_a, 1, true).await;
    bed.connector(&of_a).await;
    let confirm = async |made: &Connector| {
        let told = event(EventKind::ConnectorConfirmed, made);
        let tenant = Bed::tenant_of(made);
        bed.store.confirm_connector(&tenant, made.id, &[1; 32], now(), &told).await.unwrap()
    };
    assert!(confirm(&confirmed).await);
    let found = async |at, limit| bed.store.unconfirmed_connectors(at, limit).await.unwrap();

    assert!(found(minutes(1), 9).await.is_empty(), "it may still be confirmed at that instant");
    assert_eq!(found(minutes(3), 1).await, [(due(&first), false)]);
    assert!(!confirm(&first).await, "whoever has it is removing it");
    assert_eq!(found(minutes(3), 9).await, [(due(&second), true)]);
    assert!(found(minutes(4), 9).await.is_empty());
    let again = found(minutes(4).plus_ms(1), 9).await;
    assert_eq!(again.len(), 2, "whoever had them has died");
    delete_connector(&bed.store, &of_a.tenant(), &second).await.unwrap();
    not_found(delete_connector(&bed.store, &of_a.tenant(), &second).await, "connector");
    assert_eq!(found(minutes(9), 9).await, [(due(&first), false)]);
}

async fn r82_no_two_processes_have_the_same_work(bed: Bed) {
    const ROWS: usize = 12;
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    for _ in 0..ROWS {
        to_keep_alive(&bed, &acme, 0).await;
        unconfirmed(&bed, &acme, 0, true).await;
        delete_connector(&bed.store, &acme.tenant(), &bed.granted(&acme).await).await.unwrap();
    }
    for kind in 0..3 {
        let taken = at_once((0..PROCESSES).map(|_| {
            let store = bed.store.clone();
            async move {
                let (at, until, limit) = (minutes(61), minutes(99), i64::try_from(ROWS).unwrap());
                let found: Vec<ConnectorId> = match kind {
                    0 => {
                        let due = store.due_keep_alives(at, until, limit).await.unwrap();
                        due.into_iter().map(|due| due.connector_id).collect()
                    }
                    1 => {
                        let due = store.due_revocations(at, until, limit).await.unwrap();
                        due.into_iter().map(|due| due.connector_id).collect()
                    }
                    _ => {
                        let due = store.unconfirmed_connectors(at, limit).await.unwrap();
                        due.into_iter().map(|(due, _)| due.connector_id).collect()
                    }
                };
                found
            }
        }))
        .await;
        let all = taken.concat();
        assert_eq!(all.len(), ROWS, "all of kind {kind}, each once");
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), ROWS);
    }
}

on_both_engines!(
    what_is_to_be_kept_alive_is_found_across_tenants_when_due,
    only_active_and_free_connectors_are_kept_alive,
    r82_revocations_are_leased,
    r10_unconfirmed_connectors_are_given_to_be_removed,
    r82_no_two_processes_have_the_same_work,
);
