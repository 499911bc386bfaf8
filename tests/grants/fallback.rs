//! The operator's token as a fallback credential, and who may act with it.

use serde_json::{Value, json};
use testkit::{Bench, Options, Organization, Patchbay, create_application, sandbox_token, text, token};

use crate::oauth::{CONNECTORS, detail};

testkit::both!(
    the_first_organization_connects_with_the_operators_token,
    r55_no_other_organization_ever_acts_with_the_operators_token,
    named_organizations_act_with_it_and_the_first_does_not,
    a_connector_whose_fallback_was_taken_away_says_why,
);

/// The organization that the first start made, with an application of its own.
async fn first_organization(server: &Patchbay) -> Organization {
    let listed = server.command(&["organization", "list"]).await.json();
    let first = listed.as_array().expect("a list").iter().find(|row| row["name"] == "default");
    let id = text(first.expect("the first start makes `default`"), "id");
    let (client_id, client_secret) = create_application(server, &[&id]).await;
    let token = token(&server.client(), &client_id, &client_secret).await;
    Organization { id, client_id, client_secret, client: server.client().with_bearer(&token) }
}

fn body(customer: &str) -> Value {
    json!({ "workspace_name": customer, "connector_type": "notion" })
}

async fn the_first_organization_connects_with_the_operators_token(bench: &Bench) {
    for name in ["NOTION_TOKEN", "NOTION_INTEGRATION_TOKEN"] {
        let server = bench.start(&Options::default().env(name, sandbox_token::ACME)).await;
        let first = first_organization(&server).await;
        let mut made = Vec::new();
        for credentials in [None, Some(json!({})), Some(json!(null))] {
            let mut body = body("globex");
            if let Some(credentials) = credentials {
                body["credentials"] = credentials;
            }
            let connector = first.client.post(CONNECTORS).json(body).expect(200).await;
            assert_eq!(connector["credential_source"], "operator", "{connector}");
            made.push(text(&connector, "id"));
        }
        let id = &made[0];
        let inspected = first.client.get(&format!("{CONNECTORS}/{id}/inspect")).expect(200).await;
        assert_eq!(inspected["credential_source"], "operator", "inspect says so: {inspected}");
        first.execute(id, "users", "list", json!({})).expect(200).await;
        let sent = server.upstream.requests_of(id).await;
        assert_eq!(sent[0].header("Authorization"), Some(format!("Bearer {}", sandbox_token::ACME).as_str()));
        // Its own credentials go first.
        let own = first.connect_with("globex", sandbox_token::GLOBEX).await;
        assert_eq!(detail(&first, &own).await["credential_source"], "given");
        assert!(!server.stored().await.contains(sandbox_token::ACME), "nothing of it is stored");
        let reader = first.allowed(&server, "credentials:read").await;
        let refusal = reader.get(&format!("{CONNECTORS}/{id}/credentials")).answer(403).await;
        assert!(!refusal.text.contains(sandbox_token::ACME), "it is not handed out: {}", refusal.text);
        assert!(!format!("{inspected}").contains(sandbox_token::ACME));
    }
}

async fn r55_no_other_organization_ever_acts_with_the_operators_token(bench: &Bench) {
    let server = bench.start(&Options::default().env("NOTION_TOKEN", sandbox_token::ACME)).await;
    let other = Organization::create(&server).await;
    for credentials in [json!(null), json!({}), json!({ "option_title": "Token" })] {
        let mut body = body("globex");
        body["credentials"] = credentials;
        other.client.post(CONNECTORS).json(body).refused(400, "credentials_mismatch").await;
    }
    other.client.post(CONNECTORS).json(body("globex")).refused(400, "credentials_mismatch").await;
    let check = other.client.post(&format!("{CONNECTORS}/check")).json(body("globex")).send().await;
    assert_ne!(check.json["status"], "succeeded", "{check:?}");
    // An organization that calls itself like the first is none the wiser.
    let made = server.command(&["organization", "create", "default"]).await;
    if made.status.success() {
        let id = text(&made.json(), "id");
        let (client_id, client_secret) = create_application(&server, &[&id]).await;
        let token = token(&server.client(), &client_id, &client_secret).await;
        let client = server.client().with_bearer(&token);
        client.post(CONNECTORS).json(body("globex")).refused(400, "credentials_mismatch").await;
    }
    let sent = server.upstream.requests().await;
    assert!(sent.iter().all(|sent| !sent.to_string().contains(sandbox_token::ACME)), "{sent:?}");
}

async fn named_organizations_act_with_it_and_the_first_does_not(bench: &Bench) {
    let mut server = bench.start(&Options::default().env("NOTION_TOKEN", sandbox_token::ACME)).await;
    let (first, named) = (first_organization(&server).await, Organization::create(&server).await);
    let before = text(&first.client.post(CONNECTORS).json(body("globex")).expect(200).await, "id");
    server.terminate().await;
    server.set_env("PATCHBAY_FALLBACK_TOKEN_ORGANIZATIONS", Some(&named.id));
    server.restart().await;
    let id = text(&named.client.post(CONNECTORS).json(body("globex")).expect(200).await, "id");
    named.execute(&id, "users", "list", json!({})).expect(200).await;
    first.client.post(CONNECTORS).json(body("globex")).refused(400, "credentials_mismatch").await;
    // What it made while it was allowed stands still as well.
    let refusal = first.execute(&before, "users", "list", json!({})).send().await;
    assert_eq!(refusal.status, 424, "{refusal:?}");
    assert!(server.upstream.requests_of(&before).await.is_empty());
}

async fn a_connector_whose_fallback_was_taken_away_says_why(bench: &Bench) {
    let mut server = bench.start(&Options::default().env("NOTION_TOKEN", sandbox_token::ACME)).await;
    let first = first_organization(&server).await;
    let id = text(&first.client.post(CONNECTORS).json(body("globex")).expect(200).await, "id");
    first.execute(&id, "users", "list", json!({})).expect(200).await;
    server.terminate().await;
    server.set_env("NOTION_TOKEN", None);
    server.restart().await;
    let refusal = first.execute(&id, "users", "list", json!({})).send().await;
    assert_eq!(refusal.status, 424, "{refusal:?}");
    assert!(text(&refusal.json, "message").contains("operator"), "it tells why: {}", refusal.text);
    first.client.post(CONNECTORS).json(body("globex")).refused(400, "credentials_mismatch").await;

    // A token that was exchanged for another is the one that is used.
    server.terminate().await;
    server.set_env("NOTION_TOKEN", Some(sandbox_token::GLOBEX));
    server.restart().await;
    first.execute(&id, "users", "list", json!({})).expect(200).await;
    let sent = server.upstream.requests_of(&id).await;
    let newest = sent.last().expect("it was called");
    assert_eq!(newest.header("Authorization"), Some(format!("Bearer {}", sandbox_token::GLOBEX).as_str()));
}
