//! Scopes: asked for, granted, and missing.

use serde_json::{Value, json};
use testkit::consent::{Person, consent_body, parameter};
use testkit::{Bench, Organization, ProviderApp, text};

use super::definitions::{Definition, LIKE_NOTION, serve};
use super::{CONNECTORS, detail};

testkit::both!(
    r18_narrower_scopes_are_recorded_and_told_before_any_call,
    scopes_are_asked_for_with_the_definitions_separator,
);

const SCOPED: Definition = Definition {
    name: "scoped",
    number: 0xb4,
    scopes: "{users.read: See users, pages.write: Change pages}",
    needs: "[users.read]",
    ..LIKE_NOTION
};
const COMMAS: Definition = Definition {
    name: "commas",
    number: 0xb5,
    scopes: "{users.read: See users, pages.write: Change pages}",
    oauth: r#"{scope_separator: ",", authorize_params: {owner: user}}"#,
    ..LIKE_NOTION
};

fn body(definition: &str) -> Value {
    let mut body = consent_body("globex");
    body["connector_type"] = definition.into();
    body
}

async fn r18_narrower_scopes_are_recorded_and_told_before_any_call(bench: &Bench) {
    let (_folder, server) = serve(bench, &[SCOPED]).await;
    let acme = Organization::create(&server).await;
    let app = ProviderApp::register(&server.upstream).await;
    acme.client.put("/api/v1/oauth/credentials").json(app.credentials_for("scoped")).expect(200).await;
    let connect = async |scope: Value| {
        app.set(json!({ "scope": scope })).await;
        Person::allowing().walk(&acme.consent_url(body("scoped")).await).await.connector_id()
    };
    let narrow = connect(json!("pages.write")).await;
    for seen in [
        detail(&acme, &narrow).await,
        acme.client.get(&format!("{CONNECTORS}/{narrow}/inspect")).expect(200).await,
    ] {
        assert_eq!(seen["granted_scopes"], json!(["pages.write"]), "{seen}");
    }
    let refusal = acme.execute(&narrow, "users", "list", json!({})).refused(424, "scope_missing").await;
    assert!(text(&refusal, "message").contains("users.read"), "it names the scope: {refusal}");
    assert!(text(&refusal, "message").contains("consent"), "it names the way out: {refusal}");
    assert!(server.upstream.requests_of(&narrow).await.is_empty(), "nothing was sent");
    acme.execute(&narrow, "me", "get", json!({})).expect(200).await;

    // A wider consent for the same connector puts it right.
    app.set(json!({ "scope": "pages.write users.read" })).await;
    let again = json!({ "connector_id": narrow, "redirect_url": testkit::consent::RETURN_URL });
    let same = Person::allowing().walk(&acme.consent_url(again).await).await.connector_id();
    assert_eq!(same, narrow);
    acme.execute(&narrow, "users", "list", json!({})).expect(200).await;

    // A provider that does not say has granted what was asked for (RFC 6749, 5.1).
    let silent = connect(Value::Null).await;
    acme.execute(&silent, "users", "list", json!({})).expect(200).await;
    let none = connect(json!("")).await;
    let answer = acme.execute(&none, "users", "list", json!({})).send().await;
    assert!(matches!(answer.status, 200 | 424), "{answer:?}");
}

async fn scopes_are_asked_for_with_the_definitions_separator(bench: &Bench) {
    let (_folder, server) = serve(bench, &[SCOPED, COMMAS, LIKE_NOTION]).await;
    let acme = Organization::create(&server).await;
    for (definition, scope) in [("scoped", "users.read pages.write"), ("commas", "users.read,pages.write")] {
        let app = ProviderApp::register(&server.upstream).await;
        acme.client.put("/api/v1/oauth/credentials").json(app.credentials_for(definition)).expect(200).await;
        assert_eq!(parameter(&acme.consent_url(body(definition)).await, "scope"), scope);
    }
    let app = ProviderApp::register(&server.upstream).await;
    acme.client.put("/api/v1/oauth/credentials").json(app.credentials_for("like-notion")).expect(200).await;
    let url = acme.consent_url(body("like-notion")).await;
    assert!(!url.contains("scope="), "no scopes are no parameter: {url}");
}
