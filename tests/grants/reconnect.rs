//! Consenting anew for a connector that stands: it keeps its id, name and history.

use serde_json::{Value, json};
use testkit::consent::{Landing, Person, RETURN_URL};
use testkit::{Bench, Organization, text};

use crate::oauth::{CONNECTORS, connectors_of, detail, expire};

testkit::both!(
    a_reconnected_connector_is_the_same_and_works_again,
    another_account_is_refused_and_its_grant_given_back,
    another_account_is_taken_when_that_was_allowed,
    what_a_reconnect_may_not_change_is_refused,
    a_connector_with_a_given_token_can_be_consented_for,
    a_connector_deleted_on_the_way_is_told_of,
);

fn again(id: &str) -> Value {
    json!({ "connector_id": id, "redirect_url": RETURN_URL })
}

async fn reconnect(acme: &Organization, body: Value, person: &Person) -> Landing {
    person.walk(&acme.consent_url(body).await).await
}

/// The workspace that the page does not offer checked.
fn elsewhere() -> Person {
    Person::allowing().in_workspace(&sandbox::seed::WORKSPACE_GLOBEX.to_string())
}

async fn a_reconnected_connector_is_the_same_and_works_again(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    let path = format!("{CONNECTORS}/{id}");
    acme.client.put(&path).json(json!({ "name": "Knowledge base" })).expect(200).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    let before = detail(&acme, &id).await;
    app.remove().await;
    acme.execute(&id, "users", "list", json!({})).refused(424, "connector_reauth_required").await;

    let landing = reconnect(&acme, again(&id), &Person::allowing()).await;
    assert_eq!(landing.url, format!("{RETURN_URL}?connector_id={id}"));
    let after = detail(&acme, &id).await;
    for key in
        ["id", "name", "workspace_id", "created_at", "account", "environment", "status", "credential_source"]
    {
        assert_eq!(after[key], before[key], "{key}");
    }
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert_eq!(connectors_of(&acme, "globex").await, 1);
    let query = [("connector", id.as_str())];
    let rows = acme.client.get("/api/v1/executions").query(&query).expect(200).await;
    assert!(rows["data"].as_array().is_some_and(|rows| rows.len() >= 3), "its history stays: {rows}");
    // The new grant is refreshed, and not the old one.
    expire(bench.shared(), &app, &id).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert_eq!(app.outcomes("token").await.last().map(String::as_str), Some("refreshed"));
    // One that works may be consented anew as well, and with its workspace named.
    let mut named = again(&id);
    named["workspace_name"] = "globex".into();
    named["connector_type"] = "notion".into();
    assert_eq!(reconnect(&acme, named, &Person::allowing()).await.connector_id(), id);
}

async fn another_account_is_refused_and_its_grant_given_back(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    let before = detail(&acme, &id).await;
    let landing = reconnect(&acme, again(&id), &elsewhere()).await;
    assert_eq!(landing.get("error").as_deref(), Some("account_mismatch"), "{}", landing.url);
    assert!(landing.get("error_description").is_some_and(|text| text.contains("account")), "{}", landing.url);
    assert_eq!(landing.get("connector_id"), None, "{}", landing.url);
    assert_eq!(detail(&acme, &id).await, before, "it is as it was");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    testkit::eventually("the refused grant is revoked", std::time::Duration::from_secs(30), async || {
        let grants = app.grants().await;
        assert_eq!(grants[0]["alive"], true, "the connector's own grant lives: {grants:?}");
        (grants[1]["cause"] == "revoked").then_some(())
    })
    .await;
}

