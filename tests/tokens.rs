//! Tokens: what a client secret buys, how far a token reaches, and when it ends.

mod forged;
mod organizations;
mod scoped;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Bench, create_application, eventually, text, token};

testkit::both!(
    a_client_secret_buys_a_token_for_900_seconds,
    r56_a_wrong_pair_is_401_whatever_is_wrong_about_it,
    a_token_call_is_checked_field_by_field,
    another_token_does_not_end_the_first,
    a_call_without_a_good_bearer_is_401,
    r55_a_revoked_application_stops_within_five_seconds,
    r55_a_deleted_organization_stops_within_five_seconds,
);

const TOKEN: &str = "/api/v1/account/applications/token";
/// How long a revocation may take to be effective everywhere.
const REVOCATION_WAIT: Duration = Duration::from_secs(5);

async fn a_client_secret_buys_a_token_for_900_seconds(bench: &Bench) {
    let acme = bench.organization().await;
    let body = json!({ "client_id": acme.client_id, "client_secret": acme.client_secret });
    for path in [TOKEN, "/v1/account/applications/token", "/api/v1/account/applications/token/"] {
        let request = acme.client.anonymous().post(path).json(body.clone());
        let issued = request.header("X-ADP-Agent-SDK", "airbyte-agent-sdk").expect(200).await;
        assert_eq!(issued["token_type"], "bearer", "{issued}");
        assert_eq!(issued["expires_in"], 900);
        assert_eq!(issued["organization_id"], acme.id.as_str());
        let client = acme.client.anonymous().with_bearer(&text(&issued, "access_token"));
        client.get("/api/v1/workspaces").expect(200).await;
    }
}

async fn r56_a_wrong_pair_is_401_whatever_is_wrong_about_it(bench: &Bench) {
    let acme = bench.organization().await;
    let other = bench.organization().await;
    let mut seen: Option<Value> = None;
    for (client_id, client_secret) in [
        (acme.client_id.as_str(), "wrong"),
        (acme.client_id.as_str(), other.client_secret.as_str()),
        (acme.client_id.as_str(), ""),
        (&uuid::Uuid::new_v4().to_string(), acme.client_secret.as_str()),
        ("not-an-id", acme.client_secret.as_str()),
        ("' OR 1=1 --", acme.client_secret.as_str()),
    ] {
        let body = json!({ "client_id": client_id, "client_secret": client_secret });
        let mut problem = acme.client.anonymous().post(TOKEN).json(body).refused(401, "unauthorized").await;
        problem.as_object_mut().expect("a problem is an object").remove("request_id");
        assert_eq!(*seen.get_or_insert_with(|| problem.clone()), problem, "unknown and wrong look alike");
    }
}

async fn a_token_call_is_checked_field_by_field(bench: &Bench) {
    let acme = bench.organization().await;
    let client = acme.client.anonymous();
    for (field, body) in [
        ("client_secret", json!({ "client_id": acme.client_id })),
        ("client_id", json!({ "client_secret": acme.client_secret })),
        ("client_id", json!({ "client_id": 7, "client_secret": acme.client_secret })),
        ("client_secret", json!({ "client_id": acme.client_id, "client_secret": [acme.client_secret] })),
    ] {
        let problem = client.post(TOKEN).json(body).refused(422, "invalid_request").await;
        assert!(problem.to_string().contains(field), "names `{field}`: {problem}");
        assert!(
            !problem.to_string().contains(&acme.client_secret),
            "the secret does not come back: {problem}"
        );
    }
    client.post(TOKEN).text("application/json", "{").refused(400, "invalid_json").await;
    let form = format!("client_id={}&client_secret={}", acme.client_id, acme.client_secret);
    client
        .post(TOKEN)
        .text("application/x-www-form-urlencoded", form)
        .refused(415, "unsupported_media_type")
        .await;
}

async fn another_token_does_not_end_the_first(bench: &Bench) {
    let acme = bench.organization().await;
    for _ in 0..3 {
        let another = token(&acme.client.anonymous(), &acme.client_id, &acme.client_secret).await;
        acme.client.with_bearer(&another).get("/api/v1/workspaces").expect(200).await;
    }
    acme.client.get("/api/v1/workspaces").expect(200).await;
}

async fn a_call_without_a_good_bearer_is_401(bench: &Bench) {
    let acme = bench.organization().await;
    let client = acme.client.anonymous();
    client.get("/api/v1/workspaces").refused(401, "unauthorized").await;
    for value in
        ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense", "Token x", &"Bearer x".repeat(900)]
    {
        let answer = client.get("/api/v1/workspaces").header("Authorization", value).answer(401).await;
        assert_eq!(answer.json["code"], "unauthorized");
        assert!(
            answer.header("WWW-Authenticate").is_some_and(|scheme| scheme.starts_with("Bearer")),
            "{answer:?}"
        );
    }
    // The scheme's name is case-insensitive (RFC 9110 section 11.1).
    let good = token(&client, &acme.client_id, &acme.client_secret).await;
    let lower = client.get("/api/v1/workspaces").header("Authorization", &format!("bearer {good}"));
    lower.expect(200).await;
    // A token is not taken from the address, where it would be logged.
    client.get(&format!("/api/v1/workspaces?access_token={good}")).send().await;
    client.get("/api/v1/workspaces").query(&[("token", &good)]).refused(401, "unauthorized").await;
}

async fn r55_a_revoked_application_stops_within_five_seconds(bench: &Bench) {
    let acme = bench.organization().await;
    let server = bench.shared();
    let scoped = acme.scoped("globex").await;
    let (kept_id, kept_secret) = create_application(server, &[&acme.id]).await;
    let kept = acme.client.with_bearer(&token(&acme.client.anonymous(), &kept_id, &kept_secret).await);
    kept.get("/api/v1/workspaces").expect(200).await;
    let revoked = server.command(&["application", "revoke", &acme.client_id]).await;
    assert!(revoked.status.success(), "{revoked:?}");
    for client in [&acme.client, &scoped] {
        eventually("a revoked application's token is refused", REVOCATION_WAIT, async || {
            let answer = client.get("/api/v1/integrations/connectors?workspace_name=globex").send().await;
            assert!(matches!(answer.status, 200 | 401), "{answer:?}");
            (answer.status == 401).then_some(())
        })
        .await;
    }
    let body = json!({ "client_id": acme.client_id, "client_secret": acme.client_secret });
    acme.client.anonymous().post(TOKEN).json(body).refused(401, "unauthorized").await;
    kept.get("/api/v1/workspaces").expect(200).await;
}

async fn r55_a_deleted_organization_stops_within_five_seconds(bench: &Bench) {
    let acme = bench.organization().await;
    let other = bench.organization().await;
    let server = bench.shared();
    let connector = acme.connect("globex").await;
    acme.execute(&connector, "users", "list", json!({})).expect(200).await;
    let deleted = server.command(&["organization", "delete", &acme.id, "--yes"]).await;
    assert!(deleted.status.success(), "{deleted:?}");
    eventually("a deleted organization's token is refused", REVOCATION_WAIT, async || {
        let answer = acme.execute(&connector, "users", "list", json!({})).send().await;
        // Its connectors are gone at once, its token a moment later.
        assert!(matches!(answer.status, 200 | 401 | 404), "{answer:?}");
        (answer.status == 401).then_some(())
    })
    .await;
    let body = json!({ "client_id": acme.client_id, "client_secret": acme.client_secret });
    acme.client.anonymous().post(TOKEN).json(body).refused(401, "unauthorized").await;
    other.client.get("/api/v1/workspaces").expect(200).await;
}
