//! The execution log: one row a call, before the upstream is told to change anything.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Bench, Client, Fault, Options, Organization, eventually, execute_path, text};

testkit::both!(
    a_row_says_who_called_what_and_how_it_ended,
    a_row_of_a_failure_has_its_code,
    params_bodies_and_secrets_are_in_no_row,
    a_list_filters_by_everything_a_row_says,
    a_list_pages_from_the_newest_and_repeats_none,
    a_describe_is_recorded_as_well,
    a_row_outlives_its_connector,
    r74_a_call_whose_caller_hung_up_is_recorded,
    r73_a_write_cut_off_by_a_crash_stays_visible_as_started,
    r77_names_with_line_breaks_make_no_second_log_line,
);

const EXECUTIONS: &str = "/api/v1/executions";
/// Reads are recorded beside the answer, in batches.
const RECORDED_WAIT: Duration = Duration::from_secs(5);

/// The rows of a connector, newest first, once there are `count`.
async fn rows(client: &Client, connector: &str, count: usize) -> Vec<Value> {
    eventually("the calls are recorded", RECORDED_WAIT, async || {
        let list = client.get(EXECUTIONS).query(&[("connector_id", connector)]).expect(200).await;
        let rows = list["data"].as_array().expect("a list has data").clone();
        assert!(rows.len() <= count, "more rows than calls: {rows:?}");
        (rows.len() == count).then_some(rows)
    })
    .await
}

async fn a_row_says_who_called_what_and_how_it_ended(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let call = json!({ "entity": "users", "action": "list", "intent": "look who is there" });
    let answer = acme.client.post(&execute_path(&id)).json(call).answer(200).await;
    let row = rows(&acme.client, &id, 1).await.remove(0);
    for (key, value) in [
        ("organization_id", json!(acme.id)),
        ("client_id", json!(acme.client_id)),
        ("connector_id", json!(id)),
        ("customer_id", json!(acme.customer_id("globex").await)),
        ("entity", json!("users")),
        ("action", json!("list")),
        ("intent", json!("look who is there")),
        ("status", json!("succeeded")),
        ("error_code", Value::Null),
        ("upstream_status", json!(200)),
        ("attempts", json!(1)),
        ("request_id", json!(answer.header("X-Request-Id"))),
    ] {
        assert_eq!(row[key], value, "{key} in {row}");
    }
    let sent = bench.shared().upstream.requests_of(&id).await;
    assert_eq!(sent.len(), 1);
    assert!(row["upstream_request_id"].is_string(), "{row}");
    assert!(row["response_bytes"].as_u64().is_some_and(|bytes| bytes > 100), "{row}");
    let (total, upstream) = (row["duration_ms"].as_i64(), row["upstream_ms"].as_i64());
    assert!(total >= upstream && upstream >= Some(0), "{row}");
    assert!(row["started_at"].as_str() <= row["finished_at"].as_str(), "{row}");
    let path = format!("{EXECUTIONS}/{}", text(&row, "id"));
    assert_eq!(acme.client.get(&path).expect(200).await, row);
    let unknown = uuid::Uuid::new_v4();
    acme.client.get(&format!("{EXECUTIONS}/{unknown}")).refused(404, "execution_not_found").await;
}

async fn a_row_of_a_failure_has_its_code(bench: &Bench) {
    let acme = bench.organization().await;
    let refused = acme.connect_with("globex", "ntn_nobody_knows").await;
    acme.execute(&refused, "users", "list", json!({})).refused(424, "connector_auth_failed").await;
    let row = rows(&acme.client, &refused, 1).await.remove(0);
    assert_eq!(
        (&row["status"], &row["error_code"]),
        (&json!("failed"), &json!("connector_auth_failed")),
        "{row}"
    );
    assert_eq!(row["upstream_status"], 401);

    let id = acme.connect("globex").await;
    let failed =
        json!({ "object": "error", "status": 503, "code": "service_unavailable", "message": "try later" });
    bench.shared().upstream.fault(Fault::on("GET", "/v1/users").answers(503, &failed).of(&id).times(2)).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    bench.shared().upstream.fault(Fault::on("POST", "/v1/pages").answers(503, &failed).of(&id)).await;
    let page = json!({ "parent": { "workspace": true }, "properties": {} });
    acme.execute(&id, "pages", "create", page).refused(424, "upstream_outcome_unknown").await;
    acme.execute(&id, "users", "get", json!({})).refused(422, "invalid_params").await;
    let mut found = rows(&acme.client, &id, 3).await;
    found.reverse();
    assert_eq!((&found[0]["status"], &found[0]["attempts"]), (&json!("succeeded"), &json!(3)), "{found:?}");
    assert_eq!(found[1]["status"], "unknown", "{found:?}");
    assert_eq!(found[1]["error_code"], "upstream_outcome_unknown", "{found:?}");
    assert_eq!(found[1]["upstream_status"], 503, "{found:?}");
    assert_eq!((&found[2]["status"], &found[2]["attempts"]), (&json!("failed"), &json!(0)), "{found:?}");
}

