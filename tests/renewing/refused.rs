//! The provider refuses the grant itself: a person is asked, once, and the provider no more.

use serde_json::json;
use testkit::consent::{Person, RETURN_URL};
use testkit::{Bench, text};

use super::crowd;
use crate::oauth::detail;
use crate::refresh::events;

testkit::both!(r26_a_dead_grant_is_asked_for_once_told_once_and_left_until_a_new_consent);

/// Calls at the same time.
const CROWD: usize = 40;

async fn r26_a_dead_grant_is_asked_for_once_told_once_and_left_until_a_new_consent(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    app.remove().await;
    for round in 0..3 {
        for answer in crowd(&acme.client, &id, CROWD).await {
            let refusal = (answer.status, answer.json["code"].as_str());
            assert_eq!(refusal, (424, Some("connector_reauth_required")), "round {round}: {answer:?}");
        }
        assert_eq!(app.outcomes("token").await, ["issued", "dead"], "it is asked for once: round {round}");
        assert_eq!(events(&acme.client, "connector.reauth_required").await.len(), 1, "round {round}");
    }
    let told = events(&acme.client, "connector.reauth_required").await.remove(0);
    assert_eq!(told["connector_id"], id.as_str(), "{told}");
    assert_eq!(told["data"]["code"], "invalid_grant", "{told}");
    let seen = detail(&acme, &id).await;
    assert_eq!(seen["status"], "reauth_required", "{seen}");
    assert!(text(&seen, "status_reason").contains("invalid_grant"), "{seen}");
    // Nothing that an application can do by itself makes the server ask again.
    let state = format!("{}/{id}", crate::oauth::CONNECTORS);
    for change in ["disable", "enable"] {
        acme.client.post(&format!("{state}/{change}")).json(json!({})).send().await;
    }
    crowd(&acme.client, &id, 3).await;
    assert_eq!(app.outcomes("token").await.len(), 2, "no token is asked for without a consent");

    let again = json!({ "connector_id": id, "redirect_url": RETURN_URL });
    Person::allowing().walk(&acme.consent_url(again).await).await.connector_id();
    acme.client.list_users(&id).expect(200).await;
    crate::oauth::expire(bench.shared(), &app, &id).await;
    acme.client.list_users(&id).expect(200).await;
    assert_eq!(app.outcomes("token").await, ["issued", "dead", "issued", "refreshed"]);
}
