//! A sandbox of a test's own, and a client that speaks to it.

use std::net::{Ipv4Addr, SocketAddr};

use reqwest::{Method, StatusCode};
use sandbox::{Sandbox, SandboxConfig, seed};
use serde_json::{Value, json};

pub(crate) const NEWEST: &str = "2026-03-11";

/// One sandbox, which ends with the test.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
}

/// Status, body as JSON (null when it is none) and as text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) json: Value,
    pub(crate) text: String,
}

impl Bench {
    pub(crate) fn start() -> Self {
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        #[expect(clippy::disallowed_methods, reason = "the client of these tests speaks to loopback only")]
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self {
            sandbox: Sandbox::start(SandboxConfig { bind }).expect("loopback has a free port"),
            http: http.build().expect("a client can be built"),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    /// A request of the first workspace's connection in the newest version.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request_as(seed::TOKEN_ACME, NEWEST, method, path)
    }

    pub(crate) fn request_as(
        &self,
        token: &str,
        version: &str,
        method: &str,
        path: &str,
    ) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("it is a method");
        self.http.request(method, self.url(path)).bearer_auth(token).header("Notion-Version", version)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        send(self.request("GET", path)).await.good()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        send(self.request("POST", path).json(&body)).await.good()
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Value {
        send(self.request("PATCH", path).json(&body)).await.good()
    }

    /// Asks the control door.
    pub(crate) async fn control(&self, method: &str, name: &str, body: Value) -> Value {
        let method = Method::from_bytes(method.as_bytes()).expect("it is a method");
        send(self.http.request(method, self.url(&format!("/_control/{name}"))).json(&body)).await.good()
    }

    /// Queues a fault for the next `GET /v1/users`, and gives what that answers.
    pub(crate) async fn users_with(&self, effect: Value) -> Answer {
        self.control("POST", "faults", json!({ "method": "GET", "path": "/v1/users", "effect": effect }))
            .await;
        send(self.request("GET", "/v1/users")).await
    }

    /// A page under the home page; its id.
    pub(crate) async fn new_page(&self) -> String {
        let body = json!({
            "parent": { "page_id": seed::PAGE_HOME },
            "properties": { "title": { "title": [{ "text": { "content": "Made by a test" } }] } },
        });
        text(&self.post("/v1/pages", body).await, "id")
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("the sandbox answers");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("the answer is whole");
    Answer { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}

impl Answer {
    pub(crate) fn good(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json
    }

    /// Checks the shape that every error has.
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.json["object"], "error", "{}", self.text);
        assert_eq!(self.json["code"], code, "{}", self.text);
        assert_eq!(self.json["status"], status);
        let request_id = self.headers.get("x-notion-request-id").expect("every answer names its request");
        assert_eq!(self.json["request_id"], request_id.to_str().expect("it is ASCII"));
        self.json
    }
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

pub(crate) fn results(list: &Value) -> &Vec<Value> {
    list["results"].as_array().unwrap_or_else(|| panic!("no list: {list}"))
}

pub(crate) fn paragraph(content: &str) -> Value {
    json!({ "type": "paragraph", "paragraph": { "rich_text": [{ "text": { "content": content } }] } })
}
