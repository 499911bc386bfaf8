//! The control door, and the gateway form of paths.

use sandbox::seed;
use serde_json::json;

use crate::kit::{Bench, NEWEST, results, send, text};

#[tokio::test]
async fn every_request_is_recorded_with_what_the_gateway_said() {
    let bench = Bench::start();
    send(bench.request("POST", "/v1/search").json(&json!({ "query": "recorded" }))).await.good();
    send(bench.request("GET", "/0193/https/api.notion.com/v1/users?page_size=1")).await.good();
    let all = bench.control("GET", "requests", json!({})).await;
    let requests = all["requests"].as_array().expect("it is a list");
    assert_eq!(requests.len(), 2, "the door itself is not recorded: {all}");
    assert_eq!(
        (text(&requests[0], "method"), text(&requests[0], "path")),
        ("POST".to_owned(), "/v1/search".to_owned())
    );
    assert!(text(&requests[0], "body").contains("recorded"));
    assert_eq!(requests[0]["headers"]["notion-version"], NEWEST);
    assert_eq!(requests[0]["connector"], json!(null));
    let mine = bench.control("GET", "requests?connector=0193", json!({})).await;
    let mine = &mine["requests"][0];
    assert_eq!((&mine["path"], &mine["query"]), (&json!("/v1/users"), &json!("page_size=1")));
    assert_eq!((&mine["scheme"], &mine["host"]), (&json!("https"), &json!("api.notion.com")));
    assert_eq!(mine["headers"]["authorization"], format!("Bearer {}", seed::TOKEN_ACME));
    bench.control("DELETE", "requests", json!({})).await;
    assert_eq!(bench.control("GET", "requests", json!({})).await["requests"], json!([]));
}

#[tokio::test]
async fn the_sandbox_stands_in_for_one_host() {
    let bench = Bench::start();
    let answer = send(bench.request("GET", "/0193/https/api.example.com/v1/users"))
        .await
        .refused(502, "unknown_upstream");
    assert!(text(&answer, "message").contains("only knows api.notion.com"));
    send(bench.request("GET", "/0193/https/api.notion.com:443/v1/users")).await.good();
    let outside = send(bench.request("GET", "/0193/https/api.notion.com/_control/requests")).await;
    outside.refused(400, "invalid_request_url");
}

#[tokio::test]
async fn a_revoked_token_is_unauthorized_until_reset() {
    let bench = Bench::start();
    bench.get("/v1/users/me").await;
    assert_eq!(bench.control("POST", "revoke", json!({ "token": seed::TOKEN_ACME })).await["revoked"], true);
    send(bench.request("GET", "/v1/users/me")).await.refused(401, "unauthorized");
    bench.control("POST", "reset", json!({})).await;
    bench.get("/v1/users/me").await;
}

#[tokio::test]
async fn a_reset_brings_the_seeded_content_back() {
    let bench = Bench::start();
    let page = bench.new_page().await;
    bench.control("POST", "faults", json!({ "always": true, "effect": { "kind": "unavailable" } })).await;
    bench.control("POST", "reset", json!({})).await;
    send(bench.request("GET", &format!("/v1/pages/{page}"))).await.refused(404, "object_not_found");
    assert!(!results(&bench.post("/v1/search", json!({})).await).is_empty());
}

#[tokio::test]
async fn the_rate_limit_is_true_when_it_is_on() {
    let bench = Bench::start();
    bench.control("POST", "settings", json!({ "requests_per_minute": 3 })).await;
    for _ in 0..3 {
        bench.get("/v1/users/me").await;
    }
    let limited = send(bench.request("GET", "/v1/users/me")).await;
    let seconds: u64 = limited.headers["retry-after"].to_str().unwrap().parse().expect("whole seconds");
    assert!((1..=60).contains(&seconds));
    limited.refused(429, "rate_limited");
    let other = bench.request_as(seed::TOKEN_GLOBEX, NEWEST, "GET", "/v1/users/me");
    send(other).await.good();
    bench.control("POST", "clock", json!({ "advance_ms": 60_000 })).await;
    bench.get("/v1/users/me").await;
    bench.control("POST", "settings", json!({ "requests_per_minute": 0 })).await;
    for _ in 0..10 {
        bench.get("/v1/users/me").await;
    }
}

#[tokio::test]
async fn a_wrong_order_to_the_door_is_refused() {
    let bench = Bench::start();
    let door = |name: &str| bench.http.post(bench.url(&format!("/_control/{name}")));
    for (name, body) in [
        ("faults", json!({ "effect": { "kind": "meteor" } })),
        ("faults", json!({ "paht": "/v1/users", "effect": { "kind": "reset" } })),
        ("faults", json!({ "effect": { "kind": "slow_first_byte" } })),
        ("clock", json!({})),
        ("revoke", json!({})),
    ] {
        assert_eq!(send(door(name).json(&body)).await.status, 400, "{name} {body}");
    }
    assert_eq!(send(door("nothing").json(&json!({}))).await.status, 404);
}

#[tokio::test]
async fn a_stopped_sandbox_answers_no_more() {
    let bench = Bench::start();
    bench.get("/v1/users/me").await;
    let url = bench.url("/v1/users/me");
    bench.sandbox.stop().await;
    // Whether on the connection that was open or on a new one.
    bench.http.get(&url).send().await.expect_err("nobody answers");
    let error = bench.http.get(&url).send().await.expect_err("nobody listens");
    assert!(error.is_connect(), "{error:?}");
}
