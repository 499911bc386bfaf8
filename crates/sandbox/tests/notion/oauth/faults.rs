//! Faults at the token endpoint, before and after the effect, and gates that hold a request.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::kit::{App, Pair};
use crate::kit::{Bench, send};

/// The fault meets the next refresh of this app.
async fn next_refresh(app: &App<'_>, effect: Value) {
    let fault = json!({
        "method": "POST", "path": "/v1/oauth/token", "client_id": app.id, "grant_type": "refresh_token", "effect": effect,
    });
    app.bench.control("POST", "faults", fault).await;
}

/// Waits until so many requests are held before a gate.
async fn held(bench: &Bench, gate: &str, wanted: u64) {
    for _ in 0..500 {
        let gates = bench.control("GET", "gates", json!({})).await;
        let gates = gates["gates"].as_array().expect("it is a list");
        if gates.iter().any(|found| found["gate"] == gate && found["waiting"] == wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there were never {wanted} requests before {gate}");
}

#[tokio::test]
async fn r25_a_connection_is_reset_before_or_after_the_effect() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    next_refresh(&app, json!({ "kind": "reset" })).await;
    app.refreshing(&pair.refresh).send().await.expect_err("there is no answer");
    assert_eq!(app.only_grant().await["refreshes"], 0);
    next_refresh(&app, json!({ "kind": "saved_then_reset" })).await;
    app.refreshing(&pair.refresh).send().await.expect_err("there is no answer");
    let grant = app.only_grant().await;
    assert_eq!((&grant["refreshes"], &grant["refresh_tokens"][0]["uses"]), (&json!(1), &json!(1)));
    let history = app.history().await;
    let seen: Vec<_> =
        history[1..].iter().map(|entry| (&entry["outcome"], &entry["status"], &entry["fault"])).collect();
    assert_eq!(
        seen,
        [
            (&json!("not_done"), &Value::Null, &json!("reset")),
            (&json!("refreshed"), &json!(200), &json!("saved_then_reset")),
        ]
    );
    app.refresh(&pair.refresh).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.only_grant().await["cause"], "refresh_token_reused", "a retry with it looks like theft");
}

#[tokio::test]
async fn r27_overload_says_when_to_come_again_and_does_nothing() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    for (effect, status) in [
        (json!({ "kind": "rate_limited", "retry_after": 7 }), 429),
        (json!({ "kind": "unavailable", "retry_after": 7 }), 503),
        (json!({ "kind": "error", "status": 503, "retry_after": 7 }), 503),
    ] {
        next_refresh(&app, effect).await;
        let answer = app.refresh(&pair.refresh).await;
        assert_eq!((answer.status.as_u16(), &answer.headers["retry-after"]), (status, &"7".parse().unwrap()));
    }
    next_refresh(&app, json!({ "kind": "unavailable" })).await;
    assert!(!app.refresh(&pair.refresh).await.headers.contains_key("retry-after"));
    app.refresh(&pair.refresh).await.good();
}

#[tokio::test]
async fn r17_another_answer_in_place_of_the_request_or_only_of_its_answer() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    let html = json!({ "kind": "answer", "status": 200, "text": "<html>", "content_type": "text/html" });
    next_refresh(&app, html.clone()).await;
    let page = app.refresh(&pair.refresh).await;
    assert_eq!((page.status.as_u16(), page.text.as_str()), (200, "<html>"));
    assert_eq!(app.only_grant().await["refreshes"], 0);
    let mut after = html;
    after["done"] = true.into();
    next_refresh(&app, after).await;
    assert_eq!(app.refresh(&pair.refresh).await.text, "<html>");
    assert_eq!(app.only_grant().await["refreshes"], 1);
    next_refresh(&app, json!({ "kind": "large", "bytes": 2_000_000 })).await;
    assert_eq!(app.refresh("whichever").await.text.len(), 2_000_000);
}

