//! An app of a test's own, and a browser that follows the provider's pages.

use std::collections::BTreeMap;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::kit::{Answer, Bench, NEWEST, send, text};

/// Where the app of a test waits for the browser; nobody listens there.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:9/callback";
pub(crate) const STATE: &str = "a state/with+odd&characters=\"<b>";

/// A registered app.
pub(crate) struct App<'b> {
    pub(crate) bench: &'b Bench,
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// The tokens of a grant.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl<'b> App<'b> {
    pub(crate) async fn register(bench: &'b Bench) -> Self {
        Self::register_with(bench, json!({})).await
    }

    pub(crate) async fn register_with(bench: &'b Bench, app: Value) -> Self {
        let app = bench.control("POST", "oauth/apps", app).await;
        Self { bench, id: text(&app, "client_id"), secret: text(&app, "client_secret") }
    }

    /// Changes what the provider does for this app.
    pub(crate) async fn set(&self, mut settings: Value) {
        settings["client_id"] = self.id.as_str().into();
        self.bench.control("POST", "oauth/settings", settings).await;
    }

    /// The authorize address, with these parameters over or beside the usual ones; null leaves one out.
    pub(crate) fn authorize_url(&self, change: &Value) -> String {
        let mut parameters = json!({
            "client_id": self.id, "redirect_uri": REDIRECT, "response_type": "code", "owner": "user", "state": STATE,
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            parameters[name] = value.clone();
        }
        let mut url = reqwest::Url::parse(&self.bench.url("/v1/oauth/authorize")).expect("it is an address");
        for (name, value) in parameters.as_object().into_iter().flatten() {
            if let Some(value) = value.as_str() {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url.into()
    }

    /// Opens the page and presses a button; the parameters that came back, without a request to the app.
    pub(crate) async fn consent(&self, change: &Value, form: &[(&str, &str)]) -> BTreeMap<String, String> {
        let url = self.authorize_url(change);
        assert_eq!(send(self.bench.http.get(&url)).await.status, 200);
        came_back(&send(self.bench.http.post(&url).form(form)).await)
    }

    /// A code for everything of the first workspace.
    pub(crate) async fn code(&self) -> String {
        let back = self.consent(&json!({}), &[("decision", "allow"), ("everything", "1")]).await;
        back["code"].clone()
    }

    /// A grant by way of a consent.
    pub(crate) async fn grant(&self) -> Pair {
        let code = self.code().await;
        self.exchange(&code).await.good().into()
    }

    pub(crate) async fn exchange(&self, code: &str) -> Answer {
        self.token(&json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT }))
            .await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        send(self.refreshing(refresh_token)).await
    }

    pub(crate) fn refreshing(&self, refresh_token: &str) -> RequestBuilder {
        let body = json!({ "grant_type": "refresh_token", "refresh_token": refresh_token });
        self.post("token").json(&body)
    }

    pub(crate) async fn token(&self, body: &Value) -> Answer {
        send(self.post("token").json(body)).await
    }

    /// A request of this app to an endpoint, still without a body.
    pub(crate) fn post(&self, endpoint: &str) -> RequestBuilder {
        let url = self.bench.url(&format!("/v1/oauth/{endpoint}"));
        self.bench.http.post(url).basic_auth(&self.id, Some(&self.secret))
    }

    /// Whether an access token works at the API.
    pub(crate) async fn works(&self, access_token: &str) -> bool {
        let me = send(self.bench.request_as(access_token, NEWEST, "GET", "/v1/users/me")).await;
        if me.status != 200 {
            me.refused(401, "unauthorized");
            return false;
        }
        true
    }

    /// The requests of this app that the endpoints for apps have seen.
    pub(crate) async fn history(&self) -> Vec<Value> {
        let all =
            self.bench.control("GET", &format!("oauth/requests?client_id={}", self.id), json!({})).await;
        all["requests"].as_array().expect("it is a list").clone()
    }

    /// What came of each of them.
    pub(crate) async fn outcomes(&self) -> Vec<String> {
        self.history().await.iter().map(|entry| text(entry, "outcome")).collect()
    }

    /// The only grant of this app, as the control door sees it.
    pub(crate) async fn only_grant(&self) -> Value {
        let all = self.bench.control("GET", &format!("oauth/grants?client_id={}", self.id), json!({})).await;
        let [grant] = all["grants"].as_array().expect("it is a list").as_slice() else {
            panic!("there is not one grant: {all}")
        };
        grant.clone()
    }
}

impl From<Value> for Pair {
    fn from(answer: Value) -> Self {
        Self { access: text(&answer, "access_token"), refresh: text(&answer, "refresh_token") }
    }
}

impl Answer {
    /// Checks a refusal of the endpoints for apps.
    pub(crate) fn refused_by_oauth(self, status: u16, error: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.json["error"], error, "{}", self.text);
        assert!(self.json["error_description"].is_string(), "{}", self.text);
    }
}

/// The parameters of a redirect to [`REDIRECT`].
pub(crate) fn came_back(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let location = answer.headers["location"].to_str().expect("it is ASCII");
    assert!(location.starts_with(REDIRECT), "{location}");
    let url = reqwest::Url::parse(location).expect("it is an address");
    url.query_pairs().into_owned().collect()
}
