//! Limits: what a connector may do, who may change that, and how much one request may ask for.

use serde_json::{Value, json};
use testkit::{Bench, Options, Organization, execute_path, text};

testkit::both!(
    r54_a_scoped_token_cannot_lift_the_limits_of_its_connector,
    r61_a_stored_credential_cannot_be_sent_elsewhere,
    r47_a_setting_nobody_knows_is_neither_kept_nor_answered,
    a_limited_connector_shows_and_does_only_what_it_may,
    an_inactive_workspace_is_not_checked_and_a_check_is_recorded,
    one_request_cannot_ask_for_endless_fields_or_faults,
    the_log_is_filtered_by_every_name_of_a_customer,
    head_answers_like_get,
);

const CONNECTORS: &str = "/api/v1/integrations/connectors";

/// A definition whose host the connector chooses.
const HOSTED: &str = r#"
openapi: 3.1.0
info:
  title: Hosted
  version: 1.0.0
  x-airbyte-connector-name: hosted
  x-airbyte-connector-definition-id: 7d3c1f7e-0000-4000-8000-0000000000a1
  x-airbyte-external-documentation-urls: [{type: api_reference, title: Hosted, url: "https://docs.hosted.example"}]
servers: [{url: "{instance_url}", variables: {instance_url: {default: "https://hosted.example", description: Origin}}}]
security: [{key: []}]
components:
  securitySchemes:
    key:
      type: http
      scheme: bearer
      x-airbyte-auth-config:
        {type: object, required: [token], properties: {token: {type: string}}, auth_mapping: {token: "${token}"}}
paths:
  /things:
    get:
      summary: List things
      x-airbyte-entity: things
      x-airbyte-action: list
      x-airbyte-preferred-for-check: true
      responses: {"200": {description: OK}}
"#;

async fn limited(acme: &Organization, entities: Value) -> String {
    let body = json!({
        "workspace_name": "globex", "connector_type": "notion", "entities": entities,
        "credentials": { "token": testkit::sandbox_token::ACME },
    });
    text(&acme.client.post(CONNECTORS).json(body).expect(200).await, "id")
}

async fn r54_a_scoped_token_cannot_lift_the_limits_of_its_connector(bench: &Bench) {
    let acme = bench.organization().await;
    let id = limited(&acme, json!([{ "entity": "users", "modes": ["read"] }])).await;
    let path = format!("{CONNECTORS}/{id}");
    let scoped = acme.scoped("globex").await;
    let pages = json!({ "entity": "pages", "action": "list" });
    scoped.post(&execute_path(&id)).json(pages.clone()).refused(422, "entity_not_allowed").await;
    let lifted = json!({ "entities": [] });
    scoped.put(&path).json(lifted.clone()).refused(403, "forbidden").await;
    scoped.post(&format!("{path}/check")).json(lifted).refused(403, "forbidden").await;
    scoped.delete(&path).refused(403, "forbidden").await;
    for templates in
        ["/api/v1/integrations/templates/sources", "/api/v1/integrations/templates/sources/global"]
    {
        scoped.get(templates).refused(403, "forbidden").await;
    }
    scoped.post(&execute_path(&id)).json(pages).refused(422, "entity_not_allowed").await;
    scoped.post(&format!("{path}/check")).expect(200).await;
}

