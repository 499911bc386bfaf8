//! Renewing tokens: exactly once, however many ask and whatever breaks in between.

mod interrupted;
mod killed;
mod lost;
mod paused;
mod races;
mod storm;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{Client, Fleet, Organization, ProviderApp, at_once, text};

use crate::oauth::definitions::{Definition, LIKE_NOTION};

/// A provider of many regions, each with a token endpoint at a host of its own: a server asks one host
/// for few tokens at a time, and many hosts for many.
pub(crate) const REGIONAL: Definition = Definition {
    name: "regional",
    number: 0xc0,
    provider: "https://{{region}}.api.notion.com/v1/oauth",
    variables: r#"{region: {default: "r0"}}"#,
    ..LIKE_NOTION
};

/// Connectors with good tokens, spread over so many of the provider's regions, which have a name.
pub(crate) async fn in_regions(
    acme: &Organization,
    app: &ProviderApp,
    count: usize,
    (name, of): (&str, usize),
) -> Fleet {
    let body =
        |n| json!({ "connector_type": "regional", "environment": { "region": format!("{name}{}", n % of) } });
    Fleet::connect(acme, app, json!({ "count": count }), body).await
}

/// Every connector is called so many times at once by each client, and each call succeeds.
async fn call_all(fleet: &Fleet, clients: &[&Client], calls: usize, connectors_at_once: usize) {
    at_once(connectors_at_once, fleet.ids(), async |id: String| {
        let each = (0..calls).flat_map(|_| clients.iter().copied()).collect();
        at_once(usize::MAX, each, async |client: &Client| client.list_users(&id).expect(200).await).await;
    })
    .await;
}

/// Begins a call of every connector that nobody waits for: it goes on when the caller is gone.
fn call_and_leave(connectors: &[String], client: &Client) {
    for id in connectors {
        let call = client.list_users(id);
        // How it ends is up to what the test does to the server.
        tokio::spawn(async move { drop(call.try_send().await) });
    }
}

/// Calls a connector until it is said what became of it: 200, or that a person has to consent again.
/// It is not the end when a renewal takes longer than a call may, nor when hundreds that are waited for
/// keep the database busy.
pub(crate) async fn settled(client: &Client, connector: &str) -> u16 {
    for _ in 0..10 {
        let answer = client.list_users(connector).send().await;
        match (answer.status, answer.json["code"].as_str()) {
            (200, _) | (424, Some("connector_reauth_required")) => return answer.status,
            (503, Some("token_refresh_unavailable" | "unavailable")) => {}
            _ => panic!("{answer:?}"),
        }
    }
    panic!("connector {connector} comes to no end");
}

/// The provider saw each refresh token once and so many refreshes in all, and nothing died. Prints how
/// many rounds that was.
async fn assert_nothing_lost(claim: &str, app: &ProviderApp, rounds: usize) {
    let summary = app.summary().await;
    println!("{claim}: rounds={rounds} lost={} {summary}", summary["dead"]);
    assert_eq!(summary["dead"], 0, "no grant died: {summary}");
    assert_eq!(summary["reuses"], 0, "no refresh token was used again: {summary}");
    assert_eq!(summary["uses_max"], 1, "each refresh token was used once at most: {summary}");
    assert_eq!(summary["refreshes"], rounds, "one refresh a round: {summary}");
    let outcomes = app.outcomes("token").await;
    assert!(outcomes.iter().all(|outcome| outcome == "refreshed"), "{outcomes:?}");
}

/// Every event of this type, oldest first.
pub(crate) async fn events(client: &Client, kind: &str) -> Vec<Value> {
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let page = client.get(&format!("/api/v1/events?limit=100&after={after}")).expect(200).await;
        let events = page["data"].as_array().expect("a list");
        if events.is_empty() {
            return all;
        }
        all.extend(events.iter().filter(|event| event["type"] == kind).cloned());
        after = page["next_after"].as_i64().expect("a number");
    }
}

/// How often an event of this type was told of each connector.
pub(crate) async fn told(client: &Client, kind: &str) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for event in events(client, kind).await {
        *told.entry(text(&event, "connector_id")).or_default() += 1;
    }
    told
}

/// The next so many token requests of this app wait before the gate: `before` they are done, or `after`
/// it, with only their answers held.
pub(crate) async fn hold(app: &ProviderApp, gate: &str, when: &str, requests: usize) {
    let effect = json!({ "kind": "held", "gate": gate, "when": when });
    app.fault("token", json!({ "times": requests, "effect": effect })).await;
}

pub(crate) fn numbered(statuses: &[u16]) -> BTreeMap<u16, usize> {
    let mut numbers = BTreeMap::new();
    for status in statuses {
        *numbers.entry(*status).or_default() += 1;
    }
    numbers
}
