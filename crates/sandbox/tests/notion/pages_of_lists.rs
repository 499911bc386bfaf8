//! Lists in pages: sizes, cursors, limits, filters and order.

use std::collections::BTreeSet;

use sandbox::seed;
use serde_json::{Value, json};

use crate::kit::{Bench, results, send, text};

fn tasks() -> String {
    format!("/v1/data_sources/{}/query", seed::DATA_SOURCE_TASKS)
}

async fn all_rows(bench: &Bench, mut body: Value) -> Vec<Value> {
    let mut rows = Vec::new();
    loop {
        let page = bench.post(&tasks(), body.clone()).await;
        rows.extend(results(&page).iter().cloned());
        assert_eq!(page["has_more"], page["next_cursor"].is_string());
        if page["has_more"] == false {
            return rows;
        }
        body["start_cursor"] = page["next_cursor"].clone();
    }
}

#[tokio::test]
async fn two_hundred_and_fifty_children_come_in_three_pages() {
    let bench = Bench::start();
    let path = format!("/v1/blocks/{}/children", seed::PAGE_HANDBOOK);
    let (mut seen, mut pages, mut cursor) = (BTreeSet::new(), 0, String::new());
    loop {
        let page = bench.get(&format!("{path}?{cursor}")).await;
        pages += 1;
        seen.extend(results(&page).iter().map(|block| text(block, "id")));
        if page["has_more"] == false {
            break;
        }
        cursor = format!("start_cursor={}", text(&page, "next_cursor"));
    }
    assert_eq!((seen.len(), pages), (seed::PARAGRAPHS, 3));
}

#[tokio::test]
async fn a_cursor_only_fits_its_own_list() {
    let bench = Bench::start();
    let page = bench.get(&format!("/v1/blocks/{}/children?page_size=2", seed::PAGE_HANDBOOK)).await;
    let cursor = text(&page, "next_cursor");
    for path in [
        format!("/v1/blocks/{}/children?start_cursor={cursor}", seed::PAGE_NESTED),
        format!("/v1/users?start_cursor={cursor}"),
        "/v1/users?start_cursor=nonsense".to_owned(),
    ] {
        send(bench.request("GET", &path)).await.refused(400, "validation_error");
    }
    let first = bench.post(&tasks(), json!({ "page_size": 1 })).await;
    let other = json!({ "start_cursor": first["next_cursor"], "filter": { "property": "Done", "checkbox": { "equals": true } } });
    send(bench.request("POST", &tasks()).json(&other)).await.refused(400, "validation_error");
    // A wrong size is refused as well.
    for size in ["0", "101", "many"] {
        send(bench.request("GET", &format!("/v1/users?page_size={size}")))
            .await
            .refused(400, "validation_error");
    }
}

#[tokio::test]
async fn a_page_that_was_deleted_between_two_calls_does_not_break_the_list() {
    let bench = Bench::start();
    let parent = bench.new_page().await;
    let path = format!("/v1/blocks/{parent}/children");
    let children: Vec<Value> = (1..=4).map(|n| crate::kit::paragraph(&n.to_string())).collect();
    let made = bench.patch(&path, json!({ "children": children })).await;
    let first = bench.get(&format!("{path}?page_size=2")).await;
    let third = text(&results(&made)[2], "id");
    send(bench.request("DELETE", &format!("/v1/blocks/{third}"))).await.good();
    let rest = bench.get(&format!("{path}?start_cursor={}", text(&first, "next_cursor"))).await;
    assert_eq!(
        results(&rest).iter().map(|block| text(block, "id")).collect::<Vec<_>>(),
        [text(&results(&made)[3], "id")]
    );
}

#[tokio::test]
async fn rows_are_filtered_and_sorted() {
    let bench = Bench::start();
    assert_eq!(all_rows(&bench, json!({})).await.len(), seed::TASKS);
    let done = json!({ "property": "Done", "checkbox": { "equals": true } });
    let count = all_rows(&bench, json!({ "filter": done })).await.len();
    assert_eq!(count, seed::TASKS / 2);
    let high = json!({ "property": "Priority", "select": { "equals": "High" } });
    let small = json!({ "property": "Estimate", "number": { "less_than_or_equal_to": 12 } });
    let named = json!({ "property": "Name", "title": { "contains": "task 9" } });
    let filter = json!({ "and": [done, { "or": [high, named] }, small] });
    let sorts = json!([{ "property": "Estimate", "direction": "descending" }]);
    let rows = all_rows(&bench, json!({ "filter": filter, "sorts": sorts })).await;
    let estimates: Vec<u64> =
        rows.iter().filter_map(|row| row["properties"]["Estimate"]["number"].as_u64()).collect();
    assert_eq!(estimates, [8, 2], "even, and either of high priority or with a 9 in front");
    let since =
        json!({ "timestamp": "created_time", "created_time": { "on_or_after": rows[0]["created_time"] } });
    assert_eq!(all_rows(&bench, json!({ "filter": since })).await.len(), seed::TASKS - 7);

    for wrong in [
        json!({ "property": "No such", "number": { "equals": 1 } }),
        json!({ "property": "Estimate", "checkbox": { "equals": true } }),
        json!({ "property": "Estimate", "number": { "resembles": 1 } }),
        json!({ "and": [{ "or": [{ "and": [done] }] }] }),
    ] {
        let request = bench.request("POST", &tasks()).json(&json!({ "filter": wrong }));
        send(request).await.refused(400, "validation_error");
    }
}

#[tokio::test]
async fn one_query_gives_no_more_rows_than_the_limit_and_says_so() {
    let bench = Bench::start();
    bench.control("POST", "settings", json!({ "row_limit": 150 })).await;
    let first = bench.post(&tasks(), json!({})).await;
    assert_eq!(first["request_status"]["type"], "complete", "there is another page");
    let last = bench.post(&tasks(), json!({ "start_cursor": first["next_cursor"] })).await;
    assert_eq!((results(&last).len(), &last["has_more"]), (50, &json!(false)));
    let incomplete = json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" });
    assert_eq!(last["request_status"], incomplete);
}

#[tokio::test]
async fn search_finds_titles_of_one_kind_and_sorts_by_edit() {
    let bench = Bench::start();
    let found = bench.post("/v1/search", json!({ "query": "HANDBOOK" })).await;
    assert_eq!(results(&found)[0]["id"], json!(seed::PAGE_HANDBOOK));
    let filter = json!({ "property": "object", "value": "data_source" });
    let sources = bench.post("/v1/search", json!({ "filter": filter })).await;
    assert!(results(&sources).iter().all(|object| object["object"] == "data_source"));
    let page = bench.new_page().await;
    let sort = json!({ "timestamp": "last_edited_time", "direction": "descending" });
    let newest = bench.post("/v1/search", json!({ "sort": sort, "page_size": 1 })).await;
    assert_eq!(text(&results(&newest)[0], "id"), page);
}
