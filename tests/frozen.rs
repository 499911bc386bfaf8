//! Refreshes that something comes between: a server that stands still, a deletion.

mod deleted;
mod late_write;

use testkit::Client;
use tokio::task::JoinSet;

use crate::refresh::numbered;

/// Begins a call of each connector; how it ends is waited for later.
fn begin(calls: &mut JoinSet<u16>, client: &Client, connectors: &[String]) {
    for id in connectors {
        let call = client.list_users(id);
        calls.spawn(async move { call.send().await.status });
    }
}

/// The statuses of calls that were begun.
async fn ended(calls: JoinSet<u16>) -> std::collections::BTreeMap<u16, usize> {
    numbered(&calls.join_all().await)
}
