//! Authorization code → token set: the second half of a consent.

use domain::Secret;
use oauth2::{AuthorizationCode, PkceCodeVerifier, TokenUrl};

use crate::assertion::Proof;
use crate::endpoint::{Endpoint, settled};
use crate::provider::check_endpoint;
use crate::redact::{Redactor, open};
use crate::{App, OAuthError, Provider, TokenSet, Transport, token_response};

/// What the protocol itself sends; a definition that could replace it would break the flow.
const PROTOCOL_PARAMS: &[&str] = &[
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];

/// Exchanges the `code` of a callback; `verifier` is the one of [`crate::begin`], `app` the same app.
///
/// A code works once: after [`OAuthError::Unknown`] the person has to start again.
pub async fn exchange(
    transport: &impl Transport,
    provider: &Provider,
    app: &App,
    code: &Secret,
    verifier: &Secret,
) -> Result<TokenSet, OAuthError> {
    let proof = Proof::of(provider, app)?;
    let redactor = Redactor::new(app, &[code, verifier]).with(&proof.secrets());
    let client =
        provider.client(app)?.set_redirect_uri(app.redirect_url()?).set_token_uri(token_url(provider)?);
    let mut request = client
        .exchange_code(AuthorizationCode::new(open(code).to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(open(verifier).to_owned()));
    for (name, value) in token_params(provider)? {
        request = request.add_extra_param(name, value);
    }
    for (name, value) in proof.params() {
        request = request.add_extra_param(name, value);
    }
    let endpoint = token_endpoint(transport, provider, &redactor);
    let answer = request.request_async(&endpoint).await.map_err(settled)?;
    Ok(TokenSet::new(&answer, redactor))
}

pub(crate) fn token_endpoint<'a, T: Transport>(
    transport: &'a T,
    provider: &'a Provider,
    redactor: &'a Redactor,
) -> Endpoint<'a, T> {
    let (url, body_format) = (&provider.token_url, provider.body_format);
    Endpoint { transport, role: "token endpoint", url, body_format, redactor, read: token_response::repair }
}

pub(crate) fn token_url(provider: &Provider) -> Result<TokenUrl, OAuthError> {
    check_endpoint("token", &provider.token_url)?;
    Ok(TokenUrl::from_url(provider.token_url.clone()))
}

/// The definition's own parameters of a token request.
pub(crate) fn token_params(provider: &Provider) -> Result<&[(String, String)], OAuthError> {
    let refused = provider.token_params.iter().find(|(name, _)| PROTOCOL_PARAMS.contains(&name.as_str()));
    match refused {
        Some((name, _)) => Err(OAuthError::Misconfigured(format!(
            "the parameter `{name}` of the token request cannot be set"
        ))),
        None => Ok(&provider.token_params),
    }
}
