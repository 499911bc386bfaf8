//! Ending a grant at the provider (RFC 7009).

use domain::Secret;
use oauth2::RevocationUrl;

use crate::answer::Answer;
use crate::assertion::Proof;
use crate::endpoint::{Endpoint, settled};
use crate::provider::check_endpoint;
use crate::redact::{Redactor, open};
use crate::{App, BodyFormat, OAuthError, Provider, Transport, refusal};

/// Refusals that say the token is not valid any more, which is what was wanted.
const GONE: &[&str] = &["invalid_token", "token_expired", "token_revoked"];

/// What to revoke. A refresh token takes its access tokens along, so prefer it.
#[derive(Debug, Clone, Copy)]
pub enum Revocable<'a> {
    AccessToken(&'a Secret),
    RefreshToken(&'a Secret),
}

/// A token as the package wants it.
pub(crate) struct RevocableToken {
    token: String,
    hint: Option<&'static str>,
}

impl oauth2::RevocableToken for RevocableToken {
    fn secret(&self) -> &str {
        &self.token
    }

    fn type_hint(&self) -> Option<&str> {
        self.hint
    }
}

/// Revokes a token. A token that the provider does not know counts as revoked.
///
/// It can be repeated at will, after [`OAuthError::Unknown`] too.
pub async fn revoke(
    transport: &impl Transport,
    provider: &Provider,
    app: &App,
    token: Revocable<'_>,
) -> Result<(), OAuthError> {
    let Some(url) = &provider.revocation_url else {
        return Err(OAuthError::misconfigured("the definition has no revocation URL"));
    };
    check_endpoint("revocation", url)?;
    let (secret, hint) = match token {
        Revocable::AccessToken(secret) => (secret, "access_token"),
        Revocable::RefreshToken(secret) => (secret, "refresh_token"),
    };
    let proof = Proof::of(provider, app)?;
    let redactor = Redactor::new(app, &[secret]).with(&proof.secrets());
    // The package insists on https, for which it need not care: `endpoint.rs` sets the real URL, and the
    // transport decides where plain http may go.
    let mut secure = url.clone();
    if secure.set_scheme("https").is_err() {
        return Err(OAuthError::misconfigured("the revocation URL must be https"));
    }
    let client = provider.client(app)?.set_revocation_url(RevocationUrl::from_url(secure));
    // The hint is optional, and endpoints that want JSON are strict about what they do not know.
    let hint = (provider.body_format == BodyFormat::Form).then_some(hint);
    let mut request = client
        .revoke_token(RevocableToken { token: open(secret).to_owned(), hint })
        .map_err(|_| OAuthError::misconfigured("the revocation URL must be https"))?;
    for (name, value) in proof.params() {
        request = request.add_extra_param(name, value);
    }
    let endpoint = Endpoint {
        transport,
        role: "revocation endpoint",
        url,
        body_format: provider.body_format,
        redactor: &redactor,
        read,
    };
    request.request_async(&endpoint).await.map_err(settled)
}

/// A success by its status, unless the body says otherwise; there is nothing else to read.
fn read(answer: &Answer, redactor: &Redactor) -> Result<Vec<u8>, OAuthError> {
    let members = answer.members();
    let error = if answer.status().is_success() {
        let said = members.as_ref().and_then(refusal::in_success);
        said.map(|said| answer.refused(answer.status().as_u16(), &said, redactor))
    } else {
        Some(answer.failure(members.as_ref(), redactor))
    };
    match error {
        Some(OAuthError::Refused { code, .. }) if GONE.contains(&code.as_str()) => Ok(Vec::new()),
        Some(error) => Err(error),
        None => Ok(Vec::new()),
    }
}
