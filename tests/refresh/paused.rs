//! A server sleeps through its claim: another one refreshes meanwhile, and the sleeper neither sends nor
//! stores when it wakes.

use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Client, Database, Expiry, Fleet, Options, Organization, Patchbay, ProviderApp};
use testkit::{at_once, eventually, run_claim};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{REGIONAL, call_and_leave, hold, in_regions, numbered, settled, told};
use crate::oauth::definitions::serve;

/// Servers that are paused.
const SLEEPERS: usize = 3;
/// How long all refreshes may take to be under way; their requests would give up after twenty.
const UNDER_WAY_WAIT: Duration = Duration::from_secs(15);
/// Longer than a server that is awake tries to store what it was granted.
const LONG: Duration = Duration::from_secs(46);
/// Connectors that are called at a time, where it is not about their number.
const AT_ONCE: usize = 24;

/// How far a refresh is when the server falls asleep.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its claim is made, and what says so is on the way. It takes a connection to the database, of which
    /// there are few.
    Claimed,
    /// The provider has done it, and its answer is on the way.
    Answered,
    /// The answer is read, and half of the transaction that stores it is done. It takes a connection too.
    Storing,
}

/// How far the refreshes are, and how the provider takes a second use.
struct Kind {
    name: &'static str,
    stage: Stage,
    /// Connectors of each sleeper.
    connectors: usize,
    /// The provider's regions that these are spread over: a server asks each for few at a time.
    regions: usize,
    grace_s: u64,
    /// Whether anybody calls it while the server sleeps.
    missed: bool,
    /// What the connector comes to.
    comes_to: u16,
    /// How often its refresh token is presented.
    uses: usize,
}

const USUAL: Kind = Kind {
    name: "answered, with grace",
    stage: Stage::Answered,
    connectors: 228,
    regions: 17,
    grace_s: 600,
    missed: true,
    comes_to: 200,
    uses: 2,
};
/// The provider has answered, and the sleeper has yet to hear it.
const ANSWERED: [Kind; 2] = [
    USUAL,
    Kind { name: "answered, strict", connectors: 14, regions: 1, grace_s: 0, comes_to: 424, ..USUAL },
];
/// It has claimed and not yet sent, or heard the answer and not yet stored it.
const WRITING: [Kind; 3] = [
    Kind { name: "claimed", stage: Stage::Claimed, connectors: 5, regions: 1, grace_s: 0, uses: 1, ..USUAL },
    Kind { name: "storing", stage: Stage::Storing, connectors: 5, regions: 1, ..USUAL },
    Kind {
        name: "storing, and nobody calls",
        stage: Stage::Storing,
        connectors: 4,
        regions: 1,
        grace_s: 0,
        missed: false,
        uses: 1,
        ..USUAL
    },
];

/// A server that sleeps, and the calls elsewhere of what it was about: of which kind, and their ends.
type Asleep = (usize, Patchbay, JoinSet<(usize, u16)>);

/// A kind with all its connectors.
struct Group {
    kind: Kind,
    app: ProviderApp,
    fleets: Vec<Fleet>,
}

#[test]
fn r23_a_server_that_slept_through_its_claim_neither_sends_nor_stores() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        sleep_through(bench, WRITING).await;
    });
}

#[test]
fn r23_a_server_that_slept_through_an_answer_stores_nothing_late() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        sleep_through(bench, ANSWERED).await;
    });
}

/// Servers fall asleep in the midst of refreshes, others go on with these, and the sleepers wake up.
async fn sleep_through(bench: &Bench, kinds: impl IntoIterator<Item = Kind>) {
    let (folder, awake) = serve(bench, &[REGIONAL]).await;
    let folder = folder.path().display().to_string();
    let acme = Organization::create(&awake).await;
    let mut groups = Vec::new();
    for kind in kinds {
        let app = ProviderApp::register(&awake.upstream).await;
        app.set(json!({ "expires_in": 3_600, "grace_s": kind.grace_s })).await;
        let mut fleets = Vec::new();
        for number in 0..SLEEPERS {
            let regions = (&*format!("s{number}-{}-", groups.len()), kind.regions);
            fleets.push(in_regions(&acme, &app, kind.connectors, regions).await);
        }
        groups.push(Group { kind, app, fleets });
    }
    let mut sleepers = Vec::new();
    for number in 0..SLEEPERS {
        let options = Options::default().env("PATCHBAY_DEFINITIONS_DIR", &folder);
        let sleeper = awake.twin_with(&options).await;
        fall_asleep(&sleeper, &awake, &acme, &groups, number).await;
        sleepers.push(sleeper);
    }
    // Whoever is awake watches a claim for as long as it lasts.
    let mut asleep = Vec::new();
    for (number, sleeper) in sleepers.into_iter().enumerate() {
        let mut asked = JoinSet::new();
        for (nth, group) in groups.iter().enumerate().filter(|(_, group)| group.kind.missed) {
            for id in group.fleets[number].ids() {
                let client = acme.client.clone();
                asked.spawn(async move { (nth, settled(&client, &id).await) });
            }
        }
        asleep.push((number, sleeper, asked));
    }
    let woken = at_once(SLEEPERS, asleep, async |(number, sleeper, mut asked): Asleep| {
        let since = Instant::now();
        let mut ends = Vec::new();
        while let Some(joined) = asked.join_next().await {
            ends.push(joined.expect("no caller panics"));
        }
        // One sleeps on, until there is no hurry any more.
        if number == 0 {
            sleep(LONG.saturating_sub(since.elapsed())).await;
        }
        sleeper.signal("CONT");
        (sleeper, ends)
    })
    .await;
    let mut ends = vec![Vec::new(); groups.len()];
    let mut sleepers = Vec::new();
    for (sleeper, ended) in woken {
        sleepers.push(sleeper);
        ended.into_iter().for_each(|(group, status)| ends[group].push(status));
    }
    for (group, ends) in groups.iter().zip(ends).filter(|(group, _)| group.kind.missed) {
        assert_eq!(numbered(&ends), group.expected(), "{}", group.kind.name);
    }
    for sleeper in &mut sleepers {
        // A server that stops waits for its refreshes.
        let exit = sleeper.terminate().await;
        assert!(exit.success(), "{exit}: {}", awake.log());
    }
    println!("r23: {} writes came too late", awake.log().matches("a late token refresh").count());
    let told = told(&acme.client, "connector.reauth_required").await;
    for group in &groups {
        group.assert_calls_end(&acme.client).await;
        group.assert_presented().await;
        for id in group.fleets.iter().flat_map(Fleet::ids) {
            let times = usize::from(group.kind.comes_to == 424);
            assert_eq!(told.get(&id).copied().unwrap_or_default(), times, "events: {}", group.kind.name);
        }
        group.assert_refreshes_on(&awake, &acme.client).await;
    }
}

