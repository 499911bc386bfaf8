//! Calls that are refused before anything is sent upstream.

use serde_json::{Value, json};
use testkit::{Bench, execute_path};

testkit::both!(
    an_unknown_entity_or_action_names_the_nearest,
    every_wrong_param_has_its_own_entry,
    the_body_of_a_call_is_checked_field_by_field,
    an_intent_has_512_characters_at_most,
    an_unknown_connector_is_not_found,
    r66_a_parameter_stays_inside_its_own_segment,
);

async fn an_unknown_entity_or_action_names_the_nearest(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for (entity, action, code, nearest) in [
        ("user", "list", "unknown_entity", "`users`"),
        ("Pages", "list", "unknown_entity", "`pages`"),
        ("datasources", "list", "unknown_entity", "`data_sources`"),
        ("users", "lst", "unknown_action", "`list`"),
        ("pages", "upadte", "unknown_action", "`update`"),
        ("users", "delete", "unknown_action", "list"),
    ] {
        let problem = acme.execute(&id, entity, action, json!({})).refused(422, code).await;
        let message = problem["message"].as_str().unwrap_or_default();
        assert!(message.contains(nearest) && message.contains(entity), "{entity} {action}: {message}");
    }
    for action in ["context_store_search", "context_store_sql_query"] {
        acme.execute(&id, "pages", action, json!({ "query": {} })).refused(422, "unknown_action").await;
    }
    assert!(bench.shared().upstream.requests_of(&id).await.is_empty(), "nothing was sent");
}

async fn every_wrong_param_has_its_own_entry(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let entries = async |entity: &str, action: &str, params: Value| {
        let problem = acme.execute(&id, entity, action, params).refused(422, "invalid_params").await;
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let fields = errors.iter().filter_map(|error| error["field"].as_str().map(str::to_owned));
        fields.collect::<Vec<_>>()
    };
    assert_eq!(entries("users", "get", json!({})).await, ["params.user_id"]);
    assert_eq!(entries("users", "get", json!({ "user_id": null })).await, ["params.user_id"]);
    assert_eq!(entries("users", "list", json!({ "page_size": "many" })).await, ["params.page_size"]);
    let mut two = entries("blocks", "list", json!({ "page_size": [1] })).await;
    two.sort();
    assert_eq!(two, ["params.block_id", "params.page_size"]);
    assert!(bench.shared().upstream.requests_of(&id).await.is_empty(), "nothing was sent");
}

async fn the_body_of_a_call_is_checked_field_by_field(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for (field, body) in [
        ("entity", json!({ "action": "list" })),
        ("action", json!({ "entity": "users" })),
        ("entity", json!({ "entity": 7, "action": "list" })),
        ("params", json!({ "entity": "users", "action": "list", "params": [] })),
        ("params", json!({ "entity": "users", "action": "list", "params": "page_size=1" })),
        ("select_fields", json!({ "entity": "users", "action": "list", "select_fields": "id" })),
        ("skip_truncation", json!({ "entity": "users", "action": "list", "skip_truncation": "no" })),
        ("timeout_ms", json!({ "entity": "users", "action": "list", "timeout_ms": 0 })),
        ("timeout_ms", json!({ "entity": "users", "action": "list", "timeout_ms": 60_001 })),
        ("timeout_ms", json!({ "entity": "users", "action": "list", "timeout_ms": u64::MAX })),
        ("timeout_ms", json!({ "entity": "users", "action": "list", "timeout_ms": -1 })),
        ("prams", json!({ "entity": "users", "action": "list", "prams": {} })),
    ] {
        let problem = acme.client.post(&execute_path(&id)).json(body).refused(422, "invalid_request").await;
        assert!(problem.to_string().contains(field), "names `{field}`: {problem}");
    }
    let long = "e".repeat(5_000);
    for (entity, action) in [(long.as_str(), "list"), ("users", long.as_str())] {
        let answer = acme.execute(&id, entity, action, json!({})).send().await;
        assert_eq!(answer.status, 422, "{}", answer.text.len());
    }
}

async fn an_intent_has_512_characters_at_most(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let call = |intent: String| json!({ "entity": "users", "action": "list", "intent": intent });
    // Characters, not bytes.
    acme.client.post(&execute_path(&id)).json(call("ß".repeat(512))).expect(200).await;
    let problem = acme
        .client
        .post(&execute_path(&id))
        .json(call("i".repeat(513)))
        .refused(422, "invalid_request")
        .await;
    assert_eq!(problem["errors"][0]["field"], "intent", "{problem}");
}

async fn an_unknown_connector_is_not_found(bench: &Bench) {
    let acme = bench.organization().await;
    let unknown = uuid::Uuid::new_v4().to_string();
    acme.execute(&unknown, "users", "list", json!({})).refused(404, "connector_not_found").await;
    acme.execute("not-an-id", "users", "list", json!({})).refused(422, "invalid_request").await;
}

async fn r66_a_parameter_stays_inside_its_own_segment(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for escape in [
        "../v1/search",
        "..",
        ".",
        "%2e%2e/search",
        "a/b",
        "a\\b",
        "x?archived=true",
        "x#y",
        "x\r\nX-Evil: 1",
        "x\u{0}y",
        "//evil.test/",
        "@evil.test",
        "",
    ] {
        let answer = acme.execute(&id, "users", "get", json!({ "user_id": escape })).send().await;
        assert!(matches!(answer.status, 422), "{escape:?}: {answer:?}");
    }
    for request in bench.shared().upstream.requests_of(&id).await {
        let path = request.path();
        let inside = path.strip_prefix("/v1/users/").unwrap_or_else(|| panic!("it left its path: {path}"));
        assert!(!inside.contains(['/', '\\', '?', '#']), "it left its segment: {path}");
        assert_eq!(request.header("X-Evil"), None);
    }
}
