//! OAuth apps: an organization's own, one for each definition, before the operator's.
//!
//! A grant keeps the app it was made with, so replacing or deleting one here breaks no connector: it
//! decides which app the next consent goes by. `configuration.rs` says what an app consists of.

mod configuration;

use std::sync::Arc;

use definitions::{ClientAuthStyle, ConnectorDefinition};
use domain::{OAuthAppId, OrganizationId, Tenant, Timestamp};
use oauth::App;
use serde_json::{Map, Value};
use store::StoredOAuthApp;

use crate::credentials::{GrantApp, copy};
use crate::customers::UPDATE_TRIES;
use crate::provider::consent_scheme;
use crate::secrets::Slot;
use crate::{Control, DefinitionChoice, Error};

/// The name of the sealed value; part of its associated data, so it never changes.
const FIELD: &str = "oauth_app";
/// The version a new app starts with.
const FIRST_VERSION: i64 = 1;

/// An organization's own OAuth app, as much of it as may be shown.
#[derive(Debug)]
pub struct OAuthAppView {
    pub id: OAuthAppId,
    pub organization_id: OrganizationId,
    pub definition: Arc<ConnectorDefinition>,
    /// Enough to tell two apps apart.
    pub client_id_masked: String,
    /// What has to be registered with the provider, exactly.
    pub redirect_uri: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The redirect URIs of one definition for one organization, to be registered exactly.
#[derive(Debug)]
pub struct RedirectUris {
    pub definition: Arc<ConnectorDefinition>,
    /// For the organization's own app.
    pub organization_app: String,
    /// For the operator's app.
    pub operator_app: String,
    /// Whether the operator has an app for it.
    pub operator_app_configured: bool,
}

/// The app a consent goes by.
pub(crate) struct ChosenApp {
    /// Whether it is the organization's own.
    pub(crate) own: bool,
    pub(crate) app: App,
}

impl Control {
    /// Makes or replaces the organization's own OAuth app for a definition.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`], [`Error::OAuthNotSupported`], [`Error::Invalid`] with one fault
    /// for each key of `configuration`.
    pub async fn put_oauth_app(
        &self,
        tenant: &Tenant,
        choice: DefinitionChoice,
        configuration: Map<String, Value>,
    ) -> Result<OAuthAppView, Error> {
        let definition = self.chosen_definition(&choice)?;
        let app = configuration::read(&definition, client_auth(&definition)?, configuration)?;
        for _ in 0..UPDATE_TRIES {
            let found = self.store.oauth_app(tenant, definition.id).await?;
            let read_version = found.as_ref().map(|found| found.version);
            let now = self.clock.now();
            let id = found.as_ref().map_or_else(OAuthAppId::new, |found| found.id);
            let version = read_version.map_or(FIRST_VERSION, |version| version + 1);
            let slot = Slot { row: id.uuid(), field: FIELD, row_version: version };
            let plain = configuration::plain(&app)?;
            #[expect(clippy::disallowed_methods, reason = "the plain text goes into the envelope")]
            let sealed = self.secrets.seal(tenant, &slot, plain.expose()).await?;
            let stored = StoredOAuthApp {
                id,
                definition_id: definition.id,
                version,
                client_id_masked: configuration::masked(&app.client_id),
                sealed,
                created_at: found.map_or(now, |found| found.created_at),
                updated_at: now,
            };
            if self.store.put_oauth_app(tenant, &stored, read_version).await? {
                tracing::info!(organization.id = %tenant.organization(), definition = %definition.name,
                    "set the organization's own OAuth app for {}", definition.title);
                return Ok(self.app_view(tenant, definition, stored));
            }
        }
        let message = "this OAuth app is being changed by others: try again".to_owned();
        Err(Error::Conflict { message, field: None })
    }

    /// The organization's own OAuth app for a definition.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has none, whether or not the operator has one.
    pub async fn oauth_app(&self, tenant: &Tenant, choice: DefinitionChoice) -> Result<OAuthAppView, Error> {
        let definition = self.chosen_definition(&choice)?;
        let found = self.store.oauth_app(tenant, definition.id).await?;
        let stored = found
            .ok_or_else(|| Error::NotFound { noun: "OAuth app", id: format!("for {}", definition.title) })?;
        Ok(self.app_view(tenant, definition, stored))
    }

    /// Removes the organization's own OAuth app, so that the operator's is used from now on. It
    /// succeeds also when there was none.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`].
    pub async fn delete_oauth_app(&self, tenant: &Tenant, connector_type: &str) -> Result<(), Error> {
        let choice = DefinitionChoice {
            connector_type: Some(connector_type.to_owned()),
            ..DefinitionChoice::default()
        };
        let definition = self.chosen_definition(&choice)?;
        if self.store.delete_oauth_app(tenant, definition.id).await? {
            tracing::info!(organization.id = %tenant.organization(), definition = %definition.name,
                "deleted the organization's own OAuth app for {}", definition.title);
        }
        Ok(())
    }

    /// What has to be registered with the provider.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`], [`Error::OAuthNotSupported`].
    pub fn redirect_uris(&self, tenant: &Tenant, choice: &DefinitionChoice) -> Result<RedirectUris, Error> {
        let definition = self.chosen_definition(choice)?;
        let style = client_auth(&definition)?;
        Ok(RedirectUris {
            organization_app: self.own_redirect_uri(tenant, &definition.name),
            operator_app: self.operator_redirect_uri(&definition.name),
            operator_app_configured: self.operator_app(&definition, style).is_some(),
            definition,
        })
    }

