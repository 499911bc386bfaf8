//! Makes a call and shows it: what it is for, the line to paste, the answer.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use super::curl::{Request, quoted};
use super::layout::shortened;
use crate::failure::Failure;
use crate::loopback::{Loopback, Page};
use crate::output;

/// A call that takes longer says that it is running, again and again.
const PATIENCE: Duration = Duration::from_secs(1);

/// The walk as the reader sees it.
pub(super) struct Show {
    http: Loopback,
    base_url: String,
    data_dir: PathBuf,
    token: Option<String>,
    /// Steps shown so far; the last one is under way.
    step: usize,
}

impl Show {
    pub(super) fn new(base_url: &str, data_dir: &Path) -> Result<Self, Failure> {
        let http = Loopback::new(base_url).map_err(|error| Failure::Walk {
            step: 0,
            reason: format!("no HTTP client can be made: {error}"),
        })?;
        let (base_url, data_dir) = (base_url.to_owned(), data_dir.to_owned());
        Ok(Self { http, base_url, data_dir, token: None, step: 0 })
    }

    /// Begins a step.
    pub(super) fn step(&mut self, title: &str, why: &str) -> Result<(), Failure> {
        self.step += 1;
        Ok(output::line(&format!("\n── {}. {title}\n   {why}\n", self.step))?)
    }

    /// Shows a command of this program and what it printed.
    pub(super) fn command(&self, arguments: &[&str], printed: &Value) -> Result<(), Failure> {
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        let data_dir = quoted(&self.data_dir.display().to_string());
        output::line(&format!("PATCHBAY_DATA_DIR={data_dir} {} {}\n", program(), words.join(" ")))?;
        Ok(output::line(&shortened(printed))?)
    }

    /// From here on calls carry this token; the reader is given it for pasting.
    pub(super) fn use_token(&mut self, token: &str) -> Result<(), Failure> {
        self.token = Some(token.to_owned());
        Ok(output::line(&format!("\nFor the lines below:\n\nTOKEN={token}"))?)
    }

    pub(super) async fn get(&self, path: &str, expected: u16) -> Result<Value, Failure> {
        self.call(Method::GET, path, None, expected).await
    }

    pub(super) async fn post(&self, path: &str, body: Value, expected: u16) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body), expected).await
    }

    pub(super) async fn put(&self, path: &str, body: Value, expected: u16) -> Result<Value, Failure> {
        self.call(Method::PUT, path, Some(body), expected).await
    }

    /// Opens a page, or sends its form, without showing more than how it was answered.
    pub(super) async fn visit(
        &self,
        url: &str,
        form: Option<&[(String, String)]>,
        expected: u16,
    ) -> Result<Page, Failure> {
        let page = patiently(self.http.visit(url, form)).await?;
        let page = page.map_err(|error| self.unexpected(&error.without_url().to_string()))?;
        let verb = if form.is_some() { "POST" } else { "GET" };
        let shown = url.split('?').next().unwrap_or(url);
        output::line(&format!("{verb} {shown} … HTTP {}", page.status))?;
        if page.status == expected {
            return Ok(page);
        }
        Err(self.unexpected(&format!("status {} instead of {expected}", page.status)))
    }

    /// Where a page leads.
    pub(super) fn location(&self, page: &Page) -> Result<String, Failure> {
        page.location.clone().ok_or_else(|| self.unexpected("the answer leads nowhere"))
    }

    pub(super) async fn post_nothing(&self, path: &str, expected: u16) -> Result<Value, Failure> {
        self.call(Method::POST, path, None, expected).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        expected: u16,
    ) -> Result<Value, Failure> {
        let request = Request { method, path: path.to_owned(), body, authorized: self.token.is_some() };
        output::line(&format!("{}\n", request.line(&self.base_url)))?;
        let started = Instant::now();
        let Request { method, path, body, .. } = &request;
        let sent = self.http.send(method.clone(), path, self.token.as_deref(), body.as_ref());
        let answer = patiently(sent).await?.map_err(|error| self.unexpected(&error.to_string()))?;
        let duration_ms = started.elapsed().as_millis();
        output::line(&format!("HTTP {} after {duration_ms} ms\n{}", answer.status, shortened(&answer.body)))?;
        if answer.status == expected {
            return Ok(answer.body);
        }
        Err(self.unexpected(&format!("status {} instead of {expected}", answer.status)))
    }

    /// Ends the walk unless the answer is as it should be.
    pub(super) fn must(&self, holds: bool, claim: &str) -> Result<(), Failure> {
        if holds { Ok(()) } else { Err(self.unexpected(&format!("not so: {claim}"))) }
    }

    /// Text at a JSON pointer of an answer.
    pub(super) fn text(&self, answer: &Value, pointer: &str) -> Result<String, Failure> {
        match answer.pointer(pointer).and_then(Value::as_str) {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.unexpected(&format!("the answer has no text at {pointer}"))),
        }
    }

    pub(super) fn unexpected(&self, reason: &str) -> Failure {
        Failure::Walk { step: self.step, reason: reason.to_owned() }
    }
}

/// Awaits something, and says that it is still running while it is.
async fn patiently<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let mut future = std::pin::pin!(future);
    let mut waited = Duration::ZERO;
    loop {
        match tokio::time::timeout(PATIENCE, &mut future).await {
            Ok(done) => return Ok(done),
            Err(_) => {
                waited += PATIENCE;
                output::line(&format!("… still running after {} s", waited.as_secs()))?;
            }
        }
    }
}

/// This program as the reader can call it from where they are.
fn program() -> String {
    let path = std::env::current_exe().unwrap_or_else(|_| "patchbay".into());
    let here = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    quoted(&here.unwrap_or(path).display().to_string())
}
