//! Renewing tokens: whatever the provider answers, and whether or not somebody calls.

mod answers;
mod app;
mod keeping;
mod refused;
mod replay;
mod waiting;

use serde_json::{Value, json};
use testkit::{Answer, Bench, Client, Fleet, Organization, ProviderApp, at_once};

/// Calls one connector so many times at once.
async fn crowd(client: &Client, connector: &str, calls: usize) -> Vec<Answer> {
    let calls = vec![(); calls];
    at_once(usize::MAX, calls, async |()| client.list_users(connector).send().await).await
}

/// One connector with tokens that the application gave, by this order of a grant.
async fn given(bench: &Bench, organization: &Organization, mut order: Value) -> Fleet {
    let app = ProviderApp::register(&bench.shared().upstream).await;
    order["count"] = 1.into();
    Fleet::connect(organization, &app, order, |_| json!({ "connector_type": "notion" })).await
}
