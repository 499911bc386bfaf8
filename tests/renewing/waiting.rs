//! A provider that asks to be left alone, and is: a good token goes on, an expired one waits with the
//! caller knowing for how long.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, Bench, Expiry, Fleet, Organization, at_once, eventually};

use super::{crowd, given};
use crate::oauth::detail;
use crate::refresh::events;

testkit::both!(
    r27_a_busy_provider_fails_no_call_while_the_token_is_good,
    r27_an_expired_token_waits_as_long_as_the_provider_asks,
);

/// Calls at the same time.
const CROWD: usize = 10;
/// Seconds that the provider asks for.
const ASKED_S: u64 = 60;
/// Those are over, as the server knows it.
const WAITED: &str = "retry_at = retry_at - 60000000";
/// For a renewal that nobody waits for.
const RECOVERED_WITHIN: Duration = Duration::from_secs(15);
/// Far in the future.
const LATER: &str = "4102444800000000";

/// What a provider says that has no time, once.
fn busy() -> Vec<Value> {
    ["rate_limited", "unavailable"]
        .map(|kind| json!({ "times": 1, "effect": { "kind": kind, "retry_after": ASKED_S } }))
        .to_vec()
}

async fn r27_a_busy_provider_fails_no_call_while_the_token_is_good(bench: &Bench) {
    at_once(2, busy(), async |fault: Value| {
        let acme = bench.organization().await;
        let fleet = given(bench, &acme, json!({})).await;
        let id = &fleet.connectors[0].id;
        fleet.app.fault("token", fault).await;
        fleet.change(bench.shared(), &format!("expires_at = {LATER}, refresh_due_at = 1")).await;
        for _ in 0..2 {
            assert_all_good(&crowd(&acme.client, id, CROWD).await);
        }
        eventually("the early renewal was refused", RECOVERED_WITHIN, async || {
            (fleet.count(bench.shared(), "retry_at IS NOT NULL AND claimed_at IS NULL").await == 1)
                .then_some(())
        })
        .await;
        assert_all_good(&crowd(&acme.client, id, CROWD).await);
        assert_eq!(fleet.app.outcomes("token").await, ["not_done"], "it is left alone");
        fleet.change(bench.shared(), WAITED).await;
        eventually("it is renewed", RECOVERED_WITHIN, async || {
            assert_all_good(&crowd(&acme.client, id, 1).await);
            (fleet.count(bench.shared(), "version = 2").await == 1).then_some(())
        })
        .await;
        assert_recovered(&acme, &fleet).await;
    })
    .await;
}

async fn r27_an_expired_token_waits_as_long_as_the_provider_asks(bench: &Bench) {
    at_once(2, busy(), async |fault: Value| {
        let acme = bench.organization().await;
        let fleet = given(bench, &acme, json!({ "expired": true })).await;
        let id = &fleet.connectors[0].id;
        fleet.expire(bench.shared(), Expiry::Known).await;
        fleet.app.fault("token", fault).await;
        for _ in 0..2 {
            for answer in crowd(&acme.client, id, CROWD).await {
                assert_is_told_when(&answer);
            }
        }
        assert_eq!(fleet.app.outcomes("token").await, ["not_done"], "it is left alone");
        let seen = detail(&acme, id).await;
        assert_eq!(seen["status"], "active", "a busy provider is no lost grant: {seen}");
        fleet.change(bench.shared(), WAITED).await;
        assert_all_good(&crowd(&acme.client, id, CROWD).await);
        assert_recovered(&acme, &fleet).await;
    })
    .await;
}

fn assert_all_good(answers: &[Answer]) {
    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// The provider was asked a second time when its time was over, and that the trouble is over was told.
async fn assert_recovered(acme: &Organization, fleet: &Fleet) {
    let asked = fleet.app.asked("token").await;
    let outcomes: Vec<_> = asked.iter().map(|request| request["outcome"].as_str()).collect();
    assert_eq!(outcomes, [Some("not_done"), Some("refreshed")], "it was left alone: {asked:?}");
    let told = events(&acme.client, "connector.refreshed_again").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["connector_id"], fleet.connectors[0].id.as_str());
    assert!(events(&acme.client, "connector.reauth_required").await.is_empty());
}

fn assert_is_told_when(answer: &Answer) {
    let refusal = (answer.status, answer.json["code"].as_str());
    assert_eq!(refusal, (503, Some("token_refresh_unavailable")), "{answer:?}");
    let wait = answer.header("Retry-After").and_then(|text| text.parse::<u64>().ok());
    assert!(
        wait.is_some_and(|wait| (ASKED_S / 2..=ASKED_S + 1).contains(&wait)),
        "Retry-After {wait:?}: {answer:?}"
    );
}
