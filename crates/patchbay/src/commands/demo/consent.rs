//! The same job by OAuth: a customer's browser consents, and comes back with a connector.

use serde_json::{Value, json};
use url::Url;

use super::page;
use super::show::Show;
use crate::failure::Failure;
use crate::output;

/// The OAuth app that the sandbox knows.
const CLIENT_ID: &str = "sandbox-client";
const CLIENT_SECRET: &str = "sandbox-client-secret";
/// Where the product waits for its customer; nothing has to listen there to see where it is.
const RETURN_URL: &str = "http://localhost:9999/connected?user_id=7";

/// Walks a consent, and answers the connector it made.
pub(super) async fn walk(show: &mut Show, customer: &str) -> Result<String, Failure> {
    show.step(
        "Name your OAuth app",
        "Customers consent to an app. This one is the organization's own; its secret is sealed.",
    )?;
    let configuration = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    let body = json!({ "connector_type": "notion", "configuration": configuration });
    let answer = show.put("/api/v1/oauth/credentials", body, 200).await?;
    show.must(!answer.to_string().contains(CLIENT_SECRET), "the answer does not hold the secret")?;

    show.step("Begin a consent", "Your application sends its customer's browser to the `consent_url`.")?;
    let body = json!({ "workspace_name": customer, "connector_type": "notion", "redirect_url": RETURN_URL });
    let answer = show.post("/api/v1/integrations/connectors/oauth/initiate", body, 200).await?;
    let consent_url = show.text(&answer, "/consent_url")?;

    show.step(
        "Consent, as the customer's browser does",
        "The page is the sandbox's; the customer chooses pages and presses a button. Open the consent_url of \
         another consent in your own browser to see it.",
    )?;
    let opened = show.visit(&consent_url, None, 200).await?;
    let title = page::title(&opened.html).unwrap_or_default();
    output::line(&format!("The page asks: {title}"))?;
    let form = page::form(&consent_url, &opened.html)
        .ok_or_else(|| show.unexpected("the consent page has no form"))?;
    let mut fields = form.fields;
    fields.push(("decision".to_owned(), "allow".to_owned()));
    output::line("The customer leaves the choice as it is and presses \"Allow access\".")?;
    let allowed = show.visit(&form.url, Some(&fields), 302).await?;
    let callback = show.location(&allowed)?;
    output::line("The sandbox sends the browser back to Patchbay, with a code that works once.")?;
    let completed = show.visit(&callback, None, 303).await?;
    let landed = show.location(&completed)?;
    output::line(&format!("Patchbay sends it on to the product:\n\n{landed}"))?;
    show.must(landed.starts_with(RETURN_URL), "the product's own query is kept")?;
    let connector = parameter(&landed, "connector_id")
        .ok_or_else(|| show.unexpected("the browser came back without a connector_id"))?;

    show.step("Use the connector", "It is named after the account, and acts for the customer at once.")?;
    let path = format!("/api/v1/integrations/connectors/{connector}");
    let answer = show.get(&path, 200).await?;
    show.must(answer["status"] == "active", "the connector is active")?;
    show.must(answer["account"]["id"].is_string(), "it says whose account it is")?;
    let body = json!({ "entity": "search", "action": "search", "params": { "page_size": 2 }, "select_fields": ["id", "url"] });
    let answer = show.post(&format!("{path}/execute"), body, 200).await?;
    let found = answer["result"].as_array().is_some_and(|rows: &Vec<Value>| !rows.is_empty());
    show.must(found, "it sees what the customer chose")?;

    show.step("Open the callback once more", "A consent works once, whoever holds the link.")?;
    show.visit(&callback, None, 400).await?;
    Ok(connector)
}

/// One parameter of a URL's query.
fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
