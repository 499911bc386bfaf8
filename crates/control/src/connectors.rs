//! Connectors: created for a customer, read, changed, deleted.

mod choice;
mod credential;
mod settings;
mod usable;

use std::sync::Arc;

use definitions::{ConnectorDefinition, nearest};
use domain::{
    Connector, ConnectorId, ConnectorState, CredentialSource, CustomerId, DefinitionId, EntityAccess,
    EventKind, JobId, JobKind, Tenant,
};
use serde_json::{Map, Value};
use store::{Deletion, StoreError};

use crate::credentials::{FIRST_VERSION, Opened, given_grant};
use crate::customers::{NAME_CHARACTERS_MAX, UPDATE_TRIES, checked_name};
use crate::error::{FAULTS_MAX, FieldFault, suggestion};
use crate::events::new_event;
use crate::revocations::new_job;
use crate::{Control, Error};
pub use choice::DefinitionChoice;
pub(crate) use credential::printable;
pub(crate) use usable::{check_usable, not_usable};

/// What makes a connector, or is checked before one is made. The customer is named beside it.
pub struct NewConnector {
    pub definition: DefinitionChoice,
    pub name: Option<String>,
    /// As sent; the auth scheme is chosen by its keys. Secret, so never printed.
    pub credentials: Map<String, Value>,
    pub environment: Map<String, Value>,
    pub replication_config: Map<String, Value>,
    pub entities: Option<Vec<EntityAccess>>,
}

/// What may change about a connector; absent keeps it.
#[derive(Debug, Default, PartialEq)]
pub struct UpdateConnector {
    pub name: Option<String>,
    pub replication_config: Option<Map<String, Value>>,
    /// `Some(empty)` lifts the limits.
    pub entities: Option<Vec<EntityAccess>>,
}

/// A connector with the definition it is of; none when its file is no longer loaded.
#[derive(Debug)]
pub struct ConnectorView {
    pub connector: Connector,
    pub definition: Option<Arc<ConnectorDefinition>>,
}

impl Control {
    /// Makes a connector for the customer of this name, who is created on first use.
    ///
    /// The credential is sealed and never answered. Nothing is written when anything is wrong.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`], [`Error::CredentialsMismatch`], [`Error::Invalid`].
    pub async fn create_connector(
        &self,
        tenant: &Tenant,
        workspace_name: &str,
        new: NewConnector,
    ) -> Result<ConnectorView, Error> {
        checked_name("workspace_name", workspace_name)?;
        let (definition, prepared, source) = self.prepare_or_fall_back(tenant, new).await?;
        let customer = self.ensure_customer(tenant, workspace_name).await?;
        let now = self.clock.now();
        let scheme = definition.scheme(prepared.credential.scheme());
        let opened = Opened { credential: prepared.credential, grant: None };
        let grant = scheme.map(|scheme| given_grant(scheme, &opened)).unwrap_or_default();
        let connector = Connector {
            id: ConnectorId::new(),
            organization_id: tenant.organization(),
            customer_id: customer.id,
            definition_id: definition.id,
            name: prepared.name.unwrap_or_else(|| default_name(&definition.title, &customer.name)),
            auth_scheme: opened.credential.scheme().to_owned(),
            environment: prepared.setup.environment,
            replication_config: prepared.setup.replication_config,
            entities: prepared.setup.entities,
            state: ConnectorState::active(now),
            credential_source: source,
            account: None,
            granted_scopes: None,
            created_at: now,
            updated_at: now,
        };
        let sealed = self.seal_credential(tenant, connector.id, FIRST_VERSION, &opened, grant).await?;
        let event = new_event(EventKind::ConnectorCreated, customer.id, Some(connector.id), Map::new(), now);
        // The customer may have been deleted a moment ago.
        let made = self.store.create_connector(tenant, &connector, &sealed, None, &event).await;
        made.map_err(Error::missing("workspace", customer.id))?;
        Ok(ConnectorView { connector, definition: Some(definition) })
    }

    /// One connector.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for another organization's.
    pub async fn connector(&self, tenant: &Tenant, id: ConnectorId) -> Result<ConnectorView, Error> {
        let connector = self.store.connector(tenant, id).await.map_err(Error::missing("connector", id))?;
        Ok(self.view(connector))
    }

