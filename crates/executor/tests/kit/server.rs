//! A local upstream that misbehaves as told and records what it received. It speaks raw HTTP/1.1, so
//! that it can break the rules of it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it does with one request.
#[derive(Clone)]
pub(crate) enum Say {
    /// These bytes, then it waits for the next request on the same connection.
    Answer(Vec<u8>),
    /// These bytes, then it closes, whatever it announced.
    Hangup(Vec<u8>),
    /// Nothing, for as long as the client stays.
    Silence,
    /// These bytes, then one more at each interval, without end.
    Drip(Vec<u8>, Duration),
    /// These bytes, then the last ones again and again, without end.
    Flood(Vec<u8>, Vec<u8>),
    /// A reset instead of an answer.
    Reset,
}

impl Say {
    /// A complete answer.
    pub(crate) fn status(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let mut bytes = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str("\r\n");
        Self::Answer([bytes.as_bytes(), body].concat())
    }

    /// A complete answer in JSON.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::status(status, &[("content-type", "application/json")], body.as_bytes())
    }
}

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The address that was dialled.
    pub(crate) dialled: SocketAddr,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The running server; it ends with the test.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<Connections>>,
}

#[derive(Default, Clone, Copy)]
pub(crate) struct Connections {
    pub(crate) opened: usize,
    pub(crate) closed: usize,
}

impl Upstream {
    /// Says one thing per request; the last one for all that follow.
    pub(crate) async fn start(script: Vec<Say>) -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(Connections::default()));
        let (log, counts) = (seen.clone(), connections.clone());
        tokio::spawn(async move {
            let script = Arc::new(script);
            while let Ok((stream, _)) = listener.accept().await {
                counts.lock().expect("not poisoned").opened += 1;
                let (script, log, counts) = (script.clone(), log.clone(), counts.clone());
                tokio::spawn(async move {
                    serve(stream, &script, &log).await;
                    counts.lock().expect("not poisoned").closed += 1;
                });
            }
        });
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), seen, connections }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }

    pub(crate) fn connections(&self) -> Connections {
        *self.connections.lock().expect("not poisoned")
    }
}

async fn serve(mut stream: TcpStream, script: &[Say], log: &Mutex<Vec<Seen>>) {
    while let Some(seen) = read_request(&mut stream).await {
        let number = {
            let mut log = log.lock().expect("not poisoned");
            log.push(seen);
            log.len() - 1
        };
        if say(&mut stream, &script[number.min(script.len() - 1)]).await.is_none() {
            return;
        }
    }
}

/// None when the connection is at its end.
async fn say(stream: &mut TcpStream, what: &Say) -> Option<()> {
    match what {
        Say::Answer(bytes) => stream.write_all(bytes).await.ok(),
        Say::Hangup(bytes) => {
            stream.write_all(bytes).await.ok()?;
            stream.shutdown().await.ok()?;
            None
        }
        Say::Silence => {
            let mut rest = [0; 64];
            while stream.read(&mut rest).await.ok()? > 0 {}
            None
        }
        Say::Drip(head, interval) => {
            stream.write_all(head).await.ok()?;
            let mut ticks = tokio::time::interval(*interval);
            let mut rest = [0; 64];
            loop {
                tokio::select! {
                    _ = ticks.tick() => stream.write_all(b" ").await.ok()?,
                    read = stream.read(&mut rest) => if read.ok()? == 0 { return None },
                }
            }
        }
        Say::Flood(head, more) => {
            stream.write_all(head).await.ok()?;
            loop {
                stream.write_all(more).await.ok()?;
            }
        }
        Say::Reset => {
            // Closing with no lingering makes a reset.
            stream.set_zero_linger().ok()?;
            None
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        read_more(stream, &mut bytes).await?;
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).expect("a request head is text");
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap_or((line, "")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().expect("a length"));
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        read_more(stream, &mut body).await?;
    }
    let dialled = stream.local_addr().expect("it is connected");
    Some(Seen { method, target, headers, body, dialled })
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 4096];
    let read = stream.read(&mut chunk).await.ok()?;
    bytes.extend_from_slice(&chunk[..read]);
    (read > 0).then_some(())
}
