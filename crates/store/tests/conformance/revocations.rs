//! Revoking what was deleted: tried, settled, and overtaken by a late token set. Whole organizations
//! are in `organization_deletions.rs`.

use domain::{ConnectorId, CustomerId, DueRevocation, JobKind, RevocationStatus};
use serde_json::json;

use super::bed::{
    Bed, conflict, delete_connector, delete_customer, delete_organization, job, later, not_found, now,
    object, same, tokens, unused,
};

/// The one revocation that is pending for the organization's only deleted connector.
async fn pending(bed: &Bed, organization: &domain::Organization) -> DueRevocation {
    let mut pending = bed.store.pending_revocations(organization.id).await.unwrap();
    assert_eq!(pending.len(), 1);
    pending.remove(0)
}

async fn r34_an_attempt_that_failed_is_repeated_and_counted(bed: Bed) {
    let a = bed.organization("a").await;
    let made = bed.granted(&bed.customer(&a, "Acme").await).await;
    let id = delete_connector(&bed.store, &a.tenant(), &made).await.unwrap();
    let tried = pending(&bed, &a).await;
    let next = later().plus_ms(60_000);
    let settled = bed
        .store
        .settle_revocation(&tried, RevocationStatus::Pending, Some("nul\0"), Some(next), later().plus_ms(1))
        .await;
    assert!(settled.unwrap());
    let again = pending(&bed, &a).await;
    assert_eq!((again.attempts, &again.sealed), (1, &tried.sealed));
    let read = bed.store.job(&a.tenant(), id).await.unwrap().connectors.remove(0);
    assert_eq!((read.revocation, read.detail.as_deref()), (RevocationStatus::Pending, Some("nul\u{fffd}")));
    assert_eq!(read.updated_at, later().plus_ms(1));
    assert!(bed.store.due_revocations(next.plus_ms(-1), next, 9).await.unwrap().is_empty());
    assert_eq!(bed.store.due_revocations(next, next.plus_ms(1), 9).await.unwrap().len(), 1);
}

async fn r34_an_outcome_is_final_and_leaves_no_secret(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    for (status, detail) in [
        (RevocationStatus::Revoked, None),
        (RevocationStatus::NotSupported, Some("no place to revoke")),
        (RevocationStatus::Failed, Some("given up after a day")),
    ] {
        let made = bed.granted(&acme).await;
        let id = delete_connector(&bed.store, &a.tenant(), &made).await.unwrap();
        let tried = pending(&bed, &a).await;
        let settle = async |status| {
            bed.store.settle_revocation(&tried, status, detail, Some(later()), later()).await.unwrap()
        };
        assert!(settle(status).await);
        assert!(!settle(RevocationStatus::Failed).await, "it is over");
        assert!(!settle(RevocationStatus::Pending).await);
        let read = bed.store.job(&a.tenant(), id).await.unwrap().connectors.remove(0);
        assert_eq!((read.revocation, read.detail.as_deref()), (status, detail));
        assert!(bed.store.pending_revocations(a.id).await.unwrap().is_empty());
        assert!(bed.store.due_revocations(later().plus_ms(1), later(), 9).await.unwrap().is_empty());
    }
    assert_eq!(bed.raw.count("revocations WHERE sealed IS NOT NULL OR next_at IS NOT NULL").await, 0);
    bed.store.data_key(&a.tenant(), None).await.unwrap();
}

async fn r33_a_late_token_set_is_revoked_in_place_of_the_older(bed: Bed) {
    let a = bed.organization("a").await;
    let made = bed.granted(&bed.customer(&a, "Acme").await).await;
    delete_connector(&bed.store, &a.tenant(), &made).await.unwrap();
    let older = pending(&bed, &a).await;
    let late = async |version: i64, at| {
        let sealed = tokens(version).sealed;
        bed.store.late_revocation(&a.tenant(), made.id, version, &sealed, at).await.unwrap()
    };
    assert!(!late(1, later()).await, "it is no newer");
    assert!(late(2, later().plus_ms(1)).await);
    let newer = pending(&bed, &a).await;
    assert_eq!((newer.version, &newer.sealed), (2, &tokens(2).sealed));
    assert_eq!((newer.attempts, newer.created_at), (0, later().plus_ms(1)));

    let overtaken = bed.store.settle_revocation(&older, RevocationStatus::Revoked, None, None, later()).await;
    assert!(!overtaken.unwrap(), "what was tried is not what is pending");
    same(&pending(&bed, &a).await, &newer);
    let settled = bed.store.settle_revocation(&newer, RevocationStatus::Revoked, None, None, later()).await;
    assert!(settled.unwrap());

    assert!(late(3, later().plus_ms(2)).await, "and one that was over is pending again");
    assert_eq!(pending(&bed, &a).await.version, 3);
    let unknown = bed.store.late_revocation(&a.tenant(), ConnectorId::new(), 9, &[1], later()).await.unwrap();
    assert!(!unknown);
}

