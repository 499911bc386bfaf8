//! The upstream refuses a token that was thought valid: one renewal, one more try, for writes as well.

use serde_json::{Value, json};
use testkit::{Bench, Fault, Fleet, Organization, text};

use super::given;

testkit::both!(
    r31_a_read_whose_token_is_refused_is_sent_once_more,
    r31_a_write_whose_token_is_refused_is_done_once,
    r31_a_second_refusal_is_the_answer,
);

/// How often a connector sent a request to the API.
async fn sent(bench: &Bench, fleet: &Fleet, method: &str, path: &str) -> usize {
    let sent = bench.shared().upstream.requests_of(&fleet.connectors[0].id).await;
    sent.iter().filter(|request| request.method() == method && request.path() == path).count()
}

async fn r31_a_read_whose_token_is_refused_is_sent_once_more(bench: &Bench) {
    let acme = bench.organization().await;
    let fleet = given(bench, &acme, json!({ "expired": true })).await;
    let id = &fleet.connectors[0].id;
    for _ in 0..3 {
        acme.client.list_users(id).expect(200).await;
    }
    assert_eq!(fleet.app.outcomes("token").await, ["refreshed"], "one renewal");
    assert_eq!(sent(bench, &fleet, "GET", "/v1/users").await, 4, "one more try, for the first call alone");
}

async fn r31_a_write_whose_token_is_refused_is_done_once(bench: &Bench) {
    let acme = bench.organization().await;
    let fleet = given(bench, &acme, json!({})).await;
    let id = &fleet.connectors[0].id;
    let title = format!("written once {}", uuid::Uuid::new_v4());
    let page = new_page(&acme, id, &title).await;
    fleet.app.expire().await;
    let made = acme.execute(id, "pages", "create", page).expect(200).await;
    assert!(made["result"].to_string().contains(&title), "{made}");
    assert_eq!(sent(bench, &fleet, "POST", "/v1/pages").await, 2, "refused, and done");
    let search = json!({ "query": title, "page_size": 10 });
    let found = acme.execute(id, "pages", "list", search).expect(200).await;
    let pages = found["result"].as_array().expect("a list").clone();
    let ours = pages.iter().filter(|page| page.to_string().contains(&title)).count();
    assert_eq!(ours, 1, "there is one such page: {found}");
    assert_eq!(fleet.app.outcomes("token").await, ["refreshed"], "one renewal");
}

async fn r31_a_second_refusal_is_the_answer(bench: &Bench) {
    let acme = bench.organization().await;
    let fleet = given(bench, &acme, json!({})).await;
    let id = &fleet.connectors[0].id;
    let no = json!({ "object": "error", "status": 401, "code": "unauthorized", "message": "not you" });
    bench.shared().upstream.fault(Fault::on("GET", "/v1/users").answers(401, &no).of(id).always()).await;
    acme.client.list_users(id).refused(424, "connector_auth_failed").await;
    assert_eq!(sent(bench, &fleet, "GET", "/v1/users").await, 2, "one more try");
    assert_eq!(fleet.app.outcomes("token").await, ["refreshed"], "one renewal");
    // The new token was renewed for this very reason, so nothing more is tried.
    acme.client.list_users(id).refused(424, "connector_auth_failed").await;
    assert_eq!(sent(bench, &fleet, "GET", "/v1/users").await, 3);
    assert_eq!(fleet.app.outcomes("token").await.len(), 1);
    let seen = crate::oauth::detail(&acme, id).await;
    assert_eq!(seen["status"], "active", "an upstream that refuses is no lost grant: {seen}");
}

/// Params that make a page under the first page the token sees.
async fn new_page(acme: &Organization, id: &str, title: &str) -> Value {
    let pages = acme.execute(id, "pages", "list", json!({ "page_size": 1 })).expect(200).await;
    let parent = text(&pages["result"][0], "id");
    json!({
        "parent": { "page_id": parent },
        "properties": { "title": { "title": [{ "text": { "content": title } }] } },
    })
}
