//! Who is asked, and as whom: the provider as a definition describes it, and the OAuth app.
//!
//! Every flow of this crate begins here: both are checked and become a client of the `oauth2` package.

use domain::Secret;
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{AuthType, ClientId, ClientSecret, RedirectUrl};
use url::Url;

use crate::redact::open;
use crate::revoke::RevocableToken;
use crate::token_set::TokenAnswer;
use crate::{OAuthError, SigningKey};

/// One authorization server, as a connector definition or its own metadata describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// None where there is no consent, as with client credentials.
    pub authorization_url: Option<Url>,
    pub token_url: Url,
    pub revocation_url: Option<Url>,
    /// The issuer identifier that a callback's `iss` must equal.
    pub issuer: Option<String>,
    /// The provider promises `iss` in every callback (RFC 9207).
    pub issuer_in_callback: bool,
    pub client_auth: ClientAuth,
    pub body_format: BodyFormat,
    /// What consent asks for; blank ones do not count, and without any no `scope` is sent.
    pub scopes: Vec<String>,
    pub scope_separator: String,
    /// Added to the consent URL.
    pub authorize_params: Vec<(String, String)>,
    /// Added to every token request; they win over the standard ones of the same name.
    pub token_params: Vec<(String, String)>,
}

/// How the app proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In an `Authorization: Basic` header; an app without a secret gives its id in the body.
    Basic,
    /// `client_id` and `client_secret` in the body.
    Body,
    /// Not at all: a public client, whose id goes in the body.
    None,
    /// With an assertion that the app's key signs (RFC 7523).
    PrivateKeyJwt,
}

/// How a token request's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    Form,
    Json,
}

/// An OAuth app registered with the provider.
#[derive(Debug)]
pub struct App {
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// Sent exactly as it stands here, as it must equal the registered one.
    pub redirect_uri: String,
    /// Only for [`ClientAuth::PrivateKeyJwt`].
    pub signing_key: Option<SigningKey>,
}

/// The package's client over our own token answer.
pub(crate) type Client = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    RevocableToken,
    BasicRevocationErrorResponse,
>;

impl Provider {
    /// A provider that does as RFC 6749 says: basic authentication, form bodies, scopes by space.
    #[must_use]
    pub fn new(authorization_url: Option<Url>, token_url: Url) -> Self {
        Self {
            authorization_url,
            token_url,
            revocation_url: None,
            issuer: None,
            issuer_in_callback: false,
            client_auth: ClientAuth::Basic,
            body_format: BodyFormat::Form,
            scopes: Vec::new(),
            scope_separator: " ".to_owned(),
            authorize_params: Vec::new(),
            token_params: Vec::new(),
        }
    }

    /// The scopes as one text; none when there are none.
    ///
    /// The package joins by space only, so it is given this as a single scope.
    pub(crate) fn scope(&self) -> Option<oauth2::Scope> {
        let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.trim()).collect();
        let scopes: Vec<&str> = scopes.into_iter().filter(|scope| !scope.is_empty()).collect();
        if scopes.is_empty() {
            return None;
        }
        Some(oauth2::Scope::new(scopes.join(&self.scope_separator)))
    }

    /// The package's client, without endpoints.
    pub(crate) fn client(&self, app: &App) -> Result<Client, OAuthError> {
        if app.client_id.is_empty() {
            return Err(OAuthError::misconfigured("the OAuth app has no client id"));
        }
        let client = Client::new(ClientId::new(app.client_id.clone()));
        let (auth_type, secret) = match self.client_auth {
            ClientAuth::Basic => (AuthType::BasicAuth, app.client_secret.as_ref()),
            ClientAuth::Body => (AuthType::RequestBody, app.client_secret.as_ref()),
            ClientAuth::None | ClientAuth::PrivateKeyJwt => (AuthType::RequestBody, None),
        };
        let client = client.set_auth_type(auth_type);
        Ok(match secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(open(secret).to_owned())),
            None => client,
        })
    }
}

impl App {
    pub(crate) fn redirect_url(&self) -> Result<RedirectUrl, OAuthError> {
        RedirectUrl::new(self.redirect_uri.clone()).map_err(|_| {
            OAuthError::misconfigured("the redirect URI of the OAuth app is not an absolute URL")
        })
    }
}

/// Refuses a URL that no endpoint can have. Which hosts may be reached is the transport's to say.
pub(crate) fn check_endpoint(role: &str, url: &Url) -> Result<(), OAuthError> {
    let refused = |reason: &str| Err(OAuthError::Misconfigured(format!("the {role} URL {reason}")));
    if !matches!(url.scheme(), "https" | "http") {
        return refused("must be https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("must not carry a user name or password");
    }
    // RFC 6749, 3.1 and 3.2.
    if url.fragment().is_some() {
        return refused("must not have a fragment");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(scopes: &[&str], separator: &str) -> Provider {
        let mut provider = Provider::new(None, Url::parse("https://provider.test/token").unwrap());
        provider.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        provider.scope_separator = separator.to_owned();
        provider
    }

    #[test]
    fn scopes_are_joined_by_the_definition_s_separator() {
        let scope = |scopes, separator| provider(scopes, separator).scope().map(|scope| scope.to_string());
        assert_eq!(scope(&["read", "write"], " ").as_deref(), Some("read write"));
        assert_eq!(scope(&["read", "write"], ",").as_deref(), Some("read,write"));
        assert_eq!(scope(&["", " read "], ",").as_deref(), Some("read"));
        assert_eq!(scope(&[""], " "), None);
        assert_eq!(scope(&[], " "), None);
    }

    #[test]
    fn an_endpoint_that_cannot_be_one_is_refused() {
        for (url, good) in [
            ("https://provider.test/authorize?audience=x", true),
            ("http://127.0.0.1:9000/authorize", true),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("https://user@provider.test/", false),
            ("https://:word@provider.test/", false),
            ("https://provider.test/#fragment", false),
        ] {
            assert_eq!(check_endpoint("token", &Url::parse(url).unwrap()).is_ok(), good, "{url}");
        }
    }
}
