//! Every bad body of a creation is named, and nothing is left behind by any of them.

use serde_json::{Value, json};
use testkit::{Bench, Organization};

use super::{CONNECTORS, body};

testkit::both!(
    a_type_must_be_named_and_known,
    credentials_that_fit_no_scheme_list_keys_and_schemes_but_no_values,
    a_customer_must_be_named,
    unknown_fields_are_named,
    wrong_settings_are_named,
    nothing_is_half_written_after_a_refusal,
);

/// Stands for a secret typed into the wrong place.
const TYPED_SECRET: &str = "ntn_typed-by-mistake-7Qx2";

async fn refused(acme: &Organization, body: Value, status: u16, code: &str) -> Value {
    let problem = acme.client.post(CONNECTORS).json(body).refused(status, code).await;
    assert!(!problem.to_string().contains(TYPED_SECRET), "values never come back: {problem}");
    problem
}

fn without(key: &str) -> Value {
    let mut body = body("globex");
    body.as_object_mut().expect("it is an object").remove(key);
    body
}

fn with(key: &str, value: Value) -> Value {
    let mut body = body("globex");
    body[key] = value;
    body
}

/// The fields that the problem's entries name.
fn fields(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().into_iter().flatten().filter_map(|error| error["field"].as_str()).collect()
}

async fn a_type_must_be_named_and_known(bench: &Bench) {
    let acme = bench.organization().await;
    let none = refused(&acme, without("connector_type"), 422, "invalid_request").await;
    for accepted in ["definition_id", "connector_type", "source_template_id"] {
        assert!(none["message"].as_str().is_some_and(|text| text.contains(accepted)), "{none}");
    }
    assert_eq!(none["errors"][0]["error_code"], "value_error", "{none}");
    let typo = refused(&acme, with("connector_type", json!("Notoin")), 404, "definition_not_found").await;
    assert!(
        typo["message"].as_str().is_some_and(|text| text.contains("notion")),
        "names the nearest: {typo}"
    );
    for key in ["definition_id", "source_template_id"] {
        let mut body = without("connector_type");
        body[key] = uuid::Uuid::new_v4().to_string().into();
        refused(&acme, body.clone(), 404, "definition_not_found").await;
        body[key] = "notion".into();
        let problem = refused(&acme, body, 422, "invalid_request").await;
        assert!(
            fields(&problem).iter().any(|field| field.contains(key))
                || problem["message"].to_string().contains(key)
        );
    }
}

async fn credentials_that_fit_no_scheme_list_keys_and_schemes_but_no_values(bench: &Bench) {
    let acme = bench.organization().await;
    for credentials in [
        json!({ "api_token": TYPED_SECRET }),
        json!({ "client_id": TYPED_SECRET, "client_secret": TYPED_SECRET }),
        json!({ "token": TYPED_SECRET, "password": TYPED_SECRET }),
    ] {
        let problem =
            refused(&acme, with("credentials", credentials.clone()), 400, "credentials_mismatch").await;
        let message = problem["message"].as_str().unwrap_or_default();
        for key in credentials.as_object().expect("it is an object").keys() {
            assert!(message.contains(key.as_str()), "{key} was given: {problem}");
        }
        for key in ["token", "access_token", "client_id", "client_secret"] {
            assert!(message.contains(key), "{key} is of a scheme: {problem}");
        }
    }
    refused(&acme, without("credentials"), 400, "credentials_mismatch").await;
    refused(&acme, with("credentials", json!({ "token": null })), 400, "credentials_mismatch").await;
    for credentials in [json!("token"), json!([TYPED_SECRET]), json!(7)] {
        refused(&acme, with("credentials", credentials), 422, "invalid_request").await;
    }
    // The right key with a value that cannot be a token.
    for token in [json!(""), json!("  "), json!("ntn_a\nX-Evil: 1"), json!("t".repeat(70_000))] {
        refused(&acme, with("credentials", json!({ "token": token })), 422, "invalid_request").await;
    }
}

async fn a_customer_must_be_named(bench: &Bench) {
    let acme = bench.organization().await;
    let none = refused(&acme, without("workspace_name"), 422, "invalid_request").await;
    assert!(none.to_string().contains("workspace_name"), "{none}");
    for key in ["workspace_name", "customer_name", "external_user_id"] {
        for name in
            [json!(""), json!("   "), json!("\t\n"), json!("x".repeat(256)), json!("a\u{1b}[31mb"), json!(5)]
        {
            let mut body = without("workspace_name");
            body[key] = name;
            refused(&acme, body, 422, "invalid_request").await;
        }
    }
    let mut two_names = body("globex");
    two_names["customer_name"] = "initech".into();
    refused(&acme, two_names, 422, "invalid_request").await;
}

async fn unknown_fields_are_named(bench: &Bench) {
    let acme = bench.organization().await;
    for field in ["start_date", "organization_id", "id", "created_at", "status", "nmae"] {
        let problem = refused(&acme, with(field, json!("2026-01-01")), 422, "invalid_request").await;
        assert!(problem.to_string().contains(field), "names `{field}`: {problem}");
    }
}

async fn wrong_settings_are_named(bench: &Bench) {
    let acme = bench.organization().await;
    let entities = json!([{ "entity": "pagse" }]);
    let problem = refused(&acme, with("entities", entities), 422, "invalid_request").await;
    assert!(problem.to_string().contains("pages"), "names the nearest entity: {problem}");
    for (key, value) in [
        ("entities", json!([{ "entity": "pages", "modes": ["write", "erase"] }])),
        ("entities", json!("pages")),
        ("environment", json!({ "subdomain": "evil.test" })),
        ("environment", json!([])),
        ("replication_config", json!(7)),
        ("name", json!(" ")),
        ("name", json!(7)),
    ] {
        let problem = refused(&acme, with(key, value.clone()), 422, "invalid_request").await;
        assert!(problem.to_string().contains(key), "names `{key}` for {value}: {problem}");
    }
}

async fn nothing_is_half_written_after_a_refusal(bench: &Bench) {
    let acme = bench.organization().await;
    let before = acme.client.get("/api/v1/workspaces").expect(200).await;
    for body in [
        without("connector_type"),
        with("connector_type", json!("Notoin")),
        with("credentials", json!({ "api_token": TYPED_SECRET })),
        with("start_date", json!("2026-01-01")),
        with("entities", json!([{ "entity": "pagse" }])),
        with("environment", json!({ "subdomain": "evil.test" })),
    ] {
        let answer = acme.client.post(CONNECTORS).json(body).send().await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    acme.client
        .post(CONNECTORS)
        .text("application/json", "{\"workspace_name\": \"globex\"")
        .refused(400, "invalid_json")
        .await;
    let after = acme.client.get("/api/v1/workspaces").expect(200).await;
    assert_eq!(before, after, "no customer was made on the way to a refusal");
}
