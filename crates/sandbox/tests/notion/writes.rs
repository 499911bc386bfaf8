//! What is written is what later reads see.

use sandbox::seed;
use serde_json::json;

use crate::kit::{Bench, paragraph, results, send, text};

#[tokio::test]
async fn a_new_row_is_in_the_next_query_with_what_is_computed() {
    let bench = Bench::start();
    let body = json!({
        "parent": { "data_source_id": seed::DATA_SOURCE_TASKS },
        "properties": {
            "Name": { "title": [{ "text": { "content": "Brand new" } }] }, "Estimate": { "number": 7.5 },
            "Stage": { "status": { "name": "Done" } }, "Owner": { "people": [{ "id": seed::USER_ADA }] },
            "Due": { "date": { "start": "2026-12-24" } }, "Labels": { "multi_select": [{ "name": "idea" }] },
        },
        "children": [paragraph("with content")],
    });
    let row = bench.post("/v1/pages", body).await;
    assert_eq!(row["properties"]["Task ID"]["unique_id"]["number"], seed::TASKS + 1);
    assert_eq!(row["created_by"]["id"], json!(seed::BOT_ACME));
    let filter = json!({ "property": "Name", "title": { "equals": "Brand new" } });
    let query = format!("/v1/data_sources/{}/query", seed::DATA_SOURCE_TASKS);
    let rows = bench.post(&query, json!({ "filter": filter })).await;
    assert_eq!(results(&rows).len(), 1);
    assert_eq!(results(&rows)[0]["properties"], row["properties"]);
    let content = bench.get(&format!("/v1/blocks/{}/children", text(&row, "id"))).await;
    assert_eq!(results(&content).len(), 1);
}

#[tokio::test]
async fn a_page_in_the_trash_leaves_lists_and_comes_back() {
    let bench = Bench::start();
    let page = bench.new_page().await;
    let listed = async || {
        let children = bench.get(&format!("/v1/blocks/{}/children", seed::PAGE_HOME)).await;
        results(&children).iter().any(|block| text(block, "id") == page && block["type"] == "child_page")
    };
    assert!(listed().await);
    let path = format!("/v1/pages/{page}");
    bench.patch(&path, json!({ "in_trash": true })).await;
    assert!(!listed().await);
    let late = bench.request("PATCH", &path).json(&json!({ "icon": null }));
    send(late).await.refused(400, "validation_error");
    bench.patch(&path, json!({ "in_trash": false })).await;
    assert!(listed().await);
}

#[tokio::test]
async fn a_page_moves_but_not_into_itself() {
    let bench = Bench::start();
    let (outer, inner) = (bench.new_page().await, bench.new_page().await);
    let to = |id: &str| json!({ "parent": { "page_id": id } });
    let moved = bench.post(&format!("/v1/pages/{inner}/move"), to(&outer)).await;
    assert_eq!(text(&moved["parent"], "page_id"), outer);
    let request = bench.request("POST", &format!("/v1/pages/{outer}/move")).json(&to(&inner));
    send(request).await.refused(400, "validation_error");
}

#[tokio::test]
async fn a_block_is_changed_whole_and_keeps_its_type() {
    let bench = Bench::start();
    let page = bench.new_page().await;
    let to_do = json!({ "type": "to_do", "to_do": { "rich_text": [{ "text": { "content": "do" } }] } });
    let made = bench.patch(&format!("/v1/blocks/{page}/children"), json!({ "children": [to_do] })).await;
    let path = format!("/v1/blocks/{}", text(&results(&made)[0], "id"));
    let checked = bench.patch(&path, json!({ "to_do": { "checked": true } })).await;
    assert_eq!(checked["to_do"]["checked"], true);
    assert_eq!(checked["to_do"]["rich_text"][0]["plain_text"], "do", "what is not named stays");
    let request = bench.request("PATCH", &path).json(&json!({ "paragraph": { "rich_text": [] } }));
    send(request).await.refused(400, "validation_error");
}

#[tokio::test]
async fn a_schema_change_renames_adds_and_removes() {
    let bench = Bench::start();
    let source = format!("/v1/data_sources/{}", seed::DATA_SOURCE_TASKS);
    let change = json!({ "properties": { "Estimate": { "name": "Hours" }, "Phone": null, "Room": { "select": { "options": [{ "name": "A" }] } } } });
    let changed = bench.patch(&source, change).await;
    assert!(changed["properties"]["Hours"].is_object() && changed["properties"].get("Phone").is_none());
    let row = bench.get(&format!("/v1/pages/{}", seed::ROW_FIRST_TASK)).await;
    assert_eq!(row["properties"]["Hours"]["number"], 1, "the values stay with the property");
    assert_eq!(row["properties"]["Room"]["select"], json!(null));
    let request = bench.request("PATCH", &source).json(&json!({ "properties": { "Name": null } }));
    send(request).await.refused(400, "validation_error");
}

#[tokio::test]
async fn only_own_comments_can_be_changed() {
    let bench = Bench::start();
    let path = format!("/v1/comments/{}", seed::COMMENT_FIRST);
    let change = json!({ "markdown": "mine now" });
    send(bench.request("PATCH", &path).json(&change)).await.refused(403, "restricted_resource");
    let reply = json!({ "discussion_id": seed::DISCUSSION_FIRST, "markdown": "me too" });
    let mine = bench.post("/v1/comments", reply).await;
    bench.patch(&format!("/v1/comments/{}", text(&mine, "id")), change).await;
    let all = bench.get(&format!("/v1/comments?block_id={}", seed::PAGE_HANDBOOK)).await;
    assert_eq!(results(&all).len(), 3);
    assert_eq!(results(&all)[2]["rich_text"][0]["plain_text"], "mine now");
}

#[tokio::test]
async fn markdown_is_inserted_and_replaced() {
    let bench = Bench::start();
    let page = bench.new_page().await;
    let path = format!("/v1/pages/{page}/markdown");
    let change = |kind: &str, what: serde_json::Value| json!({ "type": kind, kind: what });
    bench
        .patch(
            &path,
            change("insert_content", json!({ "content": "# One\ntwo three\n```rust\nfn x() {}\n```" })),
        )
        .await;
    bench
        .patch(&path, change("insert_content", json!({ "content": "zero", "position": { "type": "start" } })))
        .await;
    let ranged = json!({ "content": "2 3", "content_range": "two...three" });
    let page = bench.patch(&path, change("replace_content_range", ranged)).await;
    assert_eq!(text(&page, "markdown"), "zero\n# One\n2 3\n```rust\nfn x() {}\n```\n");
    let replaced = bench.patch(&path, change("replace_content", json!({ "new_str": "- [x] all" }))).await;
    assert_eq!(text(&replaced, "markdown"), "- [x] all\n");
    let missing =
        change("update_content", json!({ "content_updates": [{ "old_str": "nowhere", "new_str": "" }] }));
    send(bench.request("PATCH", &path).json(&missing)).await.refused(400, "validation_error");
    let every = bench.get(&format!("/v1/pages/{}/markdown", seed::PAGE_EVERY_BLOCK)).await;
    let unknown = every["unknown_block_ids"].as_array().expect("it is a list");
    assert!(
        unknown.contains(&json!(seed::BLOCK_UNSUPPORTED)) && unknown.contains(&json!(seed::BLOCK_UNKNOWN))
    );
}
