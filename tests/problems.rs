//! Requests that are wrong before any use case sees them, and what holds for every answer.
//!
//! The client of the kit checks the shape of each problem and the request id of each answer.

use serde_json::{Value, json};
use testkit::{Bench, Client, execute_path};

testkit::both!(
    a_body_that_is_no_json_is_400,
    a_body_that_is_not_declared_as_json_is_415,
    a_body_over_its_limit_is_413,
    a_body_of_the_wrong_shape_is_422_naming_the_field,
    an_id_that_is_no_uuid_is_422,
    an_unknown_path_is_404_and_a_wrong_method_405,
    a_trailing_slash_is_answered_directly,
    every_answer_has_its_own_request_id,
    the_document_and_its_page_are_served_offline,
    health_is_open_and_says_little,
    a_caller_cannot_choose_the_request_id,
);

const CONNECTORS: &str = "/api/v1/integrations/connectors";
const UNKNOWN: &str = "019a9f0e-0000-7000-8000-000000000000";

/// Every route that takes a body, with a token's client.
fn bodies(client: &Client) -> Vec<testkit::Request> {
    vec![
        client.post(CONNECTORS),
        client.post(&format!("{CONNECTORS}/check")),
        client.put(&format!("{CONNECTORS}/{UNKNOWN}")),
        client.post(&format!("{CONNECTORS}/{UNKNOWN}/check")),
        client.post(&execute_path(UNKNOWN)),
        client.put(&format!("/api/v1/workspaces/{UNKNOWN}")),
        client.post("/api/v1/account/applications/token"),
        client.post("/api/v1/account/applications/scoped-token"),
    ]
}

