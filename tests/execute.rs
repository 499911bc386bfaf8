//! Executing: the envelope, what may be asked, and how a wrong question is answered.

mod fields;
mod refusals;
mod upstream_errors;
mod waiting;
mod writing;

use serde_json::{Value, json};
use testkit::{Bench, execute_path, text};

testkit::both!(
    a_list_answers_records_and_where_the_next_begin,
    a_page_follows_the_cursor_of_the_one_before,
    a_get_answers_the_bare_object,
    missing_null_and_unknown_params_are_fine,
    the_client_api_spellings_all_reach_it,
    an_empty_entity_describes_what_there_is,
    the_connector_itself_can_be_checked,
    each_connector_reads_its_own_account,
    the_notion_version_is_the_newest_unless_the_connector_says_otherwise,
    calls_go_upstream_with_the_connectors_token_and_nothing_of_ours,
);

fn records(answer: &Value) -> &Vec<Value> {
    answer["result"].as_array().unwrap_or_else(|| panic!("a list's result is an array: {answer}"))
}

fn assert_is_envelope(answer: &Value, connector: &str) {
    assert_eq!(answer["status"], "success", "{answer}");
    assert!(answer.get("result").is_some() && answer.get("connector_metadata").is_some(), "{answer}");
    assert_eq!(answer["execution_metadata"]["connector_instance_id"], connector, "no prefix: {answer}");
    assert!(answer["execution_metadata"]["execution_time_ms"].is_u64(), "{answer}");
}

async fn a_list_answers_records_and_where_the_next_begin(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for (entity, params) in
        [("users", json!({})), ("pages", json!({ "page_size": 3 })), ("data_sources", json!({}))]
    {
        let answer = acme.execute(&id, entity, "list", params).expect(200).await;
        assert_is_envelope(&answer, &id);
        assert!(records(&answer).iter().all(|record| record["id"].is_string()), "{answer}");
        assert!(!records(&answer).is_empty(), "{entity} has something to list");
        let metadata = answer["connector_metadata"].as_object();
        assert!(metadata.is_some_and(|keys| keys.contains_key("has_more")), "{answer}");
        assert!(metadata.is_some_and(|keys| keys.contains_key("next_cursor")), "{answer}");
    }
}

async fn a_page_follows_the_cursor_of_the_one_before(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let first = acme.execute(&id, "pages", "list", json!({ "page_size": 2 })).expect(200).await;
    assert_eq!(records(&first).len(), 2);
    assert_eq!(first["connector_metadata"]["has_more"], true);
    let cursor = &first["connector_metadata"]["next_cursor"];
    let params = json!({ "page_size": 2, "start_cursor": cursor });
    let second = acme.execute(&id, "pages", "list", params).expect(200).await;
    let seen: Vec<String> = records(&first).iter().map(|page| text(page, "id")).collect();
    assert!(records(&second).iter().all(|page| !seen.contains(&text(page, "id"))), "no page twice");
    let odd = json!({ "start_cursor": "no-such-cursor" });
    acme.execute(&id, "pages", "list", odd).refused(422, "upstream_rejected").await;
}

async fn a_get_answers_the_bare_object(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let users = acme.execute(&id, "users", "list", json!({})).expect(200).await;
    let user = text(&records(&users)[0], "id");
    let answer = acme.execute(&id, "users", "get", json!({ "user_id": user })).expect(200).await;
    assert_is_envelope(&answer, &id);
    assert_eq!(answer["result"]["id"], user.as_str());
    assert_eq!(answer["result"]["object"], "user");
}

async fn missing_null_and_unknown_params_are_fine(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for body in [
        json!({ "entity": "users", "action": "list" }),
        json!({ "entity": "users", "action": "list", "params": null }),
        json!({ "entity": "users", "action": "list", "params": {} }),
        json!({ "entity": "users", "action": "list", "params": { "limit": 1, "no_such": [1, { "a": 2 }] } }),
        json!({ "entity": "users", "action": "list", "params": { "page_size": null, "start_cursor": null } }),
        json!({
            "entity": "users", "action": "list", "params": {}, "select_fields": null, "exclude_fields": null,
            "skip_truncation": true, "intent": null,
        }),
    ] {
        let answer = acme.client.post(&execute_path(&id)).json(body).expect(200).await;
        assert!(!records(&answer).is_empty());
    }
    let sent = bench.shared().upstream.requests_of(&id).await;
    assert!(
        sent.iter().all(|request| !request.to_string().contains("no_such")),
        "undeclared names are dropped"
    );
}

