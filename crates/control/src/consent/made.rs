//! From a grant to a connector: a new one, or the one that was consented for anew.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use definitions::ConnectorDefinition;
use domain::{
    Connector, ConnectorId, ConnectorState, ConnectorStatus, Consent, CredentialSource, EventKind, Secret,
    Tenant, Timestamp,
};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use store::{Confirmation, StoreError};
use tokio::time::{Duration, Instant, sleep};

use super::complete::Failure;
use super::details::Details;
use super::facts::{Facts, is_other_account};
use crate::connectors::default_name;
use crate::credentials::{FIRST_VERSION, Opened};
use crate::customers::UPDATE_TRIES;
use crate::events::new_event;
use crate::{Control, Error};

/// How long an unconfirmed connector stands.
const CONFIRM_WITHIN_MS: i64 = 15 * 60 * 1_000;
/// How long a new connector is tried to be stored while the database does not answer; a browser waits.
const STORE_FOR: Duration = Duration::from_secs(15);
const STORE_PAUSE: Duration = Duration::from_millis(250);

/// A connector that stands.
pub(super) struct Made {
    pub(super) connector: ConnectorId,
    /// For the product, when the organization confirms its connectors.
    pub(super) confirmation: Option<Secret>,
}

/// The two forms of a confirmation: for the product, and for the row.
fn new_confirmation(now: Timestamp, removes: bool) -> (Secret, Confirmation) {
    let text = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let hash = Sha256::digest(text.as_bytes()).into();
    (Secret::new(text), Confirmation { hash, before: now.plus_ms(CONFIRM_WITHIN_MS), removes })
}

impl Control {
    pub(super) async fn make_connector(
        &self,
        consent: &Consent,
        mut details: Details,
        definition: &ConnectorDefinition,
        facts: Facts,
        opened: Opened,
    ) -> Result<Made, Failure> {
        let tenant = consent.tenant();
        let opened = with_given(opened, std::mem::take(&mut details.credentials));
        let made = async {
            let customer = self.customer(&tenant, consent.customer_id).await?;
            let mut environment = details.environment.clone();
            facts.extract_into(definition, &mut environment)?;
            self.check_base_url(definition, &details.replication_config, &environment)?;
            let settings = self.effective_settings(definition, &details.replication_config, &environment);
            super::checks::check_hosts(definition, &settings)?;
            let (state, confirmation) = self.first_state(consent, &facts, true).await?;
            let (confirmation, kept) = confirmation.unzip();
            let connector = Connector {
                id: facts.id,
                organization_id: consent.organization_id,
                customer_id: customer.id,
                definition_id: definition.id,
                name: details
                    .name
                    .clone()
                    .or_else(|| facts.name())
                    .unwrap_or_else(|| default_name(&definition.title, &customer.name)),
                auth_scheme: opened.credential.scheme().to_owned(),
                environment,
                replication_config: details.replication_config.clone(),
                entities: details.entities.clone(),
                state,
                credential_source: CredentialSource::Consent,
                account: Some(facts.account.clone()),
                granted_scopes: facts.scopes.clone(),
                created_at: facts.now,
                updated_at: facts.now,
            };
            let sealed = self.seal_credential(&tenant, facts.id, FIRST_VERSION, &opened, facts.grant).await?;
            let kind = EventKind::ConnectorCreated;
            let event = new_event(kind, customer.id, Some(facts.id), Map::new(), facts.now);
            let until = Instant::now() + STORE_FOR;
            let mut tries = 0;
            loop {
                let stored =
                    self.store.create_connector(&tenant, &connector, &sealed, kept.as_ref(), &event).await;
                tries += 1;
                match stored {
                    Ok(()) => break,
                    // The answer to an earlier try was lost, and the try was not.
                    Err(StoreError::Conflict(_)) if tries > 1 => break,
                    Err(StoreError::Unavailable(_)) if Instant::now() < until => sleep(STORE_PAUSE).await,
                    Err(error) => return Err(Error::missing("workspace", customer.id)(error)),
                }
            }
            Ok(Made { connector: facts.id, confirmation })
        };
        match made.await {
            Ok(made) => Ok(made),
            Err(error) => {
                self.give_back(consent, definition, &details, facts.id, &opened).await;
                tracing::error!(consent.id = %consent.id, organization.id = %consent.organization_id,
                    error = &error as &dyn std::error::Error, "a grant could not be kept");
                Err(Failure::creation(&error))
            }
        }
    }

