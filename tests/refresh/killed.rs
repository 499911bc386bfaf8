//! A server dies at the worst moment: the provider has renewed the tokens, and nobody has them yet.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Client, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp};
use testkit::{at_once, eventually, run_claim};
use tokio::task::JoinSet;

use super::{REGIONAL, call_and_leave, hold, in_regions, numbered, settled, told};
use crate::oauth::definitions::serve;

/// So often the server is killed, each time with so many refreshes under way of each kind.
const KILLS: usize = 4;
const OF_A_KIND: usize = 84;
/// The provider's regions that each kind is spread over: a server asks each for few tokens at a time.
const REGIONS: usize = 6;
/// Calls at a time, where it is not about their number.
const AT_ONCE: usize = 24;
/// Until all of them are under way; their requests would give up after twenty.
const UNDER_WAY_WAIT: Duration = Duration::from_secs(15);

/// What the provider had done when the server died, and how it takes a second use.
struct Kind {
    name: &'static str,
    /// Whether the refresh was done, and only its answer held back.
    done: bool,
    /// How long the provider forgives a second use.
    grace_s: u64,
    /// What becomes of a connector whose answer died.
    comes_to: u16,
    /// How often its refresh token is presented.
    uses: usize,
}

const KINDS: [Kind; 3] = [
    Kind { name: "not begun", done: false, grace_s: 0, comes_to: 200, uses: 1 },
    Kind { name: "done, with grace", done: true, grace_s: 600, comes_to: 200, uses: 2 },
    Kind { name: "done, strict", done: true, grace_s: 0, comes_to: 424, uses: 2 },
];

/// A kind with its connectors, those of each kill together.
struct Group {
    kind: Kind,
    app: ProviderApp,
    fleets: Vec<Fleet>,
}

#[test]
fn r24_a_server_killed_between_answer_and_commit_leaves_nothing_in_between() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let (folder, second) = serve(bench, &[REGIONAL]).await;
        let folder = folder.path().display().to_string();
        let mut first = second.twin_with(&Options::default().env("PATCHBAY_DEFINITIONS_DIR", &folder)).await;
        let acme = Organization::create(&second).await;
        let mut groups = Vec::new();
        for kind in KINDS {
            let app = ProviderApp::register(&second.upstream).await;
            app.set(json!({ "expires_in": 3_600, "grace_s": kind.grace_s })).await;
            let mut fleets = Vec::new();
            for _ in 0..KILLS {
                let regions = (&*format!("k{}-", groups.len()), REGIONS);
                fleets.push(in_regions(&acme, &app, OF_A_KIND, regions).await);
            }
            groups.push(Group { kind, app, fleets });
        }
        for kill in 0..KILLS {
            die_together(&mut first, &second, &acme, &groups, kill).await;
        }
        let mut asked = JoinSet::new();
        for (nth, group) in groups.iter().enumerate() {
            for id in group.fleets.iter().flat_map(Fleet::ids) {
                let client = acme.client.clone();
                asked.spawn(async move { (nth, settled(&client, &id).await, id) });
            }
        }
        let mut ends = vec![BTreeMap::new(); groups.len()];
        while let Some(joined) = asked.join_next().await {
            let (group, status, id) = joined.expect("no caller panics");
            ends[group].insert(id, status);
        }
        let elsewhere = acme.at(&first).await;
        let told = told(&acme.client, "connector.reauth_required").await;
        for (Group { kind, app, .. }, ends) in groups.iter().zip(ends) {
            assert_ended(kind, app, &ends, [&acme.client, &elsewhere]).await;
            let times = usize::from(!kind.must_heal());
            for id in ends.keys() {
                let events = told.get(id).copied().unwrap_or_default();
                assert_eq!(events, times, "{}: events of {id}", kind.name);
            }
        }
    });
}

/// The server is killed with refreshes of every kind under way, and started again.
async fn die_together(
    first: &mut Patchbay,
    second: &Patchbay,
    acme: &Organization,
    groups: &[Group],
    kill: usize,
) {
    let client = acme.at(first).await;
    let gate = |kind: &Kind| format!("killed {kill}, {}", kind.name);
    for Group { kind, app, fleets } in groups {
        fleets[kill].expire(second, Expiry::Known).await;
        hold(app, &gate(kind), if kind.done { "after" } else { "before" }, OF_A_KIND).await;
    }
    for group in groups {
        call_and_leave(&group.fleets[kill].ids(), &client);
    }
    for Group { kind, .. } in groups {
        eventually("all refreshes are under way", UNDER_WAY_WAIT, async || {
            (second.upstream.waiting_at(&gate(kind)).await == OF_A_KIND as u64).then_some(())
        })
        .await;
    }
    first.kill();
    for Group { kind, fleets, .. } in groups {
        let counted = "claimed_at IS NOT NULL AND unsettled = 1";
        assert_eq!(fleets[kill].count(second, counted).await, OF_A_KIND as i64);
        second.upstream.open_gate(&gate(kind), true).await;
    }
    first.restart().await;
}

/// Each connector came to its end in as many attempts as it takes, and stays there.
async fn assert_ended(kind: &Kind, app: &ProviderApp, ends: &BTreeMap<String, u16>, clients: [&Client; 2]) {
    let (name, rounds) = (kind.name, KILLS * OF_A_KIND);
    let summary = app.summary().await;
    let lost = if kind.must_heal() { &summary["dead"] } else { &json!("counted apart") };
    println!("r24, {name}: rounds={rounds} lost={lost} {summary}");
    let statuses: Vec<u16> = ends.values().copied().collect();
    assert_eq!(numbered(&statuses), [(kind.comes_to, rounds)].into(), "{name}");
    assert_eq!(summary["uses_max"], kind.uses, "{name}: {summary}");
    assert_eq!(summary["alive"], if kind.must_heal() { rounds } else { 0 }, "{name}: {summary}");

    let requests = app.asked("token").await.len();
    for client in clients {
        let ids = ends.keys().cloned().collect();
        let again = at_once(AT_ONCE, ids, async |id: String| settled(client, &id).await).await;
        assert_eq!(numbered(&again), [(kind.comes_to, rounds)].into(), "{name}: on both servers, to stay");
    }
    assert_eq!(app.asked("token").await.len(), requests, "{name}: nothing is tried any more");
}

impl Kind {
    /// With a provider that was not asked, or that forgives, no grant may be lost. Where it forgives
    /// nothing, the tokens died with the server, and a person has to be asked.
    fn must_heal(&self) -> bool {
        self.comes_to == 200
    }
}
