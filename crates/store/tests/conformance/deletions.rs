//! Deleting: the secret is gone at once, and what is to be revoked stays under a job. What becomes
//! of it then is in `revocations.rs`.

use domain::{
    ConnectorId, CredentialSource, DefinitionId, EventKind, Job, JobId, JobKind, RevocationStatus, Tenant,
};
use serde_json::json;
use store::Deletion;
use uuid::Uuid;

use super::bed::{
    Bed, OAUTH, conflict, connector, definition, delete_connector, delete_customer, event, later, not_found,
    now, object, same, tokens,
};

/// What a job says of each connector, without the rest.
async fn outcomes(bed: &Bed, tenant: &Tenant, id: JobId) -> Vec<(ConnectorId, RevocationStatus)> {
    let job = bed.store.job(tenant, id).await.unwrap();
    job.connectors.iter().map(|result| (result.connector_id, result.revocation)).collect()
}

async fn r34_a_deleted_connectors_credential_is_only_where_it_is_revoked(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let mut made = connector(&acme);
    OAUTH.clone_into(&mut made.auth_scheme);
    made.environment = object(json!({"subdomain": "acme"}));
    made.replication_config = object(json!({"notion_version": "2026"}));
    let created = event(EventKind::ConnectorCreated, &made);
    bed.store.create_connector(&a.tenant(), &made, &tokens(5), None, &created).await.unwrap();
    let job = delete_connector(&bed.store, &a.tenant(), &made).await.unwrap();

    assert_eq!(bed.raw.count("credentials").await, 0);
    assert_eq!(bed.raw.count("connectors").await, 0);
    let pending = bed.store.pending_revocations(a.id).await.unwrap();
    let [due] = &pending[..] else { panic!("one is pending: {pending:?}") };
    assert_eq!((due.job_id, due.connector_id, due.definition_id), (job, made.id, definition()));
    assert_eq!(due.tenant(), acme.tenant());
    assert_eq!((&due.environment, &due.replication_config), (&made.environment, &made.replication_config));
    assert_eq!((due.version, &due.sealed), (5, &tokens(5).sealed));
    assert_eq!((due.attempts, due.created_at), (0, later()));
    bed.store.settle_revocation(due, RevocationStatus::Revoked, None, None, later()).await.unwrap();
    assert_eq!(bed.raw.count("revocations WHERE sealed IS NOT NULL").await, 0);
    assert_eq!(bed.told(&a.tenant()).await, [EventKind::ConnectorCreated, EventKind::ConnectorDeleted]);
}

async fn only_what_can_be_revoked_is_kept(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let mut elsewhere = connector(&acme);
    OAUTH.clone_into(&mut elsewhere.auth_scheme);
    elsewhere.definition_id = DefinitionId::from_uuid(Uuid::from_u128(8));
    let mut operators = connector(&acme);
    OAUTH.clone_into(&mut operators.auth_scheme);
    operators.credential_source = CredentialSource::Operator;
    let mut given = connector(&acme);
    OAUTH.clone_into(&mut given.auth_scheme);
    given.credential_source = CredentialSource::Given;
    for made in [&connector(&acme), &elsewhere, &operators, &given] {
        let created = event(EventKind::ConnectorCreated, made);
        bed.store.create_connector(&a.tenant(), made, &tokens(1), None, &created).await.unwrap();
        let job = delete_connector(&bed.store, &a.tenant(), made).await.unwrap();
        let job = bed.store.job(&a.tenant(), job).await.unwrap();
        assert_eq!(job.connectors[0].revocation, RevocationStatus::NotSupported);
        assert_eq!((&job.connectors[0].detail, job.connectors[0].updated_at), (&None, later()));
    }
    assert!(bed.store.pending_revocations(a.id).await.unwrap().is_empty());
    assert_eq!(bed.raw.count("revocations WHERE sealed IS NOT NULL").await, 0);
    assert_eq!(bed.raw.count("credentials").await, 0);
}

async fn what_was_given_and_then_refreshed_is_revoked(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let mut given = connector(&acme);
    OAUTH.clone_into(&mut given.auth_scheme);
    given.credential_source = CredentialSource::Given;
    let created = event(EventKind::ConnectorCreated, &given);
    bed.store.create_connector(&a.tenant(), &given, &tokens(2), None, &created).await.unwrap();
    delete_connector(&bed.store, &a.tenant(), &given).await.unwrap();
    assert_eq!(bed.store.pending_revocations(a.id).await.unwrap().len(), 1);
}

async fn every_revocable_scheme_of_every_definition_counts(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let other = DefinitionId::from_uuid(Uuid::from_u128(8));
    let mut pairs = Vec::new();
    for definition in [definition(), other] {
        for scheme in ["one", "two", "three"] {
            let mut made = connector(&acme);
            scheme.clone_into(&mut made.auth_scheme);
            made.definition_id = definition;
            let created = event(EventKind::ConnectorCreated, &made);
            bed.store.create_connector(&a.tenant(), &made, &tokens(1), None, &created).await.unwrap();
            pairs.push((made.id, definition, scheme.to_owned()));
        }
    }
    let revocable: Vec<_> =
        [0, 1, 4].into_iter().map(|place: usize| (pairs[place].1, pairs[place].2.clone())).collect();
    let job = Job { id: JobId::new(), kind: JobKind::DeleteWorkspace, created_at: now(), connectors: vec![] };
    let deletion = Deletion { job: &job, revocable: &revocable, now: later() };
    bed.store.delete_customer(&a.tenant(), acme.id, &deletion).await.unwrap();
    let pending: Vec<_> = outcomes(&bed, &a.tenant(), job.id)
        .await
        .into_iter()
        .filter(|(_, revocation)| *revocation == RevocationStatus::Pending)
        .map(|(id, _)| id)
        .collect();
    assert_eq!(pending, [pairs[0].0, pairs[1].0, pairs[4].0]);
}

