//! Speaks HTTP to a Patchbay on this machine: what `health` and `demo` need of a client.

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Client, Method};
use serde_json::Value;

/// Longer than the longest call Patchbay itself makes.
const ANSWER_WAIT: Duration = Duration::from_secs(70);

pub(crate) struct Loopback {
    http: Client,
    base: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// What a browser gets to see.
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    pub(crate) html: String,
}

impl Loopback {
    pub(crate) fn new(base: &str) -> Result<Self, reqwest::Error> {
        #[expect(clippy::disallowed_methods, reason = "it calls this program's own API and no upstream")]
        let builder = Client::builder();
        let http =
            builder.no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER_WAIT).build()?;
        Ok(Self { http, base: base.to_owned() })
    }

    /// Sends one request; a body that is not JSON comes back as text.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        bearer: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, body })
    }

    /// Opens a page as a browser does, by its whole URL, or sends its form; a redirect is not followed.
    pub(crate) async fn visit(
        &self,
        url: &str,
        form: Option<&[(String, String)]>,
    ) -> Result<Page, reqwest::Error> {
        let request = match form {
            Some(fields) => self.http.post(url).form(fields),
            None => self.http.get(url),
        };
        let response = request.send().await?;
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.map(str::to_owned);
        Ok(Page { status, location, html: response.text().await? })
    }
}
