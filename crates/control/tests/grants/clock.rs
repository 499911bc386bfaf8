//! The clock jumps.

use control::Error;
use domain::{ConnectorId, ExecuteCall, Outcome};
use futures_util::future::join_all;
use serde_json::json;

use super::bed::Bed;

const HOUR_MS: i64 = 3_600_000;
const CONNECTORS: usize = 12;
const CALLS: usize = 4;

async fn call(bed: &Bed, id: ConnectorId) -> Result<Outcome, Error> {
    let call = json!({ "entity": "users", "action": "list", "params": { "page_size": 1 } });
    let call: ExecuteCall = serde_json::from_value(call).unwrap();
    bed.control.execute(&bed.caller, bed.tenant, id, call, uuid::Uuid::now_v7()).await
}

/// Each is called several times at once, and each call succeeds.
async fn call_all(bed: &Bed, ids: &[ConnectorId]) {
    let calls = ids.iter().flat_map(|id| (0..CALLS).map(|_| call(bed, *id)));
    for outcome in join_all(calls).await {
        outcome.unwrap();
    }
}

/// Connectors whose tokens live as long as the provider says, or as nobody knows.
async fn connected(bed: &Bed, expires_in: Option<i64>) -> Vec<ConnectorId> {
    bed.app.set(json!({ "expires_in": expires_in })).await;
    let mut ids = Vec::new();
    for _ in 0..CONNECTORS {
        ids.push(bed.connected().await);
    }
    ids
}

/// How many refreshes there were; none was a second use of a token.
async fn refreshes(bed: &Bed) -> usize {
    let summary = bed.app.summary().await;
    assert_eq!((&summary["dead"], &summary["reuses"]), (&json!(0), &json!(0)), "{summary}");
    assert!(summary["uses_max"].as_u64().unwrap() <= 1, "{summary}");
    usize::try_from(summary["refreshes"].as_u64().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r30_a_clock_an_hour_ahead_refreshes_each_called_connector_once() {
    let bed = Bed::new().await;
    let ids = connected(&bed, Some(1_800)).await;
    call_all(&bed, &ids).await;
    assert_eq!(refreshes(&bed).await, 0);

    bed.clock.advance_ms(HOUR_MS);
    // What nobody calls is left alone.
    let (called, idle) = ids.split_at(CONNECTORS - 2);
    bed.control.keep_alive(100).await.unwrap();
    call_all(&bed, called).await;
    assert_eq!(refreshes(&bed).await, called.len());
    call_all(&bed, called).await;
    assert_eq!(refreshes(&bed).await, called.len());

    // And right again: nothing has to be made good.
    bed.clock.advance_ms(-HOUR_MS);
    call_all(&bed, called).await;
    call_all(&bed, idle).await;
    assert_eq!(refreshes(&bed).await, called.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r30_a_clock_ahead_refreshes_nothing_whose_life_is_not_known() {
    let bed = Bed::new().await;
    let ids = connected(&bed, None).await;
    bed.clock.advance_ms(HOUR_MS);
    bed.control.keep_alive(100).await.unwrap();
    call_all(&bed, &ids).await;
    assert_eq!(refreshes(&bed).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r30_with_a_clock_an_hour_behind_an_expired_token_is_refreshed_when_it_is_refused() {
    let bed = Bed::new().await;
    // Renewed once, so that the stored tokens are not the first ones.
    let ids = connected(&bed, Some(1_800)).await;
    bed.clock.advance_ms(1_800_001);
    call_all(&bed, &ids).await;
    assert_eq!(refreshes(&bed).await, CONNECTORS);

    bed.clock.advance_ms(-HOUR_MS);
    call_all(&bed, &ids).await;
    assert_eq!(refreshes(&bed).await, CONNECTORS, "a valid token is used");
    bed.app.expire().await;
    call_all(&bed, &ids).await;
    assert_eq!(refreshes(&bed).await, 2 * CONNECTORS, "one refresh each");
    call_all(&bed, &ids).await;
    assert_eq!(refreshes(&bed).await, 2 * CONNECTORS, "and no more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r30_a_connector_in_backoff_is_not_kept_waiting_by_a_clock_that_went_back() {
    let bed = Bed::new().await;
    let ids = connected(&bed, Some(1_800)).await;
    bed.app.expire().await;
    let down = json!({ "times": CONNECTORS, "effect": { "kind": "unavailable", "retry_after": 60 } });
    bed.app.fault("token", down).await;
    for id in &ids {
        let refused = call(&bed, *id).await;
        assert!(matches!(refused, Err(Error::RefreshUnavailable { .. })), "{refused:?}");
        let waits = call(&bed, *id).await;
        assert!(matches!(waits, Err(Error::RefreshUnavailable { .. })), "{waits:?}");
    }
    assert_eq!(bed.app.asked("token").await.len(), 2 * CONNECTORS, "each consent, and one refresh");

    bed.clock.advance_ms(-HOUR_MS);
    call_all(&bed, &ids).await;
    assert_eq!(refreshes(&bed).await, CONNECTORS);
}
