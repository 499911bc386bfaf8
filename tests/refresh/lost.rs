//! The provider's answer is lost on its way: what it did is not known, and is asked for once more.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Bench, Client, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp};
use testkit::{at_once, eventually, text};

use super::{REGIONAL, events, in_regions, numbered, settled};
use crate::oauth::definitions::serve;

testkit::both!(r25_an_answer_that_was_lost_is_asked_for_once_more);

/// The provider's regions that connectors are spread over: a server asks each for few tokens at a time,
/// the pause before the second attempt included.
const REGIONS: usize = 8;
/// Of each kind: with two servers on one PostgreSQL, and with one server on SQLite.
const CONNECTORS: (usize, usize) = (180, 20);
/// Connectors that are called at a time.
const AT_ONCE: usize = 64;
/// Until a first attempt has failed.
const LOST_WAIT: Duration = Duration::from_secs(20);

/// What is lost, and how the provider takes a second use.
struct Kind {
    name: &'static str,
    /// What answers are lost to, one after the other.
    effects: &'static [&'static str],
    grace_s: u64,
    /// What the connector comes to, with the event's code if a person is asked.
    comes_to: u16,
    code: &'static str,
    /// How often its refresh token is presented to a provider that takes it.
    uses: usize,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "reset before the provider did it",
        effects: &["reset"],
        grace_s: 0,
        comes_to: 200,
        code: "",
        uses: 1,
    },
    Kind {
        name: "reset after it, with grace",
        effects: &["saved_then_reset"],
        grace_s: 600,
        comes_to: 200,
        code: "",
        uses: 2,
    },
    Kind {
        name: "half an answer, with grace",
        effects: &["stop_midway"],
        grace_s: 600,
        comes_to: 200,
        code: "",
        uses: 2,
    },
    Kind {
        name: "reset after it, strict",
        effects: &["saved_then_reset"],
        grace_s: 0,
        comes_to: 424,
        code: "invalid_grant",
        uses: 2,
    },
    Kind {
        name: "reset after it twice",
        effects: &["saved_then_reset", "saved_then_reset"],
        grace_s: 600,
        comes_to: 424,
        code: "outcome_unknown",
        uses: 2,
    },
];

async fn r25_an_answer_that_was_lost_is_asked_for_once_more(bench: &Bench) {
    let (folder, first) = serve(bench, &[REGIONAL]).await;
    let acme = Organization::create(&first).await;
    let mut clients = vec![acme.client.clone()];
    let mut connectors = CONNECTORS.1;
    let mut second = None;
    if matches!(bench.database(), Database::Postgres) {
        let folder = folder.path().display().to_string();
        let twin = first.twin_with(&Options::default().env("PATCHBAY_DEFINITIONS_DIR", &folder)).await;
        clients.push(acme.at(&twin).await);
        connectors = CONNECTORS.0;
        second = Some(twin);
    }
    for (number, kind) in KINDS.iter().enumerate() {
        let app = ProviderApp::register(&first.upstream).await;
        app.set(json!({ "expires_in": 3_600, "grace_s": kind.grace_s })).await;
        let region = format!("k{number}-");
        let fleet = in_regions(&acme, &app, connectors, (&region, REGIONS)).await;
        fleet.expire(&first, Expiry::Known).await;
        lose_answers(&first, &fleet, kind.effects).await;
        let recorded = eventually("the unknown outcome is in the row", LOST_WAIT, async || {
            let condition = "unsettled > 0 AND failures = 1";
            (fleet.count(&first, condition).await > 0).then_some(())
        });
        let (ends, ()) = tokio::join!(ends(&fleet, &clients), recorded);
        println!("r25, {}, {:?}: rounds={connectors} {}", kind.name, bench.database(), app.summary().await);
        kind.assert_ended(&fleet, &ends, &acme.client).await;
        // It stays so, and nothing is tried any more.
        let asked = app.asked("token").await.len();
        kind.assert_ended(&fleet, &self::ends(&fleet, &clients).await, &acme.client).await;
        assert_eq!(app.asked("token").await.len(), asked, "{}", kind.name);
    }
    drop(second);
}

/// The next answers to each connector are lost to these effects.
async fn lose_answers(server: &Patchbay, fleet: &Fleet, effects: &[&str]) {
    at_once(AT_ONCE, fleet.ids(), async |id: String| {
        for effect in effects {
            let fault = json!({
                "method": "POST", "path": "/v1/oauth/token", "connector": id, "effect": { "kind": effect },
            });
            server.upstream.control("POST", "faults", Some(fault)).await;
        }
    })
    .await;
}

/// What each connector comes to, at every server alike.
async fn ends(fleet: &Fleet, clients: &[Client]) -> Vec<u16> {
    at_once(AT_ONCE, fleet.ids(), async |id: String| {
        let each = clients.iter().collect();
        let ends = at_once(usize::MAX, each, async |client: &Client| settled(client, &id).await).await;
        assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
        ends[0]
    })
    .await
}

impl Kind {
    async fn assert_ended(&self, fleet: &Fleet, ends: &[u16], client: &Client) {
        let (name, rounds, summary) = (self.name, fleet.connectors.len(), fleet.app.summary().await);
        assert_eq!(numbered(ends), [(self.comes_to, ends.len())].into(), "{name}");
        assert_eq!(summary["uses_max"], self.uses, "{name}: {summary}");
        let alive = if self.code == "invalid_grant" { 0 } else { rounds };
        assert_eq!(summary["alive"], alive, "{name}: {summary}");
        assert_eq!(fleet.app.asked("token").await.len(), 2 * rounds, "{name}: one attempt and one more");

        let told: Vec<Value> = events(client, "connector.reauth_required").await;
        for id in fleet.ids() {
            let codes: Vec<String> = told
                .iter()
                .filter(|event| event["connector_id"] == id.as_str())
                .map(|event| text(&event["data"], "code"))
                .collect();
            let expected = if self.comes_to == 424 { vec![self.code] } else { vec![] };
            assert_eq!(codes, expected, "{name}: events of {id}");
        }
    }
}
