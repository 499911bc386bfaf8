//! Grants that came to nothing: nobody holds them, so they are taken back.

use std::time::Duration;

use definitions::ConnectorDefinition;
use domain::{ConnectorId, CustomerId, DueRevocation, JobKind, Tenant};
use serde_json::{Map, Value};
use store::Grant;
use tokio::time::timeout;

use super::attempt::Attempt;
use super::{may_be_revocable, new_job};
use crate::credentials::{FIRST_VERSION, Opened};
use crate::{Control, Error};

/// How long the one attempt may take that nothing follows: somebody waits for it.
const UNRECORDED_MAX: Duration = Duration::from_secs(15);

/// A grant that no connector was made of, and where it came from.
#[derive(Clone, Copy)]
struct Unused<'a> {
    definition: &'a ConnectorDefinition,
    /// For those who watch the traffic of one connector.
    connector: ConnectorId,
    environment: &'a Map<String, Value>,
    replication_config: &'a Map<String, Value>,
    opened: &'a Opened,
}

impl Control {
    /// Sees to it that a grant is revoked which nothing was made of. It cannot fail: what cannot be
    /// written down is tried once, at once.
    ///
    /// `tenant` is narrowed to the customer who granted it; `connector` is the one it would have been
    /// for.
    pub(crate) async fn discard_grant(
        &self,
        tenant: &Tenant,
        definition: &ConnectorDefinition,
        connector: ConnectorId,
        environment: &Map<String, Value>,
        replication_config: &Map<String, Value>,
        opened: &Opened,
    ) {
        if !definition.scheme(opened.credential.scheme()).is_some_and(may_be_revocable) {
            tracing::info!(connector.id = %connector,
                "a grant for {} came to nothing; its definition names no place to revoke it", definition.title);
            return;
        }
        let unused = Unused { definition, connector, environment, replication_config, opened };
        match self.record_unused(tenant, unused).await {
            Ok(()) => self.revoke_soon(),
            Err(error) => {
                tracing::warn!(connector.id = %connector, error = &error as &dyn std::error::Error,
                    "a grant that came to nothing is revoked without a record");
                self.revoke_unrecorded(unused).await;
            }
        }
    }

    /// A token set that came when its connector was gone: it takes the place of the one that the
    /// deletion put aside.
    pub(crate) async fn discard_late(&self, tenant: &Tenant, id: ConnectorId, version: i64, sealed: &[u8]) {
        match self.store.late_revocation(tenant, id, version, sealed, self.clock.now()).await {
            Ok(true) => self.revoke_soon(),
            Ok(false) => tracing::error!(connector.id = %id,
                "a token came for connector `{id}`, which is gone and has no deletion"),
            Err(error) => tracing::error!(connector.id = %id, error = &error as &dyn std::error::Error,
                "a token that came for deleted connector `{id}` may still stand at its provider"),
        }
    }

    async fn record_unused(&self, tenant: &Tenant, unused: Unused<'_>) -> Result<(), Error> {
        let customer: CustomerId =
            tenant.customer().ok_or_else(|| Error::Internal("a grant of no customer".into()))?;
        // An id of its own, so that what is sealed here fits no connector's row.
        let id = ConnectorId::new();
        let now = self.clock.now();
        let sealed = self.seal_credential(tenant, id, FIRST_VERSION, unused.opened, Grant::default()).await?;
        let job = new_job(JobKind::DiscardGrant, now);
        let due = DueRevocation {
            job_id: job.id,
            organization_id: tenant.organization(),
            customer_id: customer,
            connector_id: id,
            definition_id: unused.definition.id,
            environment: unused.environment.clone(),
            replication_config: unused.replication_config.clone(),
            version: sealed.version,
            sealed: sealed.sealed,
            attempts: 0,
            created_at: now,
        };
        self.store.add_revocation(tenant, &job, &due).await?;
        tracing::info!(connector.id = %unused.connector, job.id = %job.id, "a grant that came to nothing is given back");
        Ok(())
    }

    async fn revoke_unrecorded(&self, unused: Unused<'_>) {
        let Unused { definition, connector, environment, replication_config, opened } = unused;
        let revoke = async {
            let scheme = definition.scheme(opened.credential.scheme())?;
            let app = opened.app(scheme)?;
            let settings = self.effective_settings(definition, replication_config, environment);
            let attempt = self.revoke_opened(definition, scheme, &settings, &app, (connector, opened)).await;
            attempt.ok().filter(|attempt| *attempt == Attempt::Revoked)
        };
        if timeout(UNRECORDED_MAX, revoke).await.ok().flatten().is_none() {
            tracing::error!(connector.id = %connector,
                "a grant for {} that came to nothing still stands at its provider", definition.title);
        }
    }
}
