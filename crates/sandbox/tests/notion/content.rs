//! What a fresh sandbox holds.

use std::collections::BTreeSet;

use sandbox::seed;
use serde_json::{Value, json};

use crate::kit::{Bench, NEWEST, results, send, text};

#[tokio::test]
async fn the_two_workspaces_do_not_see_each_other() {
    let bench = Bench::start();
    let globex = |method: &str, path: &str| bench.request_as(seed::TOKEN_GLOBEX, NEWEST, method, path);
    let mine = send(globex("POST", "/v1/search").json(&json!({}))).await.good();
    assert!(results(&mine).len() >= 3);
    assert!(!mine.to_string().contains("ac3e0000"), "nothing of the other workspace: {mine}");
    for path in [
        format!("/v1/pages/{}", seed::PAGE_HANDBOOK),
        format!("/v1/blocks/{}/children", seed::PAGE_HANDBOOK),
        format!("/v1/data_sources/{}", seed::DATA_SOURCE_TASKS),
        format!("/v1/comments?block_id={}", seed::PAGE_HANDBOOK),
        format!("/v1/users/{}", seed::USER_ADA),
        format!("/v1/views/{}", seed::VIEW_TASKS),
    ] {
        send(globex("GET", &path)).await.refused(404, "object_not_found");
    }
    let theirs = bench.post("/v1/search", json!({})).await;
    assert!(!theirs.to_string().contains("610b0000"), "nothing of the other workspace");
}

#[tokio::test]
async fn what_is_not_shared_is_as_if_it_were_not_there() {
    let bench = Bench::start();
    let private = send(bench.request("GET", &format!("/v1/pages/{}", seed::PAGE_PRIVATE))).await;
    private.refused(404, "object_not_found");
    let found = bench.post("/v1/search", json!({ "query": "Salaries" })).await;
    assert!(results(&found).is_empty(), "{found}");
    let empty =
        send(bench.request_as(seed::TOKEN_EMPTY, NEWEST, "POST", "/v1/search").json(&json!({}))).await;
    assert!(results(&empty.good()).is_empty(), "nothing is shared with this token");
}

#[tokio::test]
async fn blocks_nest_five_levels_deep_beside_table_columns_and_toggle_heading() {
    let bench = Bench::start();
    let page = bench.get(&format!("/v1/blocks/{}/children", seed::PAGE_NESTED)).await;
    for kind in ["toggle", "heading_2", "table", "column_list"] {
        let block =
            results(&page).iter().find(|block| block["type"] == kind).unwrap_or_else(|| panic!("no {kind}"));
        assert_eq!(block["has_children"], true, "{block}");
    }
    let mut id = seed::BLOCK_LEVEL_ONE.to_string();
    for level in 2..=5 {
        let children = bench.get(&format!("/v1/blocks/{id}/children")).await;
        let child = &results(&children)[0];
        assert!(child.to_string().contains(&format!("Level {level}")), "{child}");
        assert_eq!(child["has_children"], level < 5);
        id = text(child, "id");
    }
}

#[tokio::test]
async fn every_block_type_is_there_with_an_unsupported_and_an_unknown_one() {
    let bench = Bench::start();
    let page = bench.get(&format!("/v1/blocks/{}/children", seed::PAGE_EVERY_BLOCK)).await;
    let kinds: BTreeSet<&str> = results(&page).iter().filter_map(|block| block["type"].as_str()).collect();
    for kind in [
        "paragraph",
        "heading_1",
        "heading_2",
        "heading_3",
        "heading_4",
        "bulleted_list_item",
        "numbered_list_item",
        "to_do",
        "toggle",
        "quote",
        "callout",
        "code",
        "template",
        "image",
        "video",
        "pdf",
        "audio",
        "file",
        "bookmark",
        "embed",
        "link_preview",
        "link_to_page",
        "divider",
        "breadcrumb",
        "table_of_contents",
        "column_list",
        "tab",
        "table",
        "child_page",
        "child_database",
        "synced_block",
        "equation",
        "meeting_notes",
        "unsupported",
        "hologram",
    ] {
        assert!(kinds.contains(kind), "no {kind}");
    }
    let unsupported = bench.get(&format!("/v1/blocks/{}", seed::BLOCK_UNSUPPORTED)).await;
    assert_eq!(unsupported["unsupported"]["block_type"], "button");
    let meeting = results(&page).iter().find(|block| block["type"] == "meeting_notes").expect("it is there");
    for part in ["summary_block_id", "notes_block_id", "transcript_block_id"] {
        let id = text(&meeting["meeting_notes"]["children"], part);
        assert_eq!(results(&bench.get(&format!("/v1/blocks/{id}/children")).await).len(), 1);
    }
}

#[tokio::test]
async fn a_synced_copy_shows_its_original_when_that_is_shared() {
    let bench = Bench::start();
    let children = |id: uuid::Uuid| format!("/v1/blocks/{id}/children");
    let original = bench.get(&children(seed::BLOCK_SYNCED_ORIGINAL)).await;
    let copy = bench.get(&children(seed::BLOCK_SYNCED_COPY)).await;
    assert_eq!(results(&original), results(&copy));
    assert!(!results(&copy).is_empty());
    let private = send(bench.request("GET", &children(seed::BLOCK_SYNCED_PRIVATE))).await;
    private.refused(404, "object_not_found");
}

