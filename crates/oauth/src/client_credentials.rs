//! The app's own credentials → token set: a grant without a person.

use crate::assertion::Proof;
use crate::endpoint::settled;
use crate::exchange::{token_endpoint, token_params, token_url};
use crate::redact::Redactor;
use crate::{App, OAuthError, Provider, TokenSet, Transport};

/// Asks for a token of the app itself (RFC 6749, 4.4). A definition may name another `grant_type` among
/// its token parameters; some providers have their own for this.
///
/// It can be repeated at will: nothing is used up.
pub async fn client_credentials(
    transport: &impl Transport,
    provider: &Provider,
    app: &App,
) -> Result<TokenSet, OAuthError> {
    let proof = Proof::of(provider, app)?;
    let redactor = Redactor::new(app, &[]).with(&proof.secrets());
    let client = provider.client(app)?.set_token_uri(token_url(provider)?);
    let mut request = client.exchange_client_credentials().add_scopes(provider.scope());
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
