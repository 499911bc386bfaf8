//! Every failure mode that can be queued.

use std::time::{Duration, Instant};

use sandbox::seed;
use serde_json::{Value, json};

use crate::kit::{Bench, paragraph, results, send, text};

#[tokio::test]
async fn a_rate_limit_says_when_and_why_in_every_form() {
    let bench = Bench::start();
    for (retry_after, expected) in [
        (json!(3), Some("3")),
        (json!("0"), Some("0")),
        (json!(99_999_999), Some("99999999")),
        (Value::Null, None),
    ] {
        let answer = bench.users_with(json!({ "kind": "rate_limited", "retry_after": retry_after })).await;
        let header = answer.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header.as_deref(), expected);
        let data = &answer.refused(429, "rate_limited")["additional_data"];
        assert_eq!(data["rate_limit_reason"], "public_api_request_rate_limit");
        assert_eq!(data["retry_after"].as_str(), expected);
    }
    let dated = bench.users_with(json!({ "kind": "rate_limited", "retry_after_date_in_s": 30 })).await;
    assert!(dated.headers["retry-after"].to_str().unwrap().ends_with(" GMT"));
    let blocked = json!({ "kind": "rate_limited", "reason": "public_api_request_blocked" });
    let blocked = bench.users_with(blocked).await.refused(429, "rate_limited");
    assert_eq!(blocked["additional_data"]["rate_limit_reason"], "public_api_request_blocked");
    let overload = bench.users_with(json!({ "kind": "overloaded", "retry_after": 7 })).await;
    assert_eq!(overload.headers["retry-after"], "7");
    overload.refused(529, "service_overload");
}

#[tokio::test]
async fn errors_of_the_service_and_of_the_edge_in_front_of_it() {
    let bench = Bench::start();
    for (status, code) in [
        (401, "unauthorized"),
        (403, "restricted_resource"),
        (409, "conflict_error"),
        (500, "internal_server_error"),
        (503, "service_unavailable"),
        (504, "gateway_timeout"),
    ] {
        bench.users_with(json!({ "kind": "error", "status": status })).await.refused(status, code);
    }
    let edge = bench.users_with(json!({ "kind": "bad_gateway" })).await;
    assert_eq!((edge.status.as_u16(), edge.headers.contains_key("cf-ray")), (502, true));
    assert!(edge.text.starts_with("<html>"));
    let plain = bench.users_with(json!({ "kind": "unavailable" })).await;
    assert_eq!((plain.status.as_u16(), plain.text.as_str()), (503, "Service Unavailable"));
}

#[tokio::test]
async fn answers_that_cannot_be_read() {
    let bench = Bench::start();
    let malformed = bench.users_with(json!({ "kind": "malformed" })).await;
    assert_eq!((malformed.status.as_u16(), &malformed.json), (200, &Value::Null), "{malformed:?}");
    let shapeless = bench.users_with(json!({ "kind": "results_missing" })).await.good();
    assert!(shapeless.get("results").is_none() && shapeless["has_more"].is_boolean());
    let endless = bench.users_with(json!({ "kind": "cursor_missing" })).await.good();
    assert_eq!((&endless["has_more"], &endless["next_cursor"]), (&json!(true), &Value::Null));
    let first = bench.users_with(json!({ "kind": "same_cursor" })).await.good();
    let second = bench.users_with(json!({ "kind": "same_cursor" })).await.good();
    assert_eq!((&first["has_more"], &first["next_cursor"]), (&json!(true), &second["next_cursor"]));
    let large = bench.users_with(json!({ "kind": "large", "bytes": 3_000_000 })).await;
    assert_eq!((large.text.len(), large.json.is_object()), (3_000_000, true));
    let zipped = bench.users_with(json!({ "kind": "gzip" })).await.good();
    assert!(!results(&zipped).is_empty(), "the client unpacked it");
    let elsewhere = bench.users_with(json!({ "kind": "redirect", "location": "http://127.0.0.2/" })).await;
    assert_eq!(
        (elsewhere.status.as_u16(), &elsewhere.headers["location"]),
        (302, &"http://127.0.0.2/".parse().unwrap())
    );
}