async fn another_account_is_taken_when_that_was_allowed(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    let account = detail(&acme, &id).await["account"].clone();
    let mut body = again(&id);
    body["allow_account_change"] = true.into();
    assert_eq!(reconnect(&acme, body, &elsewhere()).await.connector_id(), id);
    let after = detail(&acme, &id).await;
    assert_ne!(after["account"]["id"], account["id"], "{after}");
    assert_eq!(after["account"]["id"], sandbox::seed::WORKSPACE_GLOBEX.to_string(), "{after}");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    testkit::eventually(
        "the grant of the other account is given back",
        std::time::Duration::from_secs(30),
        async || {
            let grants = app.grants().await;
            assert_eq!(grants[1]["alive"], true, "{grants:?}");
            (grants[0]["cause"] == "revoked").then_some(())
        },
    )
    .await;
}

async fn what_a_reconnect_may_not_change_is_refused(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    acme.connect("initech").await;
    for (key, value) in [
        ("name", json!("another")),
        ("environment", json!({ "notion_version": "2025-09-03" })),
        ("replication_config", json!({ "start_date": "2026-01-01" })),
        ("entities", json!([{ "entity": "users" }])),
        ("workspace_name", json!("initech")),
    ] {
        let mut body = again(&id);
        body[key] = value;
        let refusal = acme.initiate(body).refused(422, "invalid_request").await;
        assert!(refusal["errors"].to_string().contains(key), "{refusal}");
    }
    let mut new = testkit::consent::consent_body("globex");
    new["allow_account_change"] = true.into();
    acme.initiate(new).refused(422, "invalid_request").await;
    acme.initiate(again(&uuid::Uuid::now_v7().to_string())).refused(404, "connector_not_found").await;
    acme.initiate(again("no-id")).refused(422, "invalid_request").await;
    let stranger = bench.organization().await;
    stranger.bring_app(&bench.shared().upstream).await;
    stranger.initiate(again(&id)).refused(404, "connector_not_found").await;
}

async fn a_connector_with_a_given_token_can_be_consented_for(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let id = acme.connect("globex").await;
    let name = text(&detail(&acme, &id).await, "name");
    assert_eq!(reconnect(&acme, again(&id), &Person::allowing()).await.connector_id(), id);
    let after = detail(&acme, &id).await;
    assert_eq!(
        (&after["credential_source"], &after["auth_scheme"]),
        (&json!("consent"), &json!("oauth")),
        "{after}"
    );
    assert_eq!(after["name"], name.as_str());
    assert!(after["account"].is_object(), "{after}");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    let sent = bench.shared().upstream.requests_of(&id).await;
    let newest = sent.last().and_then(|sent| sent.header("Authorization")).expect("it was sent");
    assert!(!newest.contains(testkit::sandbox_token::ACME), "the granted token is used: {newest}");
}

async fn a_connector_deleted_on_the_way_is_told_of(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    let url = acme.consent_url(again(&id)).await;
    acme.client.delete(&format!("{CONNECTORS}/{id}")).expect(202).await;
    let landing = Person::allowing().walk(&url).await;
    assert_eq!(landing.get("error").as_deref(), Some("creation_failed"), "{}", landing.url);
    assert_eq!(connectors_of(&acme, "globex").await, 0, "it does not come back");
    testkit::eventually("both grants are given back", std::time::Duration::from_secs(60), async || {
        app.grants().await.iter().all(|grant| grant["alive"] == false).then_some(())
    })
    .await;
    let rows =
        format!("SELECT COUNT(*) FROM credentials WHERE connector_id = {}", bench.shared().literal(&id));
    assert_eq!(bench.shared().count(&rows).await, 0);

    // The same for a workspace that went meanwhile.
    let url = acme.consent_url(testkit::consent::consent_body("initech")).await;
    let workspace = acme.customer_id("initech").await;
    let callback = Person::allowing().to_callback(&url).await;
    acme.client.delete(&format!("/api/v1/workspaces/{workspace}")).expect(200).await;
    let page = testkit::consent::browse(&callback).await;
    assert!(
        page.status == 400 || page.header("Location").is_some_and(|to| to.contains("error=")),
        "{}",
        page.text
    );
    assert!(!page.headers_text().contains("connector_id="), "{}", page.headers_text());
}
