//! Handing out a credential in clear: to whom the operator allowed it, and never without a record.

use serde_json::{Value, json};
use testkit::{Bench, Client, Organization, sandbox_token, text};

use crate::oauth::CONNECTORS;

testkit::both!(
    no_application_reads_credentials_unless_it_was_allowed_to,
    an_allowed_application_reads_every_field_and_it_is_logged,
    a_credential_is_refreshed_before_it_is_handed_out,
    a_connector_that_is_not_active_hands_nothing_out,
    a_given_token_is_handed_out_by_the_names_of_its_scheme,
);

async fn reader(bench: &Bench, acme: &Organization) -> Client {
    acme.allowed(bench.shared(), "credentials:read").await
}

fn path(id: &str) -> String {
    format!("{CONNECTORS}/{id}/credentials")
}

async fn no_application_reads_credentials_unless_it_was_allowed_to(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    let refusal = acme.client.get(&path(&id)).answer(403).await;
    assert_eq!(refusal.json["code"], "permission_missing", "{}", refusal.text);
    assert!(refusal.text.contains("--allow credentials:read"), "it names the way: {}", refusal.text);
    let reader = reader(bench, &acme).await;
    let scoped = json!({ "workspace_name": "globex" });
    let scoped = reader.post("/api/v1/account/applications/scoped-token").json(scoped).expect(200).await;
    let scoped = reader.with_bearer(&text(&scoped, "token"));
    scoped.get(&path(&id)).refused(403, "forbidden").await;
    let stranger = bench.organization().await;
    let theirs = self::reader(bench, &stranger).await;
    theirs.get(&path(&id)).refused(404, "connector_not_found").await;
    for secret in app.secrets().await {
        assert!(!refusal.text.contains(&secret));
    }
    let printed = bench
        .shared()
        .command(&["application", "create", "--organization", &acme.id, "--allow", "all"])
        .await;
    assert!(!printed.status.success() && printed.stderr.contains("credentials:read"), "{printed:?}");
}

async fn an_allowed_application_reads_every_field_and_it_is_logged(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    app.set(json!({ "scope": "read write", "expires_in": 3600, "extra": { "id_token": "an-id-token" } }))
        .await;
    let id = acme.consent("globex").await;
    let reader = reader(bench, &acme).await;
    let answer = reader.get(&path(&id)).answer(200).await;
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{}", answer.headers_text());
    let credential = answer.json;
    let secrets = app.secrets().await;
    for key in ["access_token", "refresh_token"] {
        assert!(secrets.contains(&text(&credential, key)), "{key} in {credential}");
    }
    assert_eq!(text(&credential, "token_type").to_lowercase(), "bearer");
    assert_eq!(credential["id_token"], "an-id-token");
    let scope = &credential["scope"];
    assert!(*scope == json!(["read", "write"]) || *scope == json!("read write"), "{credential}");
    let expires_in = credential["expires_in"].as_i64().expect("it expires");
    assert!((3_000..=3_600).contains(&expires_in), "{credential}");
    assert!(credential["expires_at"].is_string(), "{credential}");
    let grant = app.grants().await.remove(0);
    assert_eq!(credential["workspace_id"], grant["workspace_id"], "{credential}");
    for key in ["workspace_name", "workspace_icon"] {
        assert!(credential.get(key).is_some_and(|value| !value.is_null()), "{key} in {credential}");
    }
    let raw = credential["raw"].as_object().expect("the provider's answer");
    for key in ["access_token", "refresh_token", "bot_id", "owner", "workspace_id", "duplicated_template_id"]
    {
        assert!(raw.contains_key(key), "{key} in {credential}");
    }
    assert!(
        !credential.to_string().contains(&app.client_secret),
        "the app's secret is none of it: {credential}"
    );

    let query = [("connector", id.as_str())];
    let rows = acme.client.get("/api/v1/executions").query(&query).expect(200).await;
    let row = &rows["data"][0];
    assert!(row.to_string().contains("credentials"), "it is in the execution log: {rows}");
    for secret in secrets {
        assert!(!rows.to_string().contains(&secret), "{rows}");
    }
    // The secret that was read works upstream.
    assert_eq!(grant["access_token_valid"], true);
}

async fn a_credential_is_refreshed_before_it_is_handed_out(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    app.set(json!({ "expires_in": 1 })).await;
    let id = acme.consent("globex").await;
    app.set(json!({ "expires_in": 3600 })).await;
    let reader = reader(bench, &acme).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let first = reader.get(&path(&id)).expect(200).await;
    assert_eq!(app.outcomes("token").await, ["issued", "refreshed"], "{first}");
    let again = reader.get(&path(&id)).expect(200).await;
    assert_eq!(again["access_token"], first["access_token"]);
    assert_eq!(app.asked("token").await.len(), 2, "a good one is not refreshed");
    let token = text(&first, "access_token");
    let found = bench.shared().upstream.control("GET", &format!("oauth/grants?token={token}"), None).await;
    assert_eq!(found["grants"][0]["access_token_valid"], true, "the newest is handed out: {found}");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
}

async fn a_connector_that_is_not_active_hands_nothing_out(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let reader = reader(bench, &acme).await;
    let id = acme.consent("globex").await;
    acme.client.post(&format!("{CONNECTORS}/{id}/disable")).json(json!({})).expect(200).await;
    reader.get(&path(&id)).refused(424, "connector_disabled").await;
    let settings = json!({ "confirm_connectors": true });
    acme.client.put("/api/v1/organizations/settings").json(settings).expect(200).await;
    let pending = acme.consent("globex").await;
    reader.get(&path(&pending)).refused(424, "connector_pending_confirmation").await;
    reader.get(&path(&uuid::Uuid::now_v7().to_string())).refused(404, "connector_not_found").await;
}

async fn a_given_token_is_handed_out_by_the_names_of_its_scheme(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let credential = reader(bench, &acme).await.get(&path(&id)).expect(200).await;
    assert_eq!(credential["values"], json!({ "token": sandbox_token::ACME }), "{credential}");
    assert_eq!(credential["auth_scheme"], "internal_token", "{credential}");
    for key in ["access_token", "refresh_token", "raw", "workspace_id"] {
        assert_eq!(credential[key], Value::Null, "{key} in {credential}");
    }
}
