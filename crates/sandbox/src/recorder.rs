//! Every request that was received, so that tests can say what was sent and what was not.

use std::collections::VecDeque;

use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::server::Received;
use crate::target::Target;

/// Older requests are forgotten.
const KEPT_MAX: usize = 10_000;
/// Of a longer body only the beginning is kept.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    seen: u64,
    kept: VecDeque<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    number: u64,
    method: String,
    target: Target,
    query: String,
    headers: HeaderMap,
    body: Bytes,
    body_bytes: usize,
}

/// Which requests are asked for; all without any.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) connector: Option<&'a str>,
    pub(crate) method: Option<&'a str>,
    pub(crate) path: Option<&'a str>,
    /// Only requests after this number.
    pub(crate) after: u64,
}

impl Recorder {
    pub(crate) fn record(&mut self, received: &Received<'_>) {
        let body = &received.body;
        self.seen += 1;
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
        }
        // A slice would keep the whole body alive.
        let short = body.len() <= BODY_BYTES_MAX;
        self.kept.push_back(Recorded {
            number: self.seen,
            method: received.method.to_owned(),
            target: received.target.clone(),
            query: received.raw_query.to_owned(),
            headers: received.headers.clone(),
            body: if short { body.clone() } else { Bytes::copy_from_slice(&body[..BODY_BYTES_MAX]) },
            body_bytes: body.len(),
        });
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    /// The requests asked for, and how many there were since the start.
    pub(crate) fn json(&self, wanted: &Wanted<'_>) -> Value {
        let fits = |recorded: &&Recorded| {
            recorded.number > wanted.after
                && wanted.connector.is_none_or(|id| recorded.target.connector() == Some(id))
                && wanted.method.is_none_or(|method| recorded.method.eq_ignore_ascii_case(method))
                && wanted.path.is_none_or(|path| recorded.target.path == path)
        };
        let requests: Vec<Value> = self.kept.iter().filter(fits).map(Recorded::json).collect();
        json!({ "requests": requests, "seen": self.seen })
    }
}

impl Recorded {
    fn json(&self) -> Value {
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.insert(name.as_str().to_owned(), value.into());
        }
        let gateway = self.target.gateway.as_ref();
        json!({
            "number": self.number, "method": self.method, "path": self.target.path, "query": self.query,
            "connector": gateway.map(|gateway| &gateway.connector), "scheme": gateway.map(|gateway| &gateway.scheme),
            "host": gateway.map(|gateway| &gateway.host), "headers": headers,
            "body": String::from_utf8_lossy(&self.body), "body_bytes": self.body_bytes,
        })
    }
}
