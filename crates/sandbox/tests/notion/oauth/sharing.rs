//! What a token sees is what was chosen on the page.

use sandbox::seed;
use serde_json::{Value, json};
use uuid::Uuid;

use super::kit::App;
use crate::kit::{Answer, Bench, NEWEST, results, send, text};

/// The access token of a consent to these pages.
async fn token_for(app: &App<'_>, workspace: Uuid, pages: &[Uuid]) -> String {
    let workspace = workspace.to_string();
    let pages: Vec<String> = pages.iter().map(Uuid::to_string).collect();
    let mut form = vec![("decision", "allow"), ("workspace", workspace.as_str())];
    form.extend(pages.iter().map(|page| ("page", page.as_str())));
    let back = app.consent(&json!({}), &form).await;
    text(&app.exchange(&back["code"]).await.good(), "access_token")
}

async fn asked(bench: &Bench, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let request = bench.request_as(token, NEWEST, method, path);
    send(if method == "GET" { request } else { request.json(&body) }).await
}

async fn found(bench: &Bench, token: &str) -> Vec<String> {
    let found = asked(bench, token, "POST", "/v1/search", json!({})).await.good();
    results(&found).iter().map(|object| text(object, "id")).collect()
}

#[tokio::test]
async fn a_token_sees_the_chosen_pages_and_what_is_below_them() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let chosen = [seed::PAGE_NESTED, seed::DATABASE_TEAM, seed::PAGE_GLOBEX_HOME];
    let token = token_for(&app, seed::WORKSPACE_ACME, &chosen).await;
    let status = async |path: String| asked(&bench, &token, "GET", &path, json!({})).await;
    status(format!("/v1/pages/{}", seed::PAGE_NESTED)).await.good();
    status(format!("/v1/blocks/{}/children", seed::BLOCK_LEVEL_ONE)).await.good();
    status(format!("/v1/data_sources/{}", seed::DATA_SOURCE_PEOPLE)).await.good();
    for hidden in [seed::PAGE_HOME, seed::PAGE_HANDBOOK, seed::PAGE_PRIVATE, seed::PAGE_GLOBEX_HOME] {
        status(format!("/v1/pages/{hidden}")).await.refused(404, "object_not_found");
    }
    status(format!("/v1/blocks/{}/children", seed::PAGE_HANDBOOK)).await.refused(404, "object_not_found");
    status(format!("/v1/comments?block_id={}", seed::PAGE_HANDBOOK)).await.refused(404, "object_not_found");
    let found = found(&bench, &token).await;
    assert!(found.contains(&seed::PAGE_NESTED.to_string()));
    assert!(found.contains(&seed::DATA_SOURCE_OFFICES.to_string()));
    assert!(!found.contains(&seed::PAGE_HOME.to_string()) && found.len() < 10, "{found:?}");
}

#[tokio::test]
async fn no_page_chosen_is_a_good_token_that_sees_nothing() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let token = token_for(&app, seed::WORKSPACE_ACME, &[]).await;
    assert!(app.works(&token).await);
    assert_eq!(found(&bench, &token).await, Vec::<String>::new());
    let page = format!("/v1/pages/{}", seed::PAGE_HOME);
    asked(&bench, &token, "GET", &page, json!({})).await.refused(404, "object_not_found");
}

#[tokio::test]
async fn what_a_token_makes_at_the_top_is_shared_with_it_and_a_refresh_keeps_the_choice() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let workspace = seed::WORKSPACE_ACME.to_string();
    let back = app.consent(&json!({}), &[("decision", "allow"), ("workspace", &workspace)]).await;
    let first = app.exchange(&back["code"]).await.good();
    let token = text(&first, "access_token");
    let page = json!({ "parent": { "type": "workspace", "workspace": true }, "properties": {} });
    let made = text(&asked(&bench, &token, "POST", "/v1/pages", page).await.good(), "id");
    assert_eq!(found(&bench, &token).await, std::slice::from_ref(&made));
    let renewed = app.refresh(&text(&first, "refresh_token")).await.good();
    assert_eq!(found(&bench, &text(&renewed, "access_token")).await, [made]);
}

#[tokio::test]
async fn the_second_workspace_is_another_account() {
    let bench = Bench::start();
    let app = App::register_with(&bench, json!({ "name": "Connecter" })).await;
    let token = token_for(&app, seed::WORKSPACE_GLOBEX, &[seed::PAGE_GLOBEX_HOME]).await;
    let me = asked(&bench, &token, "GET", "/v1/users/me", json!({})).await.good();
    assert_eq!((&me["name"], &me["bot"]["workspace_name"]), (&json!("Connecter"), &json!("Globex")));
    assert_eq!(me["bot"]["owner"]["user"]["id"], json!(seed::USER_GLOBEX));
    assert!(found(&bench, &token).await.contains(&seed::DATA_SOURCE_ORDERS.to_string()));
    let again = token_for(&app, seed::WORKSPACE_GLOBEX, &[]).await;
    let same = asked(&bench, &again, "GET", "/v1/users/me", json!({})).await.good();
    assert_eq!(same["id"], me["id"], "the bot names the installation, not the grant");
}
