//! The process dies on the way from the code to the connector.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::consent::{Landing, Person, browse, consent_body, try_browse};
use testkit::{Bench, Database, Options, Organization, Upstream, eventually};

use super::{assert_is_refusal, connectors_of};

testkit::both!(
    r16_a_crash_before_the_code_is_exchanged_leaves_nothing,
    r16_a_crash_between_exchange_and_commit_leaves_no_half_connector,
    r16_a_callback_under_way_is_finished_at_a_stop,
);

const WAIT: Duration = Duration::from_secs(20);

/// Until the program waits before the gate.
async fn until_held(upstream: &Upstream, name: &str) {
    eventually("the gate is reached", WAIT, async || {
        let all = upstream.control("GET", "gates", None).await;
        let gates = all["gates"].as_array().expect("the door lists gates");
        gates.iter().any(|gate| gate["gate"] == name && gate["waiting"] == 1).then_some(())
    })
    .await;
}

fn held(when: &str) -> Value {
    json!({ "effect": { "kind": "held", "gate": "exchange", "when": when } })
}

/// Nothing of a connector is there.
async fn assert_nothing_half_made(server: &testkit::Patchbay, acme: &Organization) {
    assert_eq!(connectors_of(acme, "globex").await, 0);
    for table in ["connectors", "credentials", "consents", "events"] {
        assert_eq!(server.count(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
}

async fn r16_a_crash_before_the_code_is_exchanged_leaves_nothing(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let app = acme.bring_app(&server.upstream).await;
    app.fault("token", held("before")).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    let person = tokio::spawn({
        let callback = callback.clone();
        async move { try_browse(&callback).await.is_err() }
    });
    until_held(&server.upstream, "exchange").await;
    server.kill();
    server.upstream.control("POST", "gates", Some(json!({ "gate": "exchange", "then": "reset" }))).await;
    assert!(person.await.expect("the browser does not panic"), "the person saw the connection end");
    server.restart().await;
    // The person reloads.
    assert_is_refusal(&browse(&callback).await);
    assert_nothing_half_made(&server, &acme).await;
    Person::allowing().walk(&acme.consent_url(consent_body("globex")).await).await.connector_id();
}

async fn r16_a_crash_between_exchange_and_commit_leaves_no_half_connector(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let app = acme.bring_app(&server.upstream).await;
    app.fault("token", held("after")).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    let person = tokio::spawn({
        let callback = callback.clone();
        async move { try_browse(&callback).await.is_err() }
    });
    until_held(&server.upstream, "exchange").await;
    assert_eq!(app.outcomes("token").await, ["issued"], "the provider has given the grant");
    assert_eq!(server.count("SELECT COUNT(*) FROM consents").await, 0, "the state is used up before");
    // Whatever the program does with the answer, it cannot write it down.
    let writes = server.hold_writes("connectors").await;
    server.upstream.control("POST", "gates", Some(json!({ "gate": "exchange" }))).await;
    if server.database() == Database::Postgres {
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted";
        eventually("it has the answer", WAIT, async || (server.count(waiting).await > 0).then_some(())).await;
    }
    assert!(tokio::time::timeout(Duration::from_millis(300), person).await.is_err(), "it waits to commit");
    server.kill();
    writes.release().await;
    server.restart().await;
    assert_is_refusal(&browse(&callback).await);
    assert_nothing_half_made(&server, &acme).await;
    assert_eq!(app.outcomes("token").await, ["issued"], "the code was not sent again");
    acme.consent("globex").await;
    assert_eq!(connectors_of(&acme, "globex").await, 1);
}

async fn r16_a_callback_under_way_is_finished_at_a_stop(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let app = acme.bring_app(&server.upstream).await;
    app.fault("token", held("after")).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    let person = tokio::spawn(async move { browse(&callback).await });
    until_held(&server.upstream, "exchange").await;
    server.signal("TERM");
    server.upstream.control("POST", "gates", Some(json!({ "gate": "exchange" }))).await;
    let id = Landing::of(person.await.expect("the browser is answered")).connector_id();
    server.ended().await;
    server.restart().await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;

    // A person who closes the window does not lose what was granted.
    app.fault("token", json!({ "effect": { "kind": "held", "gate": "gone", "when": "after" } })).await;
    let url = acme.consent_url(consent_body("initech")).await;
    let callback = Person::allowing().to_callback(&url).await;
    let person = tokio::spawn(async move { try_browse(&callback).await.is_ok() });
    until_held(&server.upstream, "gone").await;
    person.abort();
    server.upstream.control("POST", "gates", Some(json!({ "gate": "gone" }))).await;
    eventually("the connector is made all the same", WAIT, async || {
        (connectors_of(&acme, "initech").await == 1).then_some(())
    })
    .await;
}
