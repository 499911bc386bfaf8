//! The credential goes onto the request: the only file here that opens secrets.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use definitions::{AuthScheme, MappingPart, Placement};
use domain::{Credential, Secret};
use percent_encoding::utf8_percent_encode;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::request::{ENCODED, Prepared};
use crate::{Call, FailureKind};
use domain::Redactor;

/// A secret on its way into the request; wiped when dropped.
type Opened = Zeroizing<String>;

/// Puts the credential where its scheme says, then writes the scheme's additional headers over it.
pub(crate) fn authenticate(call: &Call<'_>, request: &mut Prepared) -> Result<(), FailureKind> {
    let scheme = scheme(call)?;
    match &scheme.placement {
        Placement::Bearer => {
            let value = Zeroizing::new(format!("Bearer {}", *needed_slot(scheme, call.credential, "token")?));
            set_header(request, AUTHORIZATION.as_str(), &value)?;
        }
        Placement::Basic => {
            let value = Zeroizing::new(format!("Basic {}", *basic_pair(scheme, call.credential)?));
            set_header(request, AUTHORIZATION.as_str(), &value)?;
        }
        Placement::Header(name) => {
            let value = needed_slot(scheme, call.credential, "api_key")?;
            set_header(request, name, &value)?;
        }
        Placement::Query(name) => {
            let value = needed_slot(scheme, call.credential, "api_key")?;
            request.url.query_pairs_mut().append_pair(name, &value);
        }
        Placement::Cookie(name) => {
            let value = needed_slot(scheme, call.credential, "api_key")?;
            let cookie = Zeroizing::new(format!("{name}={}", utf8_percent_encode(&value, ENCODED)));
            set_header(request, COOKIE.as_str(), &cookie)?;
        }
        Placement::OAuth { header, prefix } => {
            let token = needed_slot(scheme, call.credential, "access_token")?;
            let value = Zeroizing::new(format!("{prefix} {}", *token));
            set_header(request, header, value.trim_start())?;
        }
    }
    additional_headers(call, scheme, request)
}

/// Knows every form in which the values of the credential may come back.
///
/// All values count, whether or not the definition calls them secret: it may have forgotten to.
pub(crate) fn redactor(call: &Call<'_>) -> Redactor {
    let mut secrets: Vec<Opened> = call.credential.values().map(|(_, secret)| open(secret)).collect();
    if let Ok(scheme) = scheme(call) {
        for name in scheme.mapping.keys() {
            secrets.extend(slot(scheme, call.credential, name).ok().flatten());
        }
        if scheme.placement == Placement::Basic {
            secrets.extend(basic_pair(scheme, call.credential));
        }
    }
    Redactor::new(secrets.iter().map(|secret| secret.as_str()))
}

fn scheme<'a>(call: &Call<'a>) -> Result<&'a AuthScheme, FailureKind> {
    let name = call.credential.scheme();
    call.definition.scheme(name).ok_or_else(|| {
        FailureKind::Credential(format!("the definition has no auth scheme `{name}` any more"))
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place that sends secrets upstream")]
fn open(secret: &Secret) -> Opened {
    Zeroizing::new(secret.expose().clone())
}

/// The value of one slot of the scheme's mapping; none when only optional properties are missing.
fn slot(scheme: &AuthScheme, credential: &Credential, name: &str) -> Result<Option<Opened>, FailureKind> {
    let Some(template) = scheme.mapping.get(name) else { return Ok(None) };
    let mut value = Opened::default();
    for part in &template.0 {
        match part {
            MappingPart::Literal(literal) => value.push_str(literal),
            MappingPart::Property(property) => match self::property(scheme, credential, property) {
                Some(secret) => value.push_str(&secret),
                None if scheme.required.contains(property) => {
                    return Err(FailureKind::Credential(format!("the credential lacks `{property}`")));
                }
                None => return Ok(None),
            },
        }
    }
    Ok(Some(value))
}

fn property(scheme: &AuthScheme, credential: &Credential, name: &str) -> Option<Opened> {
    let default = || scheme.properties.get(name)?.default.clone().map(Zeroizing::new);
    credential.value(name).map(open).or_else(default)
}

fn needed_slot(scheme: &AuthScheme, credential: &Credential, name: &str) -> Result<Opened, FailureKind> {
    slot(scheme, credential, name)?
        .ok_or_else(|| FailureKind::Credential(format!("the credential gives no `{name}` to send")))
}

/// `base64(username:password)`; either may be empty, as where an API key stands for both.
fn basic_pair(scheme: &AuthScheme, credential: &Credential) -> Result<Opened, FailureKind> {
    let username = slot(scheme, credential, "username")?;
    let password = slot(scheme, credential, "password")?;
    if username.is_none() && password.is_none() {
        return Err(FailureKind::Credential("the credential gives no `username` to send".to_owned()));
    }
    let (username, password) = (username.unwrap_or_default(), password.unwrap_or_default());
    let pair = Zeroizing::new(format!("{}:{}", *username, *password));
    Ok(Zeroizing::new(STANDARD.encode(pair.as_bytes())))
}

/// Sets a header that no log of requests prints.
fn set_header(request: &mut Prepared, name: &str, value: &str) -> Result<(), FailureKind> {
    let refused = || {
        FailureKind::Credential(format!("the value for header `{name}` has characters that cannot be sent"))
    };
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
    let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| refused())?;
    value.set_sensitive(true);
    request.headers.insert(header, value);
    Ok(())
}

/// Headers of the scheme's own, which win over all others. Their templates see the mapped slots and
/// the properties.
fn additional_headers(
    call: &Call<'_>,
    scheme: &AuthScheme,
    request: &mut Prepared,
) -> Result<(), FailureKind> {
    if scheme.additional_headers.is_empty() {
        return Ok(());
    }
    let mut visible: BTreeMap<&str, Opened> = BTreeMap::new();
    for name in scheme.properties.keys() {
        visible.extend(property(scheme, call.credential, name).map(|value| (name.as_str(), value)));
    }
    for name in scheme.mapping.keys() {
        visible.extend(slot(scheme, call.credential, name)?.map(|value| (name.as_str(), value)));
    }
    let context: BTreeMap<&str, &str> = visible.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (name, template) in &scheme.additional_headers {
        let value =
            call.definition.render(template, &context).map(Zeroizing::new).map_err(|error| {
                FailureKind::Credential(format!("header `{name}` cannot be made: {error}"))
            })?;
        set_header(request, name, &value)?;
    }
    Ok(())
}