async fn r61_a_stored_credential_cannot_be_sent_elsewhere(bench: &Bench) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("hosted.yaml"), HOSTED).expect("the folder takes a file");
    let folder = folder.path().display().to_string();
    let server = bench.start(&Options::default().env("PATCHBAY_DEFINITIONS_DIR", &folder)).await;
    let acme = Organization::create(&server).await;
    let body = json!({
        "workspace_name": "globex", "connector_type": "hosted", "credentials": { "token": "stored-credential" },
        "replication_config": { "instance_url": "https://own.example", "start_date": "2026-01-01" },
    });
    let made = acme.client.post(CONNECTORS).json(body).expect(200).await;
    assert_eq!(made["environment"]["instance_url"], "https://own.example", "{made}");
    assert_eq!(made["replication_config"], json!({ "start_date": "2026-01-01" }), "{made}");
    let path = format!("{CONNECTORS}/{}", text(&made, "id"));
    let elsewhere = json!({ "replication_config": { "instance_url": "https://elsewhere.example" } });
    for attempt in [acme.client.put(&path), acme.client.post(&format!("{path}/check"))] {
        let refusal = attempt.json(elsewhere.clone()).refused(422, "invalid_request").await;
        assert_eq!(refusal["errors"][0]["field"], "replication_config.instance_url", "{refusal}");
    }
    acme.client.post(&format!("{path}/check")).expect(200).await;
    let sent = server.upstream.requests_of(&text(&made, "id")).await;
    assert!(!sent.is_empty() && sent.iter().all(|request| !request.path().contains("elsewhere")), "{sent:?}");
    assert_eq!(acme.client.get(&path).expect(200).await["environment"], made["environment"]);
}

async fn r47_a_setting_nobody_knows_is_neither_kept_nor_answered(bench: &Bench) {
    let acme = bench.organization().await;
    for config in [
        json!({ "tokn": "near-miss-marker" }),
        json!({ "credentials": { "token": "near-miss-marker" } }),
        json!({ "password": "near-miss-marker" }),
    ] {
        let body = json!({
            "workspace_name": "globex", "connector_type": "notion", "replication_config": config,
            "credentials": { "token": testkit::sandbox_token::ACME },
        });
        let refusal = acme.client.post(CONNECTORS).json(body).refused(422, "invalid_request").await;
        assert!(!refusal.to_string().contains("near-miss-marker"), "{refusal}");
    }
    let stored = bench.shared().stored().await;
    assert!(!stored.contains("near-miss-marker"), "it is in the database");
    for (credentials, field) in [
        (json!({ "token": 5 }), "credentials.token"),
        (json!({ "token": { "a": 1 } }), "credentials.token"),
        (json!({ "token": " padded " }), "credentials.token"),
        (json!({ "token": "line\nbreak" }), "credentials.token"),
    ] {
        let body =
            json!({ "workspace_name": "globex", "connector_type": "notion", "credentials": credentials });
        let refusal = acme.client.post(CONNECTORS).json(body).refused(422, "invalid_request").await;
        assert_eq!(refusal["errors"][0]["field"], field, "{refusal}");
    }
    for credentials in [json!({}), json!(null), json!({ "option_title": "Token" })] {
        let body =
            json!({ "workspace_name": "globex", "connector_type": "notion", "credentials": credentials });
        acme.client.post(CONNECTORS).json(body).refused(400, "credentials_mismatch").await;
    }
}

async fn a_limited_connector_shows_and_does_only_what_it_may(bench: &Bench) {
    let acme = bench.organization().await;
    let id = limited(&acme, json!([{ "entity": "users" }, { "entity": "pages", "modes": ["read"] }])).await;
    let described = acme.execute(&id, "", "describe", json!({})).expect(200).await.to_string();
    assert!(described.contains("page_size") && !described.contains("append"), "{described}");
    let one = acme.execute(&id, "users", "describe", json!({})).expect(200).await;
    assert!(one["result"].to_string().contains("user_id"), "{one}");
    acme.execute(&id, "pages", "list", json!({})).expect(200).await;
    let page = json!({ "page_id": "00000000-0000-4000-8000-000000000000", "in_trash": true });
    acme.execute(&id, "pages", "update", page).refused(422, "entity_not_allowed").await;
    let sent = bench.shared().upstream.requests_of(&id).await;
    assert!(sent.iter().all(|request| request.method() != "PATCH"), "{sent:?}");
}

