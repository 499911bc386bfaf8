//! A server stands still with the provider's answer in its hands, and comes to store it when another one
//! has already been granted more.

use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Client, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp};
use testkit::{at_once, eventually, run_claim};
use tokio::task::JoinSet;

use super::{begin, ended};
use crate::oauth::definitions::serve;
use crate::refresh::{REGIONAL, hold, in_regions};

const CONNECTORS: usize = 240;
/// The provider's regions that these are spread over: a server asks each for few at a time.
const REGIONS: usize = 20;
/// Until all refreshes are under way; their requests would give up after twenty.
const UNDER_WAY_WAIT: Duration = Duration::from_secs(15);
/// Until the other has watched the claims for as long as they last, and refreshes.
const TAKEN_OVER_WAIT: Duration = Duration::from_secs(50);
const AT_ONCE: usize = 24;
/// Connections of a server to its database. A transaction that stands still is ended by the database, so
/// these writes may come to nothing before they are refused.
const IN_TRANSACTION_MAX: usize = 16;
/// What a server logs of a write that came too late.
const DISCARDED: &str = "a late token refresh was discarded";

#[test]
fn r23_a_late_write_is_refused_while_the_newer_refresh_is_under_way() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let (folder, awake) = serve(bench, &[REGIONAL]).await;
        let folder = folder.path().display().to_string();
        let frozen = awake.twin_with(&Options::default().env("PATCHBAY_DEFINITIONS_DIR", &folder)).await;
        let acme = Organization::create(&awake).await;
        let elsewhere = acme.at(&frozen).await;
        let app = ProviderApp::register(&awake.upstream).await;
        app.set(json!({ "expires_in": 3_600, "grace_s": 600 })).await;
        let fleet = in_regions(&acme, &app, CONNECTORS, ("f", REGIONS)).await;
        fleet.expire(&awake, Expiry::Known).await;

        // How these end on a server that stood still for so long is not what is claimed.
        let mut frozen_calls = JoinSet::new();
        freeze_while_storing(&frozen, &awake, (&fleet, &elsewhere), &mut frozen_calls).await;
        // What was granted so far is no longer good: only the newest is.
        app.expire().await;
        hold(&app, "newer", "after", CONNECTORS).await;
        let mut calls = JoinSet::new();
        begin(&mut calls, &acme.client, &fleet.ids());
        until_waiting(&awake, "newer", TAKEN_OVER_WAIT).await;
        frozen.signal("CONT");
        eventually("the late writes were tried", UNDER_WAY_WAIT, async || {
            let refused = awake.log().matches(DISCARDED).count() as i64;
            let stored = fleet.count(&awake, "version > 1").await;
            (refused + stored >= (CONNECTORS - IN_TRANSACTION_MAX) as i64).then_some(())
        })
        .await;
        awake.upstream.open_gate("newer", false).await;

        assert_eq!(ended(calls).await, [(200, CONNECTORS)].into());
        println!("r23, written late: on the frozen server {:?}", ended(frozen_calls).await);
        assert_newest_is_stored(&fleet, &app, &awake, [&acme.client, &elsewhere]).await;
    });
}

/// The provider answers, and the server stops between that and the end of its transactions.
async fn freeze_while_storing(
    frozen: &Patchbay,
    awake: &Patchbay,
    (fleet, client): (&Fleet, &Client),
    calls: &mut JoinSet<u16>,
) {
    hold(&fleet.app, "older", "after", CONNECTORS).await;
    begin(calls, client, &fleet.ids());
    until_waiting(awake, "older", UNDER_WAY_WAIT).await;
    let held = awake.hold_writes("credentials").await;
    awake.upstream.open_gate("older", false).await;
    eventually("its writes wait", UNDER_WAY_WAIT, async || {
        let waiting =
            "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'credentials'::regclass";
        (awake.count(waiting).await > 0).then_some(())
    })
    .await;
    // All answers have come: the gate is empty.
    until_left(awake, "older").await;
    frozen.signal("STOP");
    held.release().await;
    assert_eq!(fleet.count(awake, "version = 1 AND claimed_at IS NOT NULL").await, CONNECTORS as i64);
}

async fn until_waiting(server: &Patchbay, gate: &str, limit: Duration) {
    eventually("all refreshes are under way", limit, async || {
        (server.upstream.waiting_at(gate).await == CONNECTORS as u64).then_some(())
    })
    .await;
}

async fn until_left(server: &Patchbay, gate: &str) {
    eventually("all answers are on their way", UNDER_WAY_WAIT, async || {
        (server.upstream.waiting_at(gate).await == 0).then_some(())
    })
    .await;
}

/// Each connector works on either server with what is stored, and goes on to be refreshed.
async fn assert_newest_is_stored(fleet: &Fleet, app: &ProviderApp, awake: &Patchbay, clients: [&Client; 2]) {
    let summary = app.summary().await;
    println!("r23, written late: rounds={CONNECTORS} lost={} {summary}", summary["dead"]);
    assert_eq!(summary["dead"], 0, "{summary}");
    assert_eq!(summary["uses_max"], 2, "{summary}");
    assert_eq!(app.asked("token").await.len(), 2 * CONNECTORS);
    assert_eq!(
        fleet.count(awake, "version = 2 AND claimed_at IS NULL AND unsettled = 0").await,
        CONNECTORS as i64
    );
    for client in clients {
        at_once(AT_ONCE, fleet.ids(), async |id: String| client.list_users(&id).expect(200).await).await;
    }
    assert_eq!(app.asked("token").await.len(), 2 * CONNECTORS, "without another refresh");
    fleet.expire(awake, Expiry::Refused).await;
    at_once(AT_ONCE, fleet.ids(), async |id: String| clients[0].list_users(&id).expect(200).await).await;
    let outcomes = app.outcomes("token").await;
    assert_eq!(outcomes[2 * CONNECTORS..], vec!["refreshed"; CONNECTORS]);
}
