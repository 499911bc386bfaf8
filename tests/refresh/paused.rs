//! A server sleeps through its claim: another one refreshes meanwhile, and the sleeper neither sends nor
//! stores when it wakes.

use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Client, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp};
use testkit::{at_once, eventually, run_claim};
use tokio::task::JoinSet;

use super::{REGIONAL, call_and_leave, hold, in_regions, numbered, settled, told};
use crate::oauth::definitions::serve;

/// Servers that are paused.
const SLEEPERS: usize = 3;
/// How long all refreshes may take to be under way; their requests would give up after twenty.
const UNDER_WAY_WAIT: Duration = Duration::from_secs(15);
/// Connectors that are called at a time, where it is not about their number.
const AT_ONCE: usize = 24;

/// Where the sleepers' refreshes are when they fall asleep, and how the provider takes a second use.
struct Kind {
    name: &'static str,
    /// Connectors of each sleeper.
    connectors: usize,
    /// The provider's regions that these are spread over: a server asks each for few at a time.
    regions: usize,
    /// Whether the provider has done it, and its answer is on the way. Otherwise the claim is.
    sent: bool,
    grace_s: u64,
    /// What the connector comes to.
    comes_to: u16,
    /// How often its refresh token is presented.
    uses: usize,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "answered, with grace",
        connectors: 228,
        regions: 17,
        sent: true,
        grace_s: 600,
        comes_to: 200,
        uses: 2,
    },
    Kind {
        name: "answered, strict",
        connectors: 14,
        regions: 1,
        sent: true,
        grace_s: 0,
        comes_to: 424,
        uses: 2,
    },
    // Each takes one of the sleeper's few connections to the database.
    Kind { name: "claimed", connectors: 14, regions: 1, sent: false, grace_s: 0, comes_to: 200, uses: 1 },
];

/// A kind with all its connectors.
struct Group {
    kind: Kind,
    app: ProviderApp,
    fleets: Vec<Fleet>,
}

#[test]
fn r23_a_server_that_slept_through_its_claim_neither_sends_nor_stores() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let (folder, awake) = serve(bench, &[REGIONAL]).await;
        let folder = folder.path().display().to_string();
        let acme = Organization::create(&awake).await;
        let mut groups = Vec::new();
        for kind in KINDS {
            let app = ProviderApp::register(&awake.upstream).await;
            app.set(json!({ "expires_in": 3_600, "grace_s": kind.grace_s })).await;
            groups.push(Group { kind, app, fleets: Vec::new() });
        }
        let mut sleepers = Vec::new();
        // Whoever is awake begins to watch the claims of a sleeper at once.
        let mut asked = JoinSet::new();
        for number in 0..SLEEPERS {
            let options = Options::default().env("PATCHBAY_DEFINITIONS_DIR", &folder);
            let sleeper = awake.twin_with(&options).await;
            fall_asleep(&sleeper, &awake, &acme, &mut groups, number).await;
            sleepers.push(sleeper);
            for (number, group) in groups.iter().enumerate() {
                for id in group.fleets.last().expect("one was added").ids() {
                    let client = acme.client.clone();
                    asked.spawn(async move { (number, settled(&client, &id).await) });
                }
            }
        }
        let mut ends = vec![Vec::new(); groups.len()];
        while let Some(joined) = asked.join_next().await {
            let (group, status) = joined.expect("no caller panics");
            ends[group].push(status);
        }
        for (group, ends) in groups.iter().zip(ends) {
            assert_eq!(numbered(&ends), group.expected(), "{}", group.kind.name);
            group.assert_presented("while they sleep").await;
        }

        for sleeper in &mut sleepers {
            sleeper.signal("CONT");
            // A server that stops waits for its refreshes.
            let exit = sleeper.terminate().await;
            assert!(exit.success(), "{exit}: {}", awake.log());
        }
        let told = told(&acme.client, "connector.reauth_required").await;
        for group in &groups {
            group.assert_as_it_was(&acme.client).await;
            group.assert_presented("after they woke").await;
            for id in group.fleets.iter().flat_map(Fleet::ids) {
                let times = usize::from(group.kind.comes_to == 424);
                assert_eq!(told.get(&id).copied().unwrap_or_default(), times, "events: {}", group.kind.name);
            }
            group.assert_refreshes_on(&awake, &acme.client).await;
        }
    });
}

