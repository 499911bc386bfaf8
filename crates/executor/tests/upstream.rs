//! Calls to a real local server that misbehaves: what is repeated, what is cut, what is reported.

#[path = "kit/bench.rs"]
mod bench;
#[path = "kit/server.rs"]
#[expect(dead_code, reason = "which address was dialled is for boundary.rs")]
mod server;

use std::io::Write;
use std::time::{Duration, Instant};

use bench::{Bench, TOKEN, kind};
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
async fn a_good_call_gives_its_result_and_trace_over_a_kept_connection() {
    let good =
        Say::status(200, &[("content-type", "application/json"), ("X-Request-Id", "r-1")], BOOKS.as_bytes());
    let (upstream, bench) = bench(vec![good]).await;
    let reply = bench.list().await.unwrap();
    bench.list().await.unwrap();
    assert_eq!(reply.result, json!([{"id": 1}]));
    assert_eq!(reply.metadata, None);
    assert_eq!(reply.trace.attempts, 1);
    assert_eq!(reply.trace.upstream_status, Some(200));
    assert_eq!(reply.trace.upstream_request_id.as_deref(), Some("r-1"));
    assert_eq!(reply.trace.response_bytes, i64::try_from(BOOKS.len()).unwrap());
    let seen = &upstream.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/v1/books"));
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(seen.header("accept"), Some("*/*"));
    assert_eq!(upstream.connections().opened, 1);
}

#[tokio::test]
async fn a_read_is_sent_three_times_at_most_and_a_write_once() {
    let ambiguous = [
        Say::status(503, &[], b"busy"),
        Say::status(500, &[], b""),
        Say::Reset,
        Say::Hangup(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"items\"".to_vec()),
        Say::Hangup(b"HTTP/1.1 2".to_vec()),
    ];
    for (index, say) in ambiguous.into_iter().enumerate() {
        let (upstream, bench) = bench(vec![say]).await;
        let read = kind(bench.list().await);
        assert!(matches!(read, FailureKind::Failed { .. }), "{index}: {read:?}");
        assert_eq!(upstream.seen().len(), 3, "{index}: reads");
        let write = kind(bench.create().await);
        assert!(matches!(write, FailureKind::OutcomeUnknown { .. }), "{index}: {write:?}");
        assert_eq!(upstream.seen().len(), 4, "{index}: the write");
    }
}

#[tokio::test]
async fn a_passing_failure_is_got_over() {
    let (upstream, bench) = bench(vec![Say::status(503, &[], b""), Say::Reset, Say::json(200, BOOKS)]).await;
    let reply = bench.list().await.unwrap();
    assert_eq!((reply.trace.attempts, upstream.seen().len()), (3, 3));
}