async fn a_deleted_customers_connectors_are_one_job_and_an_event_each(bed: Bed) {
    let a = bed.organization("a").await;
    let (acme, globex) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Globex").await);
    let (plain, granted) = (bed.connector(&acme).await, bed.granted(&acme).await);
    let kept = bed.granted(&globex).await;
    let job = delete_customer(&bed.store, &a.tenant(), acme.id, later()).await.unwrap();
    assert_eq!(
        outcomes(&bed, &a.tenant(), job).await,
        [(plain.id, RevocationStatus::NotSupported), (granted.id, RevocationStatus::Pending)]
    );
    let read = bed.store.job(&a.tenant(), job).await.unwrap();
    assert_eq!((read.id, read.kind, read.created_at), (job, JobKind::DeleteWorkspace, now()));
    let told = bed.store.events(&a.tenant(), 3, 9).await.unwrap();
    let told: Vec<_> = told.iter().map(|event| (event.kind, event.connector_id, event.customer_id)).collect();
    let deleted = |id| (EventKind::ConnectorDeleted, Some(id), acme.id);
    assert_eq!(told, [deleted(plain.id), deleted(granted.id)]);
    bed.store.connector_for_call(&a.tenant(), kept.id).await.unwrap();
    assert_eq!(bed.raw.count("credentials").await, 1);

    let nothing = delete_customer(&bed.store, &a.tenant(), bed.customer(&a, "New").await.id, later()).await;
    assert!(outcomes(&bed, &a.tenant(), nothing.unwrap()).await.is_empty());
}

async fn r49_a_job_is_read_by_whose_it_is(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (acme, globex) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Globex").await);
    let made = bed.granted(&acme).await;
    let job = delete_connector(&bed.store, &acme.tenant(), &made).await.unwrap();
    for tenant in [a.tenant(), acme.tenant()] {
        assert_eq!(outcomes(&bed, &tenant, job).await, [(made.id, RevocationStatus::Pending)]);
    }
    for other in [b.tenant(), globex.tenant()] {
        not_found(bed.store.job(&other, job).await, "job");
    }
    not_found(bed.store.job(&a.tenant(), JobId::new()).await, "job");
}

async fn a_refused_deletion_deletes_nothing(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    let (gone, kept) = (bed.granted(&acme).await, bed.granted(&acme).await);
    let job = delete_connector(&bed.store, &a.tenant(), &gone).await.unwrap();
    not_found(delete_connector(&bed.store, &a.tenant(), &gone).await, "connector");
    let job = bed.store.job(&a.tenant(), job).await.unwrap();
    let deletion = Deletion { job: &job, revocable: &[], now: later() };
    let told = event(EventKind::ConnectorDeleted, &kept);
    conflict(bed.store.delete_connector(&a.tenant(), kept.id, &deletion, &told).await, "job id");
    conflict(bed.store.delete_customer(&a.tenant(), acme.id, &deletion).await, "job id");
    conflict(bed.store.delete_organization(a.id, &deletion).await, "job id");
    bed.store.connector_for_call(&a.tenant(), kept.id).await.unwrap();
    same(&bed.store.organization(a.id).await.unwrap(), &a);
    assert_eq!(bed.raw.count("jobs").await, 1);
    assert_eq!(bed.told(&a.tenant()).await.len(), 3);
}

/// The last line of defence: no program can keep a credential that nobody is going to revoke.
async fn r34_the_table_refuses_a_secret_that_waits_for_nothing(bed: Bed) {
    let a = bed.organization("a").await;
    let acme = bed.customer(&a, "Acme").await;
    delete_connector(&bed.store, &a.tenant(), &bed.granted(&acme).await).await.unwrap();
    for wrong in ["status = 'revoked'", "sealed = NULL"] {
        let refused = bed.raw.try_run(&format!("UPDATE revocations SET {wrong}")).await;
        assert!(refused.is_err(), "{wrong}");
    }
    let answer = bed.store.pending_revocations(a.id).await;
    assert!(matches!(answer, Ok(pending) if pending.len() == 1));
}

on_both_engines!(
    r34_a_deleted_connectors_credential_is_only_where_it_is_revoked,
    only_what_can_be_revoked_is_kept,
    what_was_given_and_then_refreshed_is_revoked,
    every_revocable_scheme_of_every_definition_counts,
    a_deleted_customers_connectors_are_one_job_and_an_event_each,
    r49_a_job_is_read_by_whose_it_is,
    a_refused_deletion_deletes_nothing,
    r34_the_table_refuses_a_secret_that_waits_for_nothing,
);
