//! A provider that records what it is sent and answers from a script.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use domain::Secret;
use http::{Request, Response};
use oauth::{App, Limits, OAuthError, Provider, TokenSet, Transport, TransportError};
use url::{Url, form_urlencoded};

pub(crate) const CLIENT_ID: &str = "client-id";
pub(crate) const CLIENT_SECRET: &str = "client-secret/+ ü";
pub(crate) const REDIRECT_URI: &str = "https://patchbay.test/api/v1/oauth/callback/example";
pub(crate) const CODE: &str = "code-1f2e3d";
pub(crate) const VERIFIER: &str = "verifier-0123456789-0123456789-0123456789-01";
pub(crate) const REFRESH_TOKEN: &str = "refresh-token-old";

pub(crate) struct Scripted {
    script: Mutex<VecDeque<Result<Response<Vec<u8>>, TransportError>>>,
    seen: Mutex<Vec<Seen>>,
}

/// One request, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) limits: Limits,
    pub(crate) authorization_is_sensitive: bool,
}

impl Scripted {
    pub(crate) fn new(script: Vec<Result<Response<Vec<u8>>, TransportError>>) -> Self {
        Self { script: Mutex::new(script.into()), seen: Mutex::default() }
    }

    /// One answer, as JSON.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(vec![Ok(answer(status, &[("content-type", "application/json")], body.as_bytes()))])
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

impl Transport for Scripted {
    async fn send(
        &self,
        request: Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        let header = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        self.seen.lock().unwrap().push(Seen {
            method: request.method().to_string(),
            url: request.uri().to_string(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), header(value)))
                .collect(),
            body: String::from_utf8(request.body().clone()).unwrap(),
            limits,
            authorization_is_sensitive: request
                .headers()
                .get("authorization")
                .is_some_and(http::HeaderValue::is_sensitive),
        });
        self.script.lock().unwrap().pop_front().expect("the script has an answer for each request")
    }
}

impl Seen {
    /// The pairs of a form body.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response<Vec<u8>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.to_vec()).unwrap()
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub(crate) fn provider() -> Provider {
    Provider::new(Some(url("https://provider.test/authorize")), url("https://provider.test/token"))
}

pub(crate) fn app() -> App {
    App {
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(secret(CLIENT_SECRET)),
        redirect_uri: REDIRECT_URI.to_owned(),
        signing_key: None,
    }
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a test looks at what it planted")]
pub(crate) fn text(secret: &Secret) -> &str {
    secret.expose()
}

pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) async fn exchange(transport: &Scripted, provider: &Provider) -> Result<TokenSet, OAuthError> {
    oauth::exchange(transport, provider, &app(), &secret(CODE), &secret(VERIFIER)).await
}

pub(crate) async fn refresh(transport: &Scripted, provider: &Provider) -> Result<TokenSet, OAuthError> {
    oauth::refresh(transport, provider, &app(), &secret(REFRESH_TOKEN)).await
}
