//! What the caller is told when the upstream refuses, fails or talks nonsense.

use serde_json::{Value, json};
use testkit::{Bench, Fault, Options, Organization, sandbox_token};

testkit::both!(
    a_refused_request_is_422_with_what_the_upstream_said,
    a_refused_credential_is_424_and_never_401_or_403,
    a_credential_revoked_at_the_upstream_is_noticed_by_the_next_call,
    a_failing_upstream_is_502_on_a_read_after_three_attempts,
    a_read_is_repeated_until_it_succeeds,
    an_answer_that_cannot_be_read_is_502,
    r64_a_redirect_is_not_followed,
    r68_an_endless_answer_is_cut,
    an_answer_cut_short_is_a_failure,
);

fn error_body(status: u16, code: &str) -> Value {
    json!({
        "object": "error", "status": status, "code": code, "message": format!("the upstream's words about {code}"),
        "request_id": "11111111-2222-3333-4444-555555555555",
    })
}

/// Lists users while every answer is `fault`.
async fn list_users(
    bench: &Bench,
    acme: &Organization,
    fault: Fault,
    status: u16,
    code: &str,
) -> (Value, usize) {
    let id = acme.connect("globex").await;
    bench.shared().upstream.fault(fault.of(&id).always()).await;
    let problem = acme.execute(&id, "users", "list", json!({})).refused(status, code).await;
    let upstream = problem["upstream"].as_object();
    let told = upstream.is_some_and(|told| told.contains_key("status") && told.contains_key("body"));
    assert!(told, "every failure of the upstream says what it answered: {problem}");
    (problem, bench.shared().upstream.requests_of(&id).await.len())
}

fn users() -> Fault {
    Fault::on("GET", "/v1/users")
}

async fn a_refused_request_is_422_with_what_the_upstream_said(bench: &Bench) {
    let acme = bench.organization().await;
    for (status, code) in [
        (400, "validation_error"),
        (404, "object_not_found"),
        (409, "conflict_error"),
        (410, "gone"),
        (422, "unprocessable"),
    ] {
        let body = error_body(status, code);
        let fault = users()
            .answers(status, &body)
            .header("x-notion-request-id", "11111111-2222-3333-4444-555555555555");
        let (problem, sent) = list_users(bench, &acme, fault, 422, "upstream_rejected").await;
        assert_eq!(problem["upstream"]["status"], status, "{problem}");
        assert_eq!(problem["upstream"]["body"], body, "{problem}");
        assert!(problem["message"].to_string().contains("the upstream's words"), "{problem}");
        assert_eq!(problem["upstream"]["request_id"], "11111111-2222-3333-4444-555555555555", "{problem}");
        assert_eq!(sent, 1, "a refusal is not asked for again");
    }
}

async fn a_refused_credential_is_424_and_never_401_or_403(bench: &Bench) {
    let acme = bench.organization().await;
    for (status, code) in [(401, "unauthorized"), (403, "restricted_resource")] {
        let body = error_body(status, code);
        let (problem, sent) =
            list_users(bench, &acme, users().answers(status, &body), 424, "connector_auth_failed").await;
        assert_eq!((&problem["upstream"]["status"], &problem["upstream"]["body"]), (&json!(status), &body));
        assert_eq!(sent, 1);
    }
    let revoked = acme.connect_with("globex", "ntn_nobody_knows").await;
    let problem =
        acme.execute(&revoked, "users", "list", json!({})).refused(424, "connector_auth_failed").await;
    assert_eq!(problem["upstream"]["status"], 401);
}

async fn a_credential_revoked_at_the_upstream_is_noticed_by_the_next_call(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let (revoked, other) =
        (acme.connect("globex").await, acme.connect_with("globex", sandbox_token::GLOBEX).await);
    acme.execute(&revoked, "users", "list", json!({})).expect(200).await;
    server.upstream.revoke(sandbox_token::ACME).await;
    acme.execute(&revoked, "users", "list", json!({})).refused(424, "connector_auth_failed").await;
    acme.execute(&other, "users", "list", json!({})).expect(200).await;
    // Started afresh, the upstream knows the token again, and nothing here has to be told.
    server.upstream.reset().await;
    acme.execute(&revoked, "users", "list", json!({})).expect(200).await;
}

