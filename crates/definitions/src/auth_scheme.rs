//! What credential a definition needs, and where it goes.

use indexmap::IndexMap;

use crate::OAuthEndpoints;

/// One way to authenticate: an entry of `components.securitySchemes`.
#[derive(Debug)]
pub struct AuthScheme {
    pub name: String,
    pub title: String,
    pub description: String,
    pub placement: Placement,
    pub properties: IndexMap<String, AuthProperty>,
    /// Property names that must be given.
    pub required: Vec<String>,
    /// Slot → template over the properties.
    pub mapping: AuthMapping,
    /// Written over the request's headers; header name → template.
    pub additional_headers: Vec<(String, String)>,
    /// Only of oauth2 schemes.
    pub oauth: Option<OAuthEndpoints>,
    /// Why this release cannot authenticate with it; none means that it can.
    pub unsupported: Option<String>,
}

/// Where the opened credential is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// `Authorization: Bearer <token>`
    Bearer,
    /// `Authorization: Basic base64(username:password)`
    Basic,
    /// `<name>: <api_key>`
    Header(String),
    /// `?<name>=<api_key>`
    Query(String),
    /// `Cookie: <name>=<api_key>`
    Cookie(String),
    /// `<header>: <prefix> <access_token>`; an empty prefix sends the bare token.
    OAuth { header: String, prefix: String },
}

#[derive(Debug)]
pub struct AuthProperty {
    pub title: String,
    pub description: String,
    pub default: Option<String>,
    pub secret: bool,
}

/// Slot name (`token`, `username`, `access_token`, …) → template with `${property}`.
pub type AuthMapping = IndexMap<String, MappingTemplate>;

/// Text with `${property}` in it, split once.
#[derive(Debug, Clone)]
pub struct MappingTemplate(pub Vec<MappingPart>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingPart {
    Literal(String),
    Property(String),
}

/// Which scheme a set of credential keys fits.
#[derive(Debug, PartialEq, Eq)]
pub enum SchemeMatch<'a> {
    One(&'a str),
    /// Names of all schemes that fit, when more than one does.
    Several(Vec<&'a str>),
    /// The only scheme that fits is one this release cannot use.
    Unsupported {
        scheme: &'a str,
        reason: &'a str,
    },
    None,
}
