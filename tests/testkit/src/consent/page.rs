//! One page, asked for as a browser does that follows nothing by itself.

use reqwest::Url;
use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than Patchbay waits for a token endpoint.
const ANSWER_WAIT: std::time::Duration = std::time::Duration::from_secs(60);

/// What a browser was answered.
#[derive(Debug)]
pub struct Page {
    /// Where it was asked for.
    pub url: String,
    pub status: u16,
    pub text: String,
    headers: HeaderMap,
}

impl Page {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        Self::try_of(request).await.unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    async fn try_of(request: reqwest::RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let (url, status) = (response.url().to_string(), response.status().as_u16());
        let headers = response.headers().clone();
        Ok(Self { url, status, headers, text: response.text().await? })
    }

    /// A header, when there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every header as one text, to search in.
    #[must_use]
    pub fn headers_text(&self) -> String {
        format!("{:?}", self.headers)
    }

    /// Where a redirect leads, as an absolute address.
    #[must_use]
    pub fn location(&self) -> Option<String> {
        let next = self.header("Location").filter(|_| (300..400).contains(&self.status))?;
        Some(Url::parse(&self.url).ok()?.join(next).ok()?.to_string())
    }
}

/// Opens an address and follows nothing.
///
/// # Panics
/// When nothing is answered.
pub async fn browse(url: &str) -> Page {
    Page::of(http().get(url)).await
}

/// What a program that is no browser asks of an address.
///
/// # Panics
/// When nothing is answered.
pub async fn ask(method: &str, url: &str) -> Page {
    let verb = reqwest::Method::from_bytes(method.as_bytes()).expect("it is a method");
    Page::of(http().request(verb, url)).await
}

/// As [`browse`], for a server that may be gone.
///
/// # Errors
/// When no whole answer came.
pub async fn try_browse(url: &str) -> Result<Page, reqwest::Error> {
    Page::try_of(http().get(url)).await
}

/// What a form's button does.
pub(super) async fn send_form(action: Url, values: &[(String, String)]) -> Page {
    Page::of(http().post(action).form(values)).await
}

/// Status and body for a request line longer than clients send.
///
/// # Panics
/// When the server is not there or answers nothing readable.
pub async fn browse_at_length(url: &str) -> (u16, String) {
    let url = Url::parse(url).unwrap_or_else(|error| panic!("{error}"));
    let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or_default());
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut stream = TcpStream::connect(&host).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    // The server may end the connection before it has read all: what it said until then counts.
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no answer to {} bytes: {answer:?}", target.len())), answer)
}

fn http() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "a test speaks to loopback and is no upstream call")]
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ANSWER_WAIT)
        .build()
        .expect("a client without TLS roots or proxies can be built");
    http
}
