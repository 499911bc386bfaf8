//! The control door's part for OAuth.

use std::time::{Duration, Instant};

use sandbox::seed;
use serde_json::{Value, json};

use super::kit::{App, Pair, REDIRECT};
use crate::kit::{Bench, NEWEST, send, text};

async fn made(bench: &Bench, make: Value) -> Vec<Value> {
    let made = bench.control("POST", "oauth/grants", make).await;
    made["grants"].as_array().expect("it is a list").clone()
}

#[tokio::test]
async fn the_seeded_connection_is_a_real_grant() {
    let bench = Bench::start();
    let app = App {
        bench: &bench,
        id: seed::OAUTH_CLIENT_ID.to_owned(),
        secret: seed::OAUTH_CLIENT_SECRET.to_owned(),
    };
    assert!(app.works(seed::TOKEN_OAUTH).await);
    let new = Pair::from(app.refresh(seed::TOKEN_OAUTH_REFRESH).await.good());
    assert!(!app.works(seed::TOKEN_OAUTH).await);
    let me = send(bench.request_as(&new.access, NEWEST, "GET", "/v1/users/me")).await.good();
    assert_eq!(me["id"], json!(seed::BOT_OAUTH));
    let grant = app.only_grant().await;
    assert_eq!((text(&grant, "id").as_str(), text(&grant, "made_by").as_str()), ("g1", "seed"));
    bench.control("POST", "reset", json!({})).await;
    assert!(app.works(seed::TOKEN_OAUTH).await);
}

#[tokio::test]
async fn grants_are_made_without_anybodys_consent() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let make = json!({ "count": 3, "client_id": app.id, "workspace": seed::WORKSPACE_GLOBEX });
    for grant in made(&bench, make).await {
        assert!(app.works(&text(&grant, "access_token")).await);
        assert_eq!((&grant["workspace_name"], &grant["client_id"]), (&json!("Globex"), &json!(app.id)));
        app.refresh(&text(&grant, "refresh_token")).await.good();
    }
    let odd =
        made(&bench, json!({ "count": 1, "client_id": app.id, "expired": true, "refreshable": false })).await;
    assert!(!app.works(&text(&odd[0], "access_token")).await);
    assert_eq!(odd[0]["refresh_token"], Value::Null);
    let chosen = json!({ "count": 1, "client_id": app.id, "pages": [seed::PAGE_NESTED] });
    let token = text(&made(&bench, chosen).await[0], "access_token");
    let home = bench.request_as(&token, NEWEST, "GET", &format!("/v1/pages/{}", seed::PAGE_HOME));
    send(home).await.refused(404, "object_not_found");
}

#[tokio::test]
async fn access_tokens_expire_from_outside_and_connections_are_removed() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    for which in [json!({ "token": pair.access }), json!({ "client_id": app.id }), json!({ "all": true })] {
        let changed = bench.control("POST", "oauth/expire", which.clone()).await["changed"].as_u64().unwrap();
        assert_eq!(changed, if which["all"] == true { 2 } else { 1 }, "the seeded grant is one too");
        assert!(!app.works(&pair.access).await);
    }
    let renewed = Pair::from(app.refresh(&pair.refresh).await.good());
    assert!(app.works(&renewed.access).await);
    assert_eq!(bench.control("POST", "revoke", json!({ "token": renewed.access })).await["revoked"], true);
    assert!(!app.works(&renewed.access).await, "only this access token");
    let last = Pair::from(app.refresh(&renewed.refresh).await.good());
    let id = text(&app.only_grant().await, "id");
    assert_eq!(bench.control("POST", "oauth/remove", json!({ "grant": id })).await["changed"], 1);
    assert!(!app.works(&last.access).await);
    app.refresh(&last.refresh).await.refused_by_oauth(400, "invalid_grant");
    let grant = bench.control("GET", &format!("oauth/grants/{id}"), json!({})).await;
    assert_eq!((&grant["cause"], &grant["reuses"]), (&json!("removed"), &json!(0)));
    assert!(grant["died_at"].is_string());
}

#[tokio::test]
async fn a_grant_is_found_by_what_was_made_of_it() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let code = app.code().await;
    let pair = Pair::from(app.exchange(&code).await.good());
    app.refresh(&pair.refresh).await.good();
    let id = text(&app.only_grant().await, "id");
    for secret in [&code, &pair.access, &pair.refresh] {
        let found = bench.control("GET", &format!("oauth/grants?token={secret}"), json!({})).await;
        assert_eq!(found["grants"][0]["id"], id);
    }
    let none =
        bench.control("GET", &format!("oauth/grants?client_id={}&alive=false", app.id), json!({})).await;
    assert_eq!(none["grants"], json!([]));
}

