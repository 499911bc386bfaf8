//! What a deletion does to the grants upstream.

use control::Error;
use domain::{Job, JobId, JobKind, Permission, RevocationStatus};
use serde_json::json;
use store::Deletion;
use testkit::consent::Person;
use testkit::eventually;
use uuid::Uuid;

use super::bed::{Bed, LIMIT, again, parameter};

/// The sandbox's second workspace; a person who is not asked chooses the first.
const OTHER_WORKSPACE: &str = "610b0000-0000-4000-8000-000000000001";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_connector_s_grant_is_revoked_upstream() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    let job = bed.settled(job, RevocationStatus::Revoked).await;
    assert_eq!(job.kind, JobKind::DeleteConnector);
    assert_eq!(job.connectors.len(), 1);
    assert_eq!(job.connectors[0].connector_id, id);
    assert_eq!(bed.grant().await, (false, json!("revoked")));
    // The refresh token takes the access token along (RFC 7009, 2.1), and not the other way round.
    let refresh_token = bed.granted().await["refresh_tokens"][0].as_str().unwrap().to_owned();
    let sent = bed.upstream.requests_of(&id.to_string()).await;
    let [revocation] = sent.as_slice() else { panic!("{} requests", sent.len()) };
    assert_eq!(revocation.path(), "/v1/oauth/revoke");
    assert!(revocation.to_string().contains(&refresh_token), "{revocation}");
    assert_eq!(bed.told().await, ["connector.created", "connector.deleted"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r33_a_token_that_comes_after_the_deletion_is_revoked_and_brings_nothing_back() {
    let bed = Bed::new().await;
    bed.app.set(json!({ "expires_in": 3_600 })).await;
    let id = bed.connected().await;
    let first = bed.granted().await["refresh_tokens"][0].clone();
    bed.clock.advance_ms(3_601_000);
    // The provider renews the token, and its answer is on its way while the connector is deleted.
    bed.app.fault("token", json!({ "effect": { "kind": "held", "gate": "late", "when": "after" } })).await;
    bed.app.fault("revoke", json!({ "effect": { "kind": "unavailable" } })).await;
    let (control, tenant) = (bed.control.clone(), bed.tenant);
    let caller = bed.caller(vec![Permission::CredentialsRead]).await;
    let export = async move { control.export_credential(&caller, tenant, id, Uuid::now_v7()).await };
    let export = tokio::spawn(export);
    eventually("the provider has renewed the token", LIMIT, async || {
        let gates = bed.upstream.control("GET", "gates", None).await;
        gates["gates"].as_array()?.iter().any(|gate| gate["waiting"] == 1).then_some(())
    })
    .await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    bed.first_attempt(job).await;
    bed.upstream.control("POST", "gates", Some(json!({ "gate": "late" }))).await;

    let late = export.await.unwrap();
    assert!(matches!(late, Err(Error::NotFound { .. })), "{late:?}");
    assert!(bed.control.connector(&bed.tenant, id).await.is_err());
    bed.settled(job, RevocationStatus::Revoked).await;
    assert_eq!(bed.grant().await, (false, json!("revoked")));
    let granted = bed.granted().await["refresh_tokens"].clone();
    let second = granted.as_array().unwrap().iter().find(|token| **token != first).unwrap();
    let sent = bed.upstream.requests_of(&id.to_string()).await;
    let last = sent.last().unwrap();
    assert_eq!(last.path(), "/v1/oauth/revoke");
    assert!(last.to_string().contains(second.as_str().unwrap()), "{last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r34_a_revocation_endpoint_that_is_down_delays_only_the_revocation() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    bed.app.fault("revoke", json!({ "times": 1, "effect": { "kind": "unavailable" } })).await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    assert!(bed.control.connector(&bed.tenant, id).await.is_err());
    let pending = bed.first_attempt(job).await;
    assert_eq!(pending.connectors[0].revocation, RevocationStatus::Pending);
    assert_eq!(pending.connectors[0].detail.as_deref(), Some("the revocation endpoint answered 503"));
    assert!(bed.grant().await.0);

    // Not before its time.
    assert_eq!(bed.control.revoke_due(10).await.unwrap(), 0);
    bed.clock.advance_ms(60_000);
    assert_eq!(bed.control.revoke_due(10).await.unwrap(), 1);
    bed.settled(job, RevocationStatus::Revoked).await;
    assert_eq!(bed.grant().await, (false, json!("revoked")));
    assert_eq!(bed.control.revoke_due(10).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r34_a_revocation_that_never_succeeds_is_reported_as_failed_after_a_day() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    bed.app.fault("revoke", json!({ "always": true, "effect": { "kind": "unavailable" } })).await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    bed.clock.advance_ms(24 * 3_600_000);
    eventually("it is given up", LIMIT, async || {
        bed.control.revoke_due(10).await.unwrap();
        bed.clock.advance_ms(3_600_000);
        (bed.job(job).await.connectors[0].revocation == RevocationStatus::Failed).then_some(())
    })
    .await;
    let detail = bed.job(job).await.connectors[0].detail.clone().unwrap();
    assert!(detail.starts_with("given up after a day"), "{detail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_present_secret_of_an_app_revokes_grants_made_with_an_earlier_one() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    bed.app.change_secret("rotated-secret-value").await;
    let mut rotated = bed.app.clone();
    rotated.client_secret = "rotated-secret-value".to_owned();
    bed.bring(&rotated).await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    bed.settled(job, RevocationStatus::Revoked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_app_still_revokes_the_grants_made_with_it() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    bed.control.delete_oauth_app(&bed.tenant, "notion").await.unwrap();
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    bed.settled(job, RevocationStatus::Revoked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_given_has_nothing_to_revoke() {
    let bed = Bed::new().await;
    let id = bed.with_token().await;
    let job = bed.control.delete_connector(&bed.tenant, id).await.unwrap();
    let job = bed.job(job).await;
    assert_eq!(job.connectors[0].revocation, RevocationStatus::NotSupported);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_a_workspace_revokes_all_of_its_grants() {
    let bed = Bed::new().await;
    let first = bed.connected().await;
    bed.connected().await;
    bed.with_token().await;
    let customer = bed.view(first).await.connector.customer_id;
    let (_, job) = bed.control.delete_customer(&bed.tenant, customer).await.unwrap();
    let job = eventually("nothing is pending", LIMIT, async || {
        let job = bed.job(job).await;
        let pending = job.connectors.iter().any(|result| result.revocation == RevocationStatus::Pending);
        (!pending).then_some(job)
    })
    .await;
    let count = |status| job.connectors.iter().filter(|result| result.revocation == status).count();
    assert_eq!((count(RevocationStatus::Revoked), count(RevocationStatus::NotSupported)), (2, 1));
    assert!(bed.app.grants().await.iter().all(|grant| grant["cause"] == "revoked"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r46_a_deleted_organization_keeps_a_key_for_its_revocations_alone_and_not_for_long() {
    let bed = Bed::new().await;
    bed.connected().await;
    bed.app.fault("revoke", json!({ "times": 1, "effect": { "kind": "unavailable" } })).await;
    let store = bed.control.store().clone();
    let before = store.data_key(&bed.tenant, None).await.unwrap();
    let job = bed.control.delete_organization(bed.organization.id).await.unwrap();
    assert_eq!(job.kind, JobKind::DeleteOrganization);
    assert_eq!(job.connectors[0].revocation, RevocationStatus::Pending);
    let fresh = store.data_key(&bed.tenant, None).await.unwrap();
    assert_eq!(fresh.version, before.version + 1);
    assert!(store.data_key(&bed.tenant, Some(before.version)).await.is_err());

    bed.clock.advance_ms(3_600_000);
    assert_eq!(bed.control.revoke_due(10).await.unwrap(), 1);
    assert_eq!(bed.job(job.id).await.connectors[0].revocation, RevocationStatus::Revoked);
    assert_eq!(bed.grant().await, (false, json!("revoked")));
    assert!(store.data_key(&bed.tenant, None).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r46_a_deletion_that_was_cut_off_is_finished_by_the_sweep() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let definition = bed.view(id).await.connector.definition_id;
    let store = bed.control.store().clone();
    let before = store.data_key(&bed.tenant, None).await.unwrap();
    // As far as the first step, and no further.
    let job = Job {
        id: JobId::new(),
        kind: JobKind::DeleteOrganization,
        created_at: bed.clock.now(),
        connectors: Vec::new(),
    };
    let revocable = [(definition, "oauth".to_owned())];
    let deletion = Deletion { job: &job, revocable: &revocable, now: bed.clock.now() };
    assert_eq!(store.delete_organization(bed.organization.id, &deletion).await.unwrap(), 1);

    assert_eq!(bed.control.sweep(10).await.unwrap(), 1);
    let fresh = store.data_key(&bed.tenant, None).await.unwrap();
    assert_eq!(fresh.version, before.version + 1);
    assert!(store.data_key(&bed.tenant, Some(before.version)).await.is_err());
    assert_eq!(bed.control.sweep(10).await.unwrap(), 0);
    assert_eq!(bed.control.revoke_due(10).await.unwrap(), 1);
    assert_eq!(bed.grant().await, (false, json!("revoked")));
    assert!(store.data_key(&bed.tenant, None).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_without_grants_is_gone_with_all_its_keys() {
    let bed = Bed::new().await;
    bed.with_token().await;
    let job = bed.control.delete_organization(bed.organization.id).await.unwrap();
    assert_eq!(job.connectors[0].revocation, RevocationStatus::NotSupported);
    assert!(bed.control.store().data_key(&bed.tenant, None).await.is_err());
    assert!(bed.control.delete_organization(bed.organization.id).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_for_another_account_is_given_back() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let url = bed.consent_url(again(id)).await.unwrap();
    let callback = Person::allowing().in_workspace(OTHER_WORKSPACE).to_callback(url.as_str()).await;
    let landing = bed.returned(&callback).await;
    assert_eq!(parameter(&landing, "error").as_deref(), Some("account_mismatch"), "{landing}");
    eventually("the second grant is revoked", LIMIT, async || {
        let grants = bed.app.grants().await;
        (grants.len() == 2 && grants[1]["cause"] == "revoked").then_some(())
    })
    .await;
    assert_eq!(bed.app.grants().await[0]["alive"], json!(true));
}
