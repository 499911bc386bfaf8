//! Requests that are no calls of an action, to a real local server: where they may go, what comes
//! back, what is told apart when nothing does.

#[path = "kit/server.rs"]
#[expect(dead_code, reason = "which address was dialled is for boundary.rs")]
mod server;

use std::io::Write;
use std::time::{Duration, Instant};

use domain::ConnectorId;
use executor::{Executor, ExecutorConfig, Fetch, FetchError, Gateway};
use http::{Request, Response};
use server::{Say, Upstream};

const BODY_BYTES_MAX: usize = 1_000;
const BODY: &[u8] = br#"{"refresh_token":"r"}"#;

fn executor(gateway: Option<Gateway>) -> Executor {
    let egress_allow = vec!["127.0.0.0/8".parse().expect("a network")];
    let config = ExecutorConfig { egress_allow, gateway, user_agent: "patchbay-test".to_owned() };
    Executor::new(config).expect("clients can be made")
}

fn post(uri: &str) -> Fetch {
    let request = Request::post(uri).header("content-type", "application/json").header("x-two", "2");
    Fetch {
        request: request.body(BODY.to_vec()).expect("a request"),
        connector: None,
        body_bytes_max: BODY_BYTES_MAX,
        timeout: Duration::from_secs(10),
    }
}

async fn answer(say: Say) -> (Upstream, Result<Response<Vec<u8>>, FetchError>) {
    let upstream = Upstream::start(vec![say]).await;
    let answer = executor(None).fetch(post(&format!("{}/token?a=b", upstream.origin()))).await;
    (upstream, answer)
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_its_answer_comes_back() {
    let (upstream, answer) = answer(Say::status(200, &[("cache-control", "no-store")], b"{}")).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (200, &b"{}"[..]));
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let seen = &upstream.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/token?a=b"));
    assert_eq!((seen.header("content-type"), seen.header("x-two")), (Some("application/json"), Some("2")));
    assert_eq!(seen.header("user-agent"), Some("patchbay-test"));
    assert_eq!(seen.body, BODY);

    let get = Request::get(format!("{}/metadata", upstream.origin())).body(Vec::new()).unwrap();
    executor(None).fetch(Fetch { request: get, ..post("http://unused") }).await.unwrap();
    let seen = &upstream.seen()[1];
    assert_eq!((seen.method.as_str(), seen.header("content-length")), ("GET", None));
}

#[tokio::test]
async fn r61_a_private_address_is_refused_before_a_packet_leaves() {
    let upstream = Upstream::start(vec![Say::json(200, "{}")]).await;
    let port = upstream.address.port();
    let strict = Executor::new(ExecutorConfig::default()).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
        let FetchError::Refused(why) =
            strict.fetch(post(&format!("https://{host}:{port}/token"))).await.unwrap_err()
        else {
            panic!("{host} is refused")
        };
        assert!(why.ends_with("is not a public address"), "{host}: {why}");
    }
    for (uri, told) in [
        (format!("http://127.0.0.1:{port}/token"), "is not reached over plain http"),
        ("/token".to_owned(), "it is not a URL"),
        ("ftp://x.example/token".to_owned(), "its scheme must be https"),
        ("https://user@x.example/token".to_owned(), "must not carry a user name"),
    ] {
        let refused = strict.fetch(post(&uri)).await.unwrap_err();
        assert!(matches!(&refused, FetchError::Refused(why) if why.contains(told)), "{uri}: {refused:?}");
    }
    assert_eq!(upstream.connections().opened, 0);
}