async fn a_body_that_is_no_json_is_400(bench: &Bench) {
    let acme = bench.organization().await;
    for text in ["{", "{\"a\":}", "not json", "{} {}", "{\"a\":1,}", "\u{feff}{}", "{\"a\":\"\u{1}\"}"] {
        for request in bodies(&acme.client) {
            request.text("application/json", text).refused(400, "invalid_json").await;
        }
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for request in bodies(&acme.client) {
        let answer = request.text("application/json", nested.clone()).send().await;
        assert!(matches!(answer.status, 400 | 422), "{answer:?}");
    }
}

async fn a_body_that_is_not_declared_as_json_is_415(bench: &Bench) {
    let acme = bench.organization().await;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"]
    {
        for request in bodies(&acme.client) {
            request.text(content_type, "{}").refused(415, "unsupported_media_type").await;
        }
    }
    let call = json!({ "entity": "users", "action": "list" }).to_string();
    for content_type in ["application/json; charset=utf-8", "APPLICATION/JSON"] {
        let request = acme.client.post(&execute_path(UNKNOWN)).text(content_type, call.clone());
        request.refused(404, "connector_not_found").await;
    }
}

async fn a_body_over_its_limit_is_413(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let padded = |bytes: usize| {
        let mut body = json!({ "entity": "users", "action": "list", "params": { "padding": "" } });
        let length = body.to_string().len();
        body["params"]["padding"] = "x".repeat(bytes - length).into();
        body
    };
    let mebibyte = 1024 * 1024;
    // Execute carries content and takes 8 MiB; a byte more is too much.
    acme.client.post(&execute_path(&id)).json(padded(8 * mebibyte)).expect(200).await;
    acme.client
        .post(&execute_path(&id))
        .json(padded(8 * mebibyte + 1))
        .refused(413, "payload_too_large")
        .await;
    for path in [CONNECTORS, "/api/v1/account/applications/token"] {
        acme.client.post(path).json(padded(mebibyte)).refused(422, "invalid_request").await;
        acme.client.post(path).json(padded(mebibyte + 1)).refused(413, "payload_too_large").await;
    }
    acme.client.get("/api/v1/workspaces").expect(200).await;
}

async fn a_body_of_the_wrong_shape_is_422_naming_the_field(bench: &Bench) {
    let acme = bench.organization().await;
    for body in [json!([]), json!("text"), json!(7), Value::Null] {
        let problem = acme.client.post(CONNECTORS).json(body).refused(422, "invalid_request").await;
        assert!(!problem["errors"].as_array().is_some_and(Vec::is_empty), "{problem}");
    }
    for (field, body) in [
        ("workspace_nmae", json!({ "workspace_nmae": "globex" })),
        ("workspace_name", json!({ "workspace_name": ["globex"] })),
        (
            "entities",
            json!({ "workspace_name": "globex", "entities": [{ "entity": "pages", "mode": "read" }] }),
        ),
    ] {
        let problem = acme.client.post(CONNECTORS).json(body).refused(422, "invalid_request").await;
        let entry = &problem["errors"][0];
        assert!(
            entry["field"].as_str().is_some_and(|named| named.contains(field)),
            "names `{field}`: {problem}"
        );
        assert!(entry["message"].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    let twice = "{\"workspace_name\":\"a\",\"workspace_name\":\"b\",\"connector_type\":\"notion\",\"credentials\":{}}";
    acme.client.post(CONNECTORS).text("application/json", twice).refused(422, "invalid_request").await;
}

async fn an_id_that_is_no_uuid_is_422(bench: &Bench) {
    let acme = bench.organization().await;
    for id in ["x", "1", "%00", "019a9f0e", "..%2f..", "' OR 1=1", &"a".repeat(3_000)] {
        for (method, path) in [
            ("GET", format!("{CONNECTORS}/{id}")),
            ("DELETE", format!("{CONNECTORS}/{id}")),
            ("GET", format!("{CONNECTORS}/{id}/inspect")),
            ("GET", format!("/api/v1/workspaces/{id}")),
            ("DELETE", format!("/api/v1/workspaces/{id}")),
            ("GET", format!("/api/v1/executions/{id}")),
        ] {
            acme.client.request(method, &path).refused(422, "invalid_request").await;
        }
    }
    let call = json!({ "entity": "users", "action": "list" });
    acme.client.post(&execute_path("x")).json(call).refused(422, "invalid_request").await;
    acme.client.get(CONNECTORS).query(&[("workspace_id", "x")]).refused(422, "invalid_request").await;
}

async fn an_unknown_path_is_404_and_a_wrong_method_405(bench: &Bench) {
    let acme = bench.organization().await;
    for client in [&acme.client, &acme.client.anonymous()] {
        for path in [
            "/nothing",
            "/api",
            "/api/v1",
            "/api/v1/nothing",
            "/api/v2/workspaces",
            "/v1/x",
            "/api/v1/workspaces/a/b",
        ] {
            client.get(path).expect(404).await;
        }
    }
    for (method, path) in [
        ("POST", "/api/v1/workspaces"),
        ("PATCH", CONNECTORS),
        ("DELETE", CONNECTORS),
        ("GET", "/api/v1/account/applications/token"),
        ("POST", "/health/live"),
        ("DELETE", "/v1/executions"),
    ] {
        let answer = acme.client.request(method, path).answer(405).await;
        assert!(answer.header("Allow").is_some_and(|allowed| !allowed.contains(method)), "{answer:?}");
    }
}

async fn a_trailing_slash_is_answered_directly(bench: &Bench) {
    let acme = bench.organization().await;
    for path in ["/api/v1/workspaces", "/v1/workspaces", "/api/v1/executions"] {
        let plain = acme.client.get(path).expect(200).await;
        assert_eq!(acme.client.get(&format!("{path}/")).expect(200).await, plain, "{path}/");
    }
}

async fn every_answer_has_its_own_request_id(bench: &Bench) {
    let acme = bench.organization().await;
    let mut seen = Vec::new();
    for path in
        ["/api/v1/workspaces", "/nothing", "/health/live", "/openapi.json", "/docs/", "/api/v1/executions/x"]
    {
        let answer = acme.client.get(path).send().await;
        seen.push(answer.header("X-Request-Id").expect("the kit has checked it").to_owned());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
    let last = seen.last().expect("there are six");
    assert!(bench.shared().log().contains(last), "an id of an answer is found in the log");
}

async fn a_caller_cannot_choose_the_request_id(bench: &Bench) {
    let acme = bench.organization().await;
    let answer = acme.client.get("/api/v1/workspaces").header("X-Request-Id", UNKNOWN).answer(200).await;
    assert_ne!(answer.header("X-Request-Id"), Some(UNKNOWN), "two callers could choose the same");
}

async fn the_document_and_its_page_are_served_offline(bench: &Bench) {
    let client = bench.shared().client();
    let document = client.get("/openapi.json").expect(200).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{document}");
    for (path, item) in document["paths"].as_object().expect("it has paths") {
        for (method, operation) in item.as_object().expect("a path has methods") {
            // Beside its methods a path may list the parameters of all of them.
            let Some(responses) = operation["responses"].as_object() else { continue };
            let errors = responses.keys().filter(|status| status.starts_with(['4', '5'])).count();
            let health = path.starts_with("/health");
            assert!(errors > 0 || health, "{method} {path} lists no errors");
        }
    }
    let moved = client.get("/docs").send().await;
    let page = client.get(moved.header("Location").unwrap_or("/docs/")).answer(200).await;
    assert!(page.text.contains("swagger"), "{}", page.text);
    for reference in page.text.split(['"', '\'']).filter(|part| part.contains("//")) {
        assert!(
            !reference.starts_with("http") && !reference.starts_with("//"),
            "it needs the network: {reference}"
        );
    }
}

async fn health_is_open_and_says_little(bench: &Bench) {
    let client = bench.shared().client();
    client.get("/health/live").expect(200).await;
    let ready = client.get("/health/ready").expect(200).await;
    let health = client.get("/health").expect(200).await;
    assert!(!ready.to_string().contains("password") && !ready.to_string().contains("postgres://"), "{ready}");
    let gateway = bench.shared().upstream.base_url();
    assert!(health.to_string().contains(gateway), "a test gateway is named: {health}");
    assert!(bench.shared().log().contains(gateway), "and in the log");
}