async fn an_inactive_workspace_is_not_checked_and_a_check_is_recorded(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let check = format!("{CONNECTORS}/{id}/check");
    acme.client.post(&check).expect(200).await;
    let query = [("connector", id.as_str()), ("action", "check")];
    let rows = acme.client.get("/api/v1/executions").query(&query).expect(200).await;
    assert_eq!(rows["data"][0]["entity"], "*", "{rows}");
    assert!(rows["data"][0]["attempts"].as_u64().is_some_and(|attempts| attempts > 1), "{rows}");
    let workspace = format!("/api/v1/workspaces/{}", acme.customer_id("globex").await);
    acme.client.put(&workspace).json(json!({ "status": "inactive" })).expect(200).await;
    let before = bench.shared().upstream.requests_of(&id).await.len();
    acme.client.post(&check).refused(403, "workspace_inactive").await;
    assert_eq!(bench.shared().upstream.requests_of(&id).await.len(), before, "nothing was sent");
}

async fn one_request_cannot_ask_for_endless_fields_or_faults(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for names in [vec!["a".to_owned(); 257], vec!["a".repeat(257)]] {
        for field in ["select_fields", "exclude_fields"] {
            let call = json!({ "entity": "users", "action": "list", field: names });
            let refusal =
                acme.client.post(&execute_path(&id)).json(call).refused(422, "invalid_request").await;
            assert_eq!(refusal["errors"][0]["field"], field);
        }
    }
    let wrong: Vec<Value> = (0..5_000).map(|n| json!({ "entity": format!("e{n}") })).collect();
    let refusal = acme
        .client
        .put(&format!("{CONNECTORS}/{id}"))
        .json(json!({ "entities": wrong }))
        .refused(422, "invalid_request")
        .await;
    assert_eq!(refusal["errors"].as_array().map(Vec::len), Some(100));
    assert!(text(&refusal, "message").len() < 4_096, "{}", text(&refusal, "message").len());
    for list in [json!(["notion"]), json!([])] {
        let refusal = acme.client.post(CONNECTORS).json(list).refused(422, "invalid_request").await;
        assert_eq!(refusal["errors"][0]["field"], "body", "{refusal}");
    }
}

async fn the_log_is_filtered_by_every_name_of_a_customer(bench: &Bench) {
    let acme = bench.organization().await;
    let (one, other) = (acme.connect("globex").await, acme.connect("initech").await);
    acme.execute(&one, "users", "list", json!({})).expect(200).await;
    acme.execute(&other, "users", "list", json!({})).expect(200).await;
    let globex = acme.customer_id("globex").await;
    for query in [
        ("customer", "globex"),
        ("customer_name", "globex"),
        ("workspace_name", "globex"),
        ("external_user_id", "globex"),
        ("workspace_id", globex.as_str()),
        ("customer_id", globex.as_str()),
        ("connector", one.as_str()),
        ("connector_id", one.as_str()),
    ] {
        let rows = acme.client.get("/api/v1/executions").query(&[query]).expect(200).await;
        let connectors: Vec<_> =
            rows["data"].as_array().expect("a list").iter().map(|row| text(row, "connector_id")).collect();
        assert_eq!(connectors, std::slice::from_ref(&one), "{query:?}");
    }
    let none = acme.client.get("/api/v1/executions").query(&[("customer_name", "nobody")]).expect(200).await;
    assert_eq!(none["data"], json!([]));
    for (query, field) in [
        (("workspce_name", "globex"), "workspce_name"),
        (("limit", "x"), "limit"),
        (("status", "odd"), "status"),
        (("since", "now"), "since"),
        (("connector", "x"), "connector"),
    ] {
        let refusal =
            acme.client.get("/api/v1/executions").query(&[query]).refused(422, "invalid_request").await;
        assert_eq!(refusal["errors"][0]["field"], field, "{refusal}");
    }
}

async fn head_answers_like_get(bench: &Bench) {
    let acme = bench.organization().await;
    for path in ["/health/live", "/health/ready", "/api/v1/workspaces"] {
        let answer = acme.client.request("HEAD", path).answer(200).await;
        assert_eq!(answer.text, "", "HEAD {path} has no body");
    }
}
