//! The sandbox as the tests' upstream, and its control door.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};

/// A sandbox of one server; it ends with the last clone.
#[derive(Clone)]
pub struct Upstream {
    _sandbox: Arc<Sandbox>,
    base_url: String,
}

impl Upstream {
    /// Starts one in this process.
    ///
    /// # Panics
    /// When loopback has no free port.
    #[must_use]
    pub fn start() -> Self {
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = Sandbox::start(SandboxConfig { bind }).expect("loopback has a free port");
        Self { base_url: sandbox.base_url(), _sandbox: Arc::new(sandbox) }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Every request it received, oldest first.
    pub async fn requests(&self) -> Vec<Sent> {
        self.received(&[]).await
    }

    /// The requests one connector sent.
    pub async fn requests_of(&self, connector: &str) -> Vec<Sent> {
        self.received(&[("connector", connector)]).await
    }

    /// Queues a fault.
    ///
    /// # Panics
    /// When the door does not understand it.
    pub async fn fault(&self, fault: Fault) {
        self.control("POST", "faults", Some(fault.0)).await;
    }

    /// As freshly started: no requests, no faults, the seeded content.
    pub async fn reset(&self) {
        self.control("POST", "reset", None).await;
    }

    /// From now on this token is refused.
    pub async fn revoke(&self, token: &str) {
        self.control("POST", "revoke", Some(json!({ "token": token }))).await;
    }

    /// Moves its clock, and with it what expires there.
    pub async fn advance_ms(&self, ms: i64) {
        self.control("POST", "clock", Some(json!({ "advance_ms": ms }))).await;
    }

    /// Grants that nobody consented to, as `POST oauth/grants` makes them, with their tokens.
    ///
    /// # Panics
    /// When the door does not understand the order.
    pub async fn make_grants(&self, order: Value) -> Vec<Value> {
        let made = self.control("POST", "oauth/grants", Some(order)).await;
        made["grants"].as_array().expect("the door lists grants").clone()
    }

    /// How many requests a `held` fault keeps before this gate; after the effect, if it says so.
    ///
    /// # Panics
    /// When the door does not list its gates.
    pub async fn waiting_at(&self, gate: &str) -> u64 {
        let all = self.control("GET", "gates", None).await;
        let gates = all["gates"].as_array().expect("the door lists gates");
        gates
            .iter()
            .find(|found| found["gate"] == gate)
            .map_or(0, |found| found["waiting"].as_u64().unwrap_or(0))
    }

    /// Opens a gate for good: what waits there goes on, or its connections are reset.
    pub async fn open_gate(&self, gate: &str, with_reset: bool) {
        let then = if with_reset { "reset" } else { "answer" };
        self.control("POST", "gates", Some(json!({ "gate": gate, "then": then }))).await;
    }

    async fn received(&self, query: &[(&str, &str)]) -> Vec<Sent> {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = self.control("GET", &format!("requests?{}", query.join("&")), None).await;
        let requests = answer["requests"].as_array().expect("the door lists requests");
        requests.iter().cloned().map(Sent).collect()
    }

    /// Asks its control door.
    ///
    /// # Panics
    /// When the door does not understand.
    pub async fn control(&self, method: &str, name: &str, body: Option<Value>) -> Value {
        #[expect(clippy::disallowed_methods, reason = "the door is on loopback and is no upstream call")]
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be built");
        let verb = reqwest::Method::from_bytes(method.as_bytes()).expect("it is a method");
        let request = http.request(verb, format!("{}/_control/{name}", self.base_url));
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.expect("the sandbox answers");
        let status = response.status();
        let text = response.text().await.expect("the sandbox answers in full");
        assert!(status.is_success(), "{method} {name} {body:?}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// A request as the sandbox received it.
#[derive(Debug, Clone)]
pub struct Sent(Value);

impl Sent {
    #[must_use]
    pub fn method(&self) -> &str {
        self.0["method"].as_str().unwrap_or_default()
    }

    /// The API's own path, still percent-encoded, without what the gateway put before it.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0["path"].as_str().unwrap_or_default()
    }

    /// A header, by its name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0["headers"][name.to_ascii_lowercase()].as_str()
    }
}

impl std::fmt::Display for Sent {
    /// All that was recorded, to search in.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What goes wrong with a request, once unless told otherwise.
#[derive(Debug, Clone)]
pub struct Fault(Value);

impl Fault {
    /// For requests of this method and path, `*` standing for one segment.
    #[must_use]
    pub fn on(method: &str, path: &str) -> Self {
        Self(json!({ "method": method, "path": path, "effect": null }))
    }

    /// Only for requests of one connector, so that tests do not meet each other's faults.
    #[must_use]
    pub fn of(mut self, connector: &str) -> Self {
        self.0["connector"] = connector.into();
        self
    }

    /// Meets so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.0["times"] = times.into();
        self
    }

    /// Meets every request from now on.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.0["always"] = true.into();
        self
    }

    /// This answer instead of the true one.
    #[must_use]
    pub fn answers(self, status: u16, body: &Value) -> Self {
        self.effect(json!({ "kind": "answer", "status": status, "json": body }))
    }

    /// A text declared as JSON.
    #[must_use]
    pub fn answers_text(self, status: u16, text: &str) -> Self {
        self.effect(json!({ "kind": "answer", "status": status, "text": text }))
    }

    /// A page for people, as from an edge in front of the upstream.
    #[must_use]
    pub fn answers_html(self, status: u16, html: &str) -> Self {
        let content_type = "text/html; charset=utf-8";
        self.effect(json!({ "kind": "answer", "status": status, "text": html, "content_type": content_type }))
    }

    /// Adds a header to an answer given above.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["effect"]["headers"][name] = value.into();
        self
    }

    /// The true answer, so much later.
    #[must_use]
    pub fn delays_ms(self, ms: u64) -> Self {
        self.effect(json!({ "kind": "slow_first_byte", "delay_ms": ms }))
    }

    /// The true answer, byte by byte.
    #[must_use]
    pub fn trickles(self) -> Self {
        self.effect(json!({ "kind": "slow_body", "chunk_bytes": 1, "pause_ms": 100 }))
    }

    /// Half of the true answer, then the connection ends.
    #[must_use]
    pub fn stops_midway(self) -> Self {
        self.effect(json!({ "kind": "stop_midway" }))
    }

    /// No answer; the connection is reset after the request was read.
    #[must_use]
    pub fn resets(self) -> Self {
        self.effect(json!({ "kind": "reset" }))
    }

    /// A JSON text of this size.
    #[must_use]
    pub fn of_bytes(self, bytes: usize) -> Self {
        self.effect(json!({ "kind": "large", "bytes": bytes }))
    }

    fn effect(mut self, effect: Value) -> Self {
        self.0["effect"] = effect;
        self
    }
}