#[tokio::test]
async fn a_write_with_an_unreadable_success_is_not_something_to_do_again() {
    let (upstream, bench) = bench(vec![Say::json(200, "{\"id\": ")]).await;
    let unknown = kind(bench.create().await);
    assert!(matches!(unknown, FailureKind::OutcomeUnknown { status: Some(200), .. }), "{unknown:?}");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn the_deadline_is_kept_by_silence_and_by_drops() {
    let drip = b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n".to_vec();
    for say in [Say::Silence, Say::Drip(drip, Duration::from_millis(50))] {
        let upstream = Upstream::start(vec![say]).await;
        let bench = Bench::new(&upstream.origin()).within(400);
        let begun = Instant::now();
        assert!(matches!(kind(bench.list().await), FailureKind::Timeout));
        assert!(matches!(kind(bench.create().await), FailureKind::OutcomeUnknown { .. }));
        assert!(begun.elapsed() < Duration::from_millis(2_000), "{:?}", begun.elapsed());
        assert_eq!(upstream.seen().len(), 2);
        r68_every_connection_is_given_back(&upstream).await;
    }
}

#[tokio::test]
async fn r68_an_endless_answer_is_cut_by_size() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[".to_vec();
    let (upstream, bench) = bench(vec![Say::Flood(head, vec![b' '; 64 * 1024])]).await;
    let cut = kind(bench.list().await);
    assert!(matches!(cut, FailureKind::BadResponse { status: Some(200), .. }), "{cut:?}");
    assert_eq!(upstream.seen().len(), 1);
    r68_every_connection_is_given_back(&upstream).await;
}

#[tokio::test]
async fn r68_a_compressed_bomb_is_cut_by_its_decompressed_size() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..40 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let (upstream, bench) = bench(vec![Say::status(200, &[("content-encoding", "gzip")], &bomb)]).await;
    let cut = kind(bench.list().await);
    assert!(matches!(cut, FailureKind::BadResponse { .. }), "{cut:?}");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn r68_an_answer_of_many_small_values_is_refused() {
    let bomb = format!("{{\"items\": [{}0]}}", "0,".repeat(1_000_000));
    let (upstream, bench) = bench(vec![Say::json(200, &bomb)]).await;
    let FailureKind::BadResponse { message, status: Some(200) } = kind(bench.list().await) else {
        panic!("it is not read");
    };
    assert_eq!(message, "the answer has more than 1000000 values");
    let unknown = kind(bench.create().await);
    assert!(matches!(unknown, FailureKind::OutcomeUnknown { status: Some(200), .. }), "{unknown:?}");
    assert_eq!(upstream.seen().len(), 2);
}

#[tokio::test]
async fn a_long_answer_is_read_like_a_short_one() {
    let items: Vec<_> = (0..20_000).map(|id| json!({"id": id})).collect();
    let (_upstream, bench) = bench(vec![Say::json(200, &json!({"items": items}).to_string())]).await;
    assert_eq!(bench.list().await.unwrap().result, json!(items));
}

/// Dropping an unfinished answer closes its connection, so no slot of the pool stays taken.
async fn r68_every_connection_is_given_back(upstream: &Upstream) {
    let done = async {
        while upstream.connections().closed < upstream.connections().opened {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), done).await.expect("all connections are closed");
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_an_error_of_its_own() {
    let html = [("content-type", "text/html; charset=utf-8")];
    for say in [
        Say::json(200, "{\"items\": ["),
        Say::status(200, &html, b"<html></html>"),
        Say::json(200, "nonsense"),
    ] {
        let (_upstream, bench) = bench(vec![say]).await;
        let bad = kind(bench.list().await);
        assert!(matches!(bad, FailureKind::BadResponse { status: Some(200), .. }), "{bad:?}");
    }
    let (_upstream, bench) = bench(vec![Say::status(502, &html, b"<html>Bad gateway</html>")]).await;
    let FailureKind::Failed { status: Some(502), message, body } = kind(bench.list().await) else {
        panic!("a page with an error status is judged by the status");
    };
    assert_eq!(message, "502 Bad Gateway, 3 attempts");
    assert_eq!(body, json!("<html>Bad gateway</html>"));
}

#[tokio::test]
async fn a_write_that_was_saved_and_failed_passes_on_what_was_committed() {
    let said = json!({"code": "unavailable", "message": "saved", "additional_data": {"committed_id": "p1"}});
    let (upstream, bench) = bench(vec![Say::json(503, &said.to_string())]).await;
    let FailureKind::OutcomeUnknown { status: Some(503), message, body } = kind(bench.create().await) else {
        panic!("a 503 says nothing about the outcome of a write");
    };
    assert_eq!((message.as_str(), body), ("saved", said));
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_write_that_found_no_connection_is_tried_again_and_known_not_to_have_happened() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = Bench::new(&format!("http://{closed}")).create().await.unwrap_err();
    assert_eq!(failure.trace.attempts, 3);
    let FailureKind::Failed { status: None, message, .. } = failure.kind else {
        panic!("{:?}", failure.kind);
    };
    assert_eq!(message, "it could not be reached, 3 attempts");
}
