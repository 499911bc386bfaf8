//! The database goes away and comes back.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Bench, Database, Options, Organization, Patchbay, Proxy, Way, eventually, run_claim};

/// A refusal must come before a person would give up.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);
/// A database that says nothing may only be slow, so a statement has its time; but clients give up
/// after thirty seconds.
const SILENCE_REFUSED_WITHIN: Duration = Duration::from_secs(20);
const RECOVERED_WITHIN: Duration = Duration::from_secs(30);

#[test]
fn r84_an_unreachable_database_is_503_and_recovery_needs_no_restart() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        comes_and_goes(bench, Way::Shut, REFUSED_WITHIN).await;
    });
}

#[test]
fn r84_a_silent_database_is_503_and_recovery_needs_no_restart() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        comes_and_goes(bench, Way::Stalled, SILENCE_REFUSED_WITHIN).await;
    });
}

async fn behind_a_proxy(bench: &Bench) -> (Patchbay, Proxy) {
    let database = testkit::postgres::Cluster::shared().await.database().await;
    let (url, proxy) = by_way_of_a_proxy(&database).await;
    (bench.start(&Options::default().env("PATCHBAY_DATABASE_URL", &url)).await, proxy)
}

/// The address of the same database behind a door.
pub(crate) async fn by_way_of_a_proxy(url: &str) -> (String, Proxy) {
    let (scheme, rest) = url.split_once("://").expect("it is a URL");
    let (before, path) = rest.rsplit_once('/').expect("it names a database");
    let (user, address) = before.rsplit_once('@').map_or(("", before), |(user, address)| (user, address));
    let proxy = Proxy::open(address.to_owned()).await;
    let at = if user.is_empty() { "" } else { "@" };
    (format!("{scheme}://{user}{at}{}/{path}", proxy.address()), proxy)
}

async fn comes_and_goes(bench: &Bench, way: Way, limit: Duration) {
    let (server, proxy) = behind_a_proxy(bench).await;
    let acme = Organization::create(&server).await;
    let id = acme.connect("globex").await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;

    proxy.set(way);
    for _ in 0..3 {
        let begun = Instant::now();
        let answer = acme.execute(&id, "users", "list", json!({})).answer(503).await;
        assert!(answer.header("Retry-After").is_some_and(|text| text.parse::<u64>().is_ok()), "{answer:?}");
        assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
    }
    let page = json!({ "parent": { "workspace": true }, "properties": {} });
    acme.execute(&id, "pages", "create", page).expect(503).await;
    let sent = server.upstream.requests_of(&id).await;
    assert!(sent.iter().all(|request| request.method() == "GET"), "nothing is written unrecorded: {sent:?}");
    let unready = server.client().get("/health/ready").try_send().await.expect("health answers");
    assert_eq!(unready.status, 503, "{unready:?}");
    server.client().get("/health/live").expect(200).await;

    proxy.set(Way::Open);
    eventually("calls work again without a restart", RECOVERED_WITHIN, async || {
        let answer = acme.execute(&id, "users", "list", json!({})).send().await;
        assert!(matches!(answer.status, 200 | 503), "{answer:?}");
        (answer.status == 200).then_some(())
    })
    .await;
    server.client().get("/health/ready").expect(200).await;
}