async fn a_late_token_set_goes_to_the_newest_revocation(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let (first, second) = (job(JobKind::DiscardGrant), job(JobKind::DiscardGrant));
    let mut due = unused(&acme);
    for job in [&first, &second] {
        bed.store.add_revocation(&a.tenant(), job, &due).await.unwrap();
        due.created_at = later();
    }
    let at = later().plus_ms(1);
    assert!(bed.store.late_revocation(&acme.tenant(), due.connector_id, 2, &[9], at).await.unwrap());
    let versions: Vec<_> = bed.store.pending_revocations(a.id).await.unwrap();
    let versions: Vec<_> = versions.iter().map(|due| (due.job_id, due.version)).collect();
    assert_eq!(versions, [(first.id, 1), (second.id, 2)]);
}

async fn r16_a_grant_that_came_to_nothing_is_a_job_of_its_own(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let job = job(JobKind::DiscardGrant);
    let mut due = unused(&acme);
    due.environment = object(json!({"subdomain": "acme"}));
    due.replication_config = object(json!({"a": 1}));
    due.version = 4;
    bed.store.add_revocation(&acme.tenant(), &job, &due).await.unwrap();
    let mut expected = due.clone();
    expected.job_id = job.id;
    same(&pending(&bed, &a).await, &expected);
    same(&bed.store.due_revocations(now(), later(), 9).await.unwrap(), &vec![expected]);
    let read = bed.store.job(&acme.tenant(), job.id).await.unwrap();
    assert_eq!((read.kind, read.connectors[0].connector_id), (JobKind::DiscardGrant, due.connector_id));
    conflict(bed.store.add_revocation(&acme.tenant(), &job, &due).await, "job id");
}

async fn r50_a_grant_is_discarded_for_an_own_customer(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (acme, globex) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Globex").await);
    let due = unused(&acme);
    for other in [b.tenant(), globex.tenant()] {
        let refused = bed.store.add_revocation(&other, &job(JobKind::DiscardGrant), &due).await;
        not_found(refused, "customer");
    }
    let mut nobodys = unused(&acme);
    nobodys.customer_id = CustomerId::new();
    let refused = bed.store.add_revocation(&a.tenant(), &job(JobKind::DiscardGrant), &nobodys).await;
    not_found(refused, "customer");
    assert_eq!(bed.raw.count("jobs").await, 0);

    delete_customer(&bed.store, &a.tenant(), acme.id, later()).await.unwrap();
    bed.store.add_revocation(&a.tenant(), &job(JobKind::DiscardGrant), &due).await.unwrap();
    assert_eq!(pending(&bed, &a).await.connector_id, due.connector_id);
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    let refused = bed.store.add_revocation(&a.tenant(), &job(JobKind::DiscardGrant), &due).await;
    not_found(refused, "organization");
}

async fn jobs_that_wait_for_nothing_go_when_they_are_old(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let plain = bed.connector(&acme).await;
    let (settled, waiting) = (bed.granted(&acme).await, bed.granted(&acme).await);
    delete_connector(&bed.store, &a.tenant(), &plain).await.unwrap();
    delete_connector(&bed.store, &a.tenant(), &settled).await.unwrap();
    let over = pending(&bed, &a).await;
    bed.store.settle_revocation(&over, RevocationStatus::Revoked, None, None, later()).await.unwrap();
    let kept = delete_connector(&bed.store, &a.tenant(), &waiting).await.unwrap();
    let empty = bed.customer(&a, "Empty").await;
    delete_customer(&bed.store, &a.tenant(), empty.id, later()).await.unwrap();

    assert_eq!(bed.store.delete_old_jobs(now(), 9).await.unwrap(), 0, "made at that moment, not before");
    let after = now().plus_ms(1);
    assert_eq!(bed.store.delete_old_jobs(after, 2).await.unwrap(), 2);
    assert_eq!(bed.store.delete_old_jobs(after, 2).await.unwrap(), 1);
    assert_eq!(bed.store.delete_old_jobs(after, 2).await.unwrap(), 0);
    assert_eq!(bed.store.job(&a.tenant(), kept).await.unwrap().connectors.len(), 1);
    assert_eq!(bed.raw.count("revocations").await, 1);
}

on_both_engines!(
    r34_an_attempt_that_failed_is_repeated_and_counted,
    r34_an_outcome_is_final_and_leaves_no_secret,
    r33_a_late_token_set_is_revoked_in_place_of_the_older,
    a_late_token_set_goes_to_the_newest_revocation,
    r16_a_grant_that_came_to_nothing_is_a_job_of_its_own,
    r50_a_grant_is_discarded_for_an_own_customer,
    jobs_that_wait_for_nothing_go_when_they_are_old,
);
