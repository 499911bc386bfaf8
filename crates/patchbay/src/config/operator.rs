//! What the operator supplies for definitions: OAuth apps, a fallback token, defaults of settings.
//!
//! Which definitions there are shows when the catalog is loaded, so `operator.rs` at the root of the
//! program goes on from here.

use std::collections::BTreeMap;

use domain::{OrganizationId, Secret};
use url::Url;

use super::oauth_names::Part;
use super::reader::{Given, Reader};
use super::values::is_loopback;
use super::variables;

/// The definition whose other variables are known by name.
const NOTION: &str = "notion";
/// Its setting for [`variables::NOTION_VERSION`].
const NOTION_VERSION_SETTING: &str = "notion_version";

/// As read, and not yet compared with the definitions there are.
#[derive(Debug, Default)]
pub(crate) struct OperatorVariables {
    /// Keyed by the name of the definition in upper case.
    pub(crate) apps: BTreeMap<String, AppVariables>,
    /// Definition, setting, value.
    pub(crate) settings: Vec<(&'static str, &'static str, Given<String>)>,
    /// Definition, token.
    pub(crate) fallback_tokens: Vec<(&'static str, Given<Secret>)>,
    /// None: the organization made at first start.
    pub(crate) fallback_organizations: Option<Vec<OrganizationId>>,
}

/// The app of one definition; the client secret stands beside a client id.
#[derive(Debug, Default)]
pub(crate) struct AppVariables {
    pub(crate) client_id: Option<Given<String>>,
    pub(crate) client_secret: Option<Given<Secret>>,
    /// The text that was registered, to the letter.
    pub(crate) redirect_uri: Option<Given<String>>,
    pub(crate) authorization_url: Option<Given<Url>>,
    pub(crate) token_url: Option<Given<Url>>,
    pub(crate) scopes: Option<Given<Vec<String>>>,
}

impl AppVariables {
    /// The variables that were set.
    pub(crate) fn variables(&self) -> Vec<&str> {
        let all = [
            self.client_id.as_ref().map(|given| &given.variable),
            self.client_secret.as_ref().map(|given| &given.variable),
            self.redirect_uri.as_ref().map(|given| &given.variable),
            self.authorization_url.as_ref().map(|given| &given.variable),
            self.token_url.as_ref().map(|given| &given.variable),
            self.scopes.as_ref().map(|given| &given.variable),
        ];
        all.into_iter().flatten().map(String::as_str).collect()
    }
}

impl OperatorVariables {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let apps = reader.apps().into_iter().map(|name| (name.clone(), app(reader, &name))).collect();
        let version = reader.given(variables::NOTION_VERSION, notion_version);
        let token = reader.given(variables::NOTION_TOKEN, secret);
        Self {
            apps,
            settings: version.map(|version| (NOTION, NOTION_VERSION_SETTING, version)).into_iter().collect(),
            fallback_tokens: token.map(|token| (NOTION, token)).into_iter().collect(),
            fallback_organizations: reader.parsed(variables::FALLBACK_TOKEN_ORGANIZATIONS, organizations),
        }
    }
}

fn app(reader: &mut Reader, name: &str) -> AppVariables {
    let app = AppVariables {
        client_id: reader.given(&Part::ClientId.variable(name), word),
        client_secret: reader.given(&Part::ClientSecret.variable(name), secret),
        redirect_uri: reader.given(&Part::RedirectUri.variable(name), redirect_uri),
        authorization_url: reader.given(&Part::AuthorizationUrl.variable(name), endpoint),
        token_url: reader.given(&Part::TokenUrl.variable(name), endpoint),
        scopes: reader.given(&Part::Scopes.variable(name), scopes),
    };
    let id_variable = Part::ClientId.variable(name);
    if let Some(secret) = &app.client_secret
        && !reader.is_set(&id_variable)
    {
        reader.refuse(&id_variable, &format!("it must be set beside {}", secret.variable));
    }
    app
}

/// Text without spaces, quotes or control characters, which are slips of whoever wrote the file.
fn word(text: &str) -> Result<String, String> {
    if text.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '"' | '\'')) {
        Ok(text.to_owned())
    } else {
        Err("it has a space, a quote or a character beyond ASCII: everything after `=` is the value, and takes \
             no quotes"
            .to_owned())
    }
}

fn secret(text: &str) -> Result<Secret, String> {
    word(text).map(Secret::new)
}

fn redirect_uri(text: &str) -> Result<String, String> {
    let url = absolute(text, "https://patchbay.example.com/api/v1/oauth/callback/notion")?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("it must be https; plain http is for loopback only".to_owned());
    }
    Ok(text.to_owned())
}

/// Whether the rules about addresses admit it shows when there is an executor.
fn endpoint(text: &str) -> Result<Url, String> {
    absolute(text, "https://auth.example.com/oauth/token")
}

/// RFC 6749, 3.1 and 3.1.2: absolute, without a fragment. The text is not repeated, since it could
/// carry a password.
fn absolute(text: &str, example: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url =
        url.ok_or_else(|| format!("it is no absolute http or https URL; write for example {example}"))?;
    if url.fragment().is_some() {
        return Err("it must have no fragment, the part after `#`".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must carry no user name or password".to_owned());
    }
    Ok(url)
}

/// RFC 6749, 3.3. None at all is an answer too.
fn scopes(text: &str) -> Result<Vec<String>, String> {
    let scope = |part: &str| {
        let fits = part.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\'));
        if fits { Ok(part.to_owned()) } else { Err(format!("`{part}` cannot be a scope")) }
    };
    let parts = text.split([' ', '\t', ',']).filter(|part| !part.is_empty());
    parts.map(scope).collect()
}

fn notion_version(text: &str) -> Result<String, String> {
    let fits = |(at, letter): (usize, char)| {
        if matches!(at, 4 | 7) { letter == '-' } else { letter.is_ascii_digit() }
    };
    if text.len() == 10 && text.char_indices().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no version; write a date, for example 2026-03-11"))
    }
}

fn organizations(text: &str) -> Result<Vec<OrganizationId>, String> {
    let id = |part: &str| {
        let part = part.trim();
        part.parse().map_err(|_| {
            format!("`{part}` is no id of an organization; `patchbay organization list` prints them")
        })
    };
    text.split(',').map(id).collect()
}

#[cfg(test)]
mod tests;
