//! Consent: where it begins. `complete.rs` is its other end, where the browser comes back.
//!
//! What the callback needs is kept in one row, found by the hash of the state and used once; what could
//! complete a flow or open a connector is sealed in it.

mod checks;
mod complete;
mod details;
mod facts;
mod landing;
mod made;

use std::sync::Arc;

use definitions::ConnectorDefinition;
use domain::{
    Caller, ConnectorId, ConnectorStatus, Consent, ConsentId, Customer, EntityAccess, OrganizationId, Tenant,
};
use oauth::OAuthError;
use serde_json::{Map, Value};
use url::Url;

use crate::connectors::{DefinitionChoice, Setup};
use crate::customers::checked_name;
use crate::error::FieldFault;
use crate::provider::consent_scheme;
use crate::{Control, Error};
use checks::{check_beside, check_hosts, parameters, with_own_query};
use details::Details;
pub use landing::{ConsentEnd, ConsentPage};

/// How long a person may take at the provider's page.
const CONSENT_LASTS_MS: i64 = 10 * 60 * 1_000;
/// What is kept of a consent under way, at most.
const DETAILS_BYTES_MAX: usize = 64 * 1024;

/// A consent to begin.
pub struct BeginConsent {
    /// The customer, created on first use. With `connector_id` it may be left out.
    pub workspace_name: Option<String>,
    pub definition: DefinitionChoice,
    /// Where the browser goes afterwards.
    pub redirect_url: String,
    pub name: Option<String>,
    pub replication_config: Map<String, Value>,
    pub environment: Map<String, Value>,
    pub entities: Option<Vec<EntityAccess>>,
    /// Further parameters of the provider's authorization page.
    pub parameters: Map<String, Value>,
    /// The connector to consent anew for, instead of making one.
    pub connector_id: Option<ConnectorId>,
    /// Whether that connector may come to stand for another account.
    pub allow_account_change: bool,
}

/// The browser's return, as it came.
pub struct Callback<'a> {
    /// The definition that the path names.
    pub definition: &'a str,
    /// The organization that the path names, when its own app was used.
    pub organization: Option<OrganizationId>,
    /// The raw query.
    pub query: &'a str,
}

impl Control {
    /// Begins a consent and says where the browser is to be sent. Nothing is kept when anything is
    /// wrong.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::UnknownDefinition`], [`Error::OAuthNotSupported`],
    /// [`Error::OAuthAppMissing`], [`Error::NotFound`] for a connector or workspace out of reach.
    pub async fn begin_consent(
        &self,
        caller: &Caller,
        tenant: &Tenant,
        begin: BeginConsent,
    ) -> Result<Url, Error> {
        let settings = self.organization_settings(tenant).await?;
        let return_url =
            crate::organization_settings::check_return_url(&settings, caller.kind(), &begin.redirect_url)?;
        let parameters = parameters(&begin.parameters)?;
        let Subject { definition, setup, credentials, customer } = self.subject(tenant, &begin).await?;
        let definition = definition.as_ref();
        let scheme = consent_scheme(definition)?;
        let effective = self.effective_settings(definition, &setup.replication_config, &setup.environment);
        check_hosts(definition, &effective)?;
        let chosen = self.app_for(tenant, definition).await?;
        let provider = self.provider_for(definition, scheme, &effective, chosen.own).await?;
        let begun = oauth::begin(&provider, &chosen.app, &parameters).map_err(not_begun)?;
        let browser_url = self
            .executor
            .browser_url(&begun.consent_url)
            .map_err(|error| Error::Egress(error.to_string()))?;

        let customer = match customer {
            Some(customer) => customer.id,
            None => self.customer_of_consent(tenant, begin.workspace_name.as_deref()).await?.id,
        };
        let now = self.clock.now();
        let id = ConsentId::new();
        let details = Details::new(&begin, setup, &chosen, begun.verifier, credentials);
        let sealed = self.seal_details(tenant, id, &details).await?;
        if sealed.len() > DETAILS_BYTES_MAX {
            let text = "the settings of a consent may have 64 KiB at most in all";
            return Err(Error::invalid("replication_config", text));
        }
        let consent = Consent {
            id,
            organization_id: tenant.organization(),
            customer_id: customer,
            application_id: caller.application(),
            definition_id: definition.id,
            own_app: chosen.own,
            connector_id: begin.connector_id,
            return_url: with_own_query(return_url, &begin.redirect_url),
            sealed,
            created_at: now,
            expires_at: now.plus_ms(CONSENT_LASTS_MS),
        };
        #[expect(clippy::disallowed_methods, reason = "only the hash of the state is kept")]
        let hash = oauth::state_hash(begun.state.expose());
        self.store.create_consent(tenant, &consent, &hash).await?;
        Ok(browser_url)
    }

