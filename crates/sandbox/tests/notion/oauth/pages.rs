//! The page where a person decides, and who is sent there.

use sandbox::seed;
use serde_json::json;

use super::kit::{App, REDIRECT, STATE, came_back};
use crate::kit::{Bench, send};

#[tokio::test]
async fn the_page_works_without_scripts_and_loads_nothing() {
    let bench = Bench::start();
    let app = App::register_with(&bench, json!({ "name": "<script>alert(1)</script> & \"Co\"" })).await;
    let page = send(bench.http.get(app.authorize_url(&json!({ "unknown": "parameter" })))).await;
    assert_eq!(
        (page.status.as_u16(), &page.headers["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    for foreign in ["<script", "src=", "<link", "@import", "url(", "<b>", "javascript:"] {
        assert!(!page.text.contains(foreign), "{foreign} in {}", page.text);
    }
    assert!(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot; asks for access"));
    for (name, value) in
        [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")]
    {
        assert_eq!(page.headers[name], value);
    }
    for shown in ["Acme Home", "Globex Home", "Employee handbook", "Allow access", "Cancel", REDIRECT] {
        assert!(page.text.contains(shown), "{shown} is not in {}", page.text);
    }
    let top = format!("name=\"page\" value=\"{}\" checked", seed::PAGE_HOME);
    assert!(
        page.text.contains(&top) && !page.text.contains(&seed::PAGE_PRIVATE.to_string()),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn the_form_goes_where_the_page_came_from_also_behind_a_gateway() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let direct = app.authorize_url(&json!({}));
    let through = direct.replace("/v1/oauth/", "/-/https/api.notion.com/v1/oauth/");
    for page_url in [direct, through] {
        let page = send(bench.http.get(&page_url)).await;
        let action = page
            .text
            .split("action=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("there is a form");
        let action = action.replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"");
        let url = reqwest::Url::parse(&page_url).unwrap().join(&action).expect("the action is an address");
        assert_eq!(url.as_str(), page_url);
        let back = came_back(&send(bench.http.post(url).form(&[("decision", "allow")])).await);
        assert_eq!(back["state"], STATE);
        app.exchange(&back["code"]).await.good();
    }
}

#[tokio::test]
async fn r13_cancel_goes_back_with_access_denied_and_no_code() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let back = app.consent(&json!({}), &[("decision", "cancel")]).await;
    assert_eq!(back.keys().collect::<Vec<_>>(), ["error", "state"]);
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", STATE));
    let stateless = app.consent(&json!({ "state": null }), &[("decision", "cancel")]).await;
    assert_eq!(stateless.keys().collect::<Vec<_>>(), ["error"]);
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_the_apps() {
    let bench = Bench::start();
    let registered = json!({ "redirect_uris": ["https://app.example/cb?tenant=1"], "any_loopback": false });
    let app = App::register_with(&bench, registered).await;
    let open = App::register(&bench).await;
    let asked = async |app: &App<'_>, change| send(bench.http.get(app.authorize_url(&change))).await;
    for wrong in [
        "https://app.example/cb",
        "https://app.example/cb?tenant=1&x",
        "https://APP.example/cb?tenant=1",
        "https://evil.example/",
        REDIRECT,
        "javascript:alert(1)",
        "//app.example/cb?tenant=1",
        "not an address",
    ] {
        let answer = asked(&app, json!({ "redirect_uri": wrong })).await;
        assert_eq!((answer.status.as_u16(), answer.headers.get("location")), (400, None), "{wrong}");
    }
    for wrong in [
        "http://127.0.0.1@evil.example/",
        "http://user@127.0.0.1/",
        "http://evil.example/127.0.0.1",
        "http://localhost.evil.example/",
        "https://127.0.0.1/",
        "http://127.0.0.1/#fragment",
        "http://128.0.0.1/",
    ] {
        assert_eq!(asked(&open, json!({ "redirect_uri": wrong })).await.status, 400, "{wrong}");
    }
    for right in ["http://localhost:8000/api/v1/x?y=z", "http://[::1]:1/", "http://127.9.9.9"] {
        assert_eq!(asked(&open, json!({ "redirect_uri": right })).await.status, 200, "{right}");
    }
    assert_eq!(
        asked(&open, json!({ "redirect_uri": null })).await.status,
        400,
        "there is none to fall back on"
    );
    assert_eq!(asked(&open, json!({ "client_id": "nobody" })).await.status, 400);
    let twice = format!("{}&state=again", open.authorize_url(&json!({})));
    assert_eq!(send(bench.http.get(twice)).await.status, 400);
    let url = app.authorize_url(&json!({ "redirect_uri": null }));
    let answer = send(bench.http.post(url).form(&[("decision", "allow")])).await;
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.starts_with("https://app.example/cb?tenant=1&code="), "{location}");
}

#[tokio::test]
async fn what_is_wrong_with_the_rest_of_the_question_goes_back_to_the_app() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    for (change, error) in [
        (json!({ "response_type": "token" }), "unsupported_response_type"),
        (json!({ "response_type": null }), "unsupported_response_type"),
        (json!({ "owner": null }), "invalid_request"),
        (json!({ "code_challenge": "abc" }), "invalid_request"),
        (json!({ "code_challenge": "abc", "code_challenge_method": "plain" }), "invalid_request"),
    ] {
        let url = app.authorize_url(&change);
        for answer in [
            send(bench.http.get(&url)).await,
            send(bench.http.post(&url).form(&[("decision", "allow")])).await,
        ] {
            let back = came_back(&answer);
            assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, STATE), "{change}");
            assert!(!back.contains_key("code"));
        }
    }
}

#[tokio::test]
async fn a_form_that_is_not_that_of_the_page_is_refused() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let url = app.authorize_url(&json!({}));
    for form in [
        vec![],
        vec![("decision", "perhaps")],
        vec![("decision", "allow"), ("workspace", "ac3e0000-0000-4000-8000-0000000000ff")],
        vec![("decision", "allow"), ("workspace", "acme")],
        vec![("decision", "allow"), ("page", "home")],
        vec![("decision", "allow"), ("page", "ac3e0000-0000-4000-8000-020000000008")],
    ] {
        let answer = send(bench.http.post(&url).form(&form)).await;
        assert_eq!((answer.status.as_u16(), answer.headers.get("location")), (400, None), "{form:?}");
    }
    let json = send(bench.http.post(&url).json(&json!({ "decision": "allow" }))).await;
    assert_eq!(json.status, 400);
}
