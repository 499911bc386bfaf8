//! One definition's answer at another's door: an honest code never reaches a stranger's token endpoint.

use serde_json::json;
use testkit::consent::{Landing, Person, browse, consent_body, parameter};
use testkit::{Bench, Options, Organization, Patchbay, ProviderApp};

use super::definitions::{Definition, LIKE_NOTION, serve, serve_with};
use super::{assert_is_refusal, connectors_of};

testkit::both!(
    r8_a_callback_at_another_definitions_redirect_uri_is_refused,
    r8_a_callback_at_another_kind_of_redirect_uri_is_refused,
    r9_a_hostile_definition_never_gets_an_honest_code,
);

/// Its authorization page sends the person on to an honest provider.
const HOSTILE: Definition =
    Definition { name: "hostile", number: 0xb1, provider: "https://evil.example/oauth", ..LIKE_NOTION };

async fn bring(acme: &Organization, server: &Patchbay, definition: &str) -> ProviderApp {
    let app = ProviderApp::register(&server.upstream).await;
    let credentials = app.credentials_for(definition);
    acme.client.put("/api/v1/oauth/credentials").json(credentials).expect(200).await;
    app
}

async fn callback_of(acme: &Organization, definition: &str) -> String {
    let mut body = consent_body("globex");
    body["connector_type"] = definition.into();
    Person::allowing().to_callback(&acme.consent_url(body).await).await
}

async fn r8_a_callback_at_another_definitions_redirect_uri_is_refused(bench: &Bench) {
    let (_folder, server) = serve(bench, &[LIKE_NOTION]).await;
    let acme = Organization::create(&server).await;
    let apps = [bring(&acme, &server, "notion").await, bring(&acme, &server, "like-notion").await];
    for (of, at) in [("notion", "like-notion"), ("like-notion", "notion"), ("notion", "no-such-definition")] {
        let callback = callback_of(&acme, of).await;
        let crossed = callback.replace(&format!("/callback/{of}/"), &format!("/callback/{at}/"));
        assert_ne!(crossed, callback);
        assert_is_refusal(&browse(&crossed).await);
        // Whoever tried it cannot try on.
        assert_is_refusal(&browse(&callback).await);
    }
    for app in &apps {
        assert_eq!(app.asked("token").await.len(), 0, "no token request");
    }
    assert_eq!(connectors_of(&acme, "globex").await, 0);
    // At home each of them works.
    for definition in ["notion", "like-notion"] {
        Landing::of(browse(&callback_of(&acme, definition).await).await).connector_id();
    }
}

async fn r8_a_callback_at_another_kind_of_redirect_uri_is_refused(bench: &Bench) {
    let options = Options::default()
        .env("NOTION_CLIENT_ID", sandbox::seed::OAUTH_CLIENT_ID)
        .env("NOTION_CLIENT_SECRET", sandbox::seed::OAUTH_CLIENT_SECRET);
    let (_folder, server) = serve_with(bench, &[], options).await;
    let (acme, other) = (Organization::create(&server).await, Organization::create(&server).await);
    // An own app's answer at the operator's address, at its older spelling, and at another organization's.
    let app = bring(&acme, &server, "notion").await;
    let (own, theirs) =
        (format!("/oauth/callback/notion/{}", acme.id), format!("/oauth/callback/notion/{}", other.id));
    for path in ["/oauth/callback/notion", "/auth/notion/connector/callback", &theirs] {
        let callback = callback_of(&acme, "notion").await;
        let crossed = callback.replace(&own, path);
        assert_ne!(crossed, callback);
        assert_is_refusal(&browse(&crossed).await);
    }
    // The operator's at an organization's.
    let callback = callback_of(&other, "notion").await;
    for path in [&theirs, &own] {
        assert_is_refusal(&browse(&callback.replace("/oauth/callback/notion", path)).await);
    }
    let asked = server.upstream.requests().await;
    assert!(asked.iter().all(|sent| sent.path() != "/v1/oauth/token"), "no token request");
    assert_eq!(app.asked("token").await.len(), 0);
    assert_eq!(connectors_of(&acme, "globex").await + connectors_of(&other, "globex").await, 0);
}

async fn r9_a_hostile_definition_never_gets_an_honest_code(bench: &Bench) {
    let options = Options::default()
        .env("NOTION_CLIENT_ID", sandbox::seed::OAUTH_CLIENT_ID)
        .env("NOTION_CLIENT_SECRET", sandbox::seed::OAUTH_CLIENT_SECRET);
    let (_folder, server) = serve_with(bench, &[HOSTILE], options).await;
    let (attacker, honest) = (Organization::create(&server).await, Organization::create(&server).await);
    let own = bring(&honest, &server, "notion").await;
    bring(&attacker, &server, "hostile").await;
    // What an honest consent looks like anybody can see; with the operator's app, and with an own one.
    let operators = attacker.consent_url(consent_body("globex")).await;
    let organizations = honest.consent_url(consent_body("globex")).await;
    assert_eq!(parameter(&organizations, "client_id"), own.client_id);
    for honest_url in [&operators, &organizations] {
        // The victim begins at the attacker's page, which answers with a redirect to the honest one,
        // with the state and the challenge of the flow that the victim is in.
        let mut body = consent_body("victim");
        body["connector_type"] = "hostile".into();
        let begun = attacker.consent_url(body).await;
        assert!(begun.contains("/https/evil.example/oauth/authorize?"), "{begun}");
        let mut bounced = honest_url.clone();
        for name in ["state", "code_challenge"] {
            bounced = bounced.replace(&parameter(honest_url, name), &parameter(&begun, name));
        }
        let callback = Person::allowing().to_callback(&bounced).await;
        assert_eq!(parameter(&callback, "state"), parameter(&begun, "state"));
        assert!(!parameter(&callback, "code").is_empty(), "the honest provider gave an honest code");
        assert_is_refusal(&browse(&callback).await);
    }
    for sent in server.upstream.requests().await {
        let sent = sent.to_string();
        assert!(!sent.contains("evil.example/") && !sent.contains("\"host\":\"evil.example\""), "{sent}");
        assert!(!sent.contains("/v1/oauth/token"), "no code went anywhere: {sent}");
    }
    assert_eq!(connectors_of(&attacker, "victim").await, 0);
    let settled = json!({ "data": [], "next_after": 0 });
    assert_eq!(attacker.client.get("/api/v1/events").expect(200).await, settled);
}
