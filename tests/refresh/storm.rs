//! Many tokens are due at once: they are renewed a few at a time, and whoever waits goes first.

use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Client, Expiry, Fleet, Organization, Patchbay, ProviderApp, eventually};
use tokio::time::{Instant, sleep};

use super::{assert_nothing_lost, call_all, hold, told};
use crate::oauth::CONNECTORS as PATH;
use crate::oauth::definitions::{Definition, LIKE_NOTION, serve};

testkit::both!(
    r32_tokens_granted_together_are_due_apart,
    r32_renewals_are_limited_and_those_that_somebody_waits_for_go_first,
);

/// A provider whose refresh tokens die when they are not used for thirty days.
const FORGETFUL: Definition =
    Definition { name: "forgetful", number: 0xc1, oauth: "{refresh_token_idle_s: 2592000}", ..LIKE_NOTION };

/// Token requests to one host at a time, and those of them that nobody waits for.
const AT_ONE_HOST: u64 = 16;
const IN_BACKGROUND: u64 = 4;
/// More than the worker takes at a time.
const IDLE: usize = 30;
const WAITED_FOR: usize = 24;
/// Until the worker has looked: every half minute or so.
const WORKER_WAIT: Duration = Duration::from_secs(60);
const WAIT: Duration = Duration::from_secs(15);
/// How long a number is watched that must not grow.
const WATCHED: Duration = Duration::from_millis(700);

async fn r32_tokens_granted_together_are_due_apart(bench: &Bench) {
    const CONNECTORS: usize = 60;
    let acme = bench.organization().await;
    let app = ProviderApp::register(&bench.shared().upstream).await;
    app.set(json!({ "expires_in": 3_600 })).await;
    let fleet = Fleet::expired(&acme, &app, CONNECTORS).await;
    call_all(&fleet, &[&acme.client], 1, 8).await;
    // Five minutes before the end, and up to half as much earlier.
    let in_time = "expires_at - refresh_due_at BETWEEN 300000000 AND 450000000";
    assert_eq!(fleet.count(bench.shared(), in_time).await, CONNECTORS as i64);
    let seconds = fleet.distinct(bench.shared(), "(expires_at - refresh_due_at) / 1000000").await;
    assert!(seconds > CONNECTORS as i64 / 2, "{CONNECTORS} are due at {seconds} seconds");
}

async fn r32_renewals_are_limited_and_those_that_somebody_waits_for_go_first(bench: &Bench) {
    let (_folder, server) = serve(bench, &[FORGETFUL]).await;
    let acme = Organization::create(&server).await;
    let idle = forgetful(&server, &acme, IDLE).await;
    let disabled = forgetful(&server, &acme, 1).await;
    let removed = forgetful(&server, &acme, 1).await;
    acme.client.post(&format!("{PATH}/{}/disable", disabled.connectors[0].id)).expect(200).await;
    removed.app.remove().await;
    hold(&idle.app, "idle", "after", IDLE).await;
    for fleet in [&idle, &disabled, &removed] {
        fleet.change(&server, "keep_alive_at = 1").await;
    }
    eventually("the worker renews", WORKER_WAIT, async || {
        (server.upstream.waiting_at("idle").await == IN_BACKGROUND).then_some(())
    })
    .await;
    // Meanwhile a call waits for nobody's turn.
    let waited = Fleet::expired(&acme, &app(&server).await, 4).await;
    call_all(&waited, &[&acme.client], 2, 4).await;
    assert_stays(&server, "idle", IN_BACKGROUND).await;

    let many = Fleet::expired(&acme, &app(&server).await, WAITED_FOR).await;
    hold(&many.app, "waited for", "after", WAITED_FOR).await;
    let client = [&acme.client];
    let calls = call_all(&many, &client, 1, WAITED_FOR);
    let watched = async {
        eventually("every place is taken", WAIT, async || {
            (server.upstream.waiting_at("waited for").await == AT_ONE_HOST - IN_BACKGROUND).then_some(())
        })
        .await;
        assert_stays(&server, "waited for", AT_ONE_HOST - IN_BACKGROUND).await;
        // A good token needs no place.
        call_all(&waited, &[&acme.client], 1, 4).await;
        server.upstream.open_gate("waited for", false).await;
    };
    tokio::join!(calls, watched);
    server.upstream.open_gate("idle", false).await;
    assert_nothing_lost("r32, waited for", &many.app, WAITED_FOR).await;
    assert_kept_alive(&server, &acme.client, [&idle, &disabled, &removed]).await;
}

/// What nobody called is renewed, and due again in time; what may not be renewed is not.
async fn assert_kept_alive(server: &Patchbay, client: &Client, [idle, disabled, removed]: [&Fleet; 3]) {
    eventually("all that are due are renewed", WORKER_WAIT, async || {
        let renewed = idle.count(server, "version = 2 AND claimed_at IS NULL").await == IDLE as i64;
        let refused = !told(client, "connector.reauth_required").await.is_empty();
        (renewed && refused).then_some(())
    })
    .await;
    assert_nothing_lost("r32, kept alive", &idle.app, IDLE).await;
    let day = 86_400_000_000_i64;
    let again = format!("keep_alive_at - obtained_at BETWEEN {} AND {}", 17 * day, 20 * day);
    assert_eq!(idle.count(server, &again).await, IDLE as i64, "after two thirds of the time, spread");
    assert_eq!(disabled.app.asked("token").await.len(), 0, "what is switched off is left alone");
    assert_eq!(removed.app.asked("token").await.len(), 1);
    let told = told(client, "connector.reauth_required").await;
    assert_eq!(told, [(removed.connectors[0].id.clone(), 1)].into(), "though nobody called");
    assert_eq!(removed.count(server, "keep_alive_at IS NOT NULL").await, 0);
    idle.expire(server, Expiry::Refused).await;
    call_all(idle, &[client], 1, 8).await;
}

/// The number of requests at a gate does not grow.
async fn assert_stays(server: &Patchbay, gate: &str, number: u64) {
    let until = Instant::now() + WATCHED;
    while Instant::now() < until {
        assert_eq!(server.upstream.waiting_at(gate).await, number, "at the gate `{gate}`");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn app(server: &Patchbay) -> ProviderApp {
    ProviderApp::register(&server.upstream).await
}

async fn forgetful(server: &Patchbay, acme: &Organization, count: usize) -> Fleet {
    let body = |_| json!({ "connector_type": "forgetful" });
    Fleet::connect(acme, &app(server).await, json!({ "count": count }), body).await
}
