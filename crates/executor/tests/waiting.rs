//! Limits of a real local upstream: who waits, for how long, and what is told when waiting is no use.

#[path = "kit/bench.rs"]
mod bench;
#[path = "kit/server.rs"]
#[expect(dead_code, reason = "most misbehaviour is for upstream.rs")]
mod server;

use std::time::{Duration, Instant};

use bench::{Bench, kind};
use executor::FailureKind;
use serde_json::json;
use server::{Say, Upstream};

const BOOKS: &str = r#"{"items": [{"id": 1}]}"#;

async fn bench(script: Vec<Say>) -> (Upstream, Bench) {
    let upstream = Upstream::start(script).await;
    let bench = Bench::new(&upstream.origin());
    (upstream, bench)
}

#[tokio::test]
async fn a_read_that_was_turned_away_comes_back() {
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    let turned_away =
        vec![Say::status(429, &[("Retry-After", "0")], b""), Say::status(529, &[("Retry-After", date)], b"")];
    let (upstream, bench) = bench([turned_away, vec![Say::json(200, BOOKS)]].concat()).await;
    assert_eq!(bench.list().await.unwrap().trace.attempts, 3);
    assert_eq!(upstream.seen().len(), 3);
}

#[tokio::test]
async fn a_write_that_was_turned_away_is_sent_once() {
    for (retry_after, told) in [("0", 1), ("7", 7), ("120", 120)] {
        let headers = [("Retry-After", retry_after)];
        let (upstream, bench) = bench(vec![Say::status(429, &headers, b""), Say::json(200, "{}")]).await;
        let limited = kind(bench.create().await);
        let FailureKind::RateLimited { retry_after_s, message, .. } = limited else { panic!("{limited:?}") };
        assert_eq!((retry_after_s, message.as_str()), (told, "429 Too Many Requests"));
        assert_eq!(upstream.seen().len(), 1);
    }
    // No limit on the caller, but a broken server.
    let overloaded = Say::status(529, &[("Retry-After", "0")], b"");
    let (upstream, bench) = bench(vec![overloaded, Say::json(200, "{}")]).await;
    let unknown = kind(bench.create().await);
    assert!(matches!(unknown, FailureKind::OutcomeUnknown { status: Some(529), .. }), "{unknown:?}");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_wait_that_does_not_fit_is_handed_back_and_not_begun() {
    for (status, retry_after) in
        [(429, "120"), (529, "120"), (503, "120"), (429, "Mon, 21 Oct 2222 07:28:00 GMT")]
    {
        let said = Say::status(status, &[("Retry-After", retry_after)], br#"{"message": "slow down"}"#);
        let (upstream, bench) = bench(vec![said]).await;
        let begun = Instant::now();
        let FailureKind::RateLimited { retry_after_s, message, body } = kind(bench.list().await) else {
            panic!("{status} with {retry_after} is a limit");
        };
        assert!(retry_after_s >= 120);
        assert_eq!((message.as_str(), body), ("slow down", json!({"message": "slow down"})));
        assert_eq!(upstream.seen().len(), 1);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    // It fits, but no attempt would fit after it.
    let upstream = Upstream::start(vec![Say::status(429, &[("Retry-After", "1")], b"")]).await;
    let limited = kind(Bench::new(&upstream.origin()).within(2_000).list().await);
    assert!(matches!(limited, FailureKind::RateLimited { retry_after_s: 1, .. }), "{limited:?}");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_limit_that_stays_is_reported_after_three_requests() {
    let (upstream, bench) = bench(vec![Say::status(429, &[], b"")]).await;
    let limited = kind(bench.list().await);
    assert!(matches!(limited, FailureKind::RateLimited { retry_after_s: 1, .. }), "{limited:?}");
    assert_eq!(upstream.seen().len(), 3);
}

#[tokio::test]
async fn a_deadline_that_passes_while_waiting_tells_what_was_waited_for() {
    let upstream = Upstream::start(vec![Say::status(429, &[("Retry-After", "0.3")], b"")]).await;
    let bench = Bench::new(&upstream.origin()).within(1_800);
    let begun = Instant::now();
    // All run on one thread: the wait begins, and then nothing else gets its turn for too long.
    let hog = async {
        while upstream.seen().is_empty() || begun.elapsed() < Duration::from_millis(100) {
            tokio::task::yield_now().await;
        }
        while begun.elapsed() < Duration::from_millis(1_900) {
            std::thread::yield_now();
        }
    };
    let (outcome, ()) = tokio::join!(bench.list(), hog);
    let limited = kind(outcome);
    assert!(matches!(limited, FailureKind::RateLimited { retry_after_s: 1, .. }), "{limited:?}");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn what_the_definition_calls_final_is_sent_once() {
    for (status, reason, requests) in [(429, "blocked", 1), (503, "blocked", 1), (429, "busy", 3)] {
        let said = json!({"reason": reason}).to_string();
        let (upstream, bench) = bench(vec![Say::json(status, &said)]).await;
        let failed = kind(bench.list().await);
        assert_eq!(upstream.seen().len(), requests, "{status} {reason}");
        let told_to_wait = matches!(failed, FailureKind::RateLimited { .. });
        assert_eq!(told_to_wait, requests == 3, "{failed:?}");
    }
}
