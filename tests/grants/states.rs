//! The states of a connector: since when, why, and what each refuses.

use serde_json::{Value, json};
use testkit::{Bench, Organization, ProviderApp, text};

use crate::oauth::{CONNECTORS, detail};

testkit::both!(
    a_state_with_since_and_reason_is_on_list_get_and_inspect,
    a_disabled_connector_refuses_and_an_enabled_one_works_again,
    r26_a_refused_refresh_asks_for_consent_and_names_the_way_out,
    r26_disabling_and_enabling_does_not_hide_that_consent_is_needed,
    the_states_are_for_applications_to_change,
);

/// The connector as each of the three answers tells of it.
async fn seen(acme: &Organization, id: &str) -> [Value; 3] {
    let list = acme.client.get(CONNECTORS).query(&[("workspace_name", "globex")]).expect(200).await;
    let rows = list["data"].as_array().expect("a list has data");
    let row = rows.iter().find(|row| row["id"] == id).expect("it is listed").clone();
    let inspected = acme.client.get(&format!("{CONNECTORS}/{id}/inspect")).expect(200).await;
    [row, detail(acme, id).await, inspected]
}

fn to(acme: &Organization, id: &str, state: &str, body: Value) -> testkit::Request {
    acme.client.post(&format!("{CONNECTORS}/{id}/{state}")).json(body)
}

/// A connector whose person removed the connection at the provider, and which has noticed.
async fn refused(bench: &Bench, acme: &Organization) -> (String, ProviderApp) {
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    app.remove().await;
    let refusal =
        acme.execute(&id, "users", "list", json!({})).refused(424, "connector_reauth_required").await;
    assert!(text(&refusal, "message").contains("initiate"), "it names the way out: {refusal}");
    (id, app)
}

async fn a_state_with_since_and_reason_is_on_list_get_and_inspect(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for told in seen(&acme, &id).await {
        assert_eq!((&told["status"], &told["status_reason"]), (&json!("active"), &Value::Null), "{told}");
        assert!(told["status_since"].is_string(), "{told}");
    }
    let since = text(&seen(&acme, &id).await[0], "status_since");
    to(&acme, &id, "disable", json!({ "reason": "the contract ended" })).expect(200).await;
    let three = seen(&acme, &id).await;
    for told in &three {
        assert_eq!(told["status_since"], three[0]["status_since"], "{told}");
        assert_eq!(
            (&told["status"], &told["status_reason"]),
            (&json!("disabled"), &json!("the contract ended"))
        );
        assert!(text(told, "status_since") > since, "{told}");
    }
    let renamed =
        acme.client.put(&format!("{CONNECTORS}/{id}")).json(json!({ "name": "x" })).expect(200).await;
    assert_eq!(renamed["status_since"], three[0]["status_since"], "a rename is no change of state");
}

async fn a_disabled_connector_refuses_and_an_enabled_one_works_again(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    for id in [acme.connect("globex").await, acme.consent("globex").await] {
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
        let sent = bench.shared().upstream.requests_of(&id).await.len();
        let disabled = to(&acme, &id, "disable", json!({ "reason": "asked by Ada" })).expect(200).await;
        assert_eq!(disabled["status"], "disabled", "{disabled}");
        let again = to(&acme, &id, "disable", json!({ "reason": "another" })).expect(200).await;
        assert_eq!(
            (&again["status_since"], &again["status_reason"]),
            (&disabled["status_since"], &json!("asked by Ada"))
        );

        let refusal = acme.execute(&id, "users", "list", json!({})).refused(424, "connector_disabled").await;
        let message = text(&refusal, "message");
        assert!(message.contains("asked by Ada") && message.contains("enable"), "{refusal}");
        let check = acme.client.post(&format!("{CONNECTORS}/{id}/check")).json(json!({})).send().await;
        assert_ne!(check.json["status"], "succeeded", "{check:?}");
        assert_eq!(bench.shared().upstream.requests_of(&id).await.len(), sent, "nothing was sent");
        let again = json!({ "connector_id": id, "redirect_url": testkit::consent::RETURN_URL });
        if detail(&acme, &id).await["credential_source"] == "consent" {
            acme.initiate(again).refused(409, "conflict").await;
        }

        let enabled = to(&acme, &id, "enable", json!({})).expect(200).await;
        assert_eq!(
            (&enabled["status"], &enabled["status_reason"]),
            (&json!("active"), &Value::Null),
            "{enabled}"
        );
        assert_eq!(to(&acme, &id, "enable", json!({})).expect(200).await, enabled);
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
    }
    assert_eq!(app.outcomes("token").await, ["issued"]);
    let id = acme.connect("globex").await;
    for (body, status) in [
        (json!({ "reason": "" }), 422),
        (json!({ "reason": "x".repeat(10_000) }), 422),
        (json!({ "reason": "two\nlines" }), 422),
        (json!({ "reason": 7 }), 422),
        (json!({ "since": "now" }), 422),
    ] {
        to(&acme, &id, "disable", body).answer(status).await;
    }
    assert_eq!(detail(&acme, &id).await["status"], "active");
    let bare = acme.client.post(&format!("{CONNECTORS}/{id}/disable")).expect(200).await;
    assert_eq!((&bare["status"], &bare["status_reason"]), (&json!("disabled"), &Value::Null), "{bare}");
    acme.client.post(&format!("{CONNECTORS}/{id}/enable")).expect(200).await;
}

async fn r26_a_refused_refresh_asks_for_consent_and_names_the_way_out(bench: &Bench) {
    let acme = bench.organization().await;
    let (id, app) = refused(bench, &acme).await;
    for told in seen(&acme, &id).await {
        assert_eq!(told["status"], "reauth_required", "{told}");
        assert!(told["status_reason"].is_string() && told["status_since"].is_string(), "{told}");
    }
    let asked = app.asked("token").await.len();
    let sent = bench.shared().upstream.requests_of(&id).await.len();
    for _ in 0..3 {
        acme.execute(&id, "users", "list", json!({})).refused(424, "connector_reauth_required").await;
        acme.client.post(&format!("{CONNECTORS}/{id}/check")).json(json!({})).send().await;
    }
    assert_eq!(app.asked("token").await.len(), asked, "no further attempt");
    assert_eq!(bench.shared().upstream.requests_of(&id).await.len(), sent, "nothing was sent");
    to(&acme, &id, "enable", json!({})).refused(409, "conflict").await;
}

async fn r26_disabling_and_enabling_does_not_hide_that_consent_is_needed(bench: &Bench) {
    let acme = bench.organization().await;
    let (id, app) = refused(bench, &acme).await;
    let asked = app.asked("token").await.len();
    to(&acme, &id, "disable", json!({})).refused(409, "conflict").await;
    to(&acme, &id, "enable", json!({})).refused(409, "conflict").await;
    assert_eq!(detail(&acme, &id).await["status"], "reauth_required", "a person has to consent again");
    acme.execute(&id, "users", "list", json!({})).refused(424, "connector_reauth_required").await;
    assert_eq!(app.asked("token").await.len(), asked, "no further attempt");
}

async fn the_states_are_for_applications_to_change(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let scoped = acme.scoped("globex").await;
    for state in ["disable", "enable", "confirm"] {
        let body = if state == "confirm" { json!({ "confirmation": "x" }) } else { json!({}) };
        let path = format!("{CONNECTORS}/{id}/{state}");
        scoped.post(&path).json(body.clone()).refused(403, "forbidden").await;
        let unknown = format!("{CONNECTORS}/{}/{state}", uuid::Uuid::now_v7());
        acme.client.post(&unknown).json(body).refused(404, "connector_not_found").await;
    }
}
