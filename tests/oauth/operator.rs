//! The operator's OAuth app, by every name that its variables have, and whose app a consent goes by.

use serde_json::json;
use testkit::consent::{Landing, Person, at, browse, consent_body, parameter};
use testkit::{Bench, Options, Organization};

use super::connectors_of;

testkit::both!(
    the_operators_app_serves_organizations_without_their_own,
    the_names_of_other_products_mean_the_same,
    an_app_registered_with_another_products_redirect_uri_works_as_it_stands,
    r11_an_organizations_app_is_its_own_and_the_operators_is_nobodys_to_edit,
    a_redirect_uri_names_whose_app_it_is_for,
);

const ID: &str = sandbox::seed::OAUTH_CLIENT_ID;
const SECRET: &str = sandbox::seed::OAUTH_CLIENT_SECRET;

fn operators_app() -> Options {
    Options::default()
        .env("PATCHBAY_OAUTH_NOTION_CLIENT_ID", ID)
        .env("PATCHBAY_OAUTH_NOTION_CLIENT_SECRET", SECRET)
}

async fn the_operators_app_serves_organizations_without_their_own(bench: &Bench) {
    let scopes = Options::env(operators_app(), "PATCHBAY_OAUTH_NOTION_SCOPES", "read:content write:content");
    let server = bench.start(&scopes).await;
    for _ in 0..2 {
        let acme = Organization::create(&server).await;
        let url = acme.consent_url(consent_body("globex")).await;
        assert_eq!(parameter(&url, "client_id"), ID);
        assert_eq!(parameter(&url, "scope"), "read:content write:content");
        assert_eq!(
            parameter(&url, "redirect_uri"),
            format!("{}/api/v1/oauth/callback/notion", server.base())
        );
        let id = Person::allowing().walk(&url).await.connector_id();
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
        acme.client
            .get("/api/v1/oauth/credentials/connector_type/notion")
            .refused(404, "oauth_app_not_found")
            .await;
    }
}

async fn the_names_of_other_products_mean_the_same(bench: &Bench) {
    const AUTHORIZE: &str = "https://api.notion.com/v1/oauth/authorize?from=operator";
    const TOKEN: &str = "https://api.notion.com/v1/oauth/token?from=operator";
    let sets = [
        [
            "NOTION_OAUTH_CLIENT_ID",
            "NOTION_OAUTH_CLIENT_SECRET",
            "NOTION_AUTHORIZATION_URL",
            "NOTION_TOKEN_URL",
            "NOTION_VERSION",
        ],
        [
            "NOTION_CLIENT_ID",
            "NOTION_CLIENT_SECRET",
            "NOTION_AUTHORIZE_URL",
            "NOTION_ACCESS_TOKEN_URL",
            "NOTION_API_VERSION",
        ],
    ];
    for names in sets {
        let values = [ID, SECRET, AUTHORIZE, TOKEN, "2025-09-03"];
        // A product without scopes says so with nothing.
        let options = Options::default().env("NOTION_SCOPES", "");
        let options =
            names.iter().zip(values).fold(options, |options, (name, value)| options.env(name, value));
        let server = bench.start(&options).await;
        let acme = Organization::create(&server).await;
        let url = acme.consent_url(consent_body("globex")).await;
        assert_eq!(parameter(&url, "client_id"), ID);
        assert_eq!(parameter(&url, "from"), "operator", "{url}");
        assert!(!url.contains("scope="), "{url}");
        let id = Person::allowing().walk(&url).await.connector_id();
        let exchange = server.upstream.requests().await;
        let exchange =
            exchange.iter().find(|sent| sent.path() == "/v1/oauth/token").expect("it was exchanged");
        assert!(exchange.to_string().contains("from=operator"), "{exchange}");
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
        let sent = server.upstream.requests_of(&id).await;
        assert_eq!(sent[0].header("Notion-Version"), Some("2025-09-03"), "{names:?}");
    }
}

