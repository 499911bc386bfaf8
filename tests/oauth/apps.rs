//! An organization's own OAuth app: put, looked at, replaced, deleted; and the connectors made with it.

use serde_json::{Value, json};
use testkit::consent::{Person, consent_body, parameter};
use testkit::{Bench, Organization, text};

use super::definitions::{LIKE_NOTION, serve};
use super::expire;

testkit::both!(
    an_app_is_put_and_looked_at_without_its_secret,
    a_configuration_is_held_against_the_definition,
    deleting_an_app_is_done_whether_or_not_there_is_one,
    what_an_app_needs_and_where_it_returns_to_can_be_asked,
    an_app_is_for_applications_to_bring,
    a_connector_outlives_the_app_it_was_made_with,
    a_rotated_secret_of_the_same_app_is_used,
);

const CREDENTIALS: &str = "/api/v1/oauth/credentials";
const OF_NOTION: &str = "/api/v1/oauth/credentials/connector_type/notion";
const NOTION: &str = "6e00b415-b02e-4160-bf02-58176a0ae687";

async fn an_app_is_put_and_looked_at_without_its_secret(bench: &Bench) {
    let acme = bench.organization().await;
    acme.client.get(OF_NOTION).refused(404, "oauth_app_not_found").await;
    let configuration = json!({ "client_id": "acme-client-0123456789", "client_secret": "acme-secret" });
    let put = json!({ "connector_type": "notion", "configuration": configuration });
    let made = acme.client.put(CREDENTIALS).json(put.clone()).expect(200).await;
    assert_eq!(made["scope_type"], "organization", "{made}");
    assert_eq!(made["scope_id"], acme.id.as_str(), "{made}");
    assert_eq!(made["connector_type"], "source", "the kind, and not the name: {made}");
    assert_eq!(made["connector_definition_id"], NOTION, "{made}");
    for key in ["id", "created_at", "updated_at"] {
        assert!(made[key].is_string(), "{key} in {made}");
    }
    let found = acme.client.get(OF_NOTION).expect(200).await;
    for (key, value) in made.as_object().expect("an app is an object") {
        assert_eq!(&found[key], value, "{key}");
    }
    let masked = text(&found["configuration"], "client_id");
    assert!(masked.starts_with("acme") && masked.contains('•') && masked.len() < 40, "{masked}");
    assert_eq!(found["configuration"].as_object().map(serde_json::Map::len), Some(1), "{found}");
    assert_eq!(
        found["redirect_uri"],
        format!("{}/api/v1/oauth/callback/notion/{}", acme.client.base(), acme.id)
    );
    assert!(
        !format!("{made}{found}").contains("acme-secret") && !found.to_string().contains("0123456"),
        "{found}"
    );

    // Again, by the definition's id and without the header: the same entry, changed.
    let by_id = json!({ "connector_definition_id": NOTION, "configuration": put["configuration"] });
    let again = acme.client.put(CREDENTIALS).json(by_id).expect(200).await;
    assert_eq!((&again["id"], &again["created_at"]), (&made["id"], &made["created_at"]));
    assert_ne!(again["updated_at"], made["updated_at"]);
    for spelling in ["Notion", "NOTION"] {
        let path = format!("{CREDENTIALS}/connector_type/{spelling}");
        assert_eq!(acme.client.get(&path).expect(200).await["id"], made["id"], "{spelling}");
    }
    let stored = bench.shared().stored().await;
    assert!(!stored.contains("acme-secret") && !stored.contains("acme-client-0123456789"), "it is sealed");
    let stranger = bench.organization().await;
    stranger.client.get(OF_NOTION).refused(404, "oauth_app_not_found").await;
}

async fn a_configuration_is_held_against_the_definition(bench: &Bench) {
    let acme = bench.organization().await;
    let good = json!({ "client_id": "app", "client_secret": "secret" });
    for (configuration, field) in [
        (json!({ "client_id": "app" }), "configuration.client_secret"),
        (json!({ "client_secret": "secret" }), "configuration.client_id"),
        (json!({ "client_id": "", "client_secret": "secret" }), "configuration.client_id"),
        (json!({ "client_id": 7, "client_secret": "secret" }), "configuration.client_id"),
        (json!({ "client_id": "app", "client_secret": null }), "configuration.client_secret"),
        (json!({ "client_id": "app", "client_secret": " padded " }), "configuration.client_secret"),
        (
            json!({ "client_id": "app", "client_secret": "secret", "clientSecret": "marker" }),
            "configuration.clientSecret",
        ),
        (json!({}), "configuration.client_id"),
    ] {
        let put = json!({ "connector_type": "notion", "configuration": configuration });
        let refusal = acme.client.put(CREDENTIALS).json(put).refused(422, "invalid_request").await;
        let fields: Vec<_> =
            refusal["errors"].as_array().expect("errors").iter().map(|e| e["field"].clone()).collect();
        assert!(fields.contains(&json!(field)), "{configuration}: {refusal}");
        assert!(!refusal.to_string().contains("marker"), "{refusal}");
    }
    for body in [
        json!({ "configuration": good }),
        json!({ "connector_type": "notion", "connector_definition_id": NOTION, "configuration": good }),
        json!({ "connector_type": "notion" }),
        json!({ "connector_type": "notion", "configuration": "text" }),
        json!({ "connector_type": "notion", "configuration": good, "extra": 1 }),
    ] {
        acme.client.put(CREDENTIALS).json(body).refused(422, "invalid_request").await;
    }
    let unknown = json!({ "connector_type": "no-such", "configuration": good });
    acme.client.put(CREDENTIALS).json(unknown).refused(404, "definition_not_found").await;
    acme.client.get(OF_NOTION).refused(404, "oauth_app_not_found").await;

    let (_folder, server) = serve(bench, &[LIKE_NOTION]).await;
    let acme = Organization::create(&server).await;
    let put = json!({ "connector_type": "key-only", "configuration": good });
    acme.client.put(CREDENTIALS).json(put).refused(422, "oauth_not_supported").await;
}

