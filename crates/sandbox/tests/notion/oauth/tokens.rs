//! The endpoints for apps: a code for tokens, introspection, revocation.

use sandbox::seed;
use serde_json::{Value, json};

use super::kit::{App, Pair, REDIRECT};
use crate::kit::{Bench, send};

/// A verifier and its S256 challenge, from RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const ALLOW: [(&str, &str); 1] = [("decision", "allow")];

#[tokio::test]
async fn a_code_becomes_the_tokens_and_what_is_told_of_the_account() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let code = app.code().await;
    let answer = app.exchange(&code).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let json = answer.good();
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "access_token",
            "token_type",
            "refresh_token",
            "bot_id",
            "workspace_id",
            "workspace_name",
            "workspace_icon",
            "owner",
            "duplicated_template_id",
            "request_id"
        ]
    );
    assert_eq!(json["token_type"], "bearer");
    assert_eq!(
        (&json["workspace_id"], &json["workspace_name"]),
        (&json!(seed::WORKSPACE_ACME), &json!("Acme"))
    );
    let owner = &json["owner"]["user"];
    assert_eq!((&json["owner"]["type"], &owner["id"]), (&json!("user"), &json!(seed::USER_ADA)));
    assert_eq!(owner["person"]["email"], "ada@acme.example");
    let pair = Pair::from(json);
    assert!(app.works(&pair.access).await);
    assert!(!app.works(&pair.refresh).await, "a refresh token is no access token");
}

#[tokio::test]
async fn a_form_does_as_well_as_json() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let code = app.code().await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    send(app.post("token").form(&form)).await.good();
    let twice = "grant_type=refresh_token&grant_type=refresh_token&refresh_token=x";
    let twice = app.post("token").header("content-type", "application/x-www-form-urlencoded").body(twice);
    send(twice).await.refused_by_oauth(400, "invalid_request");
    send(app.post("token").body("{}")).await.refused_by_oauth(400, "invalid_request");
}

#[tokio::test]
async fn only_basic_with_the_right_secret_is_an_app() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let url = bench.url("/v1/oauth/token");
    let body = json!({
        "grant_type": "refresh_token", "refresh_token": "x", "client_id": app.id, "client_secret": app.secret,
    });
    let plain = json!({ "grant_type": "refresh_token", "refresh_token": "x" });
    for request in [
        bench.http.post(&url).json(&body),
        bench.http.post(&url).json(&plain),
        bench.http.post(&url).basic_auth(&app.id, Some("wrong")).json(&plain),
        bench.http.post(&url).basic_auth("nobody", Some(&app.secret)).json(&plain),
        bench.http.post(&url).basic_auth(&app.id, Some(&app.secret)).json(&body),
        bench.http.post(&url).bearer_auth(&app.secret).json(&plain),
    ] {
        let answer = send(request).await;
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
        answer.refused_by_oauth(401, "invalid_client");
    }
    app.token(&plain).await.refused_by_oauth(400, "invalid_grant");
    for endpoint in ["introspect", "revoke"] {
        let nobody =
            bench.http.post(bench.url(&format!("/v1/oauth/{endpoint}"))).json(&json!({ "token": "x" }));
        send(nobody).await.refused_by_oauth(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_code_is_for_its_app_its_address_and_ten_minutes() {
    let bench = Bench::start();
    let (app, other) = (App::register(&bench).await, App::register(&bench).await);
    let code = app.code().await;
    other.exchange(&code).await.refused_by_oauth(400, "invalid_grant");
    for redirect_uri in [json!(format!("{REDIRECT}/")), Value::Null] {
        let body = json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri });
        app.token(&body).await.refused_by_oauth(400, "invalid_grant");
    }
    app.exchange("never issued").await.refused_by_oauth(400, "invalid_grant");
    app.token(&json!({ "grant_type": "authorization_code" })).await.refused_by_oauth(400, "invalid_request");
    app.token(&json!({ "grant_type": "password" })).await.refused_by_oauth(400, "unsupported_grant_type");
    app.exchange(&code).await.good();
    let late = app.code().await;
    bench.control("POST", "clock", json!({ "advance_ms": 600_000 })).await;
    app.exchange(&late).await.refused_by_oauth(400, "invalid_grant");
    let outcomes = app.outcomes().await;
    assert_eq!(outcomes[..3], ["mismatch", "mismatch", "unknown"]);
    assert_eq!(outcomes[5..], ["issued", "expired"]);
}

