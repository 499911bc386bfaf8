//! The outbox: numbered without gaps, in the order in which things took effect.

use domain::{Customer, Event, EventKind, NewEvent};
use serde_json::json;

use super::bed::{Bed, add, at_once, conflict, connector, event, later, not_found, now, object, same};

/// An event about a customer and none of its connectors.
fn about(customer: &Customer) -> NewEvent {
    let mut event = event(EventKind::ConsentExpired, &connector(customer));
    event.connector_id = None;
    event
}

fn numbers(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.sequence).collect()
}

async fn an_event_comes_back_as_it_was_told(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let of = bed.connector(&acme).await;
    let mut told = about(&acme);
    told.data = object(json!({"reason": "nul\0 Größe", "deep": {"list": [1, null]}}));
    told.created_at = later();
    bed.store.add_event(&a.tenant(), &told).await.unwrap();
    let events = bed.store.events(&a.tenant(), 0, 9).await.unwrap();
    assert_eq!(numbers(&events), [1, 2]);
    assert_eq!(events[0].kind, EventKind::ConnectorCreated);
    assert_eq!(events[0].connector_id, Some(of.id));
    let expected = Event {
        sequence: 2,
        id: told.id,
        kind: told.kind,
        customer_id: acme.id,
        connector_id: None,
        data: told.data,
        created_at: later(),
    };
    same(&events[1], &expected);
}

async fn events_are_read_in_order_from_where_the_reader_stopped(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (acme, globex) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Globex").await);
    let foreign = bed.customer(&b, "Acme").await;
    for customer in [&acme, &foreign, &globex, &acme, &acme] {
        let organization = if customer.id == foreign.id { &b } else { &a };
        bed.store.add_event(&organization.tenant(), &about(customer)).await.unwrap();
    }
    let read = async |tenant, after, limit| numbers(&bed.store.events(&tenant, after, limit).await.unwrap());
    assert_eq!(read(a.tenant(), 0, 9).await, [1, 2, 3, 4]);
    assert_eq!(read(a.tenant(), 0, 2).await, [1, 2]);
    assert_eq!(read(a.tenant(), 2, 1).await, [3]);
    assert_eq!(read(a.tenant(), -5, usize::MAX).await, [1, 2, 3, 4]);
    assert_eq!(read(a.tenant(), 3, 0).await, [4]);
    assert!(read(a.tenant(), 4, 9).await.is_empty());
    assert!(read(a.tenant(), i64::MAX, 9).await.is_empty());
    assert_eq!(read(b.tenant(), 0, 9).await, [1], "r52: each organization counts its own");
    assert_eq!(read(globex.tenant(), 0, 9).await, [2], "r54");
}

async fn r49_an_event_is_told_of_an_own_customer_only(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (acme, globex) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Globex").await);
    for other in [b.tenant(), globex.tenant()] {
        not_found(bed.store.add_event(&other, &about(&acme)).await, "customer");
    }
    assert_eq!(bed.raw.count("events").await, 0);
    assert_eq!(bed.raw.count("event_sequences").await, 0);
}

async fn r80_what_was_undone_is_not_told_and_leaves_no_gap(bed: Bed) {
    let a = bed.organization("a").await;
    let made = bed.connector(&bed.customer(&a, "Acme").await).await;
    conflict(add(&bed.store, &a.tenant(), &made).await, "connector id");
    let twice = event(EventKind::ConnectorCreated, &made);
    bed.store.add_event(&a.tenant(), &twice).await.unwrap();
    assert!(bed.store.add_event(&a.tenant(), &twice).await.is_err(), "an event has an id of its own");
    bed.store.add_event(&a.tenant(), &event(EventKind::ConnectorDeleted, &made)).await.unwrap();
    assert_eq!(numbers(&bed.store.events(&a.tenant(), 0, 9).await.unwrap()), [1, 2, 3]);
}

async fn r80_a_reader_misses_nothing_while_many_write(bed: Bed) {
    const WRITERS: i64 = 6;
    const ROUNDS: i64 = 25;
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let reader = tokio::spawn({
        let (store, tenant) = (bed.store.clone(), a.tenant());
        async move {
            let mut seen = Vec::new();
            while seen.len() < usize::try_from(WRITERS * ROUNDS).unwrap() {
                let after = seen.last().copied().unwrap_or_default();
                seen.extend(numbers(&store.events(&tenant, after, 7).await.unwrap()));
            }
            seen
        }
    });
    at_once((0..WRITERS).map(|_| {
        let (store, tenant, acme) = (bed.store.clone(), a.tenant(), acme.clone());
        async move {
            for _ in 0..ROUNDS {
                add(&store, &tenant, &connector(&acme)).await.unwrap();
            }
        }
    }))
    .await;
    let seen = reader.await.unwrap();
    assert_eq!(seen, (1..=WRITERS * ROUNDS).collect::<Vec<_>>());
}

async fn old_events_go_and_numbers_go_on(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    for minute in 0..4 {
        let mut told = about(&acme);
        told.created_at = now().plus_ms(minute * 60_000);
        bed.store.add_event(&a.tenant(), &told).await.unwrap();
    }
    let before = now().plus_ms(3 * 60_000);
    assert_eq!(bed.store.delete_old_events(before, 2).await.unwrap(), 2);
    assert_eq!(numbers(&bed.store.events(&a.tenant(), 0, 9).await.unwrap()), [3, 4]);
    assert_eq!(bed.store.delete_old_events(before, 2).await.unwrap(), 1);
    assert_eq!(bed.store.delete_old_events(before, 2).await.unwrap(), 0);
    assert_eq!(bed.store.delete_old_events(before.plus_ms(1), 2).await.unwrap(), 1);
    bed.store.add_event(&a.tenant(), &about(&acme)).await.unwrap();
    assert_eq!(numbers(&bed.store.events(&a.tenant(), 0, 9).await.unwrap()), [5]);
}

on_both_engines!(
    an_event_comes_back_as_it_was_told,
    events_are_read_in_order_from_where_the_reader_stopped,
    r49_an_event_is_told_of_an_own_customer_only,
    r80_what_was_undone_is_not_told_and_leaves_no_gap,
    r80_a_reader_misses_nothing_while_many_write,
    old_events_go_and_numbers_go_on,
);
