//! Ending and beginning again: calls under way finish, nothing written is lost.

use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Client, Fault, Options, Organization, Patchbay, eventually, token};

testkit::both!(
    r81_a_call_under_way_finishes_and_is_recorded,
    r81_a_second_signal_changes_nothing,
    readiness_fails_before_the_server_stops,
    a_restart_on_the_same_store_goes_on_with_everything,
    two_servers_share_one_store,
);

const CALL_WAIT: Duration = Duration::from_secs(20);

async fn until_sent(server: &Patchbay, connector: &str) {
    eventually("the call reached the upstream", CALL_WAIT, async || {
        (!server.upstream.requests_of(connector).await.is_empty()).then_some(())
    })
    .await;
}

async fn again(server: &Patchbay, acme: &Organization) -> Client {
    server.client().with_bearer(&token(&server.client(), &acme.client_id, &acme.client_secret).await)
}

/// Runs a slow read and sends `signals` while the upstream thinks about it.
async fn stopped_under_a_slow_call(bench: &Bench, signals: usize) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let id = acme.connect("globex").await;
    server.upstream.fault(Fault::on("GET", "/v1/users").delays_ms(1_500).of(&id)).await;
    let stop = async {
        until_sent(&server, &id).await;
        for _ in 0..signals {
            server.signal("TERM");
        }
    };
    let (answer, ()) = tokio::join!(acme.execute(&id, "users", "list", json!({})).send(), stop);
    assert_eq!(answer.status, 200, "a call under way is finished: {answer:?}");
    let exit = server.ended().await;
    assert!(exit.success(), "it ended with {exit}:\n{}", server.log());

    server.restart().await;
    let client = again(&server, &acme).await;
    let rows = client.get("/api/v1/executions").query(&[("connector_id", &id)]).expect(200).await;
    assert_eq!(rows["data"][0]["status"], "succeeded", "its row was written before the end: {rows}");
}

async fn r81_a_call_under_way_finishes_and_is_recorded(bench: &Bench) {
    stopped_under_a_slow_call(bench, 1).await;
}

async fn r81_a_second_signal_changes_nothing(bench: &Bench) {
    stopped_under_a_slow_call(bench, 3).await;
}

async fn readiness_fails_before_the_server_stops(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let id = acme.connect("globex").await;
    server.upstream.fault(Fault::on("GET", "/v1/users").delays_ms(2_000).of(&id)).await;
    let watch = async {
        until_sent(&server, &id).await;
        server.signal("TERM");
        eventually("readiness fails", CALL_WAIT, async || {
            match server.client().get("/health/ready").try_send().await {
                Ok(answer) if answer.status == 200 => None,
                // Answered 503, or no new connection is taken any more.
                _ => Some(()),
            }
        })
        .await;
    };
    let (answer, ()) = tokio::join!(acme.execute(&id, "users", "list", json!({})).send(), watch);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(server.ended().await.success());
}

async fn a_restart_on_the_same_store_goes_on_with_everything(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let id = acme.connect("globex").await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    let path = format!("/api/v1/integrations/connectors/{id}");
    let before = acme.client.get(&path).expect(200).await;
    for round in 0..2 {
        if round == 0 {
            assert!(server.terminate().await.success());
        } else {
            server.kill();
        }
        server.restart().await;
        // The token still holds: its key is kept beside the store.
        assert_eq!(acme.client.get(&path).expect(200).await, before);
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
        again(&server, &acme).await.get(&path).expect(200).await;
    }
    let started = server.log().matches("client_secret").count();
    assert!(started <= 1, "the first application's secret is printed once, not at every start");
}

async fn two_servers_share_one_store(bench: &Bench) {
    let first = bench.start(&Options::default()).await;
    let acme = Organization::create(&first).await;
    let id = acme.connect("globex").await;
    let second = first.twin().await;
    let path = format!("/api/v1/integrations/connectors/{id}");
    let elsewhere = again(&second, &acme).await;
    elsewhere.get(&path).expect(200).await;
    elsewhere.delete(&path).expect(202).await;
    acme.client.get(&path).refused(404, "connector_not_found").await;
}