    /// What is to be connected, and for whom.
    async fn subject(&self, tenant: &Tenant, begin: &BeginConsent) -> Result<Subject, Error> {
        if let Some(id) = begin.connector_id {
            return self.existing_subject(tenant, id, begin).await;
        }
        if let Some(name) = &begin.name {
            checked_name("name", name)?;
        }
        if begin.allow_account_change {
            let text = "`allow_account_change` goes with `connector_id`: a new connector has no account yet";
            return Err(Error::invalid("allow_account_change", text));
        }
        let definition = self.chosen_definition(&begin.definition)?;
        // Before the settings are looked at: of a definition without consent they do not matter.
        let scheme = consent_scheme(&definition)?;
        let (setup, credentials) = self.setup(
            &definition,
            begin.replication_config.clone(),
            begin.environment.clone(),
            begin.entities.clone(),
        )?;
        check_beside(scheme, &credentials)?;
        // The name is checked now, and the customer made only when everything else is right.
        self.checked_workspace_name(begin.workspace_name.as_deref())?;
        Ok(Subject { definition, setup, credentials, customer: None })
    }

    async fn existing_subject(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        begin: &BeginConsent,
    ) -> Result<Subject, Error> {
        let view = self.connector(tenant, id).await?;
        let connector = view.connector;
        let definition = view.definition.ok_or_else(|| self.missing_definition(connector.definition_id))?;
        if begin.definition.is_given() && self.chosen_definition(&begin.definition)?.id != definition.id {
            let text = format!("connector {id} is of {}; leave the definition out", definition.title);
            return Err(Error::invalid("definition_id", text));
        }
        let unchangeable = [
            ("name", begin.name.is_some()),
            ("replication_config", !begin.replication_config.is_empty()),
            ("environment", !begin.environment.is_empty()),
            ("entities", begin.entities.is_some()),
        ];
        if let Some((field, _)) = unchangeable.iter().find(|(_, given)| *given) {
            let text = format!("`{field}` stays as it is when a connector is consented anew: leave it out");
            return Err(Error::invalid(*field, text));
        }
        if connector.state.status == ConnectorStatus::Disabled {
            let message =
                format!("connector {id} is disabled: enable it first, with POST …/connectors/{id}/enable");
            return Err(Error::Conflict { message, field: Some("connector_id") });
        }
        let customer = self.customer(tenant, connector.customer_id).await?;
        if begin.workspace_name.as_ref().is_some_and(|name| *name != customer.name) {
            let text = format!("connector {id} belongs to another workspace; leave workspace_name out");
            return Err(Error::invalid("workspace_name", text));
        }
        let setup = Setup {
            environment: connector.environment,
            replication_config: connector.replication_config,
            entities: connector.entities,
        };
        Ok(Subject { definition, setup, credentials: Map::new(), customer: Some(customer) })
    }

    fn checked_workspace_name<'n>(&self, name: Option<&'n str>) -> Result<&'n str, Error> {
        let name = name.ok_or_else(|| {
            let text = "`workspace_name` is required: the customer who consents (customer_name is taken too)";
            Error::Invalid(vec![FieldFault::new("workspace_name", text).with_code("missing")])
        })?;
        checked_name("workspace_name", name)?;
        Ok(name)
    }

    /// The customer by name; for a scoped token any but its own does not exist.
    async fn customer_of_consent(&self, tenant: &Tenant, name: Option<&str>) -> Result<Customer, Error> {
        let name = self.checked_workspace_name(name)?;
        match self.ensure_customer(tenant, name).await {
            Err(Error::Forbidden(_)) => {
                Err(Error::NotFound { noun: "workspace", id: "of that name".to_owned() })
            }
            other => other,
        }
    }
}

/// What a consent is for.
struct Subject {
    definition: Arc<ConnectorDefinition>,
    setup: Setup,
    /// Values for the credential that consent does not bring.
    credentials: Map<String, Value>,
    /// Of a connector that exists.
    customer: Option<Customer>,
}

/// The consent URL cannot be made: a parameter that may not be set, or a definition that is at fault.
fn not_begun(error: OAuthError) -> Error {
    match error {
        OAuthError::Misconfigured(reason) => Error::invalid("oauth_input_configuration", reason),
        other => Error::Internal(Box::new(other)),
    }
}
