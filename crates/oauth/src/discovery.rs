//! A provider's own description of itself (RFC 8414, and OpenID Connect Discovery).
//!
//! The document is believed only about the issuer that was asked for, and the endpoints it names still
//! go through the transport's checks.

use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderValue, Request};
use serde::Deserialize;
use url::Url;

use crate::answer::Answer;
use crate::endpoint::not_answered;
use crate::provider::check_endpoint;
use crate::{BodyFormat, ClientAuth, Limits, OAuthError, Provider, Transport, TransportError};

const LIMITS: Limits = Limits { body_bytes_max: 256 * 1024, timeout: Duration::from_secs(10) };
/// For error texts.
const ROLE: &str = "issuer's metadata";

/// What a provider says about itself; of a long document what this crate can use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: Option<Url>,
    pub token_endpoint: Url,
    pub revocation_endpoint: Option<Url>,
    /// None means basic only (RFC 8414, 2).
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub scopes_supported: Option<Vec<String>>,
    /// Every callback carries `iss` (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// Fetches the metadata of `issuer`, whose `issuer` field must equal it byte for byte.
pub async fn discover(transport: &impl Transport, issuer: &str) -> Result<Metadata, OAuthError> {
    let base = issuer_url(issuer)?;
    for address in addresses(&base) {
        if let Some(document) = fetch(transport, &address).await? {
            return accepted(document, issuer, &base);
        }
    }
    Err(OAuthError::Misconfigured(format!("`{issuer}` publishes no metadata")))
}

impl Metadata {
    /// The provider it describes, with the first way to authenticate that this crate knows too.
    pub fn into_provider(self) -> Result<Provider, OAuthError> {
        let client_auth = self.client_auth()?;
        let mut provider = Provider::new(self.authorization_endpoint, self.token_endpoint);
        provider.revocation_url = self.revocation_endpoint;
        provider.issuer = Some(self.issuer);
        provider.issuer_in_callback = self.authorization_response_iss_parameter_supported;
        provider.client_auth = client_auth;
        provider.body_format = BodyFormat::Form;
        Ok(provider)
    }

    fn client_auth(&self) -> Result<ClientAuth, OAuthError> {
        const KNOWN: [(&str, ClientAuth); 4] = [
            ("client_secret_basic", ClientAuth::Basic),
            ("client_secret_post", ClientAuth::Body),
            ("none", ClientAuth::None),
            ("private_key_jwt", ClientAuth::PrivateKeyJwt),
        ];
        let Some(supported) = &self.token_endpoint_auth_methods_supported else {
            return Ok(ClientAuth::Basic);
        };
        let known = KNOWN.iter().find(|(name, _)| supported.iter().any(|method| method == name));
        known.map(|(_, client_auth)| *client_auth).ok_or_else(|| {
            OAuthError::misconfigured("the provider wants a client authentication that is not supported here")
        })
    }
}

/// RFC 8414, 2: no query, no fragment.
fn issuer_url(issuer: &str) -> Result<Url, OAuthError> {
    let url = Url::parse(issuer).map_err(|_| OAuthError::misconfigured("the issuer is not a URL"))?;
    check_endpoint("issuer", &url)?;
    if url.query().is_some() {
        return Err(OAuthError::misconfigured("the issuer URL must not have a query"));
    }
    Ok(url)
}

/// Where the document can stand: the well-known path before the issuer's own (RFC 8414, 3.1), or after
/// it, as OpenID Connect has it.
fn addresses(base: &Url) -> [Url; 2] {
    let own = base.path().trim_end_matches('/');
    [
        format!("/.well-known/oauth-authorization-server{own}"),
        format!("{own}/.well-known/openid-configuration"),
    ]
    .map(|path| {
        let mut url = base.clone();
        url.set_path(&path);
        url
    })
}

/// The document at one address; none when there is no document there.
async fn fetch(transport: &impl Transport, address: &Url) -> Result<Option<Metadata>, OAuthError> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() =
        address.as_str().parse().map_err(|_| OAuthError::misconfigured("the issuer URL cannot be sent"))?;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    let response = match transport.send(request, LIMITS).await {
        Ok(response) => response,
        // Reading changes nothing, so it makes no difference whether it arrived.
        Err(TransportError::Unknown) => return Err(not_answered(ROLE, TransportError::NotSent)),
        Err(error) => return Err(not_answered(ROLE, error)),
    };
    if response.status().is_success() && response.body().len() > LIMITS.body_bytes_max {
        return Err(OAuthError::Misconfigured(format!("the {ROLE} is too large")));
    }
    match response.status().as_u16() {
        200 => Ok(serde_json::from_slice(response.body()).ok()),
        408 | 425 | 429 | 500..=599 => Err(Answer::new(ROLE, response, LIMITS).unreachable()),
        _ => Ok(None),
    }
}

fn accepted(document: Metadata, issuer: &str, base: &Url) -> Result<Metadata, OAuthError> {
    // RFC 8414, 3.3: a document about another issuer is somebody's attempt to be taken for it.
    if document.issuer != issuer {
        return Err(OAuthError::Misconfigured(format!("the metadata of `{issuer}` is about another issuer")));
    }
    let endpoints = [
        ("authorization", document.authorization_endpoint.as_ref()),
        ("token", Some(&document.token_endpoint)),
        ("revocation", document.revocation_endpoint.as_ref()),
    ];
    for (role, url) in endpoints {
        let Some(url) = url else { continue };
        check_endpoint(role, url)?;
        if base.scheme() == "https" && url.scheme() != "https" {
            return Err(OAuthError::Misconfigured(format!("the {role} URL in the metadata must be https")));
        }
    }
    Ok(document)
}