    pub(super) async fn reconnect(
        &self,
        consent: &Consent,
        id: ConnectorId,
        mut details: Details,
        definition: &ConnectorDefinition,
        facts: Facts,
        opened: Opened,
    ) -> Result<Made, Failure> {
        let tenant = consent.tenant();
        details.credentials.extend(self.kept_beside(&tenant, id, definition).await);
        let opened = with_given(opened, std::mem::take(&mut details.credentials));
        let made = async {
            for _ in 0..UPDATE_TRIES {
                let row = self.store.connector_for_call(&tenant, id).await;
                let row = row.map_err(Error::missing("connector", id))?;
                let mut connector = row.connector;
                let changed = is_other_account(connector.account.as_ref(), &facts.account);
                if changed && !details.allow_account_change {
                    return Ok(Err(Failure::new(
                        "account_mismatch",
                        "another account was chosen than the one this connector stands for; choose the same, \
                         or make a new connector",
                    )));
                }
                // Enabling it would make usable what nobody may have confirmed.
                if connector.state.status == ConnectorStatus::Disabled {
                    return Ok(Err(Failure::new(
                        "creation_failed",
                        "the connector was disabled meanwhile; enable it and start again",
                    )));
                }
                facts.extract_into(definition, &mut connector.environment)?;
                self.check_base_url(definition, &connector.replication_config, &connector.environment)?;
                let (state, confirmation) = self.first_state(consent, &facts, false).await?;
                let (confirmation, kept) = confirmation.unzip();
                connector.state = state;
                connector.auth_scheme = opened.credential.scheme().to_owned();
                let connector_was_granted = connector.credential_source == CredentialSource::Consent;
                connector.credential_source = CredentialSource::Consent;
                connector.account = Some(facts.account.clone());
                connector.granted_scopes.clone_from(&facts.scopes);
                connector.updated_at = self.clock.now();
                let read = row.credential.version;
                // Of another account: nobody will use it any more.
                let replaced_grant = if changed && connector_was_granted {
                    self.open_credential(&tenant, id, read, &row.credential.sealed).await.ok()
                } else {
                    None
                };
                let sealed = self.seal_credential(&tenant, id, read + 1, &opened, facts.grant).await?;
                let data: Map<_, _> = [("cause".to_owned(), json!("consent"))].into_iter().collect();
                let kind = EventKind::ConnectorRefreshedAgain;
                let event = new_event(kind, consent.customer_id, Some(id), data, facts.now);
                let replaced = self
                    .store
                    .replace_credential(&tenant, &connector, read, &sealed, kept.as_ref(), &event)
                    .await;
                match replaced {
                    Ok(()) => {
                        if changed && let Some(old) = replaced_grant {
                            self.give_back(consent, definition, &details, id, &old).await;
                        }
                        return Ok(Ok(Made { connector: id, confirmation }));
                    }
                    Err(StoreError::Conflict(_)) => {}
                    Err(error) => return Err(Error::missing("connector", id)(error)),
                }
            }
            let message = "the connector is being changed by others: start again".to_owned();
            Err(Error::Conflict { message, field: None })
        };
        match made.await {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(failure)) => {
                self.give_back(consent, definition, &details, facts.id, &opened).await;
                Err(failure)
            }
            Err(error) => {
                self.give_back(consent, definition, &details, facts.id, &opened).await;
                tracing::error!(consent.id = %consent.id, organization.id = %consent.organization_id,
                    error = &error as &dyn std::error::Error, "a grant could not be kept");
                Err(Failure::creation(&error))
            }
        }
    }

    /// What the connector's credential has that no consent brings; nothing when it cannot be read.
    async fn kept_beside(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        definition: &ConnectorDefinition,
    ) -> BTreeMap<String, Secret> {
        let Ok(row) = self.store.connector_for_call(tenant, id).await else { return BTreeMap::new() };
        let stored = &row.credential;
        match self.open_credential(tenant, id, stored.version, &stored.sealed).await {
            Ok(opened) => match definition.scheme(&row.connector.auth_scheme) {
                Some(scheme) => opened.beside_the_grant(scheme),
                None => BTreeMap::new(),
            },
            Err(_) => BTreeMap::new(),
        }
    }

    /// Active, or waiting for the confirmation that the organization asks for.
    async fn first_state(
        &self,
        consent: &Consent,
        facts: &Facts,
        removes: bool,
    ) -> Result<(ConnectorState, Option<(Secret, Confirmation)>), Error> {
        let settings = self.organization_settings(&consent.tenant()).await?;
        if !settings.confirm_connectors {
            return Ok((ConnectorState::active(facts.now), None));
        }
        let state = ConnectorState {
            status: ConnectorStatus::PendingConfirmation,
            since: facts.now,
            reason: Some("the application has yet to confirm that the right person consented".to_owned()),
        };
        Ok((state, Some(new_confirmation(facts.now, removes))))
    }

    /// Gives back upstream what was granted and is not kept.
    async fn give_back(
        &self,
        consent: &Consent,
        definition: &ConnectorDefinition,
        details: &Details,
        connector: ConnectorId,
        opened: &Opened,
    ) {
        let (environment, config) = (&details.environment, &details.replication_config);
        self.discard_grant(&consent.tenant(), definition, connector, environment, config, opened).await;
    }
}

/// The granted credential with values the application gave beside it; the granted ones win.
fn with_given(opened: Opened, given: BTreeMap<String, Secret>) -> Opened {
    let scheme = opened.credential.scheme().to_owned();
    let mut values = given;
    values.extend(opened.credential.into_values());
    Opened { credential: domain::Credential::new(scheme, values), grant: opened.grant }
}
