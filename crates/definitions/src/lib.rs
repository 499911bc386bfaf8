//! Connector definitions: OpenAPI 3.1 documents in YAML, read once into a validated catalog.
//!
//! `control` asks the [`Catalog`] for a definition and an action; `executor` turns the action into
//! a request. Nothing is parsed or compiled per call.

mod action;
mod auth_scheme;
mod connector;
mod json_path;

pub use action::{
    Action, ActionKind, ArrayStyle, Body, BodyEncoding, BodyField, BodyShape, ConfigInject, HeaderParameter,
    MetaSource, Method, ParamFault, PathPart, PathTemplate, QueryParameter,
};
pub use auth_scheme::{
    AuthMapping, AuthProperty, AuthScheme, MappingPart, MappingTemplate, OAuthEndpoints, Placement,
    SchemeMatch, TokenRefresh,
};
pub use connector::{
    ConnectorDefinition, DocumentationUrl, Entity, ErrorCheck, HealthCheck, RetryAfterUnit, RetryConfig,
    Scope, Server, ServerVariable, VisibilityCheck,
};
pub use json_path::JsonPath;
