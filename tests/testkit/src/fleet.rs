//! Many connectors with grants that nobody consented to: what is needed to see how tokens are renewed.

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::{Client, HeldWrites, Organization, Patchbay, ProviderApp, Request, execute_path, text, token};

/// Connectors that are made, or called, at the same time: a debug build on two cores keeps up with it.
const AT_ONCE: usize = 24;

/// A connector and the grant it holds.
#[derive(Debug, Clone)]
pub struct Kept {
    pub id: String,
    /// The name that the sandbox gives the grant.
    pub grant: String,
}

/// Connectors of one organization and one OAuth app.
pub struct Fleet {
    pub app: ProviderApp,
    pub connectors: Vec<Kept>,
}

/// How it comes to light that an access token is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The API refuses it.
    Refused,
    /// Its time is over, as the server knows it.
    Known,
}

impl Fleet {
    /// So many connectors, each with a grant of its own whose access token is refused from the start.
    ///
    /// # Panics
    /// When one is refused.
    pub async fn expired(organization: &Organization, app: &ProviderApp, count: usize) -> Self {
        let order = json!({ "count": count, "expired": true });
        Self::connect(organization, app, order, |_| json!({ "connector_type": "notion" })).await
    }

    /// Connectors with the grants that `POST oauth/grants` makes by this order; `body` is what the
    /// request for the n-th says beside workspace and credentials.
    ///
    /// # Panics
    /// When one is refused.
    pub async fn connect(
        organization: &Organization,
        app: &ProviderApp,
        mut order: Value,
        body: impl Fn(usize) -> Value,
    ) -> Self {
        order["client_id"] = app.client_id.as_str().into();
        let grants = app.upstream().make_grants(order).await;
        let grants = grants.into_iter().enumerate().map(|(n, grant)| (body(n), grant)).collect();
        let connectors = at_once(AT_ONCE, grants, async |(mut body, grant): (Value, Value)| {
            body["workspace_name"] = "globex".into();
            body["credentials"] = json!({
                "client_id": app.client_id, "client_secret": app.client_secret,
                "access_token": grant["access_token"], "refresh_token": grant["refresh_token"],
            });
            let made =
                organization.client.post("/api/v1/integrations/connectors").json(body).expect(200).await;
            Kept { id: text(&made, "id"), grant: text(&grant, "id") }
        })
        .await;
        Self { app: app.clone(), connectors }
    }

    /// The connectors' ids.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.connectors.iter().map(|kept| kept.id.clone()).collect()
    }

    /// Uses up the access tokens of all, as if their last renewal were an hour ago.
    ///
    /// # Panics
    /// When the door or the database refuses.
    pub async fn expire(&self, server: &Patchbay, expiry: Expiry) {
        let change = match expiry {
            Expiry::Refused => {
                self.app.expire().await;
                "obtained_at = obtained_at - 3600000000"
            }
            Expiry::Known => "expires_at = 1, refresh_due_at = 1, obtained_at = obtained_at - 3600000000",
        };
        self.change(server, change).await;
    }

    /// Runs `UPDATE credentials SET …` for all of them.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn change(&self, server: &Patchbay, assignments: &str) {
        let rows = self.rows(server);
        server.sql(&format!("UPDATE credentials SET {assignments} WHERE {rows}")).await;
    }

    /// Keeps servers on PostgreSQL from writing to their `credentials` rows until the answer is released.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn hold_writes(&self, server: &Patchbay) -> HeldWrites {
        server.hold(&format!("SELECT 1 FROM credentials WHERE {} FOR UPDATE", self.rows(server))).await
    }

    /// How many of their `credentials` rows meet this SQL condition.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn count(&self, server: &Patchbay, condition: &str) -> i64 {
        let rows = self.rows(server);
        server.count(&format!("SELECT COUNT(*) FROM credentials WHERE {rows} AND ({condition})")).await
    }

    /// How many values this SQL expression has in their `credentials` rows.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn distinct(&self, server: &Patchbay, expression: &str) -> i64 {
        let rows = self.rows(server);
        server.count(&format!("SELECT COUNT(DISTINCT {expression}) FROM credentials WHERE {rows}")).await
    }

    fn rows(&self, server: &Patchbay) -> String {
        let ids: Vec<String> = self.connectors.iter().map(|kept| server.literal(&kept.id)).collect();
        format!("connector_id IN ({})", ids.join(", "))
    }
}

impl Organization {
    /// A client of another server on the same store, with a token of its own.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn at(&self, server: &Patchbay) -> Client {
        let client = server.client();
        client.with_bearer(&token(&client, &self.client_id, &self.client_secret).await)
    }
}

impl Client {
    /// Begins the lightest call there is.
    #[must_use]
    pub fn list_users(&self, connector: &str) -> Request {
        self.post(&execute_path(connector))
            .json(json!({ "entity": "users", "action": "list", "params": { "page_size": 1 } }))
    }
}

/// Does `work` for every item, for so many at a time; the answers are in no order.
pub async fn at_once<T, R>(limit: usize, items: Vec<T>, work: impl AsyncFn(T) -> R) -> Vec<R> {
    stream::iter(items).map(|item| work(item)).buffer_unordered(limit).collect().await
}