#[tokio::test]
async fn a_code_of_the_only_address_is_exchanged_without_naming_it() {
    let bench = Bench::start();
    let app = App::register_with(&bench, json!({ "redirect_uris": [REDIRECT] })).await;
    let back = app.consent(&json!({ "redirect_uri": null }), &ALLOW).await;
    app.exchange(&back["code"]).await.refused_by_oauth(400, "invalid_grant");
    app.token(&json!({ "grant_type": "authorization_code", "code": back["code"] })).await.good();
}

#[tokio::test]
async fn a_code_used_again_ends_the_grant_it_made() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let code = app.code().await;
    let pair = Pair::from(app.exchange(&code).await.good());
    app.exchange(&code).await.refused_by_oauth(400, "invalid_grant");
    assert!(!app.works(&pair.access).await);
    app.refresh(&pair.refresh).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.only_grant().await["cause"], "code_replayed");
    assert_eq!(app.outcomes().await, ["issued", "code_replayed", "dead"]);
}

#[tokio::test]
async fn r15_a_verifier_must_fit_its_challenge_unless_the_provider_ignores_both() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let asked = json!({ "code_challenge": CHALLENGE, "code_challenge_method": "S256" });
    let exchange = async |code: &str, verifier: Option<&str>| {
        let body = json!({
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": verifier,
        });
        app.token(&body).await
    };
    let code = app.consent(&asked, &ALLOW).await["code"].clone();
    for wrong in [None, Some(""), Some(CHALLENGE), Some("short"), Some(&VERIFIER[1..])] {
        exchange(&code, wrong).await.refused_by_oauth(400, "invalid_grant");
    }
    exchange(&code, Some(VERIFIER)).await.good();
    let plain = app.code().await;
    exchange(&plain, Some(VERIFIER)).await.refused_by_oauth(400, "invalid_grant");
    app.set(json!({ "pkce": false })).await;
    let ignored = app.consent(&asked, &ALLOW).await["code"].clone();
    exchange(&ignored, Some(VERIFIER)).await.good();
}

#[tokio::test]
async fn introspection_tells_an_app_of_its_own_good_tokens() {
    let bench = Bench::start();
    let (app, other) = (App::register(&bench).await, App::register(&bench).await);
    let pair = app.grant().await;
    let active = async |app: &App<'_>, token: &str| {
        send(app.post("introspect").json(&json!({ "token": token }))).await.good()
    };
    for token in [&pair.access, &pair.refresh] {
        let told = active(&app, token).await;
        assert_eq!(told["active"], true);
        assert!(
            told["iat"].is_i64() && told["scope"].is_string() && told["request_id"].is_string(),
            "{told}"
        );
        assert_eq!(active(&other, token).await["active"], false);
    }
    app.refresh(&pair.refresh).await.good();
    for token in [pair.access.as_str(), pair.refresh.as_str(), "never issued"] {
        assert_eq!(active(&app, token).await["active"], false);
    }
}

#[tokio::test]
async fn r34_revoking_either_token_ends_the_grant_and_an_unknown_one_is_no_error() {
    let bench = Bench::start();
    let (app, other) = (App::register(&bench).await, App::register(&bench).await);
    let revoke =
        async |app: &App<'_>, token: &str| send(app.post("revoke").json(&json!({ "token": token }))).await;
    for which in ["access", "refresh"] {
        let pair = app.grant().await;
        let token = if which == "access" { &pair.access } else { &pair.refresh };
        revoke(&other, token).await.good();
        assert!(app.works(&pair.access).await, "another app's request does nothing");
        assert!(revoke(&app, token).await.good()["request_id"].is_string());
        assert!(!app.works(&pair.access).await);
        app.refresh(&pair.refresh).await.refused_by_oauth(400, "invalid_grant");
        revoke(&app, token).await.good();
    }
    revoke(&app, "never issued").await.good();
    assert_eq!(
        app.outcomes().await,
        ["issued", "revoked", "dead", "dead", "issued", "revoked", "dead", "dead", "unknown"]
    );
    let down = json!({ "path": "/v1/oauth/revoke", "client_id": app.id, "effect": { "kind": "unavailable", "retry_after": 2 } });
    bench.control("POST", "faults", down).await;
    let answer = revoke(&app, "never issued").await;
    assert_eq!((answer.status.as_u16(), &answer.headers["retry-after"]), (503, &"2".parse().unwrap()));
}
