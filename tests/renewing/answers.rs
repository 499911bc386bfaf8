//! What a provider answers to a renewal: with or without a refresh token, and whatever it says of how
//! long the token lives.

use serde_json::{Value, json};
use testkit::{Bench, Client, Fleet, at_once, text};

use super::{crowd, given};
use crate::oauth::CONNECTORS;

testkit::both!(
    r28_an_answer_without_a_refresh_token_keeps_the_old_one,
    r28_of_a_refresh_token_that_was_replaced_nothing_is_left,
    r29_no_lifetime_that_a_provider_can_say_makes_a_storm,
);

/// Calls at the same time.
const CROWD: usize = 10;
const YEAR_S: u64 = 366 * 24 * 3_600;

async fn export(reader: &Client, connector: &str) -> Value {
    reader.get(&format!("{CONNECTORS}/{connector}/credentials")).expect(200).await
}

/// The access token is refused, and a call renews it.
async fn renew(bench: &Bench, fleet: &Fleet, client: &Client) {
    fleet.expire(bench.shared(), testkit::Expiry::Refused).await;
    client.list_users(&fleet.connectors[0].id).expect(200).await;
}

async fn r28_an_answer_without_a_refresh_token_keeps_the_old_one(bench: &Bench) {
    let acme = bench.organization().await;
    let reader = acme.allowed(bench.shared(), "credentials:read").await;
    let fleet = given(bench, &acme, json!({})).await;
    let id = &fleet.connectors[0].id;
    let first = export(&reader, id).await;
    let token = text(&first, "refresh_token");
    fleet.app.set(json!({ "omit_refresh_token": true })).await;
    for round in 1..=3 {
        renew(bench, &fleet, &acme.client).await;
        let now = export(&reader, id).await;
        assert_eq!(now["refresh_token"], token.as_str(), "round {round}: {now}");
        let access = text(&now, "access_token");
        assert_ne!(access, text(&first, "access_token"), "round {round}: {now}");
        assert_eq!(fleet.app.summary().await["uses_max"], round, "the same token does it");
    }
    assert_eq!(fleet.app.summary().await["dead"], 0);
    // And it is replaced as soon as there is another.
    fleet.app.set(json!({ "omit_refresh_token": null })).await;
    renew(bench, &fleet, &acme.client).await;
    assert_ne!(export(&reader, id).await["refresh_token"], token.as_str());
    renew(bench, &fleet, &acme.client).await;
    assert_eq!(fleet.app.summary().await["dead"], 0);
}

async fn r28_of_a_refresh_token_that_was_replaced_nothing_is_left(bench: &Bench) {
    let acme = bench.organization().await;
    let reader = acme.allowed(bench.shared(), "credentials:read").await;
    let fleet = given(bench, &acme, json!({})).await;
    let id = &fleet.connectors[0].id;
    let mut replaced = Vec::new();
    let mut now = export(&reader, id).await;
    for _ in 0..2 {
        for name in ["refresh_token", "access_token"] {
            replaced.push(text(&now, name));
        }
        renew(bench, &fleet, &acme.client).await;
        now = export(&reader, id).await;
        for token in &replaced {
            assert!(!now.to_string().contains(token), "{token} is still in {now}");
        }
        let rows =
            format!("SELECT COUNT(*) FROM credentials WHERE connector_id = {}", bench.shared().literal(id));
        assert_eq!(bench.shared().count(&rows).await, 1, "and no row is left of it");
    }
}

async fn r29_no_lifetime_that_a_provider_can_say_makes_a_storm(bench: &Bench) {
    let unknown = "expires_at IS NULL AND refresh_due_at IS NULL";
    let year =
        format!("expires_at <= obtained_at + {YEAR_S}000000 AND refresh_due_at > obtained_at + 86400000000");
    let hour = "expires_at = obtained_at + 3600000000 AND refresh_due_at > obtained_at + 1800000000";
    let cases = vec![
        (json!(null), unknown),
        (json!(0), unknown),
        (json!("0"), unknown),
        (json!(-1), unknown),
        (json!("-3600"), unknown),
        (json!("soon"), unknown),
        (json!(""), unknown),
        (json!([]), unknown),
        (json!("3600"), hour),
        (json!(3_600), hour),
        (json!(315_360_000), year.as_str()),
        (json!(1e300), year.as_str()),
    ];
    let acme = bench.organization().await;
    at_once(4, cases, async |(said, stored): (Value, &str)| {
        let fleet = given(bench, &acme, json!({ "expired": true })).await;
        fleet.app.set(json!({ "expires_in": said })).await;
        let id = &fleet.connectors[0].id;
        for _ in 0..3 {
            for answer in crowd(&acme.client, id, CROWD).await {
                assert_eq!(answer.status, 200, "{said}: {answer:?}");
            }
        }
        assert_eq!(fleet.app.outcomes("token").await, ["refreshed"], "one renewal for {said}");
        assert_eq!(fleet.count(bench.shared(), stored).await, 1, "{said} means that {stored}");
        // A token that is refused is renewed whatever was said of it.
        renew(bench, &fleet, &acme.client).await;
        assert_eq!(fleet.app.outcomes("token").await.len(), 2, "{said}");
    })
    .await;
}
