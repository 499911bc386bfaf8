//! Calls that change something upstream: done once, or honestly unknown.

use serde_json::{Value, json};
use testkit::{Bench, Fault, Organization, execute_path, text};

testkit::both!(
    what_is_written_is_what_later_reads_see,
    a_write_that_failed_late_is_unknown_and_was_sent_once,
    a_write_that_timed_out_is_unknown_and_was_sent_once,
    a_write_that_was_refused_is_no_unknown,
    a_write_that_was_turned_away_is_left_to_the_caller,
);

/// Params that make a page under the first page the token sees.
async fn new_page(acme: &Organization, id: &str, title: &str) -> Value {
    let pages = acme.execute(id, "pages", "list", json!({ "page_size": 1 })).expect(200).await;
    let parent = text(&pages["result"][0], "id");
    json!({
        "parent": { "page_id": parent },
        "properties": { "title": { "title": [{ "text": { "content": title } }] } },
    })
}

async fn writes_sent(bench: &Bench, id: &str) -> usize {
    let sent = bench.shared().upstream.requests_of(id).await;
    sent.iter().filter(|request| request.method() == "POST" && request.path() == "/v1/pages").count()
}

async fn what_is_written_is_what_later_reads_see(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let title = format!("made by a test {}", uuid::Uuid::new_v4());
    let page = acme.execute(&id, "pages", "create", new_page(&acme, &id, &title).await).expect(200).await;
    let page_id = text(&page["result"], "id");
    let read = acme.execute(&id, "pages", "get", json!({ "page_id": page_id })).expect(200).await;
    assert!(read["result"]["properties"].to_string().contains(&title), "{read}");

    let paragraph = json!({ "rich_text": [{ "text": { "content": "a first line" } }] });
    let children = json!([{ "object": "block", "type": "paragraph", "paragraph": paragraph }]);
    let append = json!({ "block_id": page_id, "children": children });
    acme.execute(&id, "blocks", "create", append).expect(200).await;
    let blocks = acme.execute(&id, "blocks", "list", json!({ "block_id": page_id })).expect(200).await;
    assert!(blocks["result"].to_string().contains("a first line"), "{blocks}");

    let trash = json!({ "page_id": page_id, "in_trash": true });
    let trashed = acme.execute(&id, "pages", "update", trash).expect(200).await;
    assert_eq!(trashed["result"]["in_trash"], true, "{trashed}");
}

async fn a_write_that_failed_late_is_unknown_and_was_sent_once(bench: &Bench) {
    let acme = bench.organization().await;
    let failed =
        json!({ "object": "error", "status": 503, "code": "service_unavailable", "message": "try later" });
    for fault in [
        Fault::on("POST", "/v1/pages").answers(500, &failed),
        Fault::on("POST", "/v1/pages").answers(503, &failed),
        Fault::on("POST", "/v1/pages").answers_html(502, "<html>Bad gateway</html>"),
        Fault::on("POST", "/v1/pages").resets(),
    ] {
        let id = acme.connect("globex").await;
        let params = new_page(&acme, &id, "perhaps").await;
        bench.shared().upstream.fault(fault.of(&id).always()).await;
        let problem =
            acme.execute(&id, "pages", "create", params).refused(424, "upstream_outcome_unknown").await;
        assert!(problem["upstream"].is_object(), "{problem}");
        assert_eq!(writes_sent(bench, &id).await, 1, "{problem}");
    }
}

async fn a_write_that_timed_out_is_unknown_and_was_sent_once(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let params = new_page(&acme, &id, "perhaps").await;
    bench.shared().upstream.fault(Fault::on("POST", "/v1/pages").delays_ms(20_000).of(&id).always()).await;
    let body = json!({ "entity": "pages", "action": "create", "params": params, "timeout_ms": 600 });
    acme.client.post(&execute_path(&id)).json(body).refused(424, "upstream_outcome_unknown").await;
    assert_eq!(writes_sent(bench, &id).await, 1);
}

async fn a_write_that_was_refused_is_no_unknown(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let nowhere = json!({ "parent": { "page_id": uuid::Uuid::new_v4() }, "properties": {} });
    let problem = acme.execute(&id, "pages", "create", nowhere).refused(422, "upstream_rejected").await;
    assert_eq!(problem["upstream"]["status"], 404, "{problem}");
    assert_eq!(writes_sent(bench, &id).await, 1);
}

async fn a_write_that_was_turned_away_is_left_to_the_caller(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let params = new_page(&acme, &id, "turned away").await;
    let limited = json!({ "object": "error", "status": 429, "code": "rate_limited", "message": "slow down" });
    let fault = Fault::on("POST", "/v1/pages").answers(429, &limited).header("Retry-After", "3");
    bench.shared().upstream.fault(fault.of(&id)).await;
    let answer = acme.execute(&id, "pages", "create", params).answer(429).await;
    assert_eq!(answer.header("Retry-After"), Some("3"));
    assert_eq!(writes_sent(bench, &id).await, 1);
}
