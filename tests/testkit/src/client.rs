//! An HTTP client that states what it expects.
//!
//! Every answer is also held against what Patchbay promises of all answers: a request id, and for
//! a failure the one problem shape. So each test checks that promise on its way.

use reqwest::Method;
use serde_json::Value;

/// Longer than the longest call Patchbay makes, so that its own time limits are what is seen.
const ANSWER_WAIT: std::time::Duration = std::time::Duration::from_secs(90);

/// Speaks to one server, with the headers it was given.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client without a token. Make one in each test: connections belong to the test's runtime.
    #[must_use]
    pub fn new(base: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test speaks to loopback and is no upstream call")]
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_WAIT)
            .build()
            .expect("a client without TLS roots or proxies can be built");
        Self { http, base: base.to_owned(), headers: Vec::new() }
    }

    /// The same client with one more header on every request; a header of that name is replaced.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        changed.headers.push((name.to_owned(), value.to_owned()));
        changed
    }

    /// The same client, presenting `token`.
    #[must_use]
    pub fn with_bearer(&self, token: &str) -> Self {
        self.with_header("Authorization", &format!("Bearer {token}"))
    }

    /// The same client without any header.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { headers: Vec::new(), ..self.clone() }
    }

    /// Where it speaks to, without a trailing slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Begins a request of any method; `path` starts with a slash.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> Request {
        let verb = Method::from_bytes(method.to_uppercase().as_bytes())
            .unwrap_or_else(|_| panic!("{method} is no HTTP method"));
        let mut builder = self.http.request(verb.clone(), format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        Request { builder, line: format!("{verb} {path}") }
    }

    #[must_use]
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    #[must_use]
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    #[must_use]
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    #[must_use]
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }
}

/// A request under way.
pub struct Request {
    builder: reqwest::RequestBuilder,
    line: String,
}

impl Request {
    /// Sends `body` as JSON.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!(…)` in place")]
    pub fn json(self, body: Value) -> Self {
        Self { builder: self.builder.json(&body), line: format!("{} {body}", self.line) }
    }

    /// Sends `body` as it is, under a content type.
    #[must_use]
    pub fn text(self, content_type: &str, body: impl Into<String>) -> Self {
        Self { builder: self.builder.header("Content-Type", content_type).body(body.into()), ..self }
    }

    /// Adds one header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// Adds query parameters.
    #[must_use]
    pub fn query(self, pairs: &[(&str, &str)]) -> Self {
        Self { builder: self.builder.query(pairs), line: format!("{} {pairs:?}", self.line) }
    }

    /// Sends it and gives the body.
    ///
    /// # Panics
    /// When the status is another, with method, path, status and body.
    pub async fn expect(self, status: u16) -> Value {
        self.answer(status).await.json
    }

    /// As [`Request::expect`], for a failure whose `code` matters too.
    ///
    /// # Panics
    /// When the status or the code is another.
    pub async fn refused(self, status: u16, code: &str) -> Value {
        let answer = self.answer(status).await;
        assert_eq!(answer.json["code"], code, "{} answered {}", answer.line, answer.text);
        answer.json
    }

    /// As [`Request::expect`], for tests that look at headers as well.
    ///
    /// # Panics
    /// When the status is another.
    pub async fn answer(self, status: u16) -> Answer {
        let answer = self.send().await;
        assert_eq!(answer.status, status, "{} answered {}: {}", answer.line, answer.status, answer.text);
        answer
    }

    /// Sends it and gives whatever came, after checking what holds for every answer.
    ///
    /// # Panics
    /// When nothing came, or something that breaks a promise of all answers.
    pub async fn send(self) -> Answer {
        let line = self.line.clone();
        self.try_send().await.unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// As [`Request::send`], for a server that may be gone.
    ///
    /// # Errors
    /// When no whole answer came.
    ///
    /// # Panics
    /// When the answer breaks a promise of all answers.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.builder.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, text, json, line: cut(self.line) };
        answer.assert_promises();
        Ok(answer)
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
    /// Null when the body is not JSON.
    pub json: Value,
    headers: reqwest::header::HeaderMap,
    line: String,
}

impl Answer {
    /// A header of the answer, when there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every header as one text, to search in.
    #[must_use]
    pub fn headers_text(&self) -> String {
        format!("{:?}", self.headers)
    }

    fn assert_promises(&self) {
        let said = || format!("{} answered {} {}", self.line, self.status, self.text);
        let request_id = self.header("X-Request-Id").unwrap_or_else(|| panic!("no X-Request-Id: {}", said()));
        assert!(uuid::Uuid::parse_str(request_id).is_ok(), "X-Request-Id is {request_id}: {}", said());
        // Health speaks to load balancers, in its own words.
        if self.status < 400 || self.line.starts_with("GET /health") {
            return;
        }
        let content_type = self.header("Content-Type").unwrap_or_default();
        assert_eq!(content_type, "application/problem+json", "{}", said());
        let problem = &self.json;
        for key in ["type", "title", "detail", "message", "code", "request_id"] {
            assert!(problem[key].as_str().is_some_and(|text| !text.is_empty()), "no {key}: {}", said());
        }
        assert_eq!(problem["status"], self.status, "{}", said());
        assert_eq!(problem["message"], problem["detail"], "{}", said());
        assert_eq!(problem["request_id"], request_id, "{}", said());
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors: {}", said()));
        for error in errors {
            assert!(error["message"].is_string() && error["error_code"].is_string(), "{}", said());
            assert!(error["field"].is_string() || error["field"].is_null(), "{}", said());
        }
    }
}

/// A request line short enough for a failure message; bodies of megabytes are sent on purpose.
fn cut(line: String) -> String {
    if line.chars().count() <= 600 { line } else { line.chars().take(600).chain("…".chars()).collect() }
}
