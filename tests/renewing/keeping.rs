//! Connectors that nobody calls: whichever server looks first renews their tokens before the provider
//! forgets them, and is in nobody's way.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Bench, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp};
use testkit::{at_once, eventually, run_claim};

use crate::oauth::definitions::{Definition, LIKE_NOTION, serve};

/// A provider that forgets refresh tokens which nobody uses for 60 days.
const SLEEPY: Definition = Definition {
    name: "sleepy",
    number: 0xc4,
    oauth: "{authorize_params: {owner: user}, refresh_token_idle_s: 5184000}",
    ..LIKE_NOTION
};
const UNUSED: usize = 500;
/// Renewed, and not due again for a month.
const KEPT: &str = "version = 2 AND keep_alive_at > obtained_at + 2592000000000 AND claimed_at IS NULL";
/// Each server looks twice a minute.
const NOTICED_WITHIN: Duration = Duration::from_secs(45);
const DONE_WITHIN: Duration = Duration::from_secs(60);
/// What a person may notice, on a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn r32_calls_are_answered_while_hundreds_of_unused_tokens_are_renewed_once() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let (folder, server) = serve(bench, &[SLEEPY]).await;
        let folder = folder.path().display().to_string();
        let twin = Options::default().env("PATCHBAY_DEFINITIONS_DIR", &folder);
        let acme = Organization::create(&server).await;
        let unused = fleet(&server, &acme, UNUSED).await;
        let [called, not_due] = [fleet(&server, &acme, 4).await, fleet(&server, &acme, 1).await];
        not_due.change(&server, "keep_alive_at = 4102444800000000").await;
        unused.change(&server, "keep_alive_at = 1").await;
        let others = [server.twin_with(&twin).await, server.twin_with(&twin).await];
        let clients = [acme.client.clone(), acme.at(&others[0]).await, acme.at(&others[1]).await];
        eventually("a server has noticed", NOTICED_WITHIN, async || {
            (unused.count(&server, KEPT).await > 0).then_some(())
        })
        .await;

        let (begun, mut rounds) = (Instant::now(), 0);
        let mut slowest = Duration::ZERO;
        while unused.count(&server, KEPT).await < UNUSED as i64 {
            assert!(begun.elapsed() < DONE_WITHIN, "all are renewed");
            called.expire(&server, Expiry::Known).await;
            rounds += 1;
            let client = &clients[rounds % clients.len()];
            let waits = at_once(4, called.ids(), async |id: String| {
                let asked = Instant::now();
                client.list_users(&id).expect(200).await;
                asked.elapsed()
            })
            .await;
            slowest = waits.into_iter().fold(slowest, Duration::max);
        }
        println!(
            "r32: {UNUSED} renewed in {:?}, {rounds} rounds of calls, slowest {slowest:?}",
            begun.elapsed()
        );
        assert!(rounds > 0 && slowest < ANSWERED_WITHIN, "{rounds} rounds, and a call took {slowest:?}");
        for (fleet, refreshes) in [(&unused, UNUSED), (&called, 4 * rounds), (&not_due, 0)] {
            let summary = fleet.app.summary().await;
            assert_eq!(summary["refreshes"], refreshes, "each once, whichever server does it: {summary}");
            assert_eq!(summary["dead"], 0, "{summary}");
            assert_eq!(summary["reuses"], 0, "{summary}");
        }
    });
}

async fn fleet(server: &Patchbay, acme: &Organization, count: usize) -> Fleet {
    let app = ProviderApp::register(&server.upstream).await;
    Fleet::connect(acme, &app, json!({ "count": count }), |_| json!({ "connector_type": "sleepy" })).await
}
