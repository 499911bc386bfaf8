//! The three versions differ as their notes say.

use sandbox::seed;
use serde_json::json;

use crate::kit::{Bench, NEWEST, paragraph, results, send, text};

const OLDEST: &str = "2022-06-28";
const MIDDLE: &str = "2025-09-03";

#[tokio::test]
async fn a_database_is_its_one_table_in_the_oldest_version() {
    let bench = Bench::start();
    let path = format!("/v1/databases/{}", seed::DATABASE_TASKS);
    let old = send(bench.request_as(seed::TOKEN_ACME, OLDEST, "GET", &path)).await.good();
    assert!(old["properties"]["Estimate"].is_object() && old.get("data_sources").is_none(), "{old}");
    assert!(old["properties"]["Projects"]["relation"].get("data_source_id").is_none());
    let new = bench.get(&path).await;
    assert!(new["data_sources"][0]["id"].is_string() && new.get("properties").is_none(), "{new}");

    let query = format!("{path}/query");
    let ask = |version| {
        bench.request_as(seed::TOKEN_ACME, version, "POST", &query).json(&json!({ "page_size": 1 }))
    };
    let rows = send(ask(OLDEST)).await.good();
    assert_eq!(
        results(&rows)[0]["parent"],
        json!({ "type": "database_id", "database_id": seed::DATABASE_TASKS })
    );
    send(ask(MIDDLE)).await.refused(400, "invalid_request_url");
    let source = format!("/v1/data_sources/{}", seed::DATA_SOURCE_TASKS);
    let request = bench.request_as(seed::TOKEN_ACME, OLDEST, "GET", &source);
    send(request).await.refused(400, "invalid_request_url");
}

#[tokio::test]
async fn several_data_sources_are_too_much_for_the_oldest_version() {
    let bench = Bench::start();
    let path = format!("/v1/databases/{}", seed::DATABASE_TEAM);
    let answer = send(bench.request_as(seed::TOKEN_ACME, OLDEST, "GET", &path)).await;
    let data = &answer.refused(400, "validation_error")["additional_data"];
    assert_eq!(data["error_type"], "multiple_data_sources_for_database");
    assert_eq!(data["child_data_source_ids"], json!([seed::DATA_SOURCE_PEOPLE, seed::DATA_SOURCE_OFFICES]));
    assert_eq!(data["minimum_api_version"], MIDDLE);
}

#[tokio::test]
async fn search_filters_by_what_the_version_calls_a_table() {
    let bench = Bench::start();
    let search = |version, value: &str| {
        let body = json!({ "filter": { "property": "object", "value": value } });
        bench.request_as(seed::TOKEN_ACME, version, "POST", "/v1/search").json(&body)
    };
    let old = send(search(OLDEST, "database")).await.good();
    assert!(results(&old).iter().all(|object| object["object"] == "database") && !results(&old).is_empty());
    send(search(OLDEST, "data_source")).await.refused(400, "validation_error");
    send(search(NEWEST, "database")).await.refused(400, "validation_error");
}

#[tokio::test]
async fn archived_and_transcription_are_gone_with_the_newest_version() {
    let bench = Bench::start();
    let path = format!("/v1/pages/{}", seed::PAGE_HOME);
    let old = send(bench.request_as(seed::TOKEN_ACME, MIDDLE, "GET", &path)).await.good();
    assert_eq!((&old["archived"], &old["in_trash"]), (&json!(false), &json!(false)));
    assert!(bench.get(&path).await.get("archived").is_none());
    let blocks = format!("/v1/blocks/{}/children", seed::PAGE_EVERY_BLOCK);
    let old = send(bench.request_as(seed::TOKEN_ACME, MIDDLE, "GET", &blocks)).await.good();
    assert!(
        results(&old)
            .iter()
            .any(|block| block["type"] == "transcription" && block["transcription"].is_object())
    );
}

#[tokio::test]
async fn an_append_is_placed_by_after_and_then_by_position() {
    let bench = Bench::start();
    let page = bench.new_page().await;
    let path = format!("/v1/blocks/{page}/children");
    let made = bench.patch(&path, json!({ "children": [paragraph("1"), paragraph("4")] })).await;
    let first = text(&results(&made)[0], "id");
    let append = |version, place: &str, value: serde_json::Value| {
        let mut body = json!({ "children": [paragraph(if version == MIDDLE { "3" } else { "2" })] });
        body[place] = value;
        bench.request_as(seed::TOKEN_ACME, version, "PATCH", &path).json(&body)
    };
    let position = json!({ "type": "after_block", "after_block": { "id": first } });
    send(append(MIDDLE, "after", json!(first))).await.good();
    send(append(NEWEST, "position", position.clone())).await.good();
    send(append(MIDDLE, "position", position)).await.refused(400, "validation_error");
    send(append(NEWEST, "after", json!(first))).await.refused(400, "validation_error");
    let all = bench.get(&path).await;
    let read = |block: &serde_json::Value| text(&block["paragraph"]["rich_text"][0], "plain_text");
    assert_eq!(results(&all).iter().map(read).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
}
