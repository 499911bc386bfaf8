//! The browser comes back: the state is taken, the code exchanged, the connector made.
//!
//! Nothing in the query is believed but the state and the code: whose consent it is, and where the
//! browser goes, is in the row that the state leads to. The row is gone before anything is sent, so a
//! second callback finds nothing.

use std::sync::Arc;

use definitions::ConnectorDefinition;
use domain::{Consent, EventKind, OrganizationId, Secret};
use oauth::{CallbackQuery, OAuthError};
use serde_json::{Map, json};

use super::details::Details;
use super::facts::Facts;
use super::landing::{ConsentEnd, ConsentPage, with_query};
use super::{Callback, made};
use crate::credentials::granted;
use crate::events::new_event;
use crate::provider::consent_scheme;
use crate::{Control, Error};

const LINK_TITLE: &str = "This link does not work";
const START_AGAIN: &str = "To connect, go back to the application you came from and start again.";

/// Why a consent came to nothing, for the product.
pub(super) struct Failure {
    /// The value of `error`.
    pub(super) code: String,
    pub(super) description: String,
}

impl Failure {
    pub(super) fn new(code: &str, description: impl Into<String>) -> Self {
        Self { code: code.to_owned(), description: description.into() }
    }

    /// Something of ours went wrong; the chain is in the log.
    pub(super) fn creation(error: &Error) -> Self {
        let description = match error {
            Error::Internal(_) | Error::Unavailable(_) => {
                "the connection could not be completed on our side; start again".to_owned()
            }
            told => told.to_string(),
        };
        Self::new("creation_failed", description)
    }
}

impl Control {
    /// Ends a consent. It goes on to its end when the browser goes away, because a code that was
    /// exchanged is used up.
    pub async fn complete_consent(&self, callback: Callback<'_>) -> ConsentEnd {
        let query = match oauth::callback(callback.query) {
            Ok(query) => query,
            Err(fault) => {
                return ConsentEnd::Refused(ConsentPage::new(LINK_TITLE, format!("{fault}. {START_AGAIN}")));
            }
        };
        let control = self.clone();
        let (definition, organization) = (callback.definition.to_owned(), callback.organization);
        let work = async move { control.complete(&definition, organization, query).await };
        match self.flights.run(work).await {
            Ok(Ok(end)) => end,
            Ok(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a consent could not be ended");
                ConsentEnd::Refused(page_of(&error))
            }
            Err(_) => ConsentEnd::Refused(page_of(&Error::Internal("a task panicked".into()))),
        }
    }

    async fn complete(
        &self,
        definition_name: &str,
        organization: Option<OrganizationId>,
        query: CallbackQuery,
    ) -> Result<ConsentEnd, Error> {
        #[expect(clippy::disallowed_methods, reason = "the state is looked up by its hash")]
        let hash = oauth::state_hash(query.state.expose());
        let Some(consent) = self.store.take_consent(&hash).await? else {
            let text = format!(
                "It was used already, is not complete, or was made too long ago. If you just connected an \
                 account, look in the application whether it is there. {START_AGAIN}"
            );
            return Ok(ConsentEnd::Refused(ConsentPage::new(LINK_TITLE, text)));
        };
        let ended = self.complete_taken(&consent, definition_name, organization, query).await;
        // The state is used up, so the product is told.
        Ok(ended.unwrap_or_else(|error| {
            tracing::error!(consent.id = %consent.id, organization.id = %consent.organization_id,
                error = &error as &dyn std::error::Error, "a consent could not be ended");
            failed(&consent, &Failure::creation(&error))
        }))
    }

    async fn complete_taken(
        &self,
        consent: &Consent,
        definition_name: &str,
        organization: Option<OrganizationId>,
        query: CallbackQuery,
    ) -> Result<ConsentEnd, Error> {
        let tenant = consent.tenant();
        let now = self.clock.now();
        if consent.expires_at <= now {
            let data: Map<_, _> = [("consent_id".to_owned(), json!(consent.id))].into_iter().collect();
            let event =
                new_event(EventKind::ConsentExpired, consent.customer_id, consent.connector_id, data, now);
            self.store.add_event(&tenant, &event).await?;
            let text = format!("It is older than ten minutes. {START_AGAIN}");
            return Ok(ConsentEnd::Refused(ConsentPage::new("This link has expired", text)));
        }
        if !self.still_stands(consent).await? {
            let text = format!("The application that made it no longer exists. {START_AGAIN}");
            return Ok(ConsentEnd::Refused(ConsentPage::new(LINK_TITLE, text)));
        }
        let definition = self.catalog.definition(consent.definition_id).cloned();
        let own = consent.own_app.then_some(consent.organization_id);
        let fits = definition.as_ref().is_some_and(|found| found.name == definition_name);
        if !fits || organization != own {
            tracing::warn!(consent.id = %consent.id, organization.id = %consent.organization_id,
                "a consent came back at an address that is not its own, and was ended");
            let text = format!(
                "The answer came to an address that belongs to another connection, so it was not used. {START_AGAIN}"
            );
            return Ok(ConsentEnd::Refused(ConsentPage::new(LINK_TITLE, text)));
        }
        let Some(definition) = definition else {
            return Err(self.missing_definition(consent.definition_id));
        };
        let details = self.open_details(&tenant, consent.id, &consent.sealed).await?;
        let provider = {
            let scheme = consent_scheme(&definition)?;
            let settings =
                self.effective_settings(&definition, &details.replication_config, &details.environment);
            self.provider_for(&definition, scheme, &settings, consent.own_app).await
        };
        let provider = match provider {
            Ok(provider) => provider,
            // A refusal is one, whoever can be asked.
            Err(_) if query.error.is_some() => return Ok(refused(consent, query)),
            Err(error) => return Err(error),
        };
        if let Err(fault) = oauth::check_callback_issuer(&provider, query.iss.as_deref()) {
            tracing::warn!(consent.id = %consent.id, organization.id = %consent.organization_id,
                "a consent was ended: {fault}");
            let text = format!(
                "The answer does not come from the service that was asked ({fault}), so it was not used. {START_AGAIN}"
            );
            return Ok(ConsentEnd::Refused(ConsentPage::new("This answer was not used", text)));
        }
        if query.error.is_some() {
            return Ok(refused(consent, query));
        }
        let Some(code) = query.code else {
            let text = "the service sent neither a code nor an error";
            return Ok(failed(consent, &Failure::new("token_exchange_failed", text)));
        };
        Ok(match self.connect(consent, details, &definition, &provider, &code).await {
            Ok(made) => returned(consent, &made),
            Err(failure) => failed(consent, &failure),
        })
    }

