//! What an organization decides about consent, and the rule it decides: where a browser may return to.
//!
//! The address is checked when a consent begins and kept as it was checked, so that the callback has
//! nothing left to decide.

use domain::{CallerKind, OrganizationSettings, Tenant};
use url::{Host, Url};

use crate::error::FieldFault;
use crate::{Control, Error};

/// Origins an organization may list.
const ORIGINS_MAX: usize = 100;
/// Longest origin: the longest host name, scheme and port.
const ORIGIN_BYTES_MAX: usize = 270;
/// Longest return URL; with what is appended it must fit into one header line of a redirect.
const RETURN_URL_BYTES_MAX: usize = 2_000;
/// The field of a consent's beginning that holds the return URL.
const RETURN_URL: &str = "redirect_url";

/// What may change of an organization's settings; absent keeps it.
#[derive(Debug, Default)]
pub struct UpdateSettings {
    pub confirm_connectors: Option<bool>,
    /// `Some(empty)` allows every origin again, to the application's own token.
    pub return_origins: Option<Vec<String>>,
}

impl Control {
    /// What the organization decided.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organization_settings(&self, tenant: &Tenant) -> Result<OrganizationSettings, Error> {
        Ok(self.store.organization_settings(tenant).await?)
    }

    /// Changes what is given; consents already under way go on as they began.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no origin, one fault each.
    pub async fn update_organization_settings(
        &self,
        tenant: &Tenant,
        update: UpdateSettings,
    ) -> Result<OrganizationSettings, Error> {
        let return_origins = update.return_origins.as_deref().map(checked_origins).transpose()?;
        let confirm = update.confirm_connectors;
        Ok(self.store.update_organization_settings(tenant, confirm, return_origins.as_deref()).await?)
    }
}

/// The URL a consent may return the browser to, as a browser reads it.
///
/// Without listed origins an application may name any; a token narrowed to one customer is in the
/// hands of a browser, so it may name listed ones only.
///
/// # Errors
/// [`Error::Invalid`] for the field `redirect_url`.
pub(crate) fn check_return_url(
    settings: &OrganizationSettings,
    caller: CallerKind,
    text: &str,
) -> Result<Url, Error> {
    let fault = |message: String| Err(Error::invalid(RETURN_URL, message));
    if text.is_empty() {
        let message = "`redirect_url` is missing: give the address of your application to which the browser \
                       returns after the consent";
        return Err(Error::Invalid(vec![FieldFault::new(RETURN_URL, message).with_code("missing")]));
    }
    if text.len() > RETURN_URL_BYTES_MAX {
        return fault(format!("`redirect_url` may have {RETURN_URL_BYTES_MAX} bytes at most"));
    }
    let url = match web_address(text) {
        Ok(url) => url,
        Err(reason) => return fault(format!("`redirect_url` {reason}")),
    };
    // Whatever is appended would stand behind it and never reach the application.
    if url.fragment().is_some() {
        return fault("`redirect_url` must not have a fragment (`#…`): leave it out".to_owned());
    }
    let listed = &settings.return_origins;
    if listed.is_empty() && matches!(caller, CallerKind::Scoped(_)) {
        return fault(
            "a scoped token may return to listed origins only, and this organization lists none: put your \
             application's origin into `return_origins` with PUT /api/v1/organizations/settings, or begin the \
             consent with the application's own token"
                .to_owned(),
        );
    }
    let origin = url.origin().ascii_serialization();
    if !listed.is_empty() && !listed.contains(&origin) {
        return fault(format!(
            "`redirect_url` leads to {origin}, which is not among this organization's `return_origins`: list it \
             with PUT /api/v1/organizations/settings"
        ));
    }
    Ok(url)
}

/// The origins in the one form in which they are compared, each once.
fn checked_origins(given: &[String]) -> Result<Vec<String>, Error> {
    if given.len() > ORIGINS_MAX {
        let message = format!("`return_origins` may have {ORIGINS_MAX} entries at most");
        return Err(Error::invalid("return_origins", message));
    }
    let (mut origins, mut faults) = (Vec::new(), Vec::new());
    for (index, text) in given.iter().enumerate() {
        match origin(text) {
            Ok(origin) if origins.contains(&origin) => {}
            Ok(origin) => origins.push(origin),
            Err(reason) => {
                let field = format!("return_origins.{index}");
                faults.push(FieldFault::new(field, format!("an entry of `return_origins` {reason}")));
            }
        }
    }
    if faults.is_empty() { Ok(origins) } else { Err(Error::Invalid(faults)) }
}

fn origin(text: &str) -> Result<String, &'static str> {
    const ONLY: &str = "must be an origin and nothing more, such as https://app.example.com";
    if text.len() > ORIGIN_BYTES_MAX {
        return Err(ONLY);
    }
    let url = web_address(text)?;
    // A `*` is part of a name to the parser, and would never match.
    let only = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !only || text.contains('*') {
        return Err(ONLY);
    }
    Ok(url.origin().ascii_serialization())
}

/// A complete https address, or an http one of this very machine.
///
/// What a parser would silently repair is refused: two parsers repair differently, and the second one
/// is the browser.
fn web_address(text: &str) -> Result<Url, &'static str> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("must not contain white space, control characters or backslashes");
    }
    let begins =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if !begins("https://") && !begins("http://") {
        return Err("must be an absolute URL that begins with https://");
    }
    let url = Url::parse(text).map_err(|_| "must be an absolute URL that begins with https://")?;
    // Also an empty one: `https://@app.example.com` is written by nobody in good faith.
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    if authority.is_none_or(|authority| authority.is_empty() || authority.contains('@')) {
        return Err("must name a host, and no user name or password before it");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("must begin with https://; http:// is for localhost only");
    }
    Ok(url)
}

/// RFC 8252, 7.3 and 8.3; `localhost` because that is what developers type.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
