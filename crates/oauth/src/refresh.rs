//! Refresh token → token set.

use domain::Secret;
use oauth2::RefreshToken;

use crate::assertion::Proof;
use crate::endpoint::settled;
use crate::exchange::{token_endpoint, token_params, token_url};
use crate::redact::{Redactor, open};
use crate::{App, OAuthError, Provider, TokenSet, Transport};

/// Renews a grant, once. The token set always has a refresh token: a new one, which replaces the old, or
/// the old one when the provider gave none.
///
/// One refresh per grant at a time: providers that rotate take a second use for theft. What comes back
/// is to be stored before it is used.
pub async fn refresh(
    transport: &impl Transport,
    provider: &Provider,
    app: &App,
    refresh_token: &Secret,
) -> Result<TokenSet, OAuthError> {
    let proof = Proof::of(provider, app)?;
    let redactor = Redactor::new(app, &[refresh_token]).with(&proof.secrets());
    let client = provider.client(app)?.set_token_uri(token_url(provider)?);
    let token = RefreshToken::new(open(refresh_token).to_owned());
    let mut request = client.exchange_refresh_token(&token);
    for (name, value) in token_params(provider)? {
        request = request.add_extra_param(name, value);
    }
    for (name, value) in proof.params() {
        request = request.add_extra_param(name, value);
    }
    let endpoint = token_endpoint(transport, provider, &redactor);
    let answer = request.request_async(&endpoint).await.map_err(settled)?;
    Ok(TokenSet::new(&answer, redactor).or_keep(refresh_token))
}
