//! What providers really send: issuers that do not fit, and token answers of every kind.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::consent::{Landing, Person, browse, consent_body};
use testkit::{Bench, Organization, Patchbay, ProviderApp};

use super::definitions::{Definition, LIKE_NOTION, serve};
use super::{assert_is_refusal, connectors_of, detail};

testkit::both!(
    r12_an_issuer_that_is_another_ends_the_consent,
    r12_a_provider_without_a_known_issuer_may_say_what_it_likes,
    r17_every_readable_token_answer_makes_a_connector,
    r17_an_unreadable_token_answer_ends_in_a_clean_return,
    r17_a_token_endpoint_that_never_answers_does_not_hold_the_person_for_long,
);

const ISSUER: &str = "https://api.notion.com";

/// Promises `iss` in every callback.
const ISSUING: Definition = Definition {
    name: "issuing",
    number: 0xb2,
    oauth: "{issuer: https://api.notion.com, issuer_in_callback: true, authorize_params: {owner: user}}",
    ..LIKE_NOTION
};

/// Names an issuer and promises nothing.
const SILENT: Definition = Definition {
    name: "silent",
    number: 0xb3,
    oauth: "{issuer: https://api.notion.com, authorize_params: {owner: user}}",
    ..LIKE_NOTION
};

async fn bring(acme: &Organization, server: &Patchbay, definition: &str) -> ProviderApp {
    let app = ProviderApp::register(&server.upstream).await;
    let credentials = app.credentials_for(definition);
    acme.client.put("/api/v1/oauth/credentials").json(credentials).expect(200).await;
    app
}

/// The answer to a callback of `definition`, whose provider the app's settings describe.
async fn callback_page(acme: &Organization, definition: &str) -> testkit::consent::Page {
    let mut body = consent_body("globex");
    body["connector_type"] = definition.into();
    let url = acme.consent_url(body).await;
    browse(&Person::allowing().to_callback(&url).await).await
}

async fn r12_an_issuer_that_is_another_ends_the_consent(bench: &Bench) {
    let (_folder, server) = serve(bench, &[ISSUING, SILENT]).await;
    let acme = Organization::create(&server).await;
    let promised = bring(&acme, &server, "issuing").await;
    let silent = bring(&acme, &server, "silent").await;
    let wrong = [
        "https://evil.example",
        "https://api.notion.com/",
        "https://API.notion.com",
        "https://api.notion.com:443",
        "http://api.notion.com",
        "https%3A%2F%2Fapi.notion.com",
        "",
    ];
    for (app, definition) in [(&promised, "issuing"), (&silent, "silent")] {
        for iss in wrong {
            app.set(json!({ "callback": { "iss": iss } })).await;
            let page = callback_page(&acme, definition).await;
            assert_is_refusal(&page);
        }
    }
    // Promised and not there.
    promised.set(json!({ "callback": {} })).await;
    assert_is_refusal(&callback_page(&acme, "issuing").await);
    // Of an error it has to be the issuer's own word as well.
    promised.set(json!({ "consent": "cancel", "callback": { "iss": "https://evil.example" } })).await;
    assert_is_refusal(&callback_page(&acme, "issuing").await);
    assert_eq!(
        promised.asked("token").await.len() + silent.asked("token").await.len(),
        0,
        "no token request"
    );
    assert_eq!(connectors_of(&acme, "globex").await, 0);

    promised.set(json!({ "consent": null, "callback": { "iss": ISSUER } })).await;
    Landing::of(callback_page(&acme, "issuing").await).connector_id();
    for callback in [json!({}), json!({ "iss": ISSUER })] {
        silent.set(json!({ "callback": callback })).await;
        Landing::of(callback_page(&acme, "silent").await).connector_id();
    }
}

async fn r12_a_provider_without_a_known_issuer_may_say_what_it_likes(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    app.set(json!({ "callback": { "iss": "https://www.notion.so", "extra": "ignored" } })).await;
    Landing::of(callback_page(&acme, "notion").await).connector_id();
}

