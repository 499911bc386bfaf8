//! The server is told to stop, or its database goes away, while the provider is renewing tokens.

use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Client, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp, Way};
use testkit::{at_once, eventually, run_claim};
use tokio::time::sleep;

use super::{REGIONAL, assert_nothing_lost, call_all, call_and_leave, hold, in_regions};
use crate::oauth::definitions::serve;
use crate::outage::by_way_of_a_proxy;

testkit::both!(r81_a_server_that_stops_stores_what_is_granted_meanwhile);

/// Until all refreshes are under way; their requests would give up after twenty.
const UNDER_WAY_WAIT: Duration = Duration::from_secs(15);
/// How long the database is away with granted tokens waiting for it.
const AWAY: Duration = Duration::from_secs(3);
/// Until it is noticed that the database is back.
const BACK_WAIT: Duration = Duration::from_secs(30);
/// How often the database goes and comes, and how long each time.
const FLICKERS: u32 = 40;
const THERE: Duration = Duration::from_millis(60);
const GONE: Duration = Duration::from_millis(15);
const AT_ONCE: usize = 12;

async fn r81_a_server_that_stops_stores_what_is_granted_meanwhile(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    // Some are waited for, and some are due although their tokens are good.
    let waited = fleet(&server, &acme, 4).await;
    let early = fleet(&server, &acme, 4).await;
    waited.expire(&server, Expiry::Known).await;
    early.change(&server, "refresh_due_at = 1").await;
    let fleets = [&waited, &early];
    for (number, fleet) in fleets.iter().enumerate() {
        hold(&fleet.app, &format!("stop {number}"), "after", fleet.connectors.len()).await;
    }
    call_all(&early, &[&acme.client], 1, 4).await;
    let client = [&acme.client];
    let calls = call_all(&waited, &client, 2, 4);
    let stop = async {
        for (number, fleet) in fleets.iter().enumerate() {
            until_held(&server, &format!("stop {number}"), fleet.connectors.len()).await;
        }
        server.signal("TERM");
        sleep(Duration::from_millis(500)).await;
        server.upstream.open_gate("stop 0", false).await;
    };
    tokio::join!(calls, stop);
    // Of those that nobody waits for the answer comes when all calls have theirs.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(early.count(&server, "claimed_at IS NOT NULL").await, 4);
    server.upstream.open_gate("stop 1", false).await;
    let exit = server.ended().await;
    assert!(exit.success(), "it ended with {exit}:\n{}", server.log());
    for fleet in fleets {
        let stored = "version = 3 AND claimed_at IS NULL AND unsettled = 0";
        assert_eq!(fleet.count(&server, stored).await, 4, "{}", server.log());
    }
    server.restart().await;
    let again = acme.at(&server).await;
    for fleet in fleets {
        call_all(fleet, &[&again], 1, 4).await;
        assert_nothing_lost("stopped", &fleet.app, 8).await;
    }
}

#[test]
fn r24_a_database_that_is_away_when_tokens_are_granted_gets_them_later() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let (folder, near) = serve(bench, &[REGIONAL]).await;
        let (url, proxy) = by_way_of_a_proxy(near.database_url()).await;
        let options = Options::default()
            .env("PATCHBAY_DATABASE_URL", &url)
            .env("PATCHBAY_DEFINITIONS_DIR", &folder.path().display().to_string());
        let far = near.twin_with(&options).await;
        let acme = Organization::create(&near).await;
        let client = acme.at(&far).await;

        for (number, way) in [Way::Shut, Way::Stalled].into_iter().enumerate() {
            let fleet = fleet(&near, &acme, AT_ONCE).await;
            fleet.expire(&near, Expiry::Known).await;
            let gate = format!("away {number}");
            hold(&fleet.app, &gate, "after", AT_ONCE).await;
            call_and_leave(&fleet.ids(), &client);
            until_held(&near, &gate, AT_ONCE).await;
            proxy.set(way);
            near.upstream.open_gate(&gate, false).await;
            sleep(AWAY).await;
            assert_eq!(fleet.count(&near, "version = 2").await, AT_ONCE as i64, "nothing is stored yet");
            proxy.set(Way::Open);
            eventually("what was granted is stored", BACK_WAIT, async || {
                let stored = "version = 3 AND claimed_at IS NULL AND unsettled = 0";
                (fleet.count(&near, stored).await == AT_ONCE as i64).then_some(())
            })
            .await;
            call_all(&fleet, &[&acme.client], 1, AT_ONCE).await;
            assert_nothing_lost(&format!("r24, database away, {way:?}"), &fleet.app, 2 * AT_ONCE).await;
        }
        flickers(&near, &acme, &client, &proxy).await;
    });
}

/// With a database that goes and comes again and again, every step of a refresh is hit by it.
async fn flickers(near: &Patchbay, acme: &Organization, client: &Client, proxy: &testkit::Proxy) {
    const CONNECTORS: usize = 240;
    let app = ProviderApp::register(&near.upstream).await;
    app.set(json!({ "expires_in": 3_600 })).await;
    let fleet = in_regions(acme, &app, CONNECTORS, ("f", 20)).await;
    fleet.expire(near, Expiry::Known).await;
    let calls = at_once(AT_ONCE, fleet.ids(), async |id: String| {
        loop {
            let answer = client.list_users(&id).send().await;
            match answer.status {
                200 => break,
                // As long as it is away, and then as long as a claim that was left behind lasts.
                503 => {}
                _ => panic!("{answer:?}"),
            }
        }
    });
    let flicker = async {
        for _ in 0..FLICKERS {
            sleep(THERE).await;
            proxy.set(Way::Shut);
            sleep(GONE).await;
            proxy.set(Way::Open);
        }
    };
    tokio::join!(calls, flicker);
    assert_nothing_lost("r24, database flickers", &app, CONNECTORS).await;
}

/// Connectors that were refreshed once, so that their tokens live for an hour.
async fn fleet(server: &Patchbay, acme: &Organization, count: usize) -> Fleet {
    let app = ProviderApp::register(&server.upstream).await;
    app.set(json!({ "expires_in": 3_600 })).await;
    let fleet = Fleet::expired(acme, &app, count).await;
    call_all(&fleet, &[&acme.client], 1, count).await;
    fleet
}

async fn until_held(server: &Patchbay, gate: &str, requests: usize) {
    eventually("all answers are held", UNDER_WAY_WAIT, async || {
        (server.upstream.waiting_at(gate).await == requests as u64).then_some(())
    })
    .await;
}
