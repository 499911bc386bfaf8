//! Time: how long a call may take, and what the upstream's wish to wait does to it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Answer, Bench, Fault, Organization, execute_path};

testkit::both!(
    a_wait_that_fits_is_waited,
    a_wait_that_does_not_fit_is_answered_429_with_whole_seconds,
    a_date_to_wait_for_is_told_in_seconds,
    an_overload_is_a_rate_limit_too,
    a_slow_read_is_504_when_its_time_is_over,
    a_slow_body_is_cut_as_well,
);

fn limited() -> Value {
    json!({ "object": "error", "status": 429, "code": "rate_limited", "message": "slow down" })
}

async fn list_users(acme: &Organization, id: &str, timeout_ms: u64) -> (Answer, Duration) {
    let begun = Instant::now();
    let body = json!({ "entity": "users", "action": "list", "timeout_ms": timeout_ms });
    let answer = acme.client.post(&execute_path(id)).json(body).send().await;
    (answer, begun.elapsed())
}

fn users() -> Fault {
    Fault::on("GET", "/v1/users")
}

async fn a_wait_that_fits_is_waited(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    bench.shared().upstream.fault(users().answers(429, &limited()).header("Retry-After", "1").of(&id)).await;
    let (answer, took) = list_users(&acme, &id, 20_000).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(took >= Duration::from_secs(1), "it waited {took:?} only");
    assert_eq!(bench.shared().upstream.requests_of(&id).await.len(), 2);
}

async fn a_wait_that_does_not_fit_is_answered_429_with_whole_seconds(bench: &Bench) {
    let acme = bench.organization().await;
    for (sent, answered) in [("30", 30..=30), ("7200", 7200..=7200), ("86400000000000", 1..=u64::MAX)] {
        let id = acme.connect("globex").await;
        let fault = users().answers(429, &limited()).header("Retry-After", sent).of(&id).always();
        bench.shared().upstream.fault(fault).await;
        let (answer, took) = list_users(&acme, &id, 3_000).await;
        assert_eq!(answer.status, 429, "{answer:?}");
        assert_eq!(answer.json["code"], "upstream_rate_limited");
        assert_eq!(answer.json["upstream"]["status"], 429, "{answer:?}");
        let seconds: u64 =
            answer.header("Retry-After").and_then(|text| text.parse().ok()).expect("whole seconds");
        assert!(answered.contains(&seconds), "asked {sent}, answered {seconds}");
        assert!(took < Duration::from_secs(3), "it is known at once: {took:?}");
        assert_eq!(bench.shared().upstream.requests_of(&id).await.len(), 1);
    }
}

async fn a_date_to_wait_for_is_told_in_seconds(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    // Far enough in the future for any deadline, and a date whatever the day of this run.
    let fault = users().answers(429, &limited()).header("Retry-After", "Wed, 21 Oct 2099 07:28:00 GMT");
    bench.shared().upstream.fault(fault.of(&id).always()).await;
    let (answer, _) = list_users(&acme, &id, 3_000).await;
    assert_eq!((answer.status, &answer.json["code"]), (429, &json!("upstream_rate_limited")), "{answer:?}");
    let seconds: u64 =
        answer.header("Retry-After").and_then(|text| text.parse().ok()).expect("whole seconds");
    assert!(seconds > 0, "{answer:?}");

    // One that is over means now; one that is no date means nothing.
    for over in ["Wed, 21 Oct 2015 07:28:00 GMT", "soon", "-5", ""] {
        let id = acme.connect("globex").await;
        bench
            .shared()
            .upstream
            .fault(users().answers(429, &limited()).header("Retry-After", over).of(&id))
            .await;
        let (answer, _) = list_users(&acme, &id, 20_000).await;
        assert_eq!(answer.status, 200, "Retry-After {over:?}: {answer:?}");
    }
}

async fn an_overload_is_a_rate_limit_too(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let body = json!({ "object": "error", "status": 529, "code": "service_overload", "message": "too much" });
    bench
        .shared()
        .upstream
        .fault(users().answers(529, &body).header("Retry-After", "40").of(&id).always())
        .await;
    let (answer, _) = list_users(&acme, &id, 3_000).await;
    assert_eq!((answer.status, &answer.json["code"]), (429, &json!("upstream_rate_limited")), "{answer:?}");
    assert_eq!(answer.header("Retry-After"), Some("40"));
}

async fn a_slow_read_is_504_when_its_time_is_over(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    bench.shared().upstream.fault(users().delays_ms(20_000).of(&id).always()).await;
    let (answer, took) = list_users(&acme, &id, 700).await;
    assert_eq!((answer.status, &answer.json["code"]), (504, &json!("upstream_timeout")), "{answer:?}");
    assert!(answer.json["upstream"].is_object(), "{answer:?}");
    assert!(took < Duration::from_secs(5), "timeout_ms lowers the time: {took:?}");
}

async fn a_slow_body_is_cut_as_well(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    bench.shared().upstream.fault(users().trickles().of(&id).always()).await;
    let (answer, took) = list_users(&acme, &id, 700).await;
    assert_eq!((answer.status, &answer.json["code"]), (504, &json!("upstream_timeout")), "{answer:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}
