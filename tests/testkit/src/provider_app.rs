//! An OAuth app at the sandbox, with its settings, grants and history: one for each claim, so that
//! claims do not see each other's.

use serde_json::{Value, json};

use crate::{Organization, Upstream, text};

/// An OAuth app that the sandbox knows.
#[derive(Clone)]
pub struct ProviderApp {
    pub client_id: String,
    pub client_secret: String,
    upstream: Upstream,
}

impl ProviderApp {
    /// Registers one that takes any redirect URI on loopback.
    ///
    /// # Panics
    /// When the door refuses.
    pub async fn register(upstream: &Upstream) -> Self {
        Self::register_with(upstream, json!({})).await
    }

    /// As [`ProviderApp::register`], with members of `POST oauth/apps`.
    ///
    /// # Panics
    /// When the door refuses.
    pub async fn register_with(upstream: &Upstream, members: Value) -> Self {
        let made = upstream.control("POST", "oauth/apps", Some(members)).await;
        let (client_id, client_secret) = (text(&made, "client_id"), text(&made, "client_secret"));
        Self { client_id, client_secret, upstream: upstream.clone() }
    }

    /// The body of `PUT /oauth/credentials` for it.
    #[must_use]
    pub fn credentials(&self) -> Value {
        self.credentials_for("notion")
    }

    /// The same, to be used with another definition.
    #[must_use]
    pub fn credentials_for(&self, connector_type: &str) -> Value {
        let configuration = json!({ "client_id": self.client_id, "client_secret": self.client_secret });
        json!({ "connector_type": connector_type, "configuration": configuration })
    }

    /// Where it is registered.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// What became of its grants in all: `alive`, `dead`, `refreshes`, `reuses`, `uses_max`, …
    pub async fn summary(&self) -> Value {
        self.upstream.control("GET", &format!("oauth/summary?client_id={}", self.client_id), None).await
    }

    /// Changes how the provider treats it.
    ///
    /// # Panics
    /// When the door does not know a setting.
    pub async fn set(&self, mut settings: Value) {
        settings["client_id"] = self.client_id.as_str().into();
        self.upstream.control("POST", "oauth/settings", Some(settings)).await;
    }

    /// From now on only this secret is its own.
    ///
    /// # Panics
    /// When the door refuses.
    pub async fn change_secret(&self, secret: &str) {
        let change = json!({ "client_id": self.client_id, "client_secret": secret });
        self.upstream.control("POST", "oauth/apps", Some(change)).await;
    }

    /// What it asked of one endpoint, `token`, `revoke` or `introspect`, oldest first.
    ///
    /// # Panics
    /// When the door lists none.
    pub async fn asked(&self, endpoint: &str) -> Vec<Value> {
        let path = format!("oauth/requests?client_id={}&endpoint={endpoint}", self.client_id);
        list(&self.upstream.control("GET", &path, None).await, "requests")
    }

    /// What came of each of its requests to one endpoint: `issued`, `refreshed`, `mismatch`, …
    ///
    /// # Panics
    /// When the door lists none.
    pub async fn outcomes(&self, endpoint: &str) -> Vec<String> {
        self.asked(endpoint).await.iter().map(|request| text(request, "outcome")).collect()
    }

    /// All it was ever granted, oldest first.
    ///
    /// # Panics
    /// When the door lists none.
    pub async fn grants(&self) -> Vec<Value> {
        let path = format!("oauth/grants?client_id={}", self.client_id);
        list(&self.upstream.control("GET", &path, None).await, "grants")
    }

    /// Every code, token and secret it was ever given: what must be found nowhere.
    ///
    /// # Panics
    /// When the door lists none.
    pub async fn secrets(&self) -> Vec<String> {
        let path = format!("oauth/secrets?client_id={}", self.client_id);
        let all = self.upstream.control("GET", &path, None).await;
        let lists = all.as_object().expect("the door answers lists").values();
        lists
            .flat_map(|list| list.as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Makes its access tokens expire; refreshing works.
    ///
    /// # Panics
    /// When the door refuses.
    pub async fn expire(&self) {
        self.upstream.control("POST", "oauth/expire", Some(json!({ "client_id": self.client_id }))).await;
    }

    /// Its users remove the connection: nothing it was granted is good any more.
    ///
    /// # Panics
    /// When the door refuses.
    pub async fn remove(&self) {
        self.upstream.control("POST", "oauth/remove", Some(json!({ "client_id": self.client_id }))).await;
    }

    /// Queues a fault for its requests to one endpoint; `fault` has `effect` and perhaps `times` or
    /// `always`.
    ///
    /// # Panics
    /// When the door does not understand it.
    pub async fn fault(&self, endpoint: &str, mut fault: Value) {
        fault["method"] = "POST".into();
        fault["path"] = format!("/v1/oauth/{endpoint}").into();
        fault["client_id"] = self.client_id.as_str().into();
        self.upstream.control("POST", "faults", Some(fault)).await;
    }
}

impl Organization {
    /// Registers an app with the provider and brings it as this organization's own.
    ///
    /// # Panics
    /// When either is refused.
    pub async fn bring_app(&self, upstream: &Upstream) -> ProviderApp {
        let app = ProviderApp::register(upstream).await;
        self.client.put("/api/v1/oauth/credentials").json(app.credentials()).expect(200).await;
        app
    }
}

fn list(answer: &Value, key: &str) -> Vec<Value> {
    answer[key].as_array().unwrap_or_else(|| panic!("no list `{key}` in {answer}")).clone()
}
