//! The provider behind a definition, as the OAuth flows need it, and the way to it.
//!
//! What the definition says is filled in with the connector's settings, what it leaves out is asked of
//! the issuer, and what the operator configured goes before both.

use std::sync::Arc;
use std::time::Duration;

use definitions::{AuthScheme, ClientAuthStyle, ConnectorDefinition, OAuthEndpoints, TokenBodyFormat};
use domain::ConnectorId;
use executor::{Executor, Fetch, FetchError};
use moka::future::Cache;
use oauth::{BodyFormat, ClientAuth, Limits, Metadata, OAuthError, Provider, TransportError};
use serde_json::{Map, Value};
use tokio::time::Instant;
use url::Url;

use crate::error::FieldFault;
use crate::{Control, Error};

/// Metadata of issuers kept in memory.
const ISSUERS_KEPT_MAX: u64 = 1_000;
/// How long an issuer's metadata is believed.
const ISSUER_KEPT_FOR: Duration = Duration::from_hours(1);

/// What issuers said about themselves.
#[derive(Clone)]
pub(crate) struct Issuers(Cache<String, Arc<Metadata>>);

impl Issuers {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(ISSUERS_KEPT_MAX).time_to_live(ISSUER_KEPT_FOR).build())
    }
}

/// The executor as the OAuth flows see it.
pub(crate) struct Transport<'a> {
    executor: &'a Executor,
    connector: Option<ConnectorId>,
    /// Nothing is sent after it, because by then another process may be doing the same.
    not_after: Option<Instant>,
}

impl Transport<'_> {
    pub(crate) fn not_after(mut self, instant: Instant) -> Self {
        self.not_after = Some(instant);
        self
    }
}

impl oauth::Transport for Transport<'_> {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        if self.not_after.is_some_and(|instant| Instant::now() > instant) {
            return Err(TransportError::NotSent);
        }
        let fetch = Fetch {
            request,
            connector: self.connector,
            body_bytes_max: limits.body_bytes_max,
            timeout: limits.timeout,
        };
        self.executor.fetch(fetch).await.map_err(|error| match error {
            FetchError::Refused(reason) => TransportError::Refused(reason),
            FetchError::NotSent => TransportError::NotSent,
            FetchError::Unknown => TransportError::Unknown,
        })
    }
}

