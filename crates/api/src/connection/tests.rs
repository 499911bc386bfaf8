use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;

use super::*;

/// A test that waits longer waits for what never comes.
const WAIT: Duration = Duration::from_secs(30);

/// What the server reads of what a client sends in pieces of this size, up to the client's end.
async fn read_of(sent: &str, piece: usize) -> String {
    let (mut client, server) = duplex(64 * 1024);
    let sent = sent.to_owned().into_bytes();
    let sending = async move {
        for piece in sent.chunks(piece) {
            client.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        drop(client);
    };
    let mut read = String::new();
    let mut server = Connection::new(server);
    let both = async { tokio::join!(sending, server.read_to_string(&mut read)).1 };
    timeout(WAIT, both).await.expect("the server reads to the end").unwrap();
    read
}

fn callback(state_length: usize) -> String {
    let state = "a".repeat(state_length);
    format!("GET /api/v1/oauth/callback/notion?state={state} HTTP/1.1\r\nhost: example.com\r\n\r\n")
}

#[tokio::test]
async fn what_fits_passes_as_it_came() {
    let long = format!("GET /api/v1/executions?cursor={} HTTP/1.1\r\n\r\n", "a".repeat(100_000));
    let body = format!("POST /api/v1/x HTTP/1.1\r\n\r\nGET /callback?{}", "a".repeat(100_000));
    for sent in [callback(500), callback(30_000), long, body] {
        for piece in [7, 1_000, 1_000_000] {
            assert!(read_of(&sent, piece).await == sent, "{} by {piece}", sent.len());
        }
    }
}

#[tokio::test]
async fn r6_a_callback_too_long_for_the_server_keeps_its_beginning_and_is_the_last() {
    let sent = callback(100_000) + "GET /health HTTP/1.1\r\n\r\n";
    for piece in [100, LINE_BYTES_MAX, LINE_BYTES_MAX + 1, 1_000_000] {
        let read = read_of(&sent, piece).await;
        assert!(read.starts_with(&sent[..LINE_BYTES_MAX]), "by {piece}");
        assert_eq!(&read[LINE_BYTES_MAX..], str::from_utf8(END_OF_HEAD).unwrap(), "by {piece}");
    }
}

#[tokio::test]
async fn r6_a_head_without_end_is_read_so_far_and_no_farther() {
    let (mut client, server) = duplex(64 * 1024);
    let mut server = Connection::new(server);
    let mut read = Vec::new();
    let endless = callback(100_000_000);
    // The client still sends when the server has read all it wants.
    tokio::select! {
        sent = client.write_all(endless.as_bytes()) => panic!("all was read: {sent:?}"),
        length = server.read_to_end(&mut read) => assert_eq!(length.unwrap(), LINE_BYTES_MAX + END_OF_HEAD.len()),
    }
}

#[tokio::test]
async fn r6_the_next_request_of_a_connection_is_looked_at_too() {
    let (mut client, server) = duplex(256 * 1024);
    let mut server = Connection::new(server);
    let first = "GET /health HTTP/1.1\r\nhost: example.com\r\n\r\n";
    client.write_all(first.as_bytes()).await.unwrap();
    let mut read = vec![0; first.len()];
    server.read_exact(&mut read).await.unwrap();
    server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    client.write_all(callback(100_000).as_bytes()).await.unwrap();
    let mut read = String::new();
    timeout(WAIT, server.read_to_string(&mut read)).await.expect("the reading ends").unwrap();
    assert_eq!(read.len(), LINE_BYTES_MAX + END_OF_HEAD.len());
}
