//! Requests that the real service would refuse are refused, loudly.

use sandbox::seed;
use serde_json::{Value, json};

use crate::kit::{Bench, NEWEST, paragraph, send};

#[tokio::test]
async fn without_a_known_token_nothing_is_answered() {
    let bench = Bench::start();
    let bare = || bench.http.get(bench.url("/v1/users")).header("Notion-Version", NEWEST);
    send(bare()).await.refused(401, "unauthorized");
    send(bare().bearer_auth("ntn_unknown")).await.refused(401, "unauthorized");
    send(bare().basic_auth("a", Some("b"))).await.refused(401, "unauthorized");
}

#[tokio::test]
async fn without_a_known_version_nothing_is_answered() {
    let bench = Bench::start();
    let bare = || bench.http.get(bench.url("/v1/users")).bearer_auth(seed::TOKEN_ACME);
    send(bare()).await.refused(400, "missing_version");
    send(bare().header("Notion-Version", "2021-01-01")).await.refused(400, "validation_error");
}

#[tokio::test]
async fn an_unknown_path_or_method_is_an_invalid_url() {
    let bench = Bench::start();
    for (method, path) in [
        ("GET", "/v1/oauth/token"),
        ("POST", "/v1/oauth/register"),
        ("GET", "/v1/agents"),
        ("PUT", "/v1/users"),
        ("GET", "/v1/users/me/more"),
        ("GET", "/v1/users/"),
        ("GET", "/"),
        ("GET", "/v2/users"),
    ] {
        send(bench.request(method, path)).await.refused(400, "invalid_request_url");
    }
}

#[tokio::test]
async fn an_encoded_slash_stays_in_its_segment() {
    let bench = Bench::start();
    let answer =
        send(bench.request("GET", "/v1/users/%2e%2e%2fsearch")).await.refused(400, "validation_error");
    assert!(answer["message"].to_string().contains("../search"), "{answer}");
}

#[tokio::test]
async fn ids_are_taken_with_and_without_dashes_and_in_no_other_form() {
    let bench = Bench::start();
    let page = bench.get(&format!("/v1/pages/{}", seed::PAGE_HOME.simple())).await;
    assert_eq!(page["id"], json!(seed::PAGE_HOME));
    for wrong in ["me", "%7Bac3e0000-0000-4000-8000-020000000001%7D", "1"] {
        send(bench.request("GET", &format!("/v1/pages/{wrong}"))).await.refused(400, "validation_error");
    }
}