async fn deleting_an_app_is_done_whether_or_not_there_is_one(bench: &Bench) {
    let acme = bench.organization().await;
    for _ in 0..2 {
        assert_eq!(acme.client.delete(OF_NOTION).answer(204).await.text, "");
    }
    acme.bring_app(&bench.shared().upstream).await;
    acme.initiate(consent_body("globex")).expect(200).await;
    acme.client.delete(OF_NOTION).answer(204).await;
    acme.client.get(OF_NOTION).refused(404, "oauth_app_not_found").await;
    acme.initiate(consent_body("globex")).refused(422, "oauth_app_missing").await;
    acme.client
        .delete(&format!("{CREDENTIALS}/connector_type/no-such"))
        .refused(404, "definition_not_found")
        .await;
}

async fn what_an_app_needs_and_where_it_returns_to_can_be_asked(bench: &Bench) {
    let acme = bench.organization().await;
    let spec = acme.client.get(&format!("{CREDENTIALS}/spec?connector_type=notion")).expect(200).await;
    assert_eq!(spec["required"], json!(["client_id", "client_secret"]), "{spec}");
    assert_eq!(spec["additionalProperties"], false, "{spec}");
    let path = "/api/v1/oauth/redirect_uri";
    for query in ["?connector_type=notion".to_owned(), format!("?connector_definition_id={NOTION}")] {
        let told = acme.client.get(&format!("{path}{query}")).expect(200).await;
        let own = format!("{}/api/v1/oauth/callback/notion/{}", acme.client.base(), acme.id);
        assert_eq!(told["redirect_uri"], own, "{told}");
        assert_eq!(told["operator_app_configured"], false, "{told}");
    }
    acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let told = acme.client.get(&format!("{path}?connector_type=notion")).expect(200).await;
    assert_eq!(told["redirect_uri"], parameter(&url, "redirect_uri"), "exactly what is sent");
    acme.client.get(path).refused(422, "invalid_request").await;
    acme.client.get(&format!("{path}?connector_type=no-such")).refused(404, "definition_not_found").await;
}

async fn an_app_is_for_applications_to_bring(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let scoped = acme.scoped("globex").await;
    scoped.put(CREDENTIALS).json(app.credentials()).refused(403, "forbidden").await;
    scoped.get(OF_NOTION).refused(403, "forbidden").await;
    scoped.delete(OF_NOTION).refused(403, "forbidden").await;
    acme.client.get(OF_NOTION).expect(200).await;
}

async fn a_connector_outlives_the_app_it_was_made_with(bench: &Bench) {
    let acme = bench.organization().await;
    let first = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    expire(bench.shared(), &first, &id).await;
    let second = acme.bring_app(&bench.shared().upstream).await;
    assert_ne!(first.client_id, second.client_id);
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert_eq!(first.outcomes("token").await, ["issued", "refreshed"], "it refreshed with its own app");

    expire(bench.shared(), &first, &id).await;
    acme.client.delete(OF_NOTION).answer(204).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert_eq!(first.outcomes("token").await, ["issued", "refreshed", "refreshed"]);
    assert_eq!(second.asked("token").await, Vec::<Value>::new());

    // Consented anew, it goes by the app there is now.
    acme.client.put(CREDENTIALS).json(second.credentials()).expect(200).await;
    let again = json!({ "connector_id": id, "redirect_url": testkit::consent::RETURN_URL });
    Person::allowing().walk(&acme.consent_url(again).await).await.connector_id();
    expire(bench.shared(), &second, &id).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert_eq!(second.outcomes("token").await, ["issued", "refreshed"]);
}

async fn a_rotated_secret_of_the_same_app_is_used(bench: &Bench) {
    let acme = bench.organization().await;
    let mut app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    expire(bench.shared(), &app, &id).await;
    app.change_secret("rotated-secret").await;
    app.client_secret = "rotated-secret".to_owned();
    acme.client.put(CREDENTIALS).json(app.credentials()).expect(200).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert_eq!(
        app.outcomes("token").await,
        ["issued", "refreshed"],
        "the secret of now, and no other attempt"
    );
}
