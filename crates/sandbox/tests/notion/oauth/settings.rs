//! What the provider does differently when the control door says so.

use sandbox::seed;
use serde_json::{Value, json};

use super::kit::{App, Pair, REDIRECT, STATE, came_back};
use crate::kit::{Bench, send, text};

#[tokio::test]
async fn r17_r29_answers_of_every_odd_shape() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    for expires_in in
        [json!(3600), json!("3600"), json!(0), json!(-1), json!(315_360_000), json!("soon"), json!({})]
    {
        app.set(json!({ "expires_in": expires_in })).await;
        let code = app.code().await;
        assert_eq!(app.exchange(&code).await.good()["expires_in"], expires_in);
    }
    app.set(json!({ "expires_in": null, "scope": "read,write", "extra": { "email": "a@b.example" }, "omit": ["token_type"] })).await;
    let code = app.code().await;
    let odd = app.exchange(&code).await.good();
    assert_eq!((&odd["scope"], &odd["email"]), (&json!("read,write"), &json!("a@b.example")));
    assert!(odd.get("token_type").is_none() && odd.get("expires_in").is_none(), "{odd}");
    app.set(json!({ "answer_format": "form" })).await;
    let code = app.code().await;
    let form = app.exchange(&code).await;
    assert!(form.headers["content-type"].to_str().unwrap().starts_with("application/x-www-form-urlencoded"));
    assert!(
        form.text.contains("scope=read%2Cwrite") && form.text.contains("access_token=ntn_sandbox_"),
        "{}",
        form.text
    );
    app.set(json!({ "refresh_tokens": false, "answer_format": null })).await;
    let code = app.code().await;
    assert_eq!(app.exchange(&code).await.good()["refresh_token"], Value::Null);
}

#[tokio::test]
async fn refusals_come_in_both_shapes_and_even_with_200() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "error_shape": "api" })).await;
    app.refresh("never issued").await.refused(400, "invalid_grant");
    let wrong = bench.http.post(bench.url("/v1/oauth/token")).basic_auth(&app.id, Some("wrong"));
    send(wrong.json(&json!({ "grant_type": "refresh_token" }))).await.refused(401, "unauthorized");
    app.set(json!({ "error_shape": "oauth", "errors_as_200": true })).await;
    app.refresh("never issued").await.refused_by_oauth(200, "invalid_grant");
}

#[tokio::test]
async fn apps_may_show_their_secret_elsewhere_or_have_none() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let (url, grant) = (bench.url("/v1/oauth/token"), "authorization_code");
    let basic = async |code: &str| app.exchange(code).await.status.as_u16();
    let body = async |code: &str, secret: Option<&str>| {
        let mut body =
            json!({ "grant_type": grant, "code": code, "redirect_uri": REDIRECT, "client_id": app.id });
        if let Some(secret) = secret {
            body["client_secret"] = secret.into();
        }
        send(bench.http.post(&url).json(&body)).await.status.as_u16()
    };
    let secret = Some(app.secret.as_str());
    app.set(json!({ "client_auth": "body" })).await;
    let code = app.code().await;
    assert_eq!(
        [basic(&code).await, body(&code, Some("wrong")).await, body(&code, secret).await],
        [401, 401, 200]
    );
    app.set(json!({ "client_auth": "any" })).await;
    let codes = [app.code().await, app.code().await];
    assert_eq!([basic(&codes[0]).await, body(&codes[1], secret).await], [200, 200]);
    app.set(json!({ "client_auth": "none" })).await;
    let code = app.code().await;
    assert_eq!([basic(&code).await, body(&code, None).await], [401, 200]);
}

#[tokio::test]
async fn r12_the_redirect_says_what_it_is_told_to_say() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let callback = json!({ "iss": "https://evil.example", "state": null });
    app.set(json!({ "consent": "allow", "callback": callback })).await;
    let back = came_back(&send(bench.http.get(app.authorize_url(&json!({})))).await);
    assert_eq!(back.keys().collect::<Vec<_>>(), ["code", "iss"]);
    assert_eq!(back["iss"], "https://evil.example");
    app.set(json!({ "consent": "cancel", "callback": { "error": "server_error" } })).await;
    let back = came_back(&send(bench.http.get(app.authorize_url(&json!({})))).await);
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("server_error", STATE));
}

#[tokio::test]
async fn without_a_page_the_workspace_is_that_of_the_settings() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "consent": "allow", "workspace": seed::WORKSPACE_GLOBEX })).await;
    let back = came_back(&send(bench.http.get(app.authorize_url(&json!({})))).await);
    let answer = app.exchange(&back["code"]).await.good();
    assert_eq!(answer["workspace_name"], "Globex");
}

#[tokio::test]
async fn before_fresh_pairs_the_same_tokens_came_again() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let first = app.grant().await;
    assert_ne!(app.grant().await.access, first.access);
    app.set(json!({ "fresh_pairs": false })).await;
    let same = app.grant().await;
    assert_eq!(app.grant().await.access, same.access);
    bench.control("POST", "oauth/remove", json!({ "token": same.access })).await;
    assert_ne!(app.grant().await.access, same.access, "a dead grant is not given again");
}

#[tokio::test]
async fn an_access_token_expires_when_its_time_is_over() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "access_lifetime_s": 60 })).await;
    let pair = app.grant().await;
    assert!(app.works(&pair.access).await);
    bench.control("POST", "clock", json!({ "advance_ms": 60_000 })).await;
    assert!(!app.works(&pair.access).await);
    assert!(app.works(&Pair::from(app.refresh(&pair.refresh).await.good()).access).await);
}

#[tokio::test]
async fn settings_of_one_app_stand_on_those_of_all_and_can_be_taken_back() {
    let bench = Bench::start();
    let (app, other) = (App::register(&bench).await, App::register(&bench).await);
    let expires_in = async |client_id: &str| {
        bench.control("GET", &format!("oauth/settings?client_id={client_id}"), json!({})).await["expires_in"]
            .clone()
    };
    app.set(json!({ "expires_in": 1 })).await;
    bench.control("POST", "oauth/settings", json!({ "expires_in": 2, "rotation": false })).await;
    assert_eq!([expires_in(&app.id).await, expires_in(&other.id).await], [json!(1), json!(2)]);
    let late = App::register(&bench).await;
    assert_eq!(expires_in(&late.id).await, json!(2), "an app made later stands on them too");
    app.set(json!({ "expires_in": null })).await;
    assert_eq!(expires_in(&app.id).await, json!(2));
    bench.control("DELETE", "oauth/settings", json!({})).await;
    assert_eq!(expires_in(&app.id).await, Value::Null);
    app.set(json!({ "rotation": false })).await;
    bench.control("DELETE", &format!("oauth/settings?client_id={}", app.id), json!({})).await;
    let settings = bench.control("GET", &format!("oauth/settings?client_id={}", app.id), json!({})).await;
    assert_eq!((&settings["rotation"], text(&settings, "client_auth").as_str()), (&json!(true), "basic"));
}
