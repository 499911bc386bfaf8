//! What `initiate` takes, what it answers, and what it refuses before anything is kept.

use serde_json::{Value, json};
use testkit::consent::{Person, RETURN_URL, consent_body, parameter};
use testkit::{Bench, Options, Organization, text};

use super::definitions::{Definition, LIKE_NOTION, serve_with};
use super::{CONNECTORS, connectors_of, detail};

testkit::both!(
    a_person_consents_and_the_connector_executes,
    every_field_of_initiate_is_taken,
    every_spelling_of_customer_and_definition_is_understood,
    what_is_ours_in_the_consent_url_cannot_be_set,
    r14_a_bad_return_url_is_refused_before_anything_begins,
    r14_only_listed_origins_are_returned_to,
    a_definition_that_cannot_be_consented_to_is_refused_with_the_way_out,
    an_environment_that_changes_the_host_is_refused,
    a_scoped_token_consents_for_its_own_workspace_only,
);

const NOTION: &str = "6e00b415-b02e-4160-bf02-58176a0ae687";
const SETTINGS: &str = "/api/v1/organizations/settings";

async fn a_person_consents_and_the_connector_executes(bench: &Bench) {
    let server = bench.shared();
    let acme = bench.organization().await;
    let app = acme.bring_app(&server.upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    assert_eq!(parameter(&url, "client_id"), app.client_id);
    assert_eq!(parameter(&url, "response_type"), "code");
    assert_eq!(parameter(&url, "owner"), "user", "the definition's own parameter");
    let landing = Person::allowing().walk(&url).await;
    let id = landing.connector_id();
    assert_eq!(landing.url, format!("{RETURN_URL}?connector_id={id}"));

    let users = acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert!(users["result"].as_array().is_some_and(|users| !users.is_empty()), "{users}");
    let made = detail(&acme, &id).await;
    assert_eq!(made["status"], "active", "{made}");
    assert_eq!(made["credential_source"], "consent", "{made}");
    assert_eq!(app.outcomes("token").await, ["issued"]);
}

async fn every_field_of_initiate_is_taken(bench: &Bench) {
    let server = bench.shared();
    let acme = bench.organization().await;
    acme.bring_app(&server.upstream).await;
    let entities = json!([{ "entity": "users", "modes": ["read"] }]);
    let mut body = consent_body("globex");
    body["name"] = "Knowledge base".into();
    body["replication_config"] = json!({ "start_date": "2026-01-01T00:00:00Z" });
    body["environment"] = json!({ "notion_version": "2025-09-03" });
    body["entities"] = entities.clone();
    body["oauth_input_configuration"] = json!({ "login_hint": "ada@example.com", "max_age": 5 });
    let url = acme.consent_url(body).await;
    assert_eq!(parameter(&url, "login_hint"), "ada@example.com");
    assert_eq!(parameter(&url, "max_age"), "5");
    let id = Person::allowing().walk(&url).await.connector_id();

    let made = detail(&acme, &id).await;
    assert_eq!(made["name"], "Knowledge base", "{made}");
    assert_eq!(made["replication_config"], json!({ "start_date": "2026-01-01T00:00:00Z" }), "{made}");
    assert_eq!(made["environment"], json!({ "notion_version": "2025-09-03" }), "{made}");
    assert_eq!(made["entities"], entities, "{made}");
    assert_eq!(made["workspace_id"], acme.customer_id("globex").await.as_str(), "{made}");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    let sent = server.upstream.requests_of(&id).await;
    assert_eq!(sent[0].header("Notion-Version"), Some("2025-09-03"));
    acme.execute(&id, "pages", "list", json!({})).refused(422, "entity_not_allowed").await;
}

async fn every_spelling_of_customer_and_definition_is_understood(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    for customer in ["workspace_name", "customer_name", "external_user_id"] {
        for (key, value) in
            [("definition_id", NOTION), ("connector_type", "Notion"), ("source_template_id", NOTION)]
        {
            let body = json!({ customer: "globex", key: value, "redirect_url": RETURN_URL });
            let url = acme.consent_url(body).await;
            Person::allowing().walk(&url).await.connector_id();
        }
    }
    assert_eq!(connectors_of(&acme, "globex").await, 9, "all spellings name one customer");
    for missing in ["workspace_name", "redirect_url", "connector_type"] {
        let mut body = consent_body("globex");
        body.as_object_mut().expect("a body is an object").remove(missing);
        let refusal = acme.initiate(body).refused(422, "invalid_request").await;
        assert!(refusal.to_string().contains(missing), "{missing}: {refusal}");
    }
    let mut body = consent_body("globex");
    body["redirect_uri"] = RETURN_URL.into();
    acme.initiate(body).refused(422, "invalid_request").await;
}

async fn what_is_ours_in_the_consent_url_cannot_be_set(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    for name in
        ["state", "redirect_uri", "client_id", "response_type", "code_challenge", "code_challenge_method"]
    {
        let mut body = consent_body("globex");
        body["oauth_input_configuration"] = json!({ name: "chosen-by-the-caller" });
        let refusal = acme.initiate(body).refused(422, "invalid_request").await;
        let text = refusal.to_string();
        assert!(text.contains("oauth_input_configuration") && text.contains(name), "{refusal}");
    }
}

async fn r14_a_bad_return_url_is_refused_before_anything_begins(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let long = format!("https://product.example/{}", "a".repeat(10_000));
    for bad in [
        json!(""),
        json!(null),
        json!(7),
        json!("/connected"),
        json!("product.example/connected"),
        json!("javascript:alert(1)"),
        json!("data:text/html,x"),
        json!("https://user:secret@product.example/"),
        json!("https://product.example@evil.example/"),
        json!("//evil.example/"),
        json!("https:evil.example"),
        json!("http://product.example/"),
        json!("https://product.example/#part"),
        json!("https://product.example\\@evil.example/"),
        json!("https://product.example/a\r\nSet-Cookie: a=b"),
        json!(" https://product.example/"),
        json!(long),
    ] {
        let mut body = consent_body("nobody yet");
        body["redirect_url"] = bad.clone();
        let refusal = acme.initiate(body).refused(422, "invalid_request").await;
        assert!(refusal["errors"].to_string().contains("redirect_url"), "{bad}: {refusal}");
    }
    let found = acme.client.get("/api/v1/workspaces?name_contains=nobody").expect(200).await;
    assert_eq!(found["data"], json!([]), "no customer was made for a refusal");
    for good in
        ["http://localhost:3000/back", "http://127.0.0.1/back", "http://[::1]:3000/", "https://a.example"]
    {
        let mut body = consent_body("globex");
        body["redirect_url"] = good.into();
        acme.initiate(body).expect(200).await;
    }
}

async fn r14_only_listed_origins_are_returned_to(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let listed = json!({ "return_origins": ["https://product.example", "https://app.example:8443"] });
    let settings = acme.client.put(SETTINGS).json(listed.clone()).expect(200).await;
    assert_eq!(settings["return_origins"], listed["return_origins"], "{settings}");
    assert_eq!(acme.client.get(SETTINGS).expect(200).await, settings);
    let (application, scoped) = (acme.client.clone(), acme.scoped("globex").await);
    for client in [&application, &scoped] {
        for (url, status) in [
            ("https://product.example/any/path?and=query", 200),
            ("https://PRODUCT.example:443/", 200),
            ("https://app.example:8443/", 200),
            ("https://app.example/", 422),
            ("http://localhost:3000/", 422),
            ("https://product.example.evil.example/", 422),
            ("https://evil.example/?https://product.example", 422),
        ] {
            let mut body = consent_body("globex");
            body["redirect_url"] = url.into();
            let answer = client.post(&format!("{CONNECTORS}/oauth/initiate")).json(body).answer(status).await;
            if status == 422 {
                assert_eq!(answer.json["errors"][0]["field"], "redirect_url", "{}", answer.text);
                assert!(answer.text.contains("return_origins"), "it names the way out: {}", answer.text);
            }
        }
    }
    for bad in
        ["product.example", "https://product.example/path", "https://*.example", "javascript:x", "null", ""]
    {
        let body = json!({ "return_origins": [bad] });
        acme.client.put(SETTINGS).json(body).refused(422, "invalid_request").await;
    }
    assert_eq!(acme.client.get(SETTINGS).expect(200).await, settings, "a refusal changes nothing");
    scoped.get(SETTINGS).refused(403, "forbidden").await;
    scoped.put(SETTINGS).json(json!({ "return_origins": [] })).refused(403, "forbidden").await;
}

async fn a_definition_that_cannot_be_consented_to_is_refused_with_the_way_out(bench: &Bench) {
    let (_folder, server) = serve_with(bench, &[LIKE_NOTION], Options::default()).await;
    let acme = Organization::create(&server).await;
    let asking = |kind: &str| {
        let mut body = consent_body("globex");
        body["connector_type"] = kind.into();
        acme.initiate(body)
    };
    asking("no-such-thing").refused(404, "definition_not_found").await;
    let mut by_id = json!({ "workspace_name": "globex", "redirect_url": RETURN_URL });
    by_id["definition_id"] = uuid::Uuid::new_v4().to_string().into();
    acme.initiate(by_id).refused(404, "definition_not_found").await;

    let refusal = asking("key-only").refused(422, "oauth_not_supported").await;
    assert!(text(&refusal, "message").contains("Secret key"), "it says which schemes there are: {refusal}");
    let refusal = asking("notion").refused(422, "oauth_app_missing").await;
    for way_out in [
        "PATCHBAY_OAUTH_NOTION_CLIENT_ID",
        "PATCHBAY_OAUTH_NOTION_CLIENT_SECRET",
        "PUT /api/v1/oauth/credentials",
    ] {
        assert!(text(&refusal, "message").contains(way_out), "{way_out}: {refusal}");
    }
    let refusal = asking("like-notion").refused(422, "oauth_app_missing").await;
    assert!(text(&refusal, "message").contains("PATCHBAY_OAUTH_LIKE_NOTION_CLIENT_ID"), "{refusal}");
}

async fn an_environment_that_changes_the_host_is_refused(bench: &Bench) {
    let hosted = Definition {
        name: "hosted",
        provider: "https://{{subdomain}}.provider.example/oauth",
        variables: "{subdomain: {default: own, description: Of the account}}",
        ..LIKE_NOTION
    };
    let (_folder, server) = serve_with(bench, &[hosted], Options::default()).await;
    let acme = Organization::create(&server).await;
    let configuration = json!({ "client_id": "app", "client_secret": "secret" });
    let put = json!({ "connector_type": "hosted", "configuration": configuration });
    acme.client.put("/api/v1/oauth/credentials").json(put).expect(200).await;
    let asking = |environment: Value| {
        let mut body = consent_body("globex");
        body["connector_type"] = "hosted".into();
        body["environment"] = environment;
        acme.initiate(body)
    };
    let url = text(&asking(json!({ "subdomain": "acme" })).expect(200).await, "consent_url");
    assert!(url.contains("/https/acme.provider.example/oauth/authorize?"), "{url}");
    for bad in [
        "evil.example/",
        "evil.example#",
        "evil.example?",
        "user@evil",
        "a.b",
        "evil.example:443/",
        "a b",
        "a\\b",
        "%2e",
    ] {
        let refusal = asking(json!({ "subdomain": bad })).refused(422, "invalid_request").await;
        assert_eq!(refusal["errors"][0]["field"], "environment.subdomain", "{bad}: {refusal}");
    }
    let refusal = asking(json!({ "no_such": "x" })).refused(422, "invalid_request").await;
    assert!(refusal["errors"].to_string().contains("no_such"), "{refusal}");
}

async fn a_scoped_token_consents_for_its_own_workspace_only(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let scoped = acme.scoped("globex").await;
    let initiate = format!("{CONNECTORS}/oauth/initiate");
    let origins = json!({ "return_origins": ["https://product.example"] });

    let refusal = scoped.post(&initiate).json(consent_body("globex")).refused(422, "invalid_request").await;
    assert!(refusal.to_string().contains("return_origins"), "scoped tokens need a listed origin: {refusal}");
    acme.client.put(SETTINGS).json(origins).expect(200).await;
    let url = text(&scoped.post(&initiate).json(consent_body("globex")).expect(200).await, "consent_url");
    let id = Person::allowing().walk(&url).await.connector_id();
    scoped.get(&format!("{CONNECTORS}/{id}")).expect(200).await;

    let theirs = acme.connect("initech").await;
    let mut bodies = vec![consent_body("initech"), consent_body("nobody")];
    let mut again = consent_body("globex");
    again["connector_id"] = theirs.into();
    bodies.push(again);
    for body in bodies {
        let answer = scoped.post(&initiate).json(body.clone()).answer(404).await;
        assert!(!answer.text.contains("initech") || body["workspace_name"] == "initech", "{}", answer.text);
    }
    let found = acme.client.get("/api/v1/workspaces?name_contains=nobody").expect(200).await;
    assert_eq!(found["data"], json!([]));
}