    /// Every connector of a customer, newest first, perhaps of one definition only.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn connectors(
        &self,
        tenant: &Tenant,
        customer: CustomerId,
        definition: Option<DefinitionId>,
    ) -> Result<Vec<ConnectorView>, Error> {
        let connectors = self.store.list_connectors(tenant, customer, definition).await?;
        Ok(connectors.into_iter().map(|connector| self.view(connector)).collect())
    }

    /// Renames a connector or changes its settings; the credential stays.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for settings the definition does not know.
    pub async fn update_connector(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        update: UpdateConnector,
    ) -> Result<ConnectorView, Error> {
        for _ in 0..UPDATE_TRIES {
            let ConnectorView { connector, definition } = self.connector(tenant, id).await?;
            let read_at = connector.updated_at;
            let connector = self.updated(connector, definition.as_deref(), &update)?;
            match self.store.update_connector(tenant, &connector, read_at).await {
                Ok(()) => return Ok(ConnectorView { connector, definition }),
                // Gone, which the next reading tells, or changed since it was read.
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let message = "this connector is being changed by others: try again".to_owned();
        Err(Error::Conflict { message, field: None })
    }

    /// Removes a connector and its credential at once. Under the job its grant is revoked upstream.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_connector(&self, tenant: &Tenant, id: ConnectorId) -> Result<JobId, Error> {
        let missing = || Error::missing("connector", id);
        let connector = self.store.connector(tenant, id).await.map_err(missing())?;
        let now = self.clock.now();
        let (job, revocable) = (new_job(JobKind::DeleteConnector, now), self.revocable());
        let deletion = Deletion { job: &job, revocable: &revocable, now };
        let (kind, customer) = (EventKind::ConnectorDeleted, connector.customer_id);
        let event = new_event(kind, customer, Some(id), Map::new(), now);
        self.store.delete_connector(tenant, id, &deletion, &event).await.map_err(missing())?;
        tracing::info!(connector.id = %id, job.id = %job.id, "deleted connector `{id}`");
        self.revoke_soon();
        Ok(job.id)
    }

    /// The connector as it would be after an update; nothing is written.
    pub(crate) fn updated(
        &self,
        mut connector: Connector,
        definition: Option<&ConnectorDefinition>,
        update: &UpdateConnector,
    ) -> Result<Connector, Error> {
        if let Some(name) = &update.name {
            checked_name("name", name)?;
            connector.name.clone_from(name);
        }
        if let Some(config) = &update.replication_config {
            // Which keys are credentials only the definition knows.
            let known = definition.ok_or_else(|| self.missing_definition(connector.definition_id))?;
            settings::check_change(known, config)?;
            connector.replication_config.clone_from(config);
        }
        if let Some(entities) = &update.entities {
            connector.entities = checked_entities(definition, entities.clone())?;
        }
        connector.updated_at = self.clock.now();
        Ok(connector)
    }

    fn view(&self, connector: Connector) -> ConnectorView {
        let definition = self.catalog.definition(connector.definition_id).cloned();
        ConnectorView { connector, definition }
    }

    /// As [`Control::prepare`]; without credentials, the operator's token is taken where it may be.
    ///
    /// A token narrowed to one customer is in that customer's hands, who is not to act with it.
    async fn prepare_or_fall_back(
        &self,
        tenant: &Tenant,
        mut new: NewConnector,
    ) -> Result<(Arc<ConnectorDefinition>, Prepared, CredentialSource), Error> {
        let definition = self.chosen_definition(&new.definition)?;
        let has_none = new.credentials.is_empty()
            && settings::sort(&definition, new.replication_config.clone())?.credentials.is_empty();
        if has_none
            && tenant.customer().is_none()
            && let Some(scheme) = fallback_scheme(&definition)
            && self.fallback_token(tenant, &definition).await?.is_some()
        {
            // What is checked of a new connector includes a credential; this one is not kept.
            new.credentials = scheme.required.iter().map(|name| (name.clone(), "operator".into())).collect();
            let (definition, mut prepared) = self.prepare(new)?;
            prepared.credential = Control::no_credential(prepared.credential.scheme()).credential;
            return Ok((definition, prepared, CredentialSource::Operator));
        }
        let (definition, prepared) = self.prepare(new)?;
        Ok((definition, prepared, CredentialSource::Given))
    }

    /// Checks everything about a new connector that needs no database.
    pub(crate) fn prepare(&self, new: NewConnector) -> Result<(Arc<ConnectorDefinition>, Prepared), Error> {
        let NewConnector { definition, name, credentials, environment, replication_config, entities } = new;
        let definition = self.chosen_definition(&definition)?;
        if let Some(name) = &name {
            checked_name("name", name)?;
        }
        let (setup, more) = self.setup(&definition, replication_config, environment, entities)?;
        let credential = credential::fitting(&definition, credentials, more)?;
        Ok((definition, Prepared { name, credential, setup }))
    }

    /// Checks the settings of a new connector, and takes out the credentials among them.
    pub(crate) fn setup(
        &self,
        definition: &ConnectorDefinition,
        replication_config: Map<String, Value>,
        environment: Map<String, Value>,
        entities: Option<Vec<EntityAccess>>,
    ) -> Result<(Setup, Map<String, Value>), Error> {
        let settings::Sorted { credentials, environment: mut variables, rest: replication_config } =
            settings::sort(definition, replication_config)?;
        variables.extend(environment);
        settings::check_environment(definition, &variables)?;
        self.check_base_url(definition, &replication_config, &variables)?;
        let entities = match entities {
            Some(entities) => checked_entities(Some(definition), entities)?,
            None => None,
        };
        Ok((Setup { environment: variables, replication_config, entities }, credentials))
    }

    /// Refuses settings with which calls would go where they may not.
    pub(crate) fn check_base_url(
        &self,
        definition: &ConnectorDefinition,
        replication_config: &Map<String, Value>,
        environment: &Map<String, Value>,
    ) -> Result<(), Error> {
        let effective = self.effective_settings(definition, replication_config, environment);
        let checked = self.executor.check_base_url(definition, &effective);
        checked.map_err(|error| Error::invalid("environment", error.to_string()))
    }
}

