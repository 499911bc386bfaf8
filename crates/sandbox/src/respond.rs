//! An answer on its way out: its bytes, and how they are delivered.

use std::io;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use uuid::Uuid;

use crate::refusal::Refusal;

/// Of a large answer, this much at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// How an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Late(Duration),
    Trickle {
        chunk_bytes: usize,
        pause: Duration,
    },
    Half,
    Reset,
    /// A JSON text of this size, made while it is sent.
    Large {
        bytes: usize,
    },
}

/// Status, headers, body, delivery.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) delivery: Delivery,
}

impl Response {
    pub(crate) fn json(status: u16, json: &Value) -> Self {
        let body = serde_json::to_vec(json).expect("a JSON value can be written");
        Self::bytes(status, "application/json; charset=utf-8", body.into())
    }

    /// An answer of the API, which always names its request.
    pub(crate) fn api(status: u16, mut json: Value) -> Self {
        let request_id = Uuid::new_v4().to_string();
        if let Some(object) = json.as_object_mut() {
            object.insert("request_id".to_owned(), request_id.as_str().into());
        }
        let mut answer = Self::json(status, &json);
        answer.headers.push(("x-notion-request-id".to_owned(), request_id));
        answer
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Self::api(refusal.status, refusal.body())
    }

    pub(crate) fn text(status: u16, content_type: &str, text: String) -> Self {
        Self::bytes(status, content_type, text.into())
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: Bytes) -> Self {
        let content_type = content_type.to_owned();
        Self { status, content_type, headers: Vec::new(), body, delivery: Delivery::Whole }
    }

    pub(crate) fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    pub(crate) fn retry_after(mut self, value: Option<String>) -> Self {
        self.headers.extend(value.map(|value| ("retry-after".to_owned(), value)));
        self
    }

    /// The JSON of the body; null when it is none.
    pub(crate) fn parsed(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Sends it as its delivery says.
    pub(crate) async fn send(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, self.content_type));
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        let body = self.body;
        match self.delivery {
            Delivery::Whole => response.body(body),
            Delivery::Late(delay) => {
                tokio::time::sleep(delay).await;
                response.body(body)
            }
            Delivery::Trickle { chunk_bytes, pause } => response.body(trickle(body, chunk_bytes, pause)),
            Delivery::Half => response.body(half(&body)),
            Delivery::Reset => response.body(broken(1)),
            Delivery::Large { bytes } => response.body(large(bytes)),
        }
    }
}

type Chunks = std::pin::Pin<Box<dyn futures_util::Stream<Item = io::Result<Bytes>>>>;

fn trickle(body: Bytes, chunk_bytes: usize, pause: Duration) -> SizedStream<Chunks> {
    let size = body.len() as u64;
    let chunks: Chunks = Box::pin(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let chunk = rest.split_to(chunk_bytes.min(rest.len()));
        Some((Ok(chunk), rest))
    }));
    SizedStream::new(size, chunks)
}

fn half(body: &Bytes) -> SizedStream<Chunks> {
    let size = body.len() as u64;
    let half = body.slice(..body.len() / 2);
    let chunks: Chunks = Box::pin(stream::unfold(0, move |step| {
        let half = half.clone();
        async move {
            if step == 0 {
                return Some((Ok(half), 1));
            }
            // Time for the first half to leave before the connection ends.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Err(io::ErrorKind::ConnectionAborted.into()), 2))
        }
    }));
    SizedStream::new(size, chunks)
}

/// A body that fails at once, so that the connection ends before anything is written.
fn broken(size: u64) -> SizedStream<Chunks> {
    let failed: io::Result<Bytes> = Err(io::ErrorKind::ConnectionReset.into());
    SizedStream::new(size, Box::pin(stream::iter([failed])))
}

/// `{"filler":"aaa…"}` without ever being whole in memory; the size is not announced.
fn large(bytes: usize) -> BodyStream<Chunks> {
    const HEAD: &str = "{\"filler\":\"";
    const TAIL: &str = "\"}";
    let filler = Bytes::from(vec![b'a'; CHUNK_BYTES]);
    let left = bytes.saturating_sub(HEAD.len() + TAIL.len());
    let middle = (0..left.div_ceil(CHUNK_BYTES)).map(move |index| {
        let size = (left - index * CHUNK_BYTES).min(CHUNK_BYTES);
        filler.slice(..size)
    });
    let all = std::iter::once(Bytes::from_static(HEAD.as_bytes())).chain(middle);
    let all = all.chain(std::iter::once(Bytes::from_static(TAIL.as_bytes())));
    BodyStream::new(Box::pin(stream::iter(all.map(Ok))))
}