async fn the_client_api_spellings_all_reach_it(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for path in [
        format!("/api/v1/integrations/connectors/{id}/execute"),
        format!("/api/v1/integrations/connectors/{id}/execute/"),
        format!("/v1/integrations/connectors/{id}/execute"),
    ] {
        let body = json!({ "entity": "users", "action": "list" });
        let request = acme.client.post(&path).json(body).header("X-ADP-Agent-SDK", "airbyte-agent-sdk");
        assert_is_envelope(&request.expect(200).await, &id);
    }
}

async fn an_empty_entity_describes_what_there_is(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let answer = acme.execute(&id, "", "describe", json!({})).expect(200).await;
    assert_is_envelope(&answer, &id);
    let described = answer["result"].to_string();
    for word in [
        "users",
        "pages",
        "blocks",
        "data_sources",
        "comments",
        "list",
        "get",
        "create",
        "page_size",
        "user_id",
    ] {
        assert!(described.contains(&format!("\"{word}\"")), "{word} in {described}");
    }
    assert!(bench.shared().upstream.requests_of(&id).await.is_empty(), "describing asks nobody");
}

async fn the_connector_itself_can_be_checked(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let good = acme.execute(&id, "*", "check", json!({})).expect(200).await;
    assert_is_envelope(&good, &id);
    assert_eq!(good["result"]["status"], "healthy", "{good}");
    assert!(good["result"].get("error").is_none(), "{good}");
    assert!(
        good["result"]["checked_entity"].is_string() && good["result"]["checked_action"].is_string(),
        "{good}"
    );

    let refused = acme.connect_with("globex", "ntn_nobody_knows").await;
    let bad = acme.execute(&refused, "*", "check", json!({})).expect(200).await;
    assert_eq!(bad["result"]["status"], "unhealthy", "an unhealthy connector is still a good answer: {bad}");
    assert!(!text(&bad["result"], "error").is_empty());
}

async fn each_connector_reads_its_own_account(bench: &Bench) {
    let acme = bench.organization().await;
    let first = acme.connect("globex").await;
    let second = acme.connect_with("globex", testkit::sandbox_token::GLOBEX).await;
    let first = acme.execute(&first, "me", "get", json!({})).send().await;
    let second = acme.execute(&second, "me", "get", json!({})).send().await;
    assert_eq!((first.status, second.status), (200, 200), "{first:?} {second:?}");
    assert_ne!(first.json["result"]["id"], second.json["result"]["id"], "two workspaces, two bots");
}

async fn the_notion_version_is_the_newest_unless_the_connector_says_otherwise(bench: &Bench) {
    let acme = bench.organization().await;
    for (version, expected) in [(None, "2026-03-11"), (Some("2025-09-03"), "2025-09-03")] {
        let mut body = json!({
            "workspace_name": "globex", "connector_type": "notion",
            "credentials": { "token": testkit::sandbox_token::ACME },
        });
        if let Some(version) = version {
            body["environment"] = json!({ "notion_version": version });
        }
        let made = acme.client.post("/api/v1/integrations/connectors").json(body).expect(200).await;
        let id = text(&made, "id");
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
        let sent = bench.shared().upstream.requests_of(&id).await;
        assert_eq!(sent[0].header("Notion-Version"), Some(expected), "{sent:?}");
    }
}

async fn calls_go_upstream_with_the_connectors_token_and_nothing_of_ours(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let body = json!({ "entity": "users", "action": "list", "intent": "look who is there" });
    let request = acme.client.post(&execute_path(&id)).json(body);
    request.header("X-Organization-Id", &acme.id).header("Cookie", "session=1").expect(200).await;
    let sent = bench.shared().upstream.requests_of(&id).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    let bearer = format!("Bearer {}", testkit::sandbox_token::ACME);
    assert_eq!(sent[0].header("Authorization"), Some(bearer.as_str()));
    for ours in ["X-Organization-Id", "Cookie", "Referer"] {
        assert_eq!(sent[0].header(ours), None, "{ours} stays here");
    }
    assert!(!sent[0].to_string().contains("look who is there"), "the intent is for the log");
}