    /// Whether the application that began the consent may still act for its organization.
    async fn still_stands(&self, consent: &Consent) -> Result<bool, Error> {
        let application = self.store.application(consent.application_id).await?;
        Ok(application
            .is_some_and(|application| application.organizations.contains(&consent.organization_id)))
    }

    /// The code becomes tokens, and these a connector.
    async fn connect(
        &self,
        consent: &Consent,
        details: Details,
        definition: &Arc<ConnectorDefinition>,
        provider: &oauth::Provider,
        code: &Secret,
    ) -> Result<made::Made, Failure> {
        let app = details.app.app();
        let transport = self.transport(None);
        let _place = self.flights.place(provider.token_url.host_str().unwrap_or_default()).await;
        let tokens = oauth::exchange(&transport, provider, &app, code, &details.verifier)
            .await
            .map_err(|error| not_exchanged(consent, &error))?;
        let scheme = consent_scheme(definition).map_err(|error| Failure::creation(&error))?;
        let facts = Facts::of(scheme, &tokens, consent.connector_id, self.clock.now());
        let opened = granted(scheme, &app, consent.own_app, tokens);
        match consent.connector_id {
            None => self.make_connector(consent, details, definition, facts, opened).await,
            Some(id) => self.reconnect(consent, id, details, definition, facts, opened).await,
        }
    }
}

fn not_exchanged(consent: &Consent, error: &OAuthError) -> Failure {
    tracing::warn!(consent.id = %consent.id, organization.id = %consent.organization_id,
        "a code could not be exchanged: {error}");
    let description = match error {
        OAuthError::Refused { .. } => format!("{error}"),
        OAuthError::Unreachable { .. } => {
            "the service could not be reached; start again in a moment".to_owned()
        }
        OAuthError::Unknown { .. } => "the service did not answer as it should; start again".to_owned(),
        OAuthError::Misconfigured(reason) => format!("the connection is not set up right: {reason}"),
    };
    Failure::new("token_exchange_failed", description)
}

fn declined(code: &str) -> String {
    match code {
        "access_denied" => "the person did not allow the access".to_owned(),
        other => format!("the service answered `{other}`"),
    }
}

/// The provider's error, passed on.
fn refused(consent: &Consent, query: CallbackQuery) -> ConsentEnd {
    let code = query.error.unwrap_or_default();
    let description = query.error_description.unwrap_or_else(|| declined(&code));
    failed(consent, &Failure { code, description })
}

fn failed(consent: &Consent, failure: &Failure) -> ConsentEnd {
    let parameters = [("error", failure.code.as_str()), ("error_description", failure.description.as_str())];
    let title = if failure.code == "access_denied" {
        "Access was not allowed"
    } else {
        "The account was not connected"
    };
    let text = if failure.code == "access_denied" {
        "You did not allow the access. Nothing was connected.".to_owned()
    } else {
        format!("Nothing was connected: {}.", failure.description.trim_end_matches('.'))
    };
    let url = with_query(&consent.return_url, &parameters);
    ConsentEnd::Return { url, page: ConsentPage::new(title, text) }
}

fn returned(consent: &Consent, made: &made::Made) -> ConsentEnd {
    let id = made.connector.to_string();
    let mut parameters = vec![("connector_id", id.as_str())];
    if let Some(confirmation) = &made.confirmation {
        #[expect(clippy::disallowed_methods, reason = "handing it to the product is what it is for")]
        parameters.push(("confirmation", confirmation.expose()));
    }
    let url = with_query(&consent.return_url, &parameters);
    ConsentEnd::Return { url, page: ConsentPage::new("The account is connected", "You can close this page.") }
}

/// A failure of ours, for a person who cannot do anything about it.
fn page_of(error: &Error) -> ConsentPage {
    let text = match error {
        Error::Unavailable(_) => "The service is busy. Try the link again in a moment.".to_owned(),
        _ => format!("Something went wrong on our side. {START_AGAIN}"),
    };
    ConsentPage::new("The account was not connected", text)
}
