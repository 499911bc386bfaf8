//! The OAuth part of a scheme: whom to ask for a grant, and how.
//!
//! Read by `reader/auth/oauth.rs`. The OAuth flows of `control` use it, the executor does not. URLs in
//! it are templates: ask [`ConnectorDefinition::oauth_url`].

use crate::{AuthScheme, ConnectorDefinition, JsonPath};

/// The endpoints of an oauth2 scheme, and what is special about them.
#[derive(Debug)]
pub struct OAuthEndpoints {
    pub flow: OAuthFlow,
    /// A template over connector settings and properties, as the other URLs are.
    pub authorization_url: Option<String>,
    pub token_url: Option<String>,
    pub refresh_url: Option<String>,
    pub scopes: Vec<String>,
    pub token_refresh: TokenRefresh,
    /// Fields of the token answer that become connector settings; what they may be is for
    /// [`ConnectorDefinition::extracted_setting`] to say.
    pub token_extract: Vec<String>,
    pub settings: OAuthSettings,
}

/// The flow that the endpoints are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OAuthFlow {
    AuthorizationCode,
    ClientCredentials,
    Password,
    Implicit,
}

/// `x-airbyte-token-refresh`, with the format's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRefresh {
    pub auth_style: String,
    pub body_format: String,
    pub grant_type: String,
}

/// `x-patchbay-oauth`, with its defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthSettings {
    /// The issuer identifier, compared byte for byte with a callback's `iss` (RFC 9207). It is asked
    /// for the endpoints that the scheme leaves out (RFC 8414).
    pub issuer: Option<String>,
    /// The provider promises `iss` in every callback.
    pub issuer_in_callback: bool,
    /// A template, as the other URLs.
    pub revocation_url: Option<String>,
    pub scope_separator: String,
    /// Constants added to the consent URL.
    pub authorize_params: Vec<(String, String)>,
    /// Constants added to every token request.
    pub token_params: Vec<(String, String)>,
    /// None: the definition does not say, and the issuer's metadata does.
    pub client_auth: Option<ClientAuthStyle>,
    pub body_format: TokenBodyFormat,
    /// How long before its end an access token is refreshed.
    pub refresh_margin_s: u64,
    /// A refresh token that is not used for so long dies.
    pub refresh_token_idle_s: Option<u64>,
    /// A refresh token dies so long after consent, used or not.
    pub refresh_token_lifetime_s: Option<u64>,
    /// Where the token answer says whose account it is.
    pub account: AccountPaths,
}

/// How the app proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthStyle {
    Basic,
    Body,
    None,
    /// With a signed assertion (RFC 7523).
    PrivateKeyJwt,
}

/// How a token request's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenBodyFormat {
    Form,
    Json,
}

/// Paths into the fields of a token answer that are neither tokens nor about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountPaths {
    pub id: Option<JsonPath>,
    pub name: Option<JsonPath>,
    pub email: Option<JsonPath>,
}

impl ConnectorDefinition {
    /// The scheme by which a person's consent connects it: the first that this release can use, whose
    /// authorization page and token endpoint are named or can be asked of an issuer.
    #[must_use]
    pub fn consent_scheme(&self) -> Option<&AuthScheme> {
        self.auth_schemes.iter().find(|scheme| {
            scheme.unsupported.is_none() && scheme.oauth.as_ref().is_some_and(OAuthEndpoints::takes_consent)
        })
    }
}

impl OAuthEndpoints {
    fn takes_consent(&self) -> bool {
        let named = self.authorization_url.is_some() && self.token_url.is_some();
        self.flow == OAuthFlow::AuthorizationCode
            && self.token_refresh.grant_type == "refresh_token"
            && (named || self.settings.issuer.is_some())
    }
}