async fn params_bodies_and_secrets_are_in_no_row(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let marker = format!("marker-{}", uuid::Uuid::new_v4());
    let page =
        json!({ "object": "list", "results": [{ "id": marker }], "next_cursor": null, "has_more": false });
    bench.shared().upstream.fault(Fault::on("GET", "/v1/users").answers(200, &page).of(&id)).await;
    acme.execute(&id, "users", "list", json!({ "start_cursor": marker })).expect(200).await;
    acme.execute(&id, "search", "search", json!({ "query": marker })).expect(200).await;
    let found = rows(&acme.client, &id, 2).await;
    let text = json!(found).to_string();
    assert!(!text.contains(&marker) && !text.contains(testkit::sandbox_token::ACME), "{text}");
}

/// Ids listed under these filters.
async fn filtered(acme: &Organization, query: &[(&str, &str)]) -> Vec<String> {
    let list = acme.client.get(EXECUTIONS).query(query).expect(200).await;
    list["data"].as_array().expect("a list has data").iter().map(|row| text(row, "id")).collect()
}

async fn a_list_filters_by_everything_a_row_says(bench: &Bench) {
    let acme = bench.organization().await;
    let (one, two) = (acme.connect("globex").await, acme.connect("initech").await);
    acme.execute(&one, "users", "get", json!({})).refused(422, "invalid_params").await;
    acme.execute(&one, "users", "list", json!({})).expect(200).await;
    acme.execute(&two, "pages", "list", json!({})).expect(200).await;
    let of_one = rows(&acme.client, &one, 2).await;
    let of_two = rows(&acme.client, &two, 1).await;
    let id = |row: &Value| text(row, "id");
    let (list, get, pages) = (id(&of_one[0]), id(&of_one[1]), id(&of_two[0]));
    let initech = acme.customer_id("initech").await;
    for (query, expected) in [
        (vec![("connector_id", two.as_str())], vec![&pages]),
        (vec![("workspace_id", initech.as_str())], vec![&pages]),
        (vec![("customer_id", initech.as_str())], vec![&pages]),
        (vec![("status", "failed")], vec![&get]),
        (vec![("status", "started")], vec![]),
        (vec![("entity", "users")], vec![&list, &get]),
        (vec![("action", "list")], vec![&pages, &list]),
        (vec![("entity", "users"), ("action", "list"), ("status", "succeeded")], vec![&list]),
        (vec![("since", "2020-01-01T00:00:00Z")], vec![&pages, &list, &get]),
        (vec![("until", "2020-01-01T00:00:00Z")], vec![]),
        (vec![("since", of_two[0]["started_at"].as_str().expect("a time"))], vec![&pages]),
    ] {
        let found = filtered(&acme, &query).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query:?}");
    }
    for wrong in
        [("status", "gone"), ("since", "yesterday"), ("connector_id", "x"), ("limit", "0"), ("limit", "101")]
    {
        acme.client.get(EXECUTIONS).query(&[wrong]).refused(422, "invalid_request").await;
    }
}

async fn a_list_pages_from_the_newest_and_repeats_none(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for _ in 0..5 {
        acme.execute(&id, "", "describe", json!({})).expect(200).await;
    }
    let all: Vec<String> = rows(&acme.client, &id, 5).await.iter().map(|row| text(row, "id")).collect();
    let mut paged = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", "2"), ("connector_id", id.as_str())];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = acme.client.get(EXECUTIONS).query(&query).expect(200).await;
        paged.extend(page["data"].as_array().expect("a list has data").iter().map(|row| text(row, "id")));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
        assert!(paged.len() < 5, "there is nothing after the fifth");
    }
    assert_eq!(paged, all);
    let mut sorted = all.clone();
    sorted.sort();
    sorted.reverse();
    assert_eq!(all, sorted, "newest first");
}