    /// What the `configuration` of an OAuth app for this definition consists of, as JSON Schema.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`], [`Error::OAuthNotSupported`].
    pub fn app_specification(&self, choice: &DefinitionChoice) -> Result<Value, Error> {
        let definition = self.chosen_definition(choice)?;
        Ok(configuration::schema(&definition, client_auth(&definition)?))
    }

    /// The app for a consent: the organization's own, else the operator's.
    ///
    /// # Errors
    /// [`Error::OAuthAppMissing`] when there is neither.
    pub(crate) async fn app_for(
        &self,
        tenant: &Tenant,
        definition: &ConnectorDefinition,
    ) -> Result<ChosenApp, Error> {
        let style = client_auth(definition)?;
        if let Some(app) = self.own_app(tenant, definition).await? {
            return Ok(ChosenApp { own: true, app });
        }
        let operators = self.operator_app(definition, style);
        operators.map(|app| ChosenApp { own: false, app }).ok_or_else(|| missing(definition, style))
    }

    /// The app of that client id as it is now, for a grant that was made with it: its secret may have
    /// been replaced since. `own` says whose app it was.
    pub(crate) async fn current_app(
        &self,
        tenant: &Tenant,
        definition: &ConnectorDefinition,
        client_id: &str,
        own: bool,
    ) -> Result<Option<App>, Error> {
        let app = match client_auth(definition) {
            _ if own => self.own_app(tenant, definition).await?,
            Ok(style) => self.operator_app(definition, style),
            Err(_) => None,
        };
        Ok(app.filter(|app| app.client_id == client_id))
    }

    async fn own_app(&self, tenant: &Tenant, definition: &ConnectorDefinition) -> Result<Option<App>, Error> {
        let Some(stored) = self.store.oauth_app(tenant, definition.id).await? else { return Ok(None) };
        let slot = Slot { row: stored.id.uuid(), field: FIELD, row_version: stored.version };
        let plain = self.secrets.open(tenant, &slot, &stored.sealed).await?;
        #[expect(clippy::disallowed_methods, reason = "the plain text becomes an app")]
        let opened = serde_json::from_slice::<GrantApp>(plain.expose());
        // The parser's message could quote the text, so it is dropped.
        let kept = opened.map_err(|_| Error::Internal("a sealed OAuth app does not parse".into()))?;
        Ok(Some(App { redirect_uri: self.own_redirect_uri(tenant, &definition.name), ..kept.app() }))
    }

    /// The operator's app, if it is complete: what signs with a key of its own cannot be configured
    /// by the operator.
    fn operator_app(&self, definition: &ConnectorDefinition, style: ClientAuthStyle) -> Option<App> {
        let configured = self.operator.apps.get(&definition.name)?;
        let client_id = configured.client_id.clone().filter(|_| style != ClientAuthStyle::PrivateKeyJwt)?;
        Some(App {
            client_id,
            client_secret: configured.client_secret.as_ref().map(copy),
            redirect_uri: self.operator_redirect_uri(&definition.name),
            signing_key: None,
        })
    }

    fn operator_redirect_uri(&self, name: &str) -> String {
        let exact = self.operator.apps.get(name).and_then(|app| app.redirect_uri.clone());
        exact.unwrap_or_else(|| format!("{}/api/v1/oauth/callback/{name}", self.public_url))
    }

    /// Names the organization: with one URI for all, a hostile definition could catch another's code.
    fn own_redirect_uri(&self, tenant: &Tenant, name: &str) -> String {
        format!("{}/api/v1/oauth/callback/{name}/{}", self.public_url, tenant.organization())
    }

    fn app_view(
        &self,
        tenant: &Tenant,
        definition: Arc<ConnectorDefinition>,
        stored: StoredOAuthApp,
    ) -> OAuthAppView {
        OAuthAppView {
            id: stored.id,
            organization_id: tenant.organization(),
            client_id_masked: stored.client_id_masked,
            redirect_uri: self.own_redirect_uri(tenant, &definition.name),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            definition,
        }
    }
}

/// How the definition's apps prove themselves.
fn client_auth(definition: &ConnectorDefinition) -> Result<ClientAuthStyle, Error> {
    let scheme = consent_scheme(definition)?;
    let style = scheme.oauth.as_ref().and_then(|oauth| oauth.settings.client_auth);
    // What is left to the issuer's metadata needs a secret, unless the definition says otherwise.
    Ok(style.unwrap_or(ClientAuthStyle::Basic))
}

fn missing(definition: &ConnectorDefinition, style: ClientAuthStyle) -> Error {
    let variable = definition.name.to_uppercase().replace('-', "_");
    let (id, secret) =
        (format!("PATCHBAY_OAUTH_{variable}_CLIENT_ID"), format!("PATCHBAY_OAUTH_{variable}_CLIENT_SECRET"));
    let operator = match style {
        ClientAuthStyle::PrivateKeyJwt => String::new(),
        ClientAuthStyle::None => format!("set {id} for the server, or "),
        ClientAuthStyle::Basic | ClientAuthStyle::Body => {
            format!("set {id} and {secret} for the server, or ")
        }
    };
    let keys: Vec<_> = configuration::required(style).map(|key| format!("\"{key}\": …")).collect();
    Error::OAuthAppMissing(format!(
        "no OAuth app is known for {}: {operator}bring the organization's own with PUT \
         /api/v1/oauth/credentials {{\"connector_type\": \"{}\", \"configuration\": {{{}}}}}",
        definition.title,
        definition.name,
        keys.join(", ")
    ))
}