async fn r17_every_readable_token_answer_makes_a_connector(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    for (settings, scopes) in [
        (json!({ "answer_format": "form" }), Value::Null),
        (json!({ "omit": ["token_type"] }), Value::Null),
        (json!({ "expires_in": "3600" }), Value::Null),
        (json!({ "expires_in": 0 }), Value::Null),
        (json!({ "expires_in": -1 }), Value::Null),
        (json!({ "expires_in": "soon" }), Value::Null),
        (json!({ "expires_in": 315_360_000 }), Value::Null),
        (json!({ "refresh_tokens": false }), Value::Null),
        (json!({ "scope": "read write" }), json!(["read", "write"])),
        (json!({ "scope": "read,write" }), json!(["read", "write"])),
        (json!({ "extra": { "token_type": "BEARER", "error": null } }), Value::Null),
        (json!({ "omit": ["workspace_name", "workspace_id", "owner", "bot_id"] }), Value::Null),
    ] {
        let reset = json!({
            "answer_format": null, "omit": null, "expires_in": null, "refresh_tokens": null, "scope": null,
            "extra": null,
        });
        app.set(reset).await;
        app.set(settings.clone()).await;
        let id = acme.consent("globex").await;
        let made = detail(&acme, &id).await;
        assert_eq!(made["granted_scopes"], scopes, "{settings}: {made}");
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
    }
}

async fn r17_an_unreadable_token_answer_ends_in_a_clean_return(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let refusal = json!({ "error": "invalid_grant", "error_description": "<b>a quoted-body-marker</b>" });
    for effect in [
        json!({ "kind": "answer", "status": 200, "text": "<html>quoted-body-marker", "content_type": "text/html" }),
        json!({ "kind": "answer", "status": 200, "json": refusal }),
        json!({ "kind": "answer", "status": 200, "json": {} }),
        json!({ "kind": "answer", "status": 200, "json": ["quoted-body-marker"] }),
        json!({ "kind": "answer", "status": 200, "json": { "access_token": "" } }),
        json!({ "kind": "answer", "status": 200, "json": { "access_token": { "a": 1 } } }),
        json!({ "kind": "answer", "status": 200, "json": { "access_token": "with a\nline break" } }),
        json!({ "kind": "answer", "status": 204, "text": "" }),
        json!({ "kind": "answer", "status": 302, "text": "", "headers": { "Location": "https://evil.example/token" } }),
        json!({ "kind": "answer", "status": 500, "text": "quoted-body-marker" }),
        json!({ "kind": "large", "bytes": 10_000_000 }),
        json!({ "kind": "malformed" }),
        json!({ "kind": "reset" }),
        json!({ "kind": "stop_midway" }),
        json!({ "kind": "saved_then_reset" }),
        json!({ "kind": "bad_gateway" }),
        json!({ "kind": "unavailable", "retry_after": 7 }),
        json!({ "kind": "rate_limited", "retry_after": 7 }),
    ] {
        let before = app.asked("token").await.len();
        app.fault("token", json!({ "effect": effect })).await;
        let landing = Landing::of(callback_page(&acme, "notion").await);
        assert_eq!(
            landing.get("error").as_deref(),
            Some("token_exchange_failed"),
            "{effect}: {}",
            landing.url
        );
        let told = landing.get("error_description").expect("an error is described");
        // The provider's own description is passed on; of any other body nothing is.
        assert!(!told.contains("quoted-body-marker") || effect["json"] == refusal, "{told}");
        assert!(!told.is_empty() && !landing.page.text.contains("<b>"), "{effect}: {}", landing.page.text);
        assert_eq!(landing.get("connector_id"), None, "{effect}");
        assert_eq!(app.asked("token").await.len(), before + 1, "{effect}: a code is sent once");
    }
    assert_eq!(connectors_of(&acme, "globex").await, 0);
    let sent = bench.shared().upstream.requests().await;
    assert!(
        sent.iter().all(|sent| !sent.to_string().contains("\"host\":\"evil.example\"")),
        "a redirect was followed"
    );
    let log = bench.shared().log();
    assert!(
        !log.contains("quoted-body-marker") || log.contains("a quoted-body-marker"),
        "a body is in the log"
    );
}

async fn r17_a_token_endpoint_that_never_answers_does_not_hold_the_person_for_long(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let gate = format!("never {}", acme.id);
    app.fault("token", json!({ "effect": { "kind": "held", "gate": gate, "when": "after" } })).await;
    let begun = Instant::now();
    let landing = Landing::of(callback_page(&acme, "notion").await);
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert_eq!(landing.get("error").as_deref(), Some("token_exchange_failed"), "{}", landing.url);
    assert_eq!(connectors_of(&acme, "globex").await, 0);
    bench.shared().upstream.control("POST", "gates", Some(json!({ "gate": gate }))).await;
}