async fn a_describe_is_recorded_as_well(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    acme.execute(&id, "", "describe", json!({})).expect(200).await;
    acme.execute(&id, "*", "check", json!({})).expect(200).await;
    let found = rows(&acme.client, &id, 2).await;
    assert!(found.iter().all(|row| row["status"] == "succeeded"), "{found:?}");
    assert_eq!((&found[1]["action"], &found[1]["attempts"]), (&json!("describe"), &json!(0)), "{found:?}");
}

async fn a_row_outlives_its_connector(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    let before = rows(&acme.client, &id, 1).await;
    acme.client.delete(&format!("/api/v1/integrations/connectors/{id}")).expect(202).await;
    let customer = acme.customer_id("globex").await;
    acme.client.delete(&format!("/api/v1/workspaces/{customer}")).expect(200).await;
    assert_eq!(rows(&acme.client, &id, 1).await, before);
}

async fn r74_a_call_whose_caller_hung_up_is_recorded(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    bench.shared().upstream.fault(Fault::on("GET", "/v1/users").delays_ms(700).of(&id)).await;
    let call = acme.execute(&id, "users", "list", json!({})).send();
    let hung_up = tokio::time::timeout(Duration::from_millis(250), call).await;
    assert!(hung_up.is_err(), "the call was still under way");
    let row = rows(&acme.client, &id, 1).await.remove(0);
    assert_eq!(row["status"], "succeeded", "it went on to its end: {row}");
}

async fn r73_a_write_cut_off_by_a_crash_stays_visible_as_started(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let id = acme.connect("globex").await;
    server.upstream.fault(Fault::on("POST", "/v1/pages").delays_ms(30_000).of(&id)).await;
    let page = json!({ "parent": { "workspace": true }, "properties": {} });
    let call = acme.execute(&id, "pages", "create", page);
    let upstream = server.upstream.clone();
    let sent = async {
        eventually("the write reached the upstream", Duration::from_secs(20), async || {
            (!upstream.requests_of(&id).await.is_empty()).then_some(())
        })
        .await;
        // The row is there while the upstream has not answered yet.
        let row = rows(&acme.client, &id, 1).await.remove(0);
        assert_eq!((&row["status"], &row["finished_at"]), (&json!("started"), &Value::Null), "{row}");
        row
    };
    let before = tokio::select! {
        answer = call.try_send() => panic!("the write cannot end yet: {answer:?}"),
        row = sent => row,
    };
    server.kill();
    server.restart().await;
    let client = server
        .client()
        .with_bearer(&testkit::token(&server.client(), &acme.client_id, &acme.client_secret).await);
    let after = rows(&client, &id, 1).await.remove(0);
    assert_eq!(after["id"], before["id"]);
    assert!(
        matches!(after["status"].as_str(), Some("started" | "unknown")),
        "never a success or a failure: {after}"
    );
    assert_eq!(server.upstream.requests_of(&id).await.len(), 1, "and it is not sent again by itself");
}

async fn r77_names_with_line_breaks_make_no_second_log_line(bench: &Bench) {
    let server = bench.start(&Options::default().env("PATCHBAY_LOG", "debug")).await;
    let acme = Organization::create(&server).await;
    let id = acme.connect("globex").await;
    let injected = "x\n{\"level\":\"ERROR\",\"message\":\"forged\"}\r\n\u{1b}[31m";
    acme.execute(&id, injected, injected, json!({})).refused(422, "unknown_entity").await;
    let call = json!({ "entity": "users", "action": "list", "intent": injected });
    acme.client.post(&execute_path(&id)).json(call).send().await;
    acme.client.get("/api/v1/%0a%7b%22message%22%3a%22forged%22%7d").refused(404, "no_such_route").await;
    let log = server.log();
    let touched: Vec<&str> = log.lines().filter(|line| line.contains("forged")).collect();
    for line in touched {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not one record: {line}"));
        assert!(record["message"] != "forged" && record["fields"]["message"] != "forged", "{line}");
    }
    assert!(!log.contains('\u{1b}'), "no control sequence reaches a terminal");
}
