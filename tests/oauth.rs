//! Consent end to end: from `initiate`, over the provider's page, to a connector that executes; and
//! whoever stands in the way.

mod answers;
mod apps;
mod crash;
mod crossing;
pub(crate) mod definitions;
mod fixation;
mod initiate;
mod operator;
mod pages;
mod replicas;
mod returning;
mod scopes;
mod state;

use serde_json::Value;
use testkit::consent::Page;
use testkit::{Organization, Patchbay, ProviderApp};

pub(crate) const CONNECTORS: &str = "/api/v1/integrations/connectors";

/// The connector, whole.
pub(crate) async fn detail(organization: &Organization, connector: &str) -> Value {
    organization.client.get(&format!("{CONNECTORS}/{connector}")).expect(200).await
}

/// How many connectors `customer` has.
pub(crate) async fn connectors_of(organization: &Organization, customer: &str) -> usize {
    let list = organization.client.get(CONNECTORS).query(&[("workspace_name", customer)]).expect(200).await;
    list["data"].as_array().expect("a list has data").len()
}

/// The page is a refusal for a person, which says what to do and leads nowhere.
pub(crate) fn assert_is_refusal(page: &Page) {
    assert_eq!(page.status, 400, "{}: {}", page.url, page.text);
    assert_eq!(page.header("Location"), None, "{}", page.url);
    assert!(
        page.header("Content-Type").is_some_and(|kind| kind.starts_with("text/html")),
        "{}",
        page.headers_text()
    );
    assert!(page.text.contains("back to the application you came from"), "it says what to do: {}", page.text);
}

/// The connector's access token has expired at the provider, though nobody told.
pub(crate) async fn expire(server: &Patchbay, app: &ProviderApp, connector: &str) {
    app.expire().await;
    // A token that is seconds old would not be renewed because one call was refused.
    let row = server.literal(connector);
    let older = "UPDATE credentials SET obtained_at = obtained_at - 3600000000 WHERE connector_id";
    server.sql(&format!("{older} = {row}")).await;
}
