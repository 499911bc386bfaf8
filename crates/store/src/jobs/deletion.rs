//! Deleting connectors, customers and organizations: here everything goes at once, and what is to be
//! revoked upstream stays, sealed, under a job.
//!
//! All three lock in one order: organization, customers, connectors, their credentials, and the
//! events last.

use domain::{
    ConnectorId, CustomerId, DefinitionId, EventId, EventKind, Job, NewEvent, OrganizationId, Tenant,
    Timestamp,
};
use serde_json::Map;
use uuid::Uuid;

use super::{insert, revocation};
use crate::engine::{Transaction, on};
use crate::error::must_hit;
use crate::{Result, Store, StoreError, events};

/// How to delete.
#[derive(Debug, Clone, Copy)]
pub struct Deletion<'a> {
    /// The job to make; its `connectors` come from what is deleted.
    pub job: &'a Job,
    /// What can be revoked upstream: definitions, each with an auth scheme whose credentials can be.
    pub revocable: &'a [(DefinitionId, String)],
    pub now: Timestamp,
}

/// Which connectors of an organization go: one, a customer's, or all.
#[derive(Clone, Copy)]
struct Doomed {
    organization: OrganizationId,
    connector: Option<ConnectorId>,
    customer: Option<CustomerId>,
}

/// One text a range, because SQLite plans a statement without knowing which of its parameters are
/// null: see the list of executions.
macro_rules! doomed_sql {
    ($doomed:expr, $before:literal, $after:literal) => {
        match ($doomed.connector, $doomed.customer) {
            (Some(_), _) => concat!(
                $before,
                " WHERE organization_id = $1 AND id = $2 AND ($3 IS NULL OR customer_id = $3)",
                $after
            ),
            (None, Some(_)) => concat!(
                $before,
                " WHERE organization_id = $1 AND customer_id = $3 AND ($2 IS NULL OR id = $2)",
                $after
            ),
            (None, None) => concat!(
                $before,
                " WHERE organization_id = $1 AND ($2 IS NULL OR id = $2) AND ($3 IS NULL OR customer_id = $3)",
                $after
            ),
        }
    };
}

/// Locks the connectors that go, and says which they are and whose, in order of their ids.
///
/// Nothing is changed. Whoever stores another credential locks the connector first: either it is done
/// and that one is to be revoked, or it finds the connector gone.
async fn lock(at: &mut Transaction, doomed: Doomed) -> Result<Vec<(ConnectorId, CustomerId)>> {
    let sql =
        doomed_sql!(doomed, "UPDATE connectors SET updated_at = updated_at", " RETURNING id, customer_id");
    let mut locked: Vec<(Uuid, Uuid)> = on!(at, c => sqlx::query_as(sql)
        .bind(doomed.organization.uuid())
        .bind(doomed.connector.map(ConnectorId::uuid))
        .bind(doomed.customer.map(CustomerId::uuid))
        .fetch_all(c).await)?;
    locked.sort_unstable();
    let pair = |(id, customer)| (ConnectorId::from_uuid(id), CustomerId::from_uuid(customer));
    Ok(locked.into_iter().map(pair).collect())
}

/// Removes connectors that are locked, and leaves a revocation of each under the job: pending with
/// its credential where that can be revoked, and without it where it cannot.
async fn remove(at: &mut Transaction, doomed: Doomed, deletion: &Deletion<'_>) -> Result<()> {
    // What the operator holds is not the connector's to revoke; nor is what an application gave and
    // may use elsewhere, until a refresh has replaced it.
    const PENDING: &str = "UPDATE revocations SET status = 'pending', version = s.version,
            sealed = s.sealed, next_at = $5
        FROM credentials s, connectors k
        WHERE revocations.job_id = $2 AND revocations.organization_id = $1
            AND k.id = revocations.connector_id AND k.organization_id = $1
            AND s.connector_id = k.id AND s.organization_id = $1
            AND k.definition_id = $3 AND k.auth_scheme = $4
            AND (k.credential_source = 'consent' OR (k.credential_source = 'given' AND s.version > 1))";
    // The credentials go with them, by the foreign key.
    const REMOVE: &str = "DELETE FROM connectors
        WHERE organization_id = $1 AND id IN
            (SELECT connector_id FROM revocations WHERE job_id = $2 AND organization_id = $1)";
    let all = doomed_sql!(
        doomed,
        "INSERT INTO revocations (job_id, connector_id, organization_id, customer_id, definition_id,
            environment, replication_config, status, version, attempts, created_at, updated_at)
        SELECT $4, id, organization_id, customer_id, definition_id, environment, replication_config,
            'not_supported', 0, 0, $5, $5
        FROM connectors",
        ""
    );
    let (organization, job) = (doomed.organization.uuid(), deletion.job.id.uuid());
    on!(at, c => sqlx::query(all)
        .bind(organization)
        .bind(doomed.connector.map(ConnectorId::uuid))
        .bind(doomed.customer.map(CustomerId::uuid))
        .bind(job)
        .bind(deletion.now.micros())
        .execute(c).await.map(|_| ()))?;
    for (definition, scheme) in deletion.revocable {
        on!(at, c => sqlx::query(PENDING)
            .bind(organization)
            .bind(job)
            .bind(definition.uuid())
            .bind(scheme)
            .bind(deletion.now.micros())
            .execute(c).await.map(|_| ()))?;
    }
    on!(at, c => sqlx::query(REMOVE).bind(organization).bind(job).execute(c).await.map(|_| ()))?;
    Ok(())
}