#[tokio::test]
async fn a_connection_breaks_before_or_within_the_answer() {
    let bench = Bench::start();
    let fault = async |kind: &str| {
        let effect = json!({ "path": "/v1/users", "effect": { "kind": kind } });
        bench.control("POST", "faults", effect).await;
        bench.request("GET", "/v1/users").send().await
    };
    let reset = fault("reset").await.expect_err("there is no answer");
    assert!(format!("{reset:?}").contains("ConnectionReset"), "{reset:?}");
    let half = fault("stop_midway").await.expect("it begins to answer");
    assert_eq!(half.status(), 200);
    half.bytes().await.expect_err("the rest does not come");
    assert!(bench.request("GET", "/v1/users").send().await.is_ok(), "and the next request is answered");
}

#[tokio::test]
async fn an_answer_comes_late_or_slowly_but_comes() {
    let bench = Bench::start();
    let begun = Instant::now();
    bench.users_with(json!({ "kind": "slow_first_byte", "delay_ms": 150 })).await.good();
    assert!(begun.elapsed() >= Duration::from_millis(150));
    let begun = Instant::now();
    let slow = json!({ "kind": "slow_body", "chunk_bytes": 400, "pause_ms": 50 });
    bench.users_with(slow).await.good();
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_write_can_be_saved_and_still_fail() {
    let bench = Bench::start();
    let lost = json!({ "kind": "saved_then_unavailable" });
    bench.control("POST", "faults", json!({ "method": "POST", "path": "/v1/pages", "effect": lost })).await;
    let body = json!({ "parent": { "page_id": seed::PAGE_HOME }, "properties": {} });
    let failed =
        send(bench.request("POST", "/v1/pages").json(&body)).await.refused(503, "service_unavailable");
    let data = &failed["additional_data"];
    assert!(text(data, "retry_guidance").contains("Read"), "{data}");
    let page = text(data, "committed_resource_id");
    assert_eq!(text(&bench.get(&format!("/v1/pages/{page}")).await, "id"), page);

    let path = format!("/v1/blocks/{page}/children");
    bench
        .control(
            "POST",
            "faults",
            json!({ "method": "PATCH", "path": "/v1/blocks/*/children", "effect": lost }),
        )
        .await;
    let append = bench.request("PATCH", &path).json(&json!({ "children": [paragraph("kept")] }));
    let data = send(append).await.refused(503, "service_unavailable")["additional_data"].clone();
    assert_eq!(text(&data, "committed_resource_id"), page);
    let children = bench.get(&path).await;
    assert_eq!(data["committed_child_ids"], json!([results(&children)[0]["id"]]));
}

#[tokio::test]
async fn a_fault_meets_only_the_requests_it_is_for_and_as_often_as_told() {
    let bench = Bench::start();
    let status = async |path: &str| send(bench.request("GET", path)).await.status.as_u16();
    let effect = json!({ "kind": "error", "status": 500 });
    bench
        .control("POST", "faults", json!({ "path": "/v1/users/**", "times": 2, "skip": 1, "effect": effect }))
        .await;
    let me = "/v1/users/me";
    assert_eq!(
        [
            status(me).await,
            status("/v1/comments").await,
            status(me).await,
            status(me).await,
            status(me).await
        ],
        [200, 400, 500, 500, 200]
    );

    let connector = "0193-one";
    let fault = json!({ "connector": connector, "always": true, "effect": effect });
    bench.control("POST", "faults", fault).await;
    let through = |connector: &str| format!("/{connector}/https/api.notion.com/v1/users/me");
    for _ in 0..3 {
        assert_eq!(
            [status(&through(connector)).await, status(&through("another")).await, status(me).await],
            [500, 200, 200]
        );
    }
    bench.control("DELETE", &format!("faults?connector={connector}"), json!({})).await;
    assert_eq!(status(&through(connector)).await, 200);
}

#[tokio::test]
async fn a_token_fails_in_the_middle_of_a_list() {
    let bench = Bench::start();
    let path = format!("/v1/blocks/{}/children", seed::PAGE_HANDBOOK);
    let fault = json!({ "path": path, "skip": 1, "effect": { "kind": "error", "status": 401 } });
    bench.control("POST", "faults", fault).await;
    let first = bench.get(&path).await;
    let next = format!("{path}?start_cursor={}", text(&first, "next_cursor"));
    send(bench.request("GET", &next)).await.refused(401, "unauthorized");
}