#[tokio::test]
async fn a_synced_pair_forms_a_cycle() {
    let bench = Bench::start();
    let mut id = seed::BLOCK_CYCLE_A.to_string();
    let mut seen = BTreeSet::new();
    while seen.insert(id.clone()) {
        let children = bench.get(&format!("/v1/blocks/{id}/children")).await;
        id = text(&results(&children)[0], "id");
    }
    assert!(seen.len() <= 4, "one who follows the children comes back: {seen:?}");
}

#[tokio::test]
async fn a_row_has_every_property_type_a_cut_relation_and_an_incomplete_rollup() {
    let bench = Bench::start();
    let row = bench.get(&format!("/v1/pages/{}", seed::ROW_FIRST_TASK)).await;
    let properties = row["properties"].as_object().expect("a page has properties");
    let kinds: BTreeSet<&str> =
        properties.values().filter_map(|property| property["type"].as_str()).collect();
    for kind in [
        "title",
        "rich_text",
        "number",
        "select",
        "multi_select",
        "status",
        "date",
        "people",
        "files",
        "checkbox",
        "url",
        "email",
        "phone_number",
        "formula",
        "relation",
        "rollup",
        "created_time",
        "created_by",
        "last_edited_time",
        "last_edited_by",
        "unique_id",
        "verification",
        "button",
        "place",
    ] {
        assert!(kinds.contains(kind), "no {kind}");
    }
    let relation = &properties["Projects"];
    assert_eq!(
        (relation["relation"].as_array().map(Vec::len), &relation["has_more"]),
        (Some(25), &json!(true))
    );
    assert_eq!(properties["Project names"]["rollup"]["type"], "incomplete");
    // The id is used in a path as it is, although it holds percent-encoded characters.
    let path = format!("/v1/pages/{}/properties/{}", seed::ROW_FIRST_TASK, text(relation, "id"));
    let whole = bench.get(&path).await;
    assert_eq!(results(&whole).len(), seed::RELATED);
    assert_eq!(
        (&whole["type"], &whole["property_item"]["type"]),
        (&json!("property_item"), &json!("relation"))
    );
}

#[tokio::test]
async fn odd_text_empty_things_trash_and_partial_users_are_there() {
    let bench = Bench::start();
    let odd = bench.get(&format!("/v1/blocks/{}/children", seed::PAGE_ODD_TEXT)).await.to_string();
    for needle in ["👩‍👩‍👧‍👦", "שלום", "\\u0007", "\"type\":\"equation\""] {
        assert!(odd.contains(needle), "no {needle}");
    }
    let long = bench.get(&format!("/v1/blocks/{}/children", seed::PAGE_ODD_TEXT)).await;
    let items =
        results(&long).iter().filter_map(|block| block["paragraph"]["rich_text"].as_array()).flatten();
    let longest = items.filter_map(|item| item["plain_text"].as_str()).map(|text| text.chars().count()).max();
    assert_eq!(longest, Some(2000));

    let empty = bench.get(&format!("/v1/blocks/{}/children", seed::PAGE_EMPTY)).await;
    assert!(results(&empty).is_empty());
    let rows = bench.post(&format!("/v1/data_sources/{}/query", seed::DATA_SOURCE_EMPTY), json!({})).await;
    assert!(results(&rows).is_empty());

    assert_eq!(bench.get(&format!("/v1/pages/{}", seed::PAGE_TRASHED)).await["in_trash"], true);
    let trashed = bench.post("/v1/search", json!({ "filter": { "in_trash": true } })).await;
    assert_eq!(results(&trashed).len(), 1);

    let owned = json!({ "filter": { "property": "Owner", "people": { "contains": seed::USER_GUEST } }, "page_size": 1 });
    let rows = bench.post(&format!("/v1/data_sources/{}/query", seed::DATA_SOURCE_TASKS), owned).await;
    let owner = &results(&rows)[0]["properties"]["Owner"]["people"][0];
    assert_eq!(*owner, json!({ "object": "user", "id": seed::USER_GUEST }), "of a guest only the id is told");
}

#[tokio::test]
async fn users_differ_by_what_a_token_may_know_of_them() {
    let bench = Bench::start();
    let path = format!("/v1/users/{}", seed::USER_ADA);
    assert!(bench.get(&path).await["person"]["email"].is_string());
    let shy = send(bench.request_as(seed::TOKEN_NO_EMAILS, NEWEST, "GET", &path)).await.good();
    assert_eq!(shy["person"], json!({}));
    let none = bench.request_as(seed::TOKEN_NO_USERS, NEWEST, "GET", "/v1/users");
    send(none).await.refused(403, "restricted_resource");
    let oauth = send(bench.request_as(seed::TOKEN_OAUTH, NEWEST, "GET", "/v1/users/me")).await.good();
    assert_eq!(oauth["bot"]["owner"]["user"]["id"], json!(seed::USER_ADA));
    let listed: Value = bench.get("/v1/users").await;
    assert!(!listed.to_string().contains(&seed::USER_GUEST.to_string()), "guests are not listed");
}