#[tokio::test]
async fn not_sent_and_unknown_are_told_apart_and_neither_is_repeated() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let not_sent = executor(None).fetch(post(&format!("http://{closed}/token"))).await.unwrap_err();
    assert_eq!(not_sent, FetchError::NotSent);
    for (index, say) in [
        Say::Reset,
        Say::Hangup(b"HTTP/1.1 2".to_vec()),
        Say::Hangup(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access".to_vec()),
        // A refusal that broke off may have been about anything.
        Say::Hangup(b"HTTP/1.1 400 Bad\r\ncontent-length: 100\r\n\r\n{\"error".to_vec()),
    ]
    .into_iter()
    .enumerate()
    {
        let (upstream, answer) = answer(say).await;
        assert_eq!(answer.unwrap_err(), FetchError::Unknown, "{index}");
        assert_eq!(upstream.seen().len(), 1, "{index}");
    }
}

#[tokio::test]
async fn no_status_is_repeated() {
    for status in [401, 429, 500, 502, 503, 529] {
        let (upstream, answer) = answer(Say::status(status, &[("retry-after", "0")], b"said")).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (status, &b"said"[..]));
        assert_eq!(answer.headers()["retry-after"], "0");
        assert_eq!(upstream.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn r64_a_redirect_is_an_answer_and_its_target_sees_nothing() {
    let target = Upstream::start(vec![Say::json(200, "{}")]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/steal", target.origin());
        let (_upstream, answer) = answer(Say::status(status, &[("location", &location)], b"")).await;
        assert_eq!(answer.unwrap().status().as_u16(), status);
    }
    assert_eq!(target.connections().opened, 0);
}

#[tokio::test]
async fn of_a_body_over_the_limit_one_byte_more_comes_back() {
    for (length, handed_over) in [(0, 0), (999, 999), (1_000, 1_000), (1_001, 1_001), (50_000, 1_001)] {
        for status in [200, 400] {
            let (_upstream, answer) = answer(Say::status(status, &[], &vec![b'x'; length])).await;
            assert_eq!(answer.unwrap().body().len(), handed_over, "{length} bytes of a {status}");
        }
    }
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let (_upstream, endless) = answer(Say::Flood(head, vec![b' '; 64 * 1024])).await;
    assert_eq!(endless.unwrap().body().len(), BODY_BYTES_MAX + 1);
}

#[tokio::test]
async fn r68_a_compressed_bomb_stops_at_the_limit() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..64 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let (_upstream, cut) =
        answer(Say::status(200, &[("content-encoding", "gzip")], &bomb.finish().unwrap())).await;
    assert_eq!(cut.unwrap().body().len(), BODY_BYTES_MAX + 1);
}

#[tokio::test]
async fn the_time_is_for_the_request_and_its_whole_answer() {
    let drip = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n".to_vec();
    for say in [Say::Silence, Say::Drip(drip, Duration::from_millis(20))] {
        let upstream = Upstream::start(vec![say]).await;
        let begun = Instant::now();
        let fetch = Fetch { timeout: Duration::from_millis(300), ..post(&upstream.origin()) };
        assert_eq!(executor(None).fetch(fetch).await.unwrap_err(), FetchError::Unknown);
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert_eq!(upstream.seen().len(), 1);
    }
}

#[tokio::test]
async fn the_gateway_sees_whose_request_it_is() {
    let upstream = Upstream::start(vec![Say::json(200, "{}")]).await;
    let base = upstream.origin().parse().unwrap();
    let executor = executor(Some(Gateway { base, only_hosts: None }));
    let connector = ConnectorId::new();
    let token_url = "https://auth.x.example:8443/token?a=%2F";
    executor.fetch(post(token_url)).await.unwrap();
    executor.fetch(Fetch { connector: Some(connector), ..post(token_url) }).await.unwrap();
    // The gateway opens no way to what may not be called without it.
    let refused = executor.fetch(post("https://10.0.0.1/token")).await.unwrap_err();
    assert!(matches!(refused, FetchError::Refused(_)));
    let targets: Vec<String> = upstream.seen().into_iter().map(|seen| seen.target).collect();
    let path = "https/auth.x.example:8443/token?a=%2F";
    assert_eq!(targets, [format!("/-/{path}"), format!("/{connector}/{path}")]);
}