/// Brings the sleeper to where its refreshes are as the kinds say, and pauses it there.
async fn fall_asleep(
    sleeper: &Patchbay,
    awake: &Patchbay,
    acme: &Organization,
    groups: &mut [Group],
    number: usize,
) {
    let client = acme.at(sleeper).await;
    for (nth, Group { kind, app, fleets }) in groups.iter_mut().enumerate() {
        let regions = (&*format!("s{number}-{nth}-"), kind.regions);
        let fleet = in_regions(acme, app, kind.connectors, regions).await;
        fleet.expire(awake, Expiry::Known).await;
        fleets.push(fleet);
    }
    let gate = |kind: &Kind| format!("{number} {}", kind.name);
    let last = |group: &Group| group.fleets.last().expect("one was added").ids();
    let (sent, claimed): (Vec<&Group>, Vec<&Group>) = groups.iter().partition(|group| group.kind.sent);
    for group in &sent {
        hold(&group.app, &gate(&group.kind), "after", group.kind.connectors).await;
        call_and_leave(&last(group), &client);
    }
    for Group { kind, .. } in &sent {
        eventually("all answers are held", UNDER_WAY_WAIT, async || {
            (awake.upstream.waiting_at(&gate(kind)).await == kind.connectors as u64).then_some(())
        })
        .await;
    }
    // The claims wait for the lock; they are made, and answered, when the sleeper no longer listens.
    let held = awake.hold_writes("credentials").await;
    for group in &claimed {
        call_and_leave(&last(group), &client);
    }
    let claims: usize = claimed.iter().map(|group| group.kind.connectors).sum();
    eventually("all claims wait", UNDER_WAY_WAIT, async || {
        let waiting =
            "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'credentials'::regclass";
        (awake.count(waiting).await == claims as i64).then_some(())
    })
    .await;
    sleeper.signal("STOP");
    held.release().await;
    for group in &claimed {
        let fleet = group.fleets.last().expect("one was added");
        // A connection that has not made one before asks first how it is understood, and sleeps there.
        eventually("most claims are made", UNDER_WAY_WAIT, async || {
            (fleet.count(awake, "claimed_at IS NOT NULL").await * 2 > claims as i64).then_some(())
        })
        .await;
    }
    for Group { kind, .. } in sent {
        awake.upstream.open_gate(&gate(kind), false).await;
    }
}

impl Group {
    fn rounds(&self) -> usize {
        SLEEPERS * self.kind.connectors
    }

    fn expected(&self) -> std::collections::BTreeMap<u16, usize> {
        [(self.kind.comes_to, self.rounds())].into()
    }

    /// No refresh token was presented more often than it had to be, and no grant died that did not have
    /// to: with a strict provider the answer that went to a sleeper is lost with it.
    async fn assert_presented(&self, when: &str) {
        let (kind, rounds, summary) = (&self.kind, self.rounds(), self.app.summary().await);
        let heals = kind.comes_to == 200;
        let lost = if heals { &summary["dead"] } else { &json!("counted apart") };
        println!("r23, {}, {when}: rounds={rounds} lost={lost} {summary}", kind.name);
        assert_eq!(summary["uses_max"], kind.uses, "{}, {when}: {summary}", kind.name);
        assert_eq!(summary["alive"], if heals { rounds } else { 0 }, "{}, {when}: {summary}", kind.name);
        assert_eq!(self.app.asked("token").await.len(), rounds * kind.uses, "{}, {when}", kind.name);
    }

    /// Calls say what they said before, and no token is asked for: with an access token that is not the
    /// newest the provider's API would refuse them.
    async fn assert_as_it_was(&self, client: &Client) {
        let ids = self.fleets.iter().flat_map(Fleet::ids).collect();
        let ends = at_once(AT_ONCE, ids, async |id: String| settled(client, &id).await).await;
        assert_eq!(numbered(&ends), self.expected(), "{}", self.kind.name);
    }

    /// What is stored is good for the next refresh as well.
    async fn assert_refreshes_on(&self, awake: &Patchbay, client: &Client) {
        if self.kind.comes_to != 200 {
            return;
        }
        for fleet in &self.fleets {
            fleet.expire(awake, Expiry::Known).await;
        }
        self.assert_as_it_was(client).await;
        let outcomes = self.app.outcomes("token").await;
        let newest = &outcomes[self.rounds() * self.kind.uses..];
        assert_eq!(newest, vec!["refreshed"; self.rounds()], "{}", self.kind.name);
    }
}