impl Control {
    /// The way to a provider; `connector` is for those who watch the traffic of one.
    pub(crate) fn transport(&self, connector: Option<ConnectorId>) -> Transport<'_> {
        Transport { executor: &self.executor, connector, not_after: None }
    }

    /// The provider for consent, exchange and revocation. With the operator's app (not `own`) its
    /// addresses are only such as the definition itself names: they are shown the operator's secret.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a setting that would lead elsewhere, [`Error::OAuthNotSupported`] for a
    /// scheme without endpoints, and what the issuer's metadata can fail with.
    pub(crate) async fn provider_for(
        &self,
        definition: &ConnectorDefinition,
        scheme: &AuthScheme,
        settings: &Map<String, Value>,
        own: bool,
    ) -> Result<Provider, Error> {
        let endpoints = endpoints(definition, scheme)?;
        let operator = self.operator.apps.get(&definition.name);
        let filled = |template: Option<&String>| {
            template.map(|template| endpoint(definition, template, settings, own)).transpose()
        };
        let authorization_url = match operator.and_then(|app| app.authorization_url.clone()) {
            Some(url) => Some(url),
            None => filled(endpoints.authorization_url.as_ref())?,
        };
        let token_url = match operator.and_then(|app| app.token_url.clone()) {
            Some(url) => Some(url),
            None => filled(endpoints.token_url.as_ref())?,
        };
        let oauth = &endpoints.settings;
        // Tokens of another server are not to be shown to the definition's own.
        let is_elsewhere = operator.is_some_and(|app| app.token_url.is_some());
        let revocation_url = filled(oauth.revocation_url.as_ref().filter(|_| !is_elsewhere))?;
        let metadata = match (&oauth.issuer, &token_url) {
            (Some(issuer), None) => Some(self.metadata(issuer).await?),
            _ => None,
        };
        let mut provider = match (token_url, metadata) {
            (Some(token_url), _) => Provider::new(authorization_url, token_url),
            (None, Some(metadata)) => {
                let mut provider = Metadata::clone(&metadata).into_provider().map_err(misconfigured)?;
                if authorization_url.is_some() {
                    provider.authorization_url = authorization_url;
                }
                provider
            }
            (None, None) => return Err(without_endpoints(definition)),
        };
        if revocation_url.is_some() {
            provider.revocation_url = revocation_url;
        }
        provider.issuer.clone_from(&oauth.issuer);
        provider.issuer_in_callback |= oauth.issuer_in_callback;
        if let Some(style) = oauth.client_auth {
            provider.client_auth = match style {
                ClientAuthStyle::Basic => ClientAuth::Basic,
                ClientAuthStyle::Body => ClientAuth::Body,
                ClientAuthStyle::None => ClientAuth::None,
                ClientAuthStyle::PrivateKeyJwt => ClientAuth::PrivateKeyJwt,
            };
        }
        provider.body_format = match oauth.body_format {
            TokenBodyFormat::Form => BodyFormat::Form,
            TokenBodyFormat::Json => BodyFormat::Json,
        };
        let scopes = operator.and_then(|app| app.scopes.as_ref()).unwrap_or(&endpoints.scopes);
        provider.scopes.clone_from(scopes);
        provider.scope_separator.clone_from(&oauth.scope_separator);
        provider.authorize_params.clone_from(&oauth.authorize_params);
        provider.token_params.clone_from(&oauth.token_params);
        Ok(provider)
    }

    /// The same for refreshes, which some providers take at an address of their own.
    pub(crate) async fn refresh_provider(
        &self,
        definition: &ConnectorDefinition,
        scheme: &AuthScheme,
        settings: &Map<String, Value>,
        own: bool,
    ) -> Result<Provider, Error> {
        let mut provider = self.provider_for(definition, scheme, settings, own).await?;
        let overridden = self.operator.apps.get(&definition.name).is_some_and(|app| app.token_url.is_some());
        if let Some(template) = &endpoints(definition, scheme)?.refresh_url
            && !overridden
        {
            provider.token_url = endpoint(definition, template, settings, own)?;
        }
        Ok(provider)
    }

    async fn metadata(&self, issuer: &str) -> Result<Arc<Metadata>, Error> {
        let ask = async {
            let found = oauth::discover(&self.transport(None), issuer).await;
            found.map(Arc::new).map_err(misconfigured)
        };
        self.issuers.0.try_get_with_by_ref(issuer, ask).await.map_err(Error::shared)
    }
}

/// The scheme by which a person consents to this definition's use.
pub(crate) fn consent_scheme(definition: &ConnectorDefinition) -> Result<&AuthScheme, Error> {
    definition.consent_scheme().ok_or_else(|| {
        let schemes: Vec<&str> =
            definition.auth_schemes.iter().map(|scheme| scheme.title.as_str()).collect();
        Error::OAuthNotSupported(format!(
            "{} cannot be connected by OAuth consent; it takes {}: create the connector with those credentials",
            definition.title,
            schemes.join(", ")
        ))
    })
}

fn endpoints<'d>(
    definition: &ConnectorDefinition,
    scheme: &'d AuthScheme,
) -> Result<&'d OAuthEndpoints, Error> {
    scheme.oauth.as_ref().ok_or_else(|| without_endpoints(definition))
}

fn without_endpoints(definition: &ConnectorDefinition) -> Error {
    Error::OAuthNotSupported(format!(
        "the definition of {} names no OAuth endpoints and no issuer to ask for them",
        definition.title
    ))
}

/// One URL of the definition with this connector's settings in it.
fn endpoint(
    definition: &ConnectorDefinition,
    template: &str,
    settings: &Map<String, Value>,
    own_app: bool,
) -> Result<Url, Error> {
    let filled = if own_app {
        definition.oauth_url(template, settings)
    } else {
        definition.trusted_oauth_url(template, settings)
    };
    filled.map_err(|fault| {
        let field = fault
            .variable
            .as_ref()
            .map_or_else(|| "environment".to_owned(), |variable| format!("environment.{variable}"));
        Error::Invalid(vec![FieldFault::new(field, fault.message)])
    })
}

/// What a provider, its metadata or its definition got wrong, before anything was granted.
fn misconfigured(error: OAuthError) -> Error {
    match error {
        OAuthError::Unreachable { retry_after, reason } => Error::RefreshUnavailable {
            retry_after_s: retry_after.map_or(5, |wait| wait.as_secs().max(1)),
            message: format!("the authorization server cannot be reached now: {reason}"),
        },
        other => Error::Egress(format!("the authorization server cannot be used: {other}")),
    }
}