/// The scheme that one token fills.
fn fallback_scheme(definition: &ConnectorDefinition) -> Option<&definitions::AuthScheme> {
    let takes_one = |scheme: &&definitions::AuthScheme| {
        scheme.unsupported.is_none() && scheme.oauth.is_none() && scheme.required.len() == 1
    };
    definition.auth_schemes.iter().find(takes_one)
}

/// A new connector whose parts were checked.
pub(crate) struct Prepared {
    pub(crate) name: Option<String>,
    pub(crate) credential: domain::Credential,
    pub(crate) setup: Setup,
}

/// What a connector is made of beside its credential.
pub(crate) struct Setup {
    pub(crate) environment: Map<String, Value>,
    pub(crate) replication_config: Map<String, Value>,
    pub(crate) entities: Option<Vec<EntityAccess>>,
}

/// `Notion - acme`, cut so that it is a valid name.
pub(crate) fn default_name(title: &str, customer: &str) -> String {
    format!("{title} - {customer}").chars().take(NAME_CHARACTERS_MAX).collect()
}

/// An empty list lifts all limits.
fn checked_entities(
    definition: Option<&ConnectorDefinition>,
    entities: Vec<EntityAccess>,
) -> Result<Option<Vec<EntityAccess>>, Error> {
    if entities.is_empty() {
        return Ok(None);
    }
    let Some(definition) = definition else { return Ok(Some(entities)) };
    let faults: Vec<_> = entities
        .iter()
        .enumerate()
        .filter(|(_, access)| !definition.entities.contains_key(&access.entity))
        .map(|(index, access)| {
            let known: Vec<&str> = definition.entities.keys().map(String::as_str).collect();
            let nearest = nearest(&access.entity, known.iter().copied());
            FieldFault::new(
                format!("entities.{index}.entity"),
                format!(
                    "{} has no entity `{}`{}; it has {}",
                    definition.title,
                    access.entity,
                    suggestion(nearest),
                    known.join(", ")
                ),
            )
        })
        .take(FAULTS_MAX)
        .collect();
    if faults.is_empty() { Ok(Some(entities)) } else { Err(Error::Invalid(faults)) }
}
