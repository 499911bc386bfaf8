//! The main job, step by step: what an organization does from its first command to its log.

use control::Control;
use serde_json::{Value, json};

use super::consent;
use super::show::Show;
use crate::commands::application::with_secret;
use crate::failure::Failure;

const CUSTOMER: &str = "acme";
/// A credential that the sandbox knows; the real ones are made in Notion's settings.
const CREDENTIAL: &str = "ntn_sandbox_acme";
/// Small, so that the reader sees two pages of a list.
const PAGE_SIZE: usize = 3;
/// The title of a page with enough blocks for two pages of a list.
const TITLE: &str = "Acme Home";
const NEW_TITLE: &str = "Made by Patchbay";
/// A well-formed id that no page has.
const UNKNOWN_PAGE: &str = "00000000-0000-4000-8000-000000000000";

/// Walks all steps, and ends at the first that is not answered as it should be.
pub(super) async fn walk(mut show: Show, control: &Control) -> Result<(), Failure> {
    authenticate(&mut show, control).await?;
    let connector = connect(&mut show).await?;
    let page = read(&mut show, &connector).await?;
    write(&mut show, &connector, &page).await?;
    fail(&mut show, &connector).await?;
    let consented = consent::walk(&mut show, CUSTOMER).await?;
    log(&mut show, &consented).await
}

async fn authenticate(show: &mut Show, control: &Control) -> Result<(), Failure> {
    show.step("Create an organization", "The company that uses Patchbay. The operator does this, once.")?;
    let organization = control.create_organization("Demo company").await?;
    show.command(&["organization", "create", "Demo company"], &json!(organization))?;

    show.step("Create an application", "The program that will call the API. Its secret is shown this once.")?;
    let id = organization.id.to_string();
    let (application, secret) = control.create_application("backend", vec![organization.id], vec![]).await?;
    let made = with_secret(&application, &secret);
    show.command(&["application", "create", "--organization", &id, "--name", "backend"], &made)?;

    show.step("Get a bearer token", "The application exchanges its secret for a token of fifteen minutes.")?;
    let login = json!({ "client_id": made["client_id"], "client_secret": made["client_secret"] });
    let answer = show.post("/api/v1/account/applications/token", login, 200).await?;
    let token = show.text(&answer, "/access_token")?;
    show.use_token(&token)
}

async fn connect(show: &mut Show) -> Result<String, Failure> {
    show.step(
        "Connect a customer's Notion",
        "The customer is made on first use. The credential is sealed and never comes back.",
    )?;
    let body = json!({
        "workspace_name": CUSTOMER,
        "connector_type": "notion",
        "name": "Acme's Notion",
        "credentials": { "token": CREDENTIAL },
    });
    let answer = show.post("/api/v1/integrations/connectors", body, 200).await?;
    show.must(!answer.to_string().contains(CREDENTIAL), "the answer does not hold the credential")?;
    let connector = show.text(&answer, "/id")?;

    show.step(
        "Check it",
        "Tells a refused token from a good one with nothing shared, or a missing capability.",
    )?;
    let answer =
        show.post_nothing(&format!("/api/v1/integrations/connectors/{connector}/check"), 200).await?;
    show.must(answer["status"] == "succeeded", "the connector is healthy")?;
    Ok(connector)
}