async fn a_failing_upstream_is_502_on_a_read_after_three_attempts(bench: &Bench) {
    let acme = bench.organization().await;
    for status in [500, 502, 503, 504] {
        let body = error_body(status, "internal_server_error");
        let (problem, sent) =
            list_users(bench, &acme, users().answers(status, &body), 502, "upstream_failed").await;
        assert_eq!((&problem["upstream"]["status"], &problem["upstream"]["body"]), (&json!(status), &body));
        assert_eq!(sent, 3, "for {status}");
    }
    // As from an edge in front of the upstream.
    let html = "<html><head><title>502 Bad Gateway</title></head></html>";
    let (problem, _) =
        list_users(bench, &acme, users().answers_html(502, html), 502, "upstream_failed").await;
    assert_eq!(problem["upstream"]["status"], 502, "{problem}");
    assert!(problem["upstream"]["body"].is_string(), "{problem}");
    let (_, sent) = list_users(bench, &acme, users().resets(), 502, "upstream_failed").await;
    assert_eq!(sent, 3, "a broken connection is asked again on a read");
}

async fn a_read_is_repeated_until_it_succeeds(bench: &Bench) {
    let acme = bench.organization().await;
    for fault in [
        users().answers(503, &error_body(503, "service_unavailable")),
        users().answers(429, &error_body(429, "rate_limited")).header("Retry-After", "0"),
        users().answers_html(502, "<html>"),
        users().resets(),
    ] {
        let id = acme.connect("globex").await;
        bench.shared().upstream.fault(fault.of(&id).times(2)).await;
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
        assert_eq!(bench.shared().upstream.requests_of(&id).await.len(), 3);
    }
}

async fn an_answer_that_cannot_be_read_is_502(bench: &Bench) {
    let acme = bench.organization().await;
    for fault in [
        users().answers_text(200, "{\"object\": \"list\", \"results\": ["),
        users().answers_text(200, "NaN"),
        users().answers_html(200, "<html><body>Please sign in</body></html>"),
    ] {
        let (problem, _) = list_users(bench, &acme, fault, 502, "upstream_bad_response").await;
        assert_eq!(problem["upstream"]["status"], 200, "{problem}");
    }
}

async fn r64_a_redirect_is_not_followed(bench: &Bench) {
    let acme = bench.organization().await;
    for status in [301, 302, 307, 308] {
        let id = acme.connect("globex").await;
        let target = format!("{}/v1/users/me", bench.shared().upstream.base_url());
        let fault = users().answers(status, &json!({})).header("Location", &target);
        bench.shared().upstream.fault(fault.of(&id).always()).await;
        let answer = acme.execute(&id, "users", "list", json!({})).send().await;
        assert!(matches!(answer.status, 422 | 502), "{answer:?}");
        assert!(answer.json["upstream"].is_object(), "{answer:?}");
        let sent = bench.shared().upstream.requests_of(&id).await;
        assert!(sent.iter().all(|request| request.path() == "/v1/users"), "{sent:?}");
    }
}

async fn r68_an_endless_answer_is_cut(bench: &Bench) {
    let acme = bench.organization().await;
    let (problem, _) =
        list_users(bench, &acme, users().of_bytes(33 * 1024 * 1024), 502, "upstream_bad_response").await;
    assert!(problem.to_string().len() < 64 * 1024, "what cannot be read is not repeated at length");
    let long = json!({ "object": "error", "status": 400, "code": "validation_error", "message": "m".repeat(200_000) });
    let (problem, _) = list_users(bench, &acme, users().answers(400, &long), 422, "upstream_rejected").await;
    assert!(problem.to_string().len() < 64 * 1024, "{}", problem.to_string().len());
}

async fn an_answer_cut_short_is_a_failure(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    bench.shared().upstream.fault(users().stops_midway().of(&id).always()).await;
    let answer = acme.execute(&id, "users", "list", json!({})).send().await;
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(answer.json["upstream"].is_object(), "{answer:?}");
}