async fn an_app_registered_with_another_products_redirect_uri_works_as_it_stands(bench: &Bench) {
    const REGISTERED: &str = "http://localhost:8000/api/v1/auth/notion/connector/callback";
    let options = Options::default()
        .env("NOTION_CLIENT_ID", ID)
        .env("NOTION_CLIENT_SECRET", SECRET)
        .env("NOTION_REDIRECT_URI", REGISTERED);
    let server = bench.start(&options).await;
    // The provider knows this one address and no other.
    let app = json!({ "client_id": ID, "client_secret": SECRET, "redirect_uris": [REGISTERED], "any_loopback": false });
    server.upstream.control("POST", "oauth/apps", Some(app)).await;
    let acme = Organization::create(&server).await;
    let told = acme.client.get("/api/v1/oauth/redirect_uri?connector_type=notion").expect(200).await;
    assert_eq!(told["operator_redirect_uri"], REGISTERED, "{told}");
    let url = acme.consent_url(consent_body("globex")).await;
    assert_eq!(parameter(&url, "redirect_uri"), REGISTERED);
    let callback = Person::allowing().to_callback(&url).await;
    assert!(callback.starts_with(&format!("{REGISTERED}?")), "{callback}");
    // Port 8000 is where the program listens by itself; a test server listens elsewhere.
    Landing::of(browse(&at(&callback, &server)).await).connector_id();
}

async fn r11_an_organizations_app_is_its_own_and_the_operators_is_nobodys_to_edit(bench: &Bench) {
    let server = bench.start(&operators_app()).await;
    let (acme, other, third) = (
        Organization::create(&server).await,
        Organization::create(&server).await,
        Organization::create(&server).await,
    );
    let (own, theirs) = (acme.bring_app(&server.upstream).await, other.bring_app(&server.upstream).await);
    let client_of = async |organization: &Organization| {
        parameter(&organization.consent_url(consent_body("globex")).await, "client_id")
    };
    assert_eq!(client_of(&acme).await, own.client_id, "its own goes before the operator's");
    assert_eq!(client_of(&other).await, theirs.client_id);
    assert_eq!(client_of(&third).await, ID);

    // An organization without an app of its own deletes nothing of the operator's.
    third.client.delete("/api/v1/oauth/credentials/connector_type/notion").answer(204).await;
    assert_eq!(client_of(&third).await, ID);
    // An app is an id and a secret; where secrets go is not for organizations to say.
    for key in ["token_url", "authorization_url", "redirect_uri", "issuer"] {
        let mut put = own.credentials();
        put["configuration"][key] = "https://evil.example/token".into();
        let refusal =
            acme.client.put("/api/v1/oauth/credentials").json(put).refused(422, "invalid_request").await;
        assert!(refusal["errors"].to_string().contains(key), "{refusal}");
    }
    let under_way = other.consent_url(consent_body("globex")).await;
    acme.client.delete("/api/v1/oauth/credentials/connector_type/notion").answer(204).await;
    assert_eq!(client_of(&acme).await, ID, "without its own it is the operator's again");
    assert_eq!(client_of(&other).await, theirs.client_id);
    Person::allowing().walk(&under_way).await.connector_id();
    assert_eq!(connectors_of(&other, "globex").await, 1);
}

async fn a_redirect_uri_names_whose_app_it_is_for(bench: &Bench) {
    let server = bench.start(&operators_app()).await;
    let acme = Organization::create(&server).await;
    let told = acme.client.get("/api/v1/oauth/redirect_uri?connector_type=notion").expect(200).await;
    let operators = format!("{}/api/v1/oauth/callback/notion", server.base());
    let own = format!("{operators}/{}", acme.id);
    assert_eq!((&told["redirect_uri"], &told["operator_redirect_uri"]), (&json!(own), &json!(operators)));
    assert_eq!(told["operator_app_configured"], true, "{told}");
    let url = acme.consent_url(consent_body("globex")).await;
    assert_eq!(parameter(&url, "redirect_uri"), operators);
    acme.bring_app(&server.upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    assert_eq!(parameter(&url, "redirect_uri"), own);
    Person::allowing().walk(&url).await.connector_id();
}
