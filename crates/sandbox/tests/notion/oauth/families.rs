//! Refresh tokens: rotation, reuse, and the end of a family.

use serde_json::json;

use super::kit::{App, Pair};
use crate::kit::{Bench, text};

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_the_old_one_is_dead() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let old = app.grant().await;
    let new = Pair::from(app.refresh(&old.refresh).await.good());
    assert!(new.access != old.access && new.refresh != old.refresh);
    assert!(!app.works(&old.access).await && app.works(&new.access).await);
    let grant = app.only_grant().await;
    assert_eq!((&grant["alive"], &grant["access_token_valid"]), (&json!(true), &json!(true)));
    let tokens: Vec<_> = grant["refresh_tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| (text(token, "state"), token["uses"].as_u64().unwrap()))
        .collect();
    assert_eq!(tokens, [("replaced".to_owned(), 1), ("current".to_owned(), 0)]);
}

#[tokio::test]
async fn r22_an_old_refresh_token_again_kills_the_whole_family() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let first = app.grant().await;
    let second = Pair::from(app.refresh(&first.refresh).await.good());
    let third = Pair::from(app.refresh(&second.refresh).await.good());
    app.refresh(&first.refresh).await.refused_by_oauth(400, "invalid_grant");
    assert!(!app.works(&third.access).await, "the newest token is dead too");
    app.refresh(&third.refresh).await.refused_by_oauth(400, "invalid_grant");
    let grant = app.only_grant().await;
    assert_eq!((&grant["alive"], &grant["cause"]), (&json!(false), &json!("refresh_token_reused")));
    assert_eq!((&grant["reuses"], &grant["uses_max"]), (&json!(1), &json!(2)));
    assert_eq!(app.outcomes().await, ["issued", "refreshed", "refreshed", "reused", "dead"]);
    let tokens: Vec<_> = app.history().await.iter().map(|entry| entry["refresh_token"].clone()).collect();
    let id = text(&grant, "id");
    let label = |number: u32| json!(format!("{id}.r{number}"));
    assert_eq!(tokens, [json!(null), label(1), label(2), label(1), label(3)]);
    assert!(app.works(&app.grant().await.access).await, "another grant of the app lives");
}

#[tokio::test]
async fn r22_of_many_refreshes_at_once_one_gets_the_pair_and_the_family_dies() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    let pair = app.grant().await;
    let racing: Vec<_> = (0..20).map(|_| tokio::spawn(app.refreshing(&pair.refresh).send())).collect();
    let mut good = 0;
    for answer in racing {
        good += u32::from(answer.await.unwrap().expect("it answers").status() == 200);
    }
    assert_eq!(good, 1);
    let summary = bench.control("GET", &format!("oauth/summary?client_id={}", app.id), json!({})).await;
    assert_eq!((&summary["dead"], &summary["uses_max"]), (&json!(1), &json!(20)), "{summary}");
    assert_eq!(summary["dead_by"], json!({ "refresh_token_reused": 1 }));
}

#[tokio::test]
async fn without_reuse_detection_the_family_lives_on() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "reuse_detection": false })).await;
    let first = app.grant().await;
    let second = Pair::from(app.refresh(&first.refresh).await.good());
    app.refresh(&first.refresh).await.refused_by_oauth(400, "invalid_grant");
    assert!(app.works(&second.access).await);
    app.refresh(&second.refresh).await.good();
    assert_eq!(app.outcomes().await, ["issued", "refreshed", "superseded", "refreshed"]);
}

#[tokio::test]
async fn in_its_grace_an_old_refresh_token_answers_the_current_one() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "grace_s": 30 })).await;
    let first = app.grant().await;
    let second = Pair::from(app.refresh(&first.refresh).await.good());
    let again = Pair::from(app.refresh(&first.refresh).await.good());
    assert_eq!(again.refresh, second.refresh);
    assert!(app.works(&second.access).await && app.works(&again.access).await);
    bench.control("POST", "clock", json!({ "advance_ms": 30_000 })).await;
    app.refresh(&first.refresh).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.outcomes().await, ["issued", "refreshed", "refreshed_in_grace", "reused"]);
}

#[tokio::test]
async fn grace_is_only_for_the_token_just_before() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "grace_s": 30 })).await;
    let first = app.grant().await;
    let second = Pair::from(app.refresh(&first.refresh).await.good());
    app.refresh(&second.refresh).await.good();
    app.refresh(&first.refresh).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.only_grant().await["alive"], false);
}

#[tokio::test]
async fn without_rotation_a_refresh_token_works_again_and_again() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "rotation": false })).await;
    let first = app.grant().await;
    for _ in 0..3 {
        assert_eq!(Pair::from(app.refresh(&first.refresh).await.good()).refresh, first.refresh);
    }
    assert_eq!(app.only_grant().await["refresh_tokens"][0]["uses"], 3);
}

#[tokio::test]
async fn r28_a_refresh_without_a_refresh_token_keeps_the_old_one_good() {
    let bench = Bench::start();
    let app = App::register(&bench).await;
    app.set(json!({ "omit_refresh_token": true, "old_access_lives": true })).await;
    let first = app.grant().await;
    let renewed = app.refresh(&first.refresh).await.good();
    assert!(renewed.get("refresh_token").is_none(), "{renewed}");
    assert!(app.works(&first.access).await && app.works(&text(&renewed, "access_token")).await);
    app.set(json!({ "omit_refresh_token": false })).await;
    assert_ne!(Pair::from(app.refresh(&first.refresh).await.good()).refresh, first.refresh);
}

#[tokio::test]
async fn another_app_cannot_use_a_refresh_token() {
    let bench = Bench::start();
    let (app, other) = (App::register(&bench).await, App::register(&bench).await);
    let pair = app.grant().await;
    other.refresh(&pair.refresh).await.refused_by_oauth(400, "invalid_grant");
    app.refresh(&pair.refresh).await.good();
    assert_eq!(other.outcomes().await, ["mismatch"]);
}