impl Store {
    /// Removes a connector and its credential, and leaves the job that revokes the grant; the log of
    /// its executions stays.
    pub async fn delete_connector(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        deletion: &Deletion<'_>,
        event: &NewEvent,
    ) -> Result<()> {
        let organization = tenant.organization();
        let doomed = Doomed { organization, connector: Some(id), customer: tenant.customer() };
        let mut transaction = self.engine.begin().await?;
        let locked = lock(&mut transaction, doomed).await?;
        let (_, customer) = *locked.first().ok_or(StoreError::NotFound("connector"))?;
        insert(&mut transaction, organization, Some(customer), deletion.job).await?;
        remove(&mut transaction, doomed, deletion).await?;
        events::append(&mut transaction, organization, std::slice::from_ref(event)).await?;
        transaction.commit().await
    }

    /// Marks the customer deleted, which frees its name, and removes its connectors and credentials;
    /// the job revokes their grants, and each connector has its event.
    pub async fn delete_customer(
        &self,
        tenant: &Tenant,
        id: CustomerId,
        deletion: &Deletion<'_>,
    ) -> Result<()> {
        // This waits for whoever is adding a connector to the customer, so it comes first.
        const CUSTOMER: &str = "UPDATE customers SET deleted_at = $4, updated_at = $4
            WHERE id = $1 AND organization_id = $2 AND ($3 IS NULL OR id = $3) AND deleted_at IS NULL";
        let organization = tenant.organization();
        let doomed = Doomed { organization, connector: None, customer: Some(id) };
        let mut transaction = self.engine.begin().await?;
        let marked = on!(transaction, c => sqlx::query(CUSTOMER)
            .bind(id.uuid())
            .bind(organization.uuid())
            .bind(tenant.customer().map(CustomerId::uuid))
            .bind(deletion.now.micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(marked, "customer")?;
        let locked = lock(&mut transaction, doomed).await?;
        insert(&mut transaction, organization, Some(id), deletion.job).await?;
        remove(&mut transaction, doomed, deletion).await?;
        let deleted = |(connector, customer_id): &(ConnectorId, CustomerId)| NewEvent {
            id: EventId::new(),
            kind: EventKind::ConnectorDeleted,
            customer_id: *customer_id,
            connector_id: Some(*connector),
            data: Map::new(),
            created_at: deletion.now,
        };
        let told: Vec<NewEvent> = locked.iter().map(deleted).collect();
        events::append(&mut transaction, organization, &told).await?;
        transaction.commit().await
    }

    /// Marks the organization and its customers deleted, and removes its connectors, credentials,
    /// OAuth apps and consents. Says how many revocations are pending, older jobs' included.
    ///
    /// When none is, its data keys are gone too, and nothing that was sealed for it opens again.
    /// Otherwise the caller goes on to [`Store::rekey_revocations`], and the last revocation takes
    /// the key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for one already deleted.
    pub async fn delete_organization(&self, id: OrganizationId, deletion: &Deletion<'_>) -> Result<i64> {
        const ORGANIZATION: &str =
            "UPDATE organizations SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";
        // This waits for whoever is adding a connector to one of the customers, so it comes early.
        const CUSTOMERS: &str = "UPDATE customers SET deleted_at = $2, updated_at = $2
            WHERE organization_id = $1 AND deleted_at IS NULL";
        const ROWS: [&str; 2] = [
            "DELETE FROM oauth_apps WHERE organization_id = $1",
            "DELETE FROM consents WHERE organization_id = $1",
        ];
        let doomed = Doomed { organization: id, connector: None, customer: None };
        let mut transaction = self.engine.begin().await?;
        let marked = on!(transaction, c => sqlx::query(ORGANIZATION)
            .bind(id.uuid())
            .bind(deletion.now.micros())
            .execute(c).await.map(|done| done.rows_affected()))?;
        must_hit(marked, "organization")?;
        on!(transaction, c => sqlx::query(CUSTOMERS)
            .bind(id.uuid())
            .bind(deletion.now.micros())
            .execute(c).await.map(|_| ()))?;
        lock(&mut transaction, doomed).await?;
        insert(&mut transaction, id, None, deletion.job).await?;
        remove(&mut transaction, doomed, deletion).await?;
        for sql in ROWS {
            on!(transaction, c => sqlx::query(sql).bind(id.uuid()).execute(c).await.map(|_| ()))?;
        }
        let pending = revocation::release_keys(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(pending)
    }
}