#[tokio::test]
async fn history_knows_each_request_and_gives_no_secret_away() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let code = app.code().await;
    let pair = Pair::from(app.exchange(&code).await.good());
    let through = bench.url("/0193/https/api.notion.com/v1/oauth/token");
    let body = json!({ "grant_type": "refresh_token", "refresh_token": pair.refresh });
    let new = Pair::from(
        send(bench.http.post(through).basic_auth(&app.id, Some(&app.secret)).json(&body)).await.good(),
    );
    let mine = bench.control("GET", "oauth/requests?connector=0193", json!({})).await;
    let [entry] = mine["requests"].as_array().unwrap().as_slice() else { panic!("{mine}") };
    assert_eq!((&entry["endpoint"], &entry["grant_type"]), (&json!("token"), &json!("refresh_token")));
    assert!(text(entry, "refresh_token").ends_with(".r1") && entry["at"].is_string());
    let query = format!("oauth/requests?client_id={}&outcome=issued&grant_type=authorization_code", app.id);
    let issued = bench.control("GET", &query, json!({})).await;
    assert_eq!(issued["requests"].as_array().unwrap().len(), 1);
    let after = bench.control("GET", &format!("oauth/requests?after={}", entry["number"]), json!({})).await;
    assert_eq!(after["requests"], json!([]));
    let all = bench.control("GET", "oauth/requests", json!({})).await.to_string();
    let grants = bench.control("GET", "oauth/grants", json!({})).await.to_string();
    let secrets = [&code, &pair.access, &pair.refresh, &new.access, &new.refresh, &app.secret];
    for secret in secrets {
        assert!(!all.contains(secret.as_str()) && !grants.contains(secret.as_str()));
    }
    let told =
        bench.control("GET", &format!("oauth/secrets?client_id={}", app.id), json!({})).await.to_string();
    for secret in secrets {
        assert!(told.contains(secret.as_str()), "{told}");
    }
    bench.control("DELETE", "oauth/requests", json!({})).await;
    assert_eq!(bench.control("GET", "oauth/requests", json!({})).await["requests"], json!([]));
}

#[tokio::test]
async fn apps_are_changed_and_deleted() {
    let bench = Bench::start();
    let app = App::register_with(&bench, json!({ "redirect_uris": [REDIRECT] })).await;
    let pair = app.grant().await;
    let change = json!({ "client_id": app.id, "client_secret": "rotated" });
    let changed = bench.control("POST", "oauth/apps", change).await;
    assert_eq!(changed["redirect_uris"], json!([REDIRECT]));
    app.refresh(&pair.refresh).await.refused_by_oauth(401, "invalid_client");
    let rotated = App { bench: &bench, id: app.id.clone(), secret: "rotated".to_owned() };
    let pair = Pair::from(rotated.refresh(&pair.refresh).await.good());
    let listed = bench.control("GET", "oauth/apps", json!({})).await;
    assert!(listed.to_string().contains(&app.id) && !listed.to_string().contains("rotated"), "{listed}");
    let deleted = bench.control("DELETE", &format!("oauth/apps?client_id={}", app.id), json!({})).await;
    assert_eq!(deleted["deleted"], true);
    rotated.refresh(&pair.refresh).await.refused_by_oauth(401, "invalid_client");
    assert!(rotated.works(&pair.access).await, "what it was granted is not taken back");
}

#[tokio::test]
async fn a_wrong_order_to_the_oauth_door_is_refused() {
    let bench = Bench::start();
    for (method, name, body) in [
        ("POST", "oauth/settings", json!({ "rotaton": false })),
        ("POST", "oauth/settings", json!({ "consent": "perhaps" })),
        ("POST", "oauth/settings", json!({ "client_id": "nobody", "rotation": false })),
        ("POST", "oauth/apps", json!({ "redirect_uris": ["javascript:alert(1)"] })),
        ("POST", "oauth/grants", json!({})),
        ("POST", "oauth/grants", json!({ "count": 20_001 })),
        ("POST", "oauth/grants", json!({ "count": 1, "client_id": "nobody" })),
        ("POST", "oauth/expire", json!({})),
        ("POST", "oauth/remove", json!({ "grant": "g99" })),
        ("GET", "oauth/grants/g0", json!({})),
        ("GET", "oauth/requests?outcome=strange", json!({})),
        ("POST", "gates", json!({ "gate": "g", "then": "explode" })),
    ] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let answer =
            send(bench.http.request(method, bench.url(&format!("/_control/{name}"))).json(&body)).await;
        assert_eq!(answer.status, 400, "{name} {body}: {}", answer.text);
    }
}

#[tokio::test]
async fn thousands_of_grants_are_refreshed_at_once() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let begun = Instant::now();
    let grants = made(&bench, json!({ "count": 2_000, "client_id": app.id })).await;
    let mut rest = grants.iter();
    loop {
        let some: Vec<_> = rest.by_ref().take(200).collect();
        if some.is_empty() {
            break;
        }
        let refreshing: Vec<_> = some
            .iter()
            .map(|grant| tokio::spawn(app.refreshing(&text(grant, "refresh_token")).send()))
            .collect();
        for answer in refreshing {
            assert_eq!(answer.await.unwrap().expect("it answers").status(), 200);
        }
    }
    let summary = bench.control("GET", &format!("oauth/summary?client_id={}", app.id), json!({})).await;
    assert_eq!((&summary["refreshes"], &summary["uses_max"]), (&json!(2_000), &json!(1)), "{summary}");
    assert_eq!((&summary["alive"], &summary["dead"]), (&json!(2_000), &json!(0)));
    assert!(begun.elapsed() < Duration::from_secs(60), "it took {:?}", begun.elapsed());
}
