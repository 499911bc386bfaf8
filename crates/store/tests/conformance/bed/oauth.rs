//! What consent, refreshing, deleting and events are tried with.

use domain::{
    ApplicationId, Connector, ConnectorId, ConnectorState, ConnectorStatus, Consent, ConsentId, Customer,
    CustomerId, DefinitionId, DueConnector, DueRevocation, EventId, EventKind, Job, JobId, JobKind, NewEvent,
    OAuthAppId, OrganizationId, Tenant, Timestamp,
};
use serde_json::Map;
use store::{Deletion, Grant, Result, SealedCredential, Store, StoredOAuthApp};
use uuid::Uuid;

use super::{Bed, later, now, sealed};

/// The auth scheme that makes a connector's grant revocable.
pub(crate) const OAUTH: &str = "oauth";

/// The definition of every connector here, unless a claim says otherwise.
pub(crate) fn definition() -> DefinitionId {
    DefinitionId::from_uuid(Uuid::from_u128(7))
}

impl Bed {
    /// A connector with a token set, which can be refreshed and revoked.
    pub(crate) async fn granted(&self, customer: &Customer) -> Connector {
        let mut connector = super::connector(customer);
        OAUTH.clone_into(&mut connector.auth_scheme);
        let event = event(EventKind::ConnectorCreated, &connector);
        let tokens = tokens(1);
        self.store.create_connector(&customer.tenant(), &connector, &tokens, None, &event).await.unwrap();
        connector
    }

    /// The tenant narrowed to a connector's customer.
    pub(crate) fn tenant_of(connector: &Connector) -> Tenant {
        let (organization_id, customer_id) = (connector.organization_id, connector.customer_id);
        DueConnector { organization_id, customer_id, connector_id: connector.id }.tenant()
    }

    /// The kinds of all events of an organization, in their order.
    pub(crate) async fn told(&self, tenant: &Tenant) -> Vec<EventKind> {
        let events = self.store.events(tenant, 0, usize::MAX).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }
}

/// Adds a connector with [`sealed`].
pub(crate) async fn add(store: &Store, tenant: &Tenant, connector: &Connector) -> Result<()> {
    let event = event(EventKind::ConnectorCreated, connector);
    store.create_connector(tenant, connector, &sealed(), None, &event).await
}

pub(crate) fn event(kind: EventKind, connector: &Connector) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        kind,
        customer_id: connector.customer_id,
        connector_id: Some(connector.id),
        data: Map::new(),
        created_at: now(),
    }
}

pub(crate) fn state(status: ConnectorStatus, reason: &str) -> ConnectorState {
    ConnectorState { status, since: later(), reason: Some(reason.to_owned()) }
}

/// A grant whose every instant differs from the others.
pub(crate) fn grant() -> Grant {
    let at = |minutes: i64| Some(now().plus_ms(minutes * 60_000));
    Grant {
        refreshable: true,
        obtained_at: at(0),
        expires_at: at(60),
        refresh_due_at: at(55),
        keep_alive_at: at(600),
        ends_at: at(6_000),
        retry_at: None,
    }
}

/// A token set; what is sealed tells one version from another.
pub(crate) fn tokens(version: i64) -> SealedCredential {
    SealedCredential { version, sealed: version.to_be_bytes().to_vec(), grant: grant() }
}

pub(crate) fn job(kind: JobKind) -> Job {
    Job { id: JobId::new(), kind, created_at: now(), connectors: Vec::new() }
}

/// Deletes with what [`Bed::granted`] makes being revocable.
pub(crate) async fn delete_connector(store: &Store, tenant: &Tenant, connector: &Connector) -> Result<JobId> {
    let (job, revocable) = (job(JobKind::DeleteConnector), [(definition(), OAUTH.to_owned())]);
    let deletion = Deletion { job: &job, revocable: &revocable, now: later() };
    let event = event(EventKind::ConnectorDeleted, connector);
    store.delete_connector(tenant, connector.id, &deletion, &event).await.map(|()| job.id)
}

/// As [`delete_connector`].
pub(crate) async fn delete_customer(
    store: &Store,
    tenant: &Tenant,
    id: CustomerId,
    now: Timestamp,
) -> Result<JobId> {
    let (job, revocable) = (job(JobKind::DeleteWorkspace), [(definition(), OAUTH.to_owned())]);
    let deletion = Deletion { job: &job, revocable: &revocable, now };
    store.delete_customer(tenant, id, &deletion).await.map(|()| job.id)
}

/// As [`delete_connector`]; says how many revocations are pending, too.
pub(crate) async fn delete_organization(
    store: &Store,
    id: OrganizationId,
    now: Timestamp,
) -> Result<(JobId, i64)> {
    let (job, revocable) = (job(JobKind::DeleteOrganization), [(definition(), OAUTH.to_owned())]);
    let deletion = Deletion { job: &job, revocable: &revocable, now };
    store.delete_organization(id, &deletion).await.map(|pending| (job.id, pending))
}

/// A grant of the customer that nothing was made of.
pub(crate) fn unused(customer: &Customer) -> DueRevocation {
    DueRevocation {
        job_id: JobId::new(),
        organization_id: customer.organization_id,
        customer_id: customer.id,
        connector_id: ConnectorId::new(),
        definition_id: definition(),
        environment: Map::new(),
        replication_config: Map::new(),
        version: 1,
        sealed: vec![7],
        attempts: 0,
        created_at: now(),
    }
}

pub(crate) fn consent(customer: &Customer) -> Consent {
    Consent {
        id: ConsentId::new(),
        organization_id: customer.organization_id,
        customer_id: customer.id,
        application_id: ApplicationId::new(),
        definition_id: definition(),
        own_app: false,
        connector_id: None,
        return_url: "https://app.example.com/back?a=1".to_owned(),
        sealed: vec![3, 0, 255],
        created_at: now(),
        expires_at: now().plus_ms(600_000),
    }
}

pub(crate) fn oauth_app() -> StoredOAuthApp {
    StoredOAuthApp {
        id: OAuthAppId::new(),
        definition_id: definition(),
        version: 1,
        client_id_masked: "abc…xyz".to_owned(),
        sealed: vec![5, 0, 255],
        created_at: now(),
        updated_at: now(),
    }
}
