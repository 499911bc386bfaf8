//! Checking a connector tells apart who has to act: nobody, the person with the token, the person
//! who shares pages, or the one who grants capabilities.

use serde_json::{Value, json};
use testkit::{Bench, Fault, Organization, sandbox_token};

use super::CONNECTORS;

testkit::both!(
    a_check_before_creation_tells_the_four_cases_apart,
    a_check_of_a_connector_tells_the_four_cases_apart,
    a_check_before_creation_writes_nothing,
    an_unreachable_upstream_is_inconclusive,
    a_check_is_refused_as_a_creation_would_be,
    both_auth_schemes_are_checked,
);

/// Token, and what a check of it must find.
const CASES: [(&str, &str, Option<&str>); 4] = [
    (sandbox_token::ACME, "succeeded", None),
    ("ntn_nobody_knows", "failed", Some("token_refused")),
    (sandbox_token::EMPTY, "failed", Some("nothing_shared")),
    (sandbox_token::NO_USERS, "failed", Some("capability_missing")),
];

fn assert_found(check: &Value, status: &str, failure: Option<&str>) {
    assert_eq!(check["status"], status, "{check}");
    assert!(check["id"].is_string(), "{check}");
    match failure {
        None => assert!(check["failure_reason"].is_null() && check["error_message"].is_null(), "{check}"),
        Some(failure) => {
            assert_eq!(check["failure_reason"]["failure_type"], failure, "{check}");
            assert!(check["error_message"].as_str().is_some_and(|text| !text.is_empty()), "{check}");
        }
    }
}

async fn check_new(acme: &Organization, token: &str) -> Value {
    let body = json!({ "connector_type": "notion", "credentials": { "token": token } });
    acme.client.post(&format!("{CONNECTORS}/check")).json(body).expect(200).await
}

async fn a_check_before_creation_tells_the_four_cases_apart(bench: &Bench) {
    let acme = bench.organization().await;
    for (token, status, failure) in CASES {
        assert_found(&check_new(&acme, token).await, status, failure);
    }
}

async fn a_check_of_a_connector_tells_the_four_cases_apart(bench: &Bench) {
    let acme = bench.organization().await;
    for (token, status, failure) in CASES {
        let id = acme.connect_with("globex", token).await;
        let path = format!("{CONNECTORS}/{id}/check");
        assert_found(&acme.client.post(&path).json(json!({})).expect(200).await, status, failure);
        assert_found(&acme.client.post(&path).expect(200).await, status, failure);
        let result = acme.execute(&id, "*", "check", json!({})).expect(200).await["result"].clone();
        let word = if failure.is_none() { "healthy" } else { "unhealthy" };
        assert_eq!(result["status"], word, "execute says the same: {result}");
    }
    let unknown = uuid::Uuid::new_v4();
    acme.client
        .post(&format!("{CONNECTORS}/{unknown}/check"))
        .json(json!({}))
        .refused(404, "connector_not_found")
        .await;
}

async fn a_check_before_creation_writes_nothing(bench: &Bench) {
    let acme = bench.organization().await;
    let before = acme.client.get("/api/v1/workspaces").expect(200).await;
    let body = json!({
        "workspace_name": "globex", "connector_type": "notion", "credentials": { "token": sandbox_token::ACME },
    });
    acme.client.post(&format!("{CONNECTORS}/check")).json(body).expect(200).await;
    assert_eq!(acme.client.get("/api/v1/workspaces").expect(200).await, before);
}

async fn an_unreachable_upstream_is_inconclusive(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let failed =
        json!({ "object": "error", "status": 503, "code": "service_unavailable", "message": "try later" });
    for path in ["/v1/users/me", "/v1/users", "/v1/search"] {
        for method in ["GET", "POST"] {
            let fault = Fault::on(method, path).answers(503, &failed).of(&id).always();
            bench.shared().upstream.fault(fault).await;
        }
    }
    let check = acme.client.post(&format!("{CONNECTORS}/{id}/check")).json(json!({})).expect(200).await;
    assert_found(&check, "inconclusive", Some("upstream_unreachable"));
    assert_eq!(check["failure_reason"]["retryable"], true, "{check}");
}

async fn a_check_is_refused_as_a_creation_would_be(bench: &Bench) {
    let acme = bench.organization().await;
    let path = format!("{CONNECTORS}/check");
    for (body, status, code) in [
        (json!({ "credentials": { "token": "x" } }), 422, "invalid_request"),
        (json!({ "connector_type": "notoin", "credentials": { "token": "x" } }), 404, "definition_not_found"),
        (json!({ "connector_type": "notion", "credentials": { "tokn": "x" } }), 400, "credentials_mismatch"),
        (
            json!({ "connector_type": "notion", "credentials": { "token": "x" }, "nmae": "x" }),
            422,
            "invalid_request",
        ),
    ] {
        acme.client.post(&path).json(body).refused(status, code).await;
    }
    acme.client.anonymous().post(&path).json(json!({})).refused(401, "unauthorized").await;
}

async fn both_auth_schemes_are_checked(bench: &Bench) {
    let acme = bench.organization().await;
    for (access_token, status, failure) in
        [("sandbox_oauth_access_acme", "succeeded", None), ("revoked", "failed", Some("token_refused"))]
    {
        let credentials = json!({
            "client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "access_token": access_token,
        });
        let body = json!({ "connector_type": "notion", "credentials": credentials });
        let check = acme.client.post(&format!("{CONNECTORS}/check")).json(body).expect(200).await;
        assert_found(&check, status, failure);
    }
}
