//! What time ends.

use control::{Callback, ConsentEnd, Error};
use domain::{ConnectorStatus, RevocationStatus};
use serde_json::json;
use testkit::consent::Person;
use testkit::eventually;

use super::bed::{Bed, LIMIT, again, begin, connector_id, parameter};

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_connector_nobody_confirmed_is_removed_and_its_grant_given_back() {
    let bed = Bed::new().await;
    bed.confirm_connectors().await;
    let id = connector_id(&bed.consent(begin()).await);
    bed.clock.advance_ms(15 * 60_000);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 0);
    bed.clock.advance_ms(1);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 1);
    let gone = bed.control.connector(&bed.tenant, id).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    assert_eq!(bed.told().await, ["connector.created", "connector.deleted"]);
    bed.grant_revoked().await;
    assert_eq!(bed.control.sweep(10).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_an_old_connector_whose_new_consent_nobody_confirmed_stays_without_it() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    bed.confirm_connectors().await;
    let landing = bed.consent(again(id)).await;
    assert!(parameter(&landing, "confirmation").is_some(), "{landing}");
    assert_eq!(bed.view(id).await.connector.state.status, ConnectorStatus::PendingConfirmation);

    bed.clock.advance_ms(15 * 60_000 + 1);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 1);
    let state = bed.view(id).await.connector.state;
    assert_eq!(state.status, ConnectorStatus::ReauthRequired);
    assert!(state.reason.unwrap().contains("not confirmed"));
    assert_eq!(bed.told().await.last(), Some(&"connector.reauth_required"));
    eventually("the second grant is revoked", LIMIT, async || {
        (bed.app.grants().await[1]["cause"] == "revoked").then_some(())
    })
    .await;
    assert_eq!(bed.control.sweep(10).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r03_a_consent_nobody_finished_is_removed() {
    let bed = Bed::new().await;
    let url = bed.consent_url(begin()).await.unwrap();
    let callback = Person::allowing().to_callback(url.as_str()).await;
    bed.clock.advance_ms(10 * 60_000);
    // For a day it is there to be told of.
    assert_eq!(bed.control.sweep(10).await.unwrap(), 0);
    bed.clock.advance_ms(DAY_MS);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 1);
    let query = callback.split_once('?').unwrap().1;
    let organization = Some(bed.organization.id);
    let end = bed.control.complete_consent(Callback { definition: "notion", organization, query });
    assert!(matches!(end.await, ConsentEnd::Refused(_)));
    assert_eq!(bed.app.asked("token").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_kept_for_a_month_and_events_for_three() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    bed.settled(job, RevocationStatus::Revoked).await;
    bed.clock.advance_ms(30 * DAY_MS);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 0);
    bed.clock.advance_ms(1);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 1);
    let gone = bed.control.job(&bed.tenant, job).await;
    let Err(error @ Error::NotFound { .. }) = gone else { panic!("{gone:?}") };
    assert_eq!(error.code(), "job_not_found");

    assert_eq!(bed.events().await.len(), 2);
    bed.clock.advance_ms(60 * DAY_MS);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 2);
    assert!(bed.events().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_is_kept_however_old() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    bed.app.fault("revoke", json!({ "always": true, "effect": { "kind": "unavailable" } })).await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    bed.first_attempt(job).await;
    bed.clock.advance_ms(31 * DAY_MS);
    assert_eq!(bed.control.sweep(10).await.unwrap(), 0);
    bed.job(job).await;
}