#[tokio::test]
async fn a_body_must_be_a_json_object_and_say_so() {
    let bench = Bench::start();
    let post = || bench.request("POST", "/v1/search");
    send(post().header("Content-Type", "application/json").body("{")).await.refused(400, "invalid_json");
    send(post().json(&json!([]))).await.refused(400, "validation_error");
    send(post().header("Content-Type", "text/plain").body("{}")).await.refused(400, "invalid_request");
    send(post().json(&json!({ "query": "q".repeat(600 * 1024) }))).await.refused(400, "validation_error");
    let form = bench.request("POST", &format!("/v1/file_uploads/{}/send", seed::PAGE_HOME));
    send(form.json(&json!({}))).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn what_a_token_may_not_do_is_restricted() {
    let bench = Bench::start();
    let home = seed::PAGE_HOME;
    for (token, method, path) in [
        (seed::TOKEN_READ_ONLY, "POST", "/v1/pages".to_owned()),
        (seed::TOKEN_READ_ONLY, "PATCH", format!("/v1/pages/{home}")),
        (seed::TOKEN_READ_ONLY, "DELETE", format!("/v1/blocks/{home}")),
        (seed::TOKEN_NO_COMMENTS, "GET", format!("/v1/comments?block_id={home}")),
        (seed::TOKEN_NO_COMMENTS, "POST", "/v1/comments".to_owned()),
    ] {
        send(bench.request_as(token, NEWEST, method, &path)).await.refused(403, "restricted_resource");
    }
}

#[tokio::test]
async fn limits_of_size_number_and_depth_hold_and_nothing_is_half_written() {
    let bench = Bench::start();
    let page = bench.new_page().await;
    let path = format!("/v1/blocks/{page}/children");
    let nest = |inner: Value| json!({ "type": "toggle", "toggle": { "rich_text": [], "children": [inner] } });
    let url = format!("https://example.com/{}", "u".repeat(2000));
    for children in [
        json!((0..101).map(|_| paragraph("x")).collect::<Vec<_>>()),
        json!([paragraph("good"), paragraph(&"x".repeat(2001))]),
        json!([nest(nest(nest(paragraph("too deep"))))]),
        json!([{ "type": "bookmark", "bookmark": { "url": url } }]),
        json!([{ "type": "equation", "equation": { "expression": "x".repeat(1001) } }]),
        json!([{ "type": "hologram", "hologram": {} }]),
        json!([{ "type": "unsupported", "unsupported": {} }]),
        json!([{ "type": "column_list", "column_list": { "children": [] } }]),
        json!([{ "type": "table", "table": { "table_width": 1 } }]),
        json!([{ "type": "paragraph" }]),
        json!("text"),
    ] {
        let request = bench.request("PATCH", &path).json(&json!({ "children": children }));
        send(request).await.refused(400, "validation_error");
    }
    let rich_text: Vec<Value> = (0..101).map(|_| json!({ "text": { "content": "x" } })).collect();
    let many = json!({ "children": [{ "type": "paragraph", "paragraph": { "rich_text": rich_text } }] });
    send(bench.request("PATCH", &path).json(&many)).await.refused(400, "validation_error");
    assert!(crate::kit::results(&bench.get(&path).await).is_empty(), "nothing was written");
}

#[tokio::test]
async fn a_write_to_what_is_trashed_or_missing_is_refused() {
    let bench = Bench::start();
    let body = json!({ "children": [paragraph("late")] });
    let path = format!("/v1/blocks/{}/children", seed::PAGE_TRASHED);
    send(bench.request("PATCH", &path).json(&body)).await.refused(400, "validation_error");
    let path = format!("/v1/blocks/{}/children", seed::PAGE_PRIVATE);
    send(bench.request("PATCH", &path).json(&body)).await.refused(404, "object_not_found");
    let nowhere = json!({ "parent": { "page_id": seed::PAGE_PRIVATE }, "properties": {} });
    send(bench.request("POST", "/v1/pages").json(&nowhere)).await.refused(404, "object_not_found");
    let wrong = json!({ "parent": { "data_source_id": seed::DATA_SOURCE_TASKS }, "properties": { "Estimate": { "number": "three" } } });
    send(bench.request("POST", "/v1/pages").json(&wrong)).await.refused(400, "validation_error");
}

/// Whatever a body holds, there is an answer, and it is no failure of the sandbox.
#[tokio::test]
async fn no_body_breaks_it() {
    let bench = Bench::start();
    let page = bench.new_page().await;
    let (home, source, database) = (seed::PAGE_HOME, seed::DATA_SOURCE_TASKS, seed::DATABASE_TASKS);
    let routes = [
        ("POST", "/v1/search".to_owned()),
        ("POST", "/v1/pages".to_owned()),
        ("PATCH", format!("/v1/pages/{page}")),
        ("POST", format!("/v1/pages/{page}/move")),
        ("PATCH", format!("/v1/pages/{page}/markdown")),
        ("PATCH", format!("/v1/blocks/{}", seed::BLOCK_LEVEL_ONE)),
        ("PATCH", format!("/v1/blocks/{home}")),
        ("PATCH", format!("/v1/blocks/{page}/children")),
        ("POST", "/v1/databases".to_owned()),
        ("PATCH", format!("/v1/databases/{database}")),
        ("POST", "/v1/data_sources".to_owned()),
        ("PATCH", format!("/v1/data_sources/{source}")),
        ("POST", format!("/v1/data_sources/{source}/query")),
        ("POST", "/v1/comments".to_owned()),
        ("POST", "/v1/file_uploads".to_owned()),
        ("POST", "/v1/views".to_owned()),
        ("PATCH", format!("/v1/views/{}", seed::VIEW_TASKS)),
        ("POST", format!("/v1/views/{}/queries", seed::VIEW_TASKS)),
    ];
    let members = [
        "",
        "parent",
        "properties",
        "children",
        "content",
        "markdown",
        "icon",
        "cover",
        "position",
        "after",
        "in_trash",
        "is_locked",
        "title",
        "filter",
        "sorts",
        "sort",
        "query",
        "page_size",
        "start_cursor",
        "rich_text",
        "toggle",
        "attachments",
        "mode",
        "type",
        "update_content",
        "initial_data_source",
        "name",
        "data_source_id",
        "template",
    ];
    let odd = [
        json!(null),
        json!(-1),
        json!([null, [[]], { "type": "x" }]),
        json!({ "type": "table", "and": [{}], "page_id": home, "title": [{}], "Estimate": { "number": {} } }),
        json!([{ "property": "Name", "direction": "ascending" }, { "type": "toggle", "toggle": { "children": 1 } }]),
        json!({ "Name": { "name": "Name", "relation": "x", "select": [] }, "external": 1, "database_id": database }),
    ];
    for (method, path) in &routes {
        for member in members {
            for value in &odd {
                let mut body = json!({ "parent": { "page_id": page }, "type": "toggle", "page_size": 1 });
                body[member] = value.clone();
                let answer = send(bench.request(method, path).json(&body)).await;
                assert!(
                    answer.status.as_u16() < 500 && answer.json.is_object(),
                    "{method} {path} {body}: {answer:?}"
                );
            }
        }
    }
}
