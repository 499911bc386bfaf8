//! An organization with one application and a token: what every claim begins with.

use serde_json::{Value, json};

use crate::{Client, Patchbay};

/// Made by the operator's commands, as in production.
pub struct Organization {
    pub id: String,
    pub client_id: String,
    pub client_secret: String,
    /// Presents the application's token.
    pub client: Client,
}

impl Organization {
    /// A new one on `server`.
    ///
    /// # Panics
    /// When a command or the token call fails.
    pub async fn create(server: &Patchbay) -> Self {
        let name = format!("organization {}", uuid::Uuid::new_v4());
        let made = server.command(&["organization", "create", &name]).await.json();
        let id = text(&made, "id");
        let (client_id, client_secret) = create_application(server, &[&id]).await;
        let token = token(&server.client(), &client_id, &client_secret).await;
        Self { id, client_id, client_secret, client: server.client().with_bearer(&token) }
    }

    /// Presents the token of another application of it, which the operator allowed `permission`.
    ///
    /// # Panics
    /// When a command or the token call fails.
    pub async fn allowed(&self, server: &Patchbay, permission: &str) -> Client {
        let arguments = ["application", "create", "--organization", &self.id, "--allow", permission];
        let made = server.command(&arguments).await.json();
        let client = server.client();
        let token = token(&client, &text(&made, "client_id"), &text(&made, "client_secret")).await;
        client.with_bearer(&token)
    }

    /// Creates a connector to the sandbox's first workspace for `customer`; its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect(&self, customer: &str) -> String {
        self.connect_with(customer, sandbox_token::ACME).await
    }

    /// As [`Organization::connect`], with another internal token.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect_with(&self, customer: &str, upstream_token: &str) -> String {
        let body = json!({
            "workspace_name": customer, "connector_type": "notion", "credentials": { "token": upstream_token },
        });
        text(&self.client.post("/api/v1/integrations/connectors").json(body).expect(200).await, "id")
    }

    /// Begins an execute call; `.expect(200)` or `.refused(…)` ends it.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!(…)` in place")]
    pub fn execute(&self, connector: &str, entity: &str, action: &str, params: Value) -> crate::Request {
        self.client
            .post(&execute_path(connector))
            .json(json!({ "entity": entity, "action": action, "params": params }))
    }

    /// A client whose token is narrowed to `customer`, who is made if new.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn scoped(&self, customer: &str) -> Client {
        let body = json!({ "workspace_name": customer });
        let answer =
            self.client.post("/api/v1/account/applications/scoped-token").json(body).expect(200).await;
        self.client.with_bearer(&text(&answer, "token"))
    }

    /// The id of a customer by its exact name.
    ///
    /// # Panics
    /// When there is none.
    pub async fn customer_id(&self, name: &str) -> String {
        let found = self.client.get("/api/v1/workspaces").query(&[("name_contains", name)]).expect(200).await;
        let rows = found["data"].as_array().expect("a list has data");
        let row = rows.iter().find(|row| row["name"] == name);
        text(row.unwrap_or_else(|| panic!("no customer {name} in {found}")), "id")
    }
}

/// The sandbox's seeded tokens.
pub mod sandbox_token {
    /// A workspace full of content.
    pub const ACME: &str = "ntn_sandbox_acme";
    /// Another workspace.
    pub const GLOBEX: &str = "ntn_sandbox_globex";
    /// A good token with which nothing was shared.
    pub const EMPTY: &str = "ntn_sandbox_empty";
    /// A token without the user capability.
    pub const NO_USERS: &str = "ntn_sandbox_no_users";
}

/// Where a connector is executed.
#[must_use]
pub fn execute_path(connector: &str) -> String {
    format!("/api/v1/integrations/connectors/{connector}/execute")
}

/// Makes an application of these organizations: its client id and secret.
///
/// # Panics
/// When the command fails.
pub async fn create_application(server: &Patchbay, organizations: &[&str]) -> (String, String) {
    let mut arguments = vec!["application", "create"];
    for id in organizations {
        arguments.extend(["--organization", id]);
    }
    let made = server.command(&arguments).await.json();
    (text(&made, "client_id"), text(&made, "client_secret"))
}

/// Exchanges an application's secret for a bearer token.
///
/// # Panics
/// When it is refused.
pub async fn token(client: &Client, client_id: &str, client_secret: &str) -> String {
    let body = json!({ "client_id": client_id, "client_secret": client_secret });
    text(&client.post("/api/v1/account/applications/token").json(body).expect(200).await, "access_token")
}

/// A member of an object that must be a string.
///
/// # Panics
/// When it is not.
#[must_use]
pub fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {object}")).to_owned()
}