async fn read(show: &mut Show, connector: &str) -> Result<String, Failure> {
    show.step("List users", "Every call is an entity, an action and its params.")?;
    let answer = execute(show, connector, "users", "list", json!({}), 200).await?;
    show.must(!rows(&answer).is_empty(), "there are users")?;

    show.step("Search", "From words of a title to ids; `select_fields` returns only the fields you name.")?;
    let body = json!({
        "entity": "search",
        "action": "search",
        "params": { "query": TITLE, "filter": { "property": "object", "value": "page" } },
        "select_fields": ["id", "url", "last_edited_time"],
    });
    let answer = show.post(&execute_path(connector), body, 200).await?;
    let page = show.text(&answer, "/result/0/id")?;

    show.step("Get one page", "The whole of it, as Notion gives it.")?;
    let answer = execute(show, connector, "pages", "get", json!({ "page_id": page }), 200).await?;
    show.must(answer["result"]["id"] == page.as_str(), "it is the page that was asked for")?;

    show.step("List its blocks, first page", "A list says in `connector_metadata` whether there is more.")?;
    let first = list_blocks(show, connector, json!({ "block_id": page, "page_size": PAGE_SIZE })).await?;
    show.must(rows(&first).len() == PAGE_SIZE, "a full page came")?;
    let cursor = show.text(&first, "/connector_metadata/next_cursor")?;

    show.step("List its blocks, second page", "The cursor of the first page is where the second begins.")?;
    let params = json!({ "block_id": page, "page_size": PAGE_SIZE, "start_cursor": cursor });
    let second = list_blocks(show, connector, params).await?;
    show.must(!rows(&second).is_empty(), "there are more blocks")?;
    let repeated = rows(&second).iter().any(|row| rows(&first).iter().any(|seen| seen["id"] == row["id"]));
    show.must(!repeated, "no block is on both pages")?;
    Ok(page)
}

async fn write(show: &mut Show, connector: &str, parent: &str) -> Result<(), Failure> {
    show.step(
        "Create a page",
        "A write is in the execution log before it is sent, and is never repeated blindly.",
    )?;
    let params = json!({
        "parent": { "page_id": parent },
        "properties": { "title": { "title": [{ "text": { "content": NEW_TITLE } }] } },
        "children": [{ "paragraph": { "rich_text": [{ "text": { "content": "Hello from the demo." } }] } }],
    });
    let answer = execute(show, connector, "pages", "create", params, 200).await?;
    let page = show.text(&answer, "/result/id")?;

    show.step(
        "Read it back",
        "The stand-in for Notion keeps what was written. Only the title is asked for.",
    )?;
    let body = json!({
        "entity": "pages",
        "action": "get",
        "params": { "page_id": page },
        "select_fields": ["properties.title.title"],
    });
    let answer = show.post(&execute_path(connector), body, 200).await?;
    show.must(answer["result"].to_string().contains(NEW_TITLE), "it has the title it was given")
}

async fn fail(show: &mut Show, connector: &str) -> Result<(), Failure> {
    show.step(
        "Get a page that is not there",
        "What Notion refuses comes back as a problem that says what Notion said.",
    )?;
    let answer = execute(show, connector, "pages", "get", json!({ "page_id": UNKNOWN_PAGE }), 422).await?;
    show.must(answer["code"] == "upstream_rejected", "the problem is the upstream's refusal")?;
    show.must(answer["upstream"]["status"] == 404, "it names Notion's own status")
}

async fn log(show: &mut Show, connector: &str) -> Result<(), Failure> {
    show.step(
        "Look at the execution log",
        "Who called what, and how it ended; newest first, never the content.",
    )?;
    let answer = show.get(&format!("/api/v1/executions?connector_id={connector}&limit=5"), 200).await?;
    show.must(answer["data"].as_array().is_some_and(|rows| !rows.is_empty()), "the calls are in it")
}

async fn execute(
    show: &Show,
    connector: &str,
    entity: &str,
    action: &str,
    params: Value,
    expected: u16,
) -> Result<Value, Failure> {
    let body = json!({ "entity": entity, "action": action, "params": params });
    show.post(&execute_path(connector), body, expected).await
}

async fn list_blocks(show: &Show, connector: &str, params: Value) -> Result<Value, Failure> {
    let select = ["id", "type", "has_children", "last_edited_time"];
    let body = json!({ "entity": "blocks", "action": "list", "params": params, "select_fields": select });
    show.post(&execute_path(connector), body, 200).await
}

fn execute_path(connector: &str) -> String {
    format!("/api/v1/integrations/connectors/{connector}/execute")
}

/// The records of a list, as long as it is one.
fn rows(answer: &Value) -> &[Value] {
    answer["result"].as_array().map_or(&[], Vec::as_slice)
}