/// Brings the sleeper to where its refreshes are as the kinds say, and pauses it there.
async fn fall_asleep(
    sleeper: &Patchbay,
    awake: &Patchbay,
    acme: &Organization,
    groups: &[Group],
    number: usize,
) {
    let client = acme.at(sleeper).await;
    for group in groups {
        group.fleets[number].expire(awake, Expiry::Known).await;
    }
    let gate = |kind: &Kind| format!("{number} {}", kind.name);
    let (claiming, sending): (Vec<&Group>, Vec<&Group>) =
        groups.iter().partition(|group| group.kind.stage == Stage::Claimed);
    for group in &sending {
        hold(&group.app, &gate(&group.kind), "after", group.kind.connectors).await;
        call_and_leave(&group.fleets[number].ids(), &client);
    }
    for Group { kind, .. } in &sending {
        eventually("all answers are held", UNDER_WAY_WAIT, async || {
            (awake.upstream.waiting_at(&gate(kind)).await == kind.connectors as u64).then_some(())
        })
        .await;
    }
    // The claims and the answers wait for the locks; the claims are made, and told, when the sleeper no
    // longer listens.
    let writing: Vec<&Group> = groups.iter().filter(|group| group.kind.stage != Stage::Answered).collect();
    let mut held = Vec::new();
    for group in &writing {
        held.push(group.fleets[number].hold_writes(awake).await);
    }
    for group in &claiming {
        call_and_leave(&group.fleets[number].ids(), &client);
    }
    for Group { kind, .. } in groups.iter().filter(|group| group.kind.stage == Stage::Storing) {
        awake.upstream.open_gate(&gate(kind), false).await;
    }
    let writes: usize = writing.iter().map(|group| group.kind.connectors).sum();
    eventually("all writes wait", UNDER_WAY_WAIT, async || {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";
        (awake.count(waiting).await == writes as i64).then_some(())
    })
    .await;
    sleeper.signal("STOP");
    for lock in held {
        lock.release().await;
    }
    for Group { kind, fleets, .. } in claiming {
        eventually("the claims are made", UNDER_WAY_WAIT, async || {
            let claims = fleets[number].count(awake, "claimed_at IS NOT NULL").await;
            (claims == kind.connectors as i64).then_some(())
        })
        .await;
    }
    for Group { kind, .. } in groups.iter().filter(|group| group.kind.stage == Stage::Answered) {
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
    async fn assert_presented(&self) {
        let (kind, rounds, summary) = (&self.kind, self.rounds(), self.app.summary().await);
        let heals = kind.comes_to == 200;
        let lost = if heals { &summary["dead"] } else { &json!("counted apart") };
        println!("r23, {}: rounds={rounds} lost={lost} {summary}", kind.name);
        assert_eq!(summary["uses_max"], kind.uses, "{}: {summary}", kind.name);
        assert_eq!(summary["alive"], if heals { rounds } else { 0 }, "{}: {summary}", kind.name);
        assert_eq!(self.app.asked("token").await.len(), rounds * kind.uses, "{}", kind.name);
    }

    /// With an access token that is not the newest the provider's API would refuse the call.
    async fn assert_calls_end(&self, client: &Client) {
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
        self.assert_calls_end(client).await;
        let outcomes = self.app.outcomes("token").await;
        let newest = &outcomes[self.rounds() * self.kind.uses..];
        assert_eq!(newest, vec!["refreshed"; self.rounds()], "{}", self.kind.name);
    }
}
