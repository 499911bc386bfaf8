//! Files: signed URLs that end, uploads that must be attached in time.

use sandbox::seed;
use serde_json::{Value, json};

use crate::kit::{Answer, Bench, send, text};

const HOUR_MS: u64 = 3_600_000;

async fn image_url(bench: &Bench) -> String {
    let block = bench.get(&format!("/v1/blocks/{}", seed::BLOCK_IMAGE)).await;
    text(&block["image"]["file"], "url")
}

async fn upload(bench: &Bench, content: &'static str) -> Value {
    let upload =
        bench.post("/v1/file_uploads", json!({ "filename": "a.txt", "content_type": "text/plain" })).await;
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\
         {content}\r\n--b--\r\n"
    );
    let path = format!("/v1/file_uploads/{}/send", text(&upload, "id"));
    let request =
        bench.request("POST", &path).header("Content-Type", "multipart/form-data; boundary=b").body(body);
    send(request).await.good()
}

async fn attach(bench: &Bench, upload: &Value) -> Answer {
    let file = json!({ "type": "file_upload", "file_upload": { "id": upload["id"] } });
    let page = format!("/v1/blocks/{}/children", seed::PAGE_EMPTY);
    let body = json!({ "children": [{ "type": "file", "file": file }] });
    send(bench.request("PATCH", &page).json(&body)).await
}

#[tokio::test]
async fn a_signed_url_works_for_an_hour_and_is_xml_after_that() {
    let bench = Bench::start();
    let url = image_url(&bench).await;
    let image = bench.http.get(&url).send().await.expect("the file host answers");
    assert_eq!(
        (image.status().as_u16(), image.headers()["content-type"].as_bytes()),
        (200, &b"image/png"[..])
    );
    bench.control("POST", "clock", json!({ "advance_ms": HOUR_MS + 1000 })).await;
    let late = send(bench.http.get(&url)).await;
    assert_eq!(late.status, 403);
    assert!(late.text.starts_with("<?xml") && late.headers["content-type"] == "application/xml", "{late:?}");
    assert_eq!(send(bench.http.get(image_url(&bench).await)).await.status, 200, "a new read gives a new URL");
}

#[tokio::test]
async fn the_file_host_takes_no_token_and_no_changed_url() {
    let bench = Bench::start();
    let url = image_url(&bench).await;
    assert_eq!(send(bench.http.get(&url).bearer_auth(seed::TOKEN_ACME)).await.status, 400);
    let seen = bench.control("GET", "requests?path=/_files/photo.png", json!({})).await;
    assert!(seen.to_string().contains("Bearer ntn_sandbox_acme"), "and it is recorded: {seen}");
    let other = url.replace("photo.png", "another.png");
    assert_eq!(send(bench.http.get(other)).await.status, 403);
    assert_eq!(send(bench.http.get(bench.url("/_files/photo.png"))).await.status, 403);
}

#[tokio::test]
async fn an_upload_is_attached_within_an_hour_or_never() {
    let bench = Bench::start();
    let sent = upload(&bench, "some text").await;
    assert_eq!((&sent["status"], &sent["content_length"]), (&json!("uploaded"), &json!(9)));
    let block = attach(&bench, &sent).await.good();
    let url = text(&block["results"][0]["file"]["file"], "url");
    assert_eq!(send(bench.http.get(url)).await.text, "some text");
    let late = upload(&bench, "late").await;
    bench.control("POST", "clock", json!({ "advance_ms": HOUR_MS + 1000 })).await;
    attach(&bench, &late).await.refused(400, "validation_error");
    let read = bench.get(&format!("/v1/file_uploads/{}", text(&late, "id"))).await;
    assert_eq!(read["status"], "expired");
    let kept = bench.get(&format!("/v1/file_uploads/{}", text(&sent, "id"))).await;
    assert_eq!((&kept["status"], &kept["expiry_time"]), (&json!("uploaded"), &Value::Null));
}

#[tokio::test]
async fn what_was_not_sent_cannot_be_attached() {
    let bench = Bench::start();
    let pending = bench.post("/v1/file_uploads", json!({})).await;
    attach(&bench, &pending).await.refused(400, "validation_error");
    let missing = json!({ "mode": "multi_part", "filename": "x" });
    send(bench.request("POST", "/v1/file_uploads").json(&missing)).await.refused(400, "validation_error");
    let garbled = bench.request("POST", &format!("/v1/file_uploads/{}/send", text(&pending, "id")));
    let garbled = garbled.header("Content-Type", "multipart/form-data; boundary=b").body("no form");
    send(garbled).await.refused(400, "validation_error");
}