#[tokio::test]
async fn a_fault_for_refreshes_of_one_app_meets_nothing_else() {
    let bench = Bench::start();
    let (app, other) = (App::register(&bench).await, App::register(&bench).await);
    next_refresh(&app, json!({ "kind": "error", "status": 500 })).await;
    let (mine, theirs) = (app.grant().await, other.grant().await);
    other.refresh(&theirs.refresh).await.good();
    assert_eq!(app.refresh(&mine.refresh).await.status, 500);
    app.refresh(&mine.refresh).await.good();
}

#[tokio::test]
async fn r24_an_answer_is_held_after_the_effect_until_the_gate_opens() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    next_refresh(&app, json!({ "kind": "held", "gate": "after", "when": "after" })).await;
    let refreshing = tokio::spawn(app.refreshing(&pair.refresh).send());
    held(&bench, "after", 1).await;
    assert_eq!(app.only_grant().await["refreshes"], 1, "the effect has taken place");
    assert!(!app.works(&pair.access).await && !refreshing.is_finished());
    bench.control("POST", "gates", json!({ "gate": "after" })).await;
    let answer = refreshing.await.unwrap().expect("it is answered now");
    let new = Pair::from(answer.json::<Value>().await.expect("it is whole"));
    assert!(app.works(&new.access).await);
    next_refresh(&app, json!({ "kind": "held", "gate": "after", "when": "after" })).await;
    app.refresh(&new.refresh).await.good();
}

#[tokio::test]
async fn a_request_is_held_before_its_effect_until_the_gate_opens() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    for (gate, then, refreshes) in [("kept out", "reset", 0), ("let in", "answer", 1)] {
        next_refresh(&app, json!({ "kind": "held", "gate": gate, "when": "before" })).await;
        let refreshing = tokio::spawn(app.refreshing(&pair.refresh).send());
        held(&bench, gate, 1).await;
        assert_eq!(app.only_grant().await["refreshes"], 0);
        bench.control("POST", "gates", json!({ "gate": gate, "then": then })).await;
        assert_eq!(refreshing.await.unwrap().is_ok(), then == "answer");
        assert_eq!(app.only_grant().await["refreshes"], refreshes);
    }
    assert_eq!(app.outcomes().await, ["issued", "not_done", "refreshed"]);
}

#[tokio::test]
async fn a_held_answer_can_end_in_a_reset() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    next_refresh(&app, json!({ "kind": "held", "gate": "lost", "when": "after" })).await;
    let refreshing = tokio::spawn(app.refreshing(&pair.refresh).send());
    held(&bench, "lost", 1).await;
    bench.control("POST", "gates", json!({ "gate": "lost", "then": "reset" })).await;
    refreshing.await.unwrap().expect_err("the connection is reset");
    assert_eq!(app.only_grant().await["refreshes"], 1);
}

#[tokio::test]
async fn a_reset_of_the_sandbox_lets_everybody_through() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let gate = json!({ "path": "/v1/users/me", "effect": { "kind": "held", "gate": "g", "when": "after" } });
    bench.control("POST", "faults", gate).await;
    let waiting = tokio::spawn(bench.request("GET", "/v1/users/me").send());
    held(&bench, "g", 1).await;
    bench.control("POST", "reset", json!({})).await;
    assert_eq!(waiting.await.unwrap().expect("it is answered").status(), 200);
    app.refresh("x").await.refused_by_oauth(401, "invalid_client");
}

#[tokio::test]
async fn an_effect_can_come_late_or_its_answer() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let mut refresh_token = app.grant().await.refresh;
    for (kind, refreshes_at_once) in [("deferred", 0), ("slow_first_byte", 2)] {
        next_refresh(&app, json!({ "kind": kind, "delay_ms": 400 })).await;
        let begun = Instant::now();
        let refreshing = tokio::spawn(send(app.refreshing(&refresh_token)));
        while bench.control("GET", "faults", json!({})).await["faults"] != json!([]) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(app.only_grant().await["refreshes"], refreshes_at_once, "{kind}");
        refresh_token = Pair::from(refreshing.await.unwrap().good()).refresh;
        assert!(begun.elapsed() >= Duration::from_millis(400), "{kind}");
    }
}
