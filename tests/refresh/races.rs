//! Many callers, one refresh: in one process and in two.

use serde_json::json;
use testkit::{Bench, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp, run_claim};

use super::{assert_nothing_lost, call_all};

testkit::both!(r21_a_hundred_calls_on_an_expired_token_refresh_it_once);

/// A connector is called by so many at once.
const CROWD: usize = 100;
/// And others by a few, so that it is 500 rounds on each engine.
const CONNECTORS: usize = 49;
const ROUNDS: usize = 10;
const CALLS: usize = 3;
/// Connectors that are called at the same time.
const AT_ONCE: usize = 8;

async fn r21_a_hundred_calls_on_an_expired_token_refresh_it_once(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    for (name, connectors, calls) in [("100 calls", 1, CROWD), ("3 calls", CONNECTORS, CALLS)] {
        let acme = Organization::create(&server).await;
        let fleet = expired(&server, &acme, connectors).await;
        for round in 0..ROUNDS {
            expire(&server, &fleet, round).await;
            call_all(&fleet, &[&acme.client], calls, AT_ONCE).await;
        }
        assert_nothing_lost(&format!("r21, {name} a round"), &fleet.app, connectors * ROUNDS).await;
    }
}

#[test]
fn r22_two_processes_refresh_once_in_a_thousand_rounds() {
    const CONNECTORS: usize = 100;
    const SLOW: usize = 8;
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let first = bench.start(&Options::default()).await;
        let second = first.twin().await;
        let acme = Organization::create(&first).await;
        let elsewhere = acme.at(&second).await;
        // A claim is left alone for as long as the slowest provider may take.
        let slow = expired(&first, &acme, SLOW).await;
        let delay = json!({ "kind": "slow_first_byte", "delay_ms": 17_000 });
        slow.app.fault("token", json!({ "times": SLOW, "effect": delay })).await;
        let fleet = expired(&first, &acme, CONNECTORS).await;
        let clients = [&acme.client, &elsewhere];
        let rounds = async {
            for round in 0..ROUNDS {
                expire(&first, &fleet, round).await;
                call_all(&fleet, &clients, CALLS, AT_ONCE).await;
            }
        };
        tokio::join!(call_all(&slow, &clients, 1, SLOW), rounds);
        assert_nothing_lost("r22, slow provider", &slow.app, SLOW).await;
        assert_nothing_lost("r22", &fleet.app, CONNECTORS * ROUNDS).await;
    });
}

/// Connectors whose tokens live for an hour from their first refresh on.
async fn expired(server: &Patchbay, organization: &Organization, connectors: usize) -> Fleet {
    let app = ProviderApp::register(&server.upstream).await;
    app.set(json!({ "expires_in": 3_600 })).await;
    Fleet::expired(organization, &app, connectors).await
}

/// In the first round they have expired already.
async fn expire(server: &Patchbay, fleet: &Fleet, round: usize) {
    if round > 0 {
        fleet.expire(server, if round.is_multiple_of(2) { Expiry::Refused } else { Expiry::Known }).await;
    }
}
