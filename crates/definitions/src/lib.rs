//! Connector definitions: OpenAPI 3.1 documents in YAML, read once into a validated catalog.
//!
//! `control` asks the [`Catalog`] for a definition and an action; `executor` turns the action into
//! a request. Nothing is parsed or compiled per call.
//!
//! A file goes through `document` (YAML, its limits and its faults), `reader` (document → model) and
//! ends as a [`ConnectorDefinition`], on which everything else is a question: find an action, check
//! params, render a template, match a credential.

mod action;
mod address;
mod auth_scheme;
mod catalog;
mod connector;
mod describe;
mod document;
mod embedded;
mod error;
mod extensions;
mod host_settings;
mod json_path;
mod lookup;
mod oauth_scheme;
mod oauth_url;
mod params;
mod pattern;
mod reader;
mod resolve;
mod template;

pub use action::{
    Action, ActionKind, ArrayStyle, Body, BodyEncoding, BodyField, BodyShape, ConfigInject, HeaderParameter,
    MetaSource, Method, ParamFault, PathPart, PathTemplate, QueryParameter,
};
pub use auth_scheme::{
    AuthMapping, AuthProperty, AuthScheme, MappingPart, MappingTemplate, Placement, SchemeMatch,
};
pub use catalog::Catalog;
pub use connector::{
    ConnectorDefinition, DocumentationUrl, Entity, ErrorCheck, FinalAnswer, HealthCheck, RetryAfterUnit,
    RetryConfig, Scope, Server, ServerVariable, VisibilityCheck,
};
pub use error::{Fault, OAuthUrlFault, TemplateError, UnknownAction};
pub use json_path::JsonPath;
pub use lookup::{DISCRIMINATORS, nearest};
pub use oauth_scheme::{
    AccountPaths, ClientAuthStyle, OAuthEndpoints, OAuthFlow, OAuthSettings, TokenBodyFormat, TokenRefresh,
};
pub use pattern::Pattern;
pub use reader::load;
