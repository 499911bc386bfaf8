//! Connectors: created for a customer, read, changed, deleted.

mod choice;
mod credential;
mod settings;

use std::sync::Arc;

use definitions::ConnectorDefinition;
use domain::{Connector, ConnectorId, CustomerId, DefinitionId, EntityAccess, JobId, Tenant};
use serde_json::{Map, Value};
use store::StoreError;

use crate::customers::{NAME_CHARACTERS_MAX, UPDATE_TRIES, checked_name};
use crate::error::{FAULTS_MAX, FieldFault, suggestion};
use crate::{Control, Error};
pub use choice::DefinitionChoice;
pub(crate) use settings::effective_settings;

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
        let (definition, prepared) = self.prepare(new)?;
        let customer = self.ensure_customer(tenant, workspace_name).await?;
        let now = self.clock.now();
        let connector = Connector {
            id: ConnectorId::new(),
            organization_id: tenant.organization(),
            customer_id: customer.id,
            definition_id: definition.id,
            name: prepared.name.unwrap_or_else(|| default_name(&definition.title, &customer.name)),
            auth_scheme: prepared.credential.scheme().to_owned(),
            environment: prepared.environment,
            replication_config: prepared.replication_config,
            entities: prepared.entities,
            created_at: now,
            updated_at: now,
        };
        let sealed = self.seal_credential(tenant, connector.id, &prepared.credential).await?;
        // The customer may have been deleted a moment ago.
        let made = self.store.create_connector(tenant, &connector, &sealed).await;
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

    /// Removes a connector and its credential at once.
    ///
    /// Answers a job id, as clients expect one; nothing is left to be done under it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_connector(&self, tenant: &Tenant, id: ConnectorId) -> Result<JobId, Error> {
        self.store.delete_connector(tenant, id).await.map_err(Error::missing("connector", id))?;
        let job = JobId::new();
        tracing::info!(connector.id = %id, job.id = %job, "deleted connector `{id}`");
        Ok(job)
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

    /// Checks everything about a new connector that needs no database.
    pub(crate) fn prepare(&self, new: NewConnector) -> Result<(Arc<ConnectorDefinition>, Prepared), Error> {
        let NewConnector { definition, name, credentials, environment, replication_config, entities } = new;
        let definition = self.chosen_definition(&definition)?;
        if let Some(name) = &name {
            checked_name("name", name)?;
        }
        let settings::Sorted { credentials: more, environment: mut variables, rest: replication_config } =
            settings::sort(&definition, replication_config)?;
        let credential = credential::fitting(&definition, credentials, more)?;
        variables.extend(environment);
        let environment = variables;
        settings::check_environment(&definition, &environment)?;
        let effective = effective_settings(&definition, &replication_config, &environment);
        self.executor
            .check_base_url(&definition, &effective)
            .map_err(|error| Error::invalid("environment", error.to_string()))?;
        let entities = match entities {
            Some(entities) => checked_entities(Some(&definition), entities)?,
            None => None,
        };
        Ok((definition, Prepared { name, credential, environment, replication_config, entities }))
    }
}

/// A new connector whose parts were checked.
pub(crate) struct Prepared {
    pub(crate) name: Option<String>,
    pub(crate) credential: domain::Credential,
    pub(crate) environment: Map<String, Value>,
    pub(crate) replication_config: Map<String, Value>,
    pub(crate) entities: Option<Vec<EntityAccess>>,
}

/// `Notion - acme`, cut so that it is a valid name.
fn default_name(title: &str, customer: &str) -> String {
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
            let nearest = nearest(&access.entity, &known);
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

/// The name that was probably meant.
pub(crate) fn nearest<'n>(given: &str, known: &[&'n str]) -> Option<&'n str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&given.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
