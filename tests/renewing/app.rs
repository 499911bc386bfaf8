//! The provider refuses, and not because of the grant: whoever runs the OAuth app has to act, and no
//! customer is asked to consent again.

use serde_json::{Value, json};
use testkit::{Bench, Organization, ProviderApp, text};

use super::{crowd, given};
use crate::oauth::{detail, expire};
use crate::refresh::events;

testkit::both!(
    r26_an_app_whose_secret_changed_costs_no_consent,
    r26_an_app_that_was_given_with_its_tokens_costs_no_consent,
    r26_a_refusal_of_the_app_or_a_wrong_address_costs_no_consent,
);

/// Calls at the same time.
const CROWD: usize = 10;

async fn r26_an_app_whose_secret_changed_costs_no_consent(bench: &Bench) {
    for shape in ["oauth", "api"] {
        let acme = bench.organization().await;
        let app = acme.bring_app(&bench.shared().upstream).await;
        app.set(json!({ "error_shape": shape })).await;
        let id = acme.consent("globex").await;
        app.change_secret("another-secret").await;
        expire(bench.shared(), &app, &id).await;
        assert_app_is_to_blame(&acme, &id, "OAuth app", &[CROWD, CROWD]).await;
        assert_eq!(app.outcomes("token").await, ["issued", "bad_client"], "{shape}: it is asked once");
        mend(bench, &acme, &app, &id).await;
    }
}

async fn r26_an_app_that_was_given_with_its_tokens_costs_no_consent(bench: &Bench) {
    let acme = bench.organization().await;
    let fleet = given(bench, &acme, json!({ "expired": true })).await;
    let id = &fleet.connectors[0].id;
    fleet.app.change_secret("another-secret").await;
    assert_app_is_to_blame(&acme, id, "OAuth app", &[CROWD, CROWD]).await;
    assert_eq!(fleet.app.outcomes("token").await, ["bad_client"]);
    // Its secret can be told as the organization's own.
    mend(bench, &acme, &fleet.app, id).await;
}

async fn r26_a_refusal_of_the_app_or_a_wrong_address_costs_no_consent(bench: &Bench) {
    let forbidden = json!({ "error": "unauthorized_client", "error_description": "not this app" });
    let answers = [
        (json!({ "kind": "answer", "status": 403, "json": forbidden }), "OAuth app", &[CROWD, CROWD][..]),
        (json!({ "kind": "answer", "status": 404, "text": "", "content_type": "text/plain" }), "URL", &[1]),
    ];
    for (effect, says, crowds) in answers {
        let acme = bench.organization().await;
        let app = acme.bring_app(&bench.shared().upstream).await;
        let id = acme.consent("globex").await;
        expire(bench.shared(), &app, &id).await;
        app.fault("token", json!({ "times": 1, "effect": effect })).await;
        assert_app_is_to_blame(&acme, &id, says, crowds).await;
        assert_eq!(app.outcomes("token").await, ["issued", "not_done"], "{says}: it is asked once");
        app.change_secret("another-secret").await;
        mend(bench, &acme, &app, &id).await;
    }
}

/// Calls fail for a reason that names what is to be corrected, and the connector stays as it is.
async fn assert_app_is_to_blame(acme: &Organization, id: &str, says: &str, crowds: &[usize]) {
    for calls in crowds {
        for answer in crowd(&acme.client, id, *calls).await {
            let refusal = (answer.status, answer.json["code"].as_str());
            assert_eq!(refusal, (424, Some("connector_auth_failed")), "{answer:?}");
            assert!(text(&answer.json, "detail").contains(says), "it says what to correct: {answer:?}");
        }
    }
    let seen = detail(acme, id).await;
    assert_eq!((&seen["status"], &seen["status_reason"]), (&json!("active"), &Value::Null), "{seen}");
    assert!(events(&acme.client, "connector.reauth_required").await.is_empty());
}

/// With the right secret it works, and nothing was lost.
async fn mend(bench: &Bench, acme: &Organization, app: &ProviderApp, id: &str) {
    let mut right = app.clone();
    right.client_secret = "another-secret".to_owned();
    acme.client.put("/api/v1/oauth/credentials").json(right.credentials()).expect(200).await;
    acme.client.list_users(id).expect(200).await;
    assert_eq!(app.outcomes("token").await.last().map(String::as_str), Some("refreshed"));
    assert_eq!(app.summary().await["dead"], 0, "the grant lives");
    let row = bench.shared().literal(id);
    let unsettled = format!("SELECT COUNT(*) FROM credentials WHERE connector_id = {row} AND unsettled > 0");
    assert_eq!(bench.shared().count(&unsettled).await, 0, "no attempt counts as lost");
}
