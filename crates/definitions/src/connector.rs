//! One connector definition, read and checked.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use domain::DefinitionId;

use crate::template::Templates;
use crate::{Action, ActionKind, AuthScheme, JsonPath, Pattern};

/// A declarative description of one upstream API.
#[derive(Debug)]
pub struct ConnectorDefinition {
    pub id: DefinitionId,
    /// The slug: `notion`.
    pub name: String,
    /// The display name: `Notion`.
    pub title: String,
    pub version: String,
    pub description: String,
    pub documentation: Vec<DocumentationUrl>,
    pub server: Server,
    /// In file order; never empty.
    pub auth_schemes: Vec<AuthScheme>,
    /// In order of first appearance.
    pub entities: IndexMap<String, Entity>,
    pub scopes: Vec<Scope>,
    pub error_check: Option<ErrorCheck>,
    pub retry: RetryConfig,
    /// None: the definition has no operation that can be called without knowing anything.
    pub health_check: Option<HealthCheck>,
    /// Questions the definition suggests that a user may ask, by kind.
    pub example_questions: Value,
    /// What `config` means in the templates of health checks and defaults.
    pub constants: Map<String, Value>,
    /// What the `replication_config` of a connector may hold, with a word on each: the properties of
    /// `x-airbyte-replication-config`, the keys of scopes, and what parameters are filled from.
    /// Variables of the server stand in [`Server::variables`] instead.
    pub settings: IndexMap<String, String>,
    /// Second names of actions; see [`Action::also_known_as`].
    pub(crate) aliases: Aliases,
    /// Every template of the file, compiled; asked for by [`ConnectorDefinition::render`].
    pub(crate) templates: Templates,
}

/// Entity → word → the entity and kind of the action meant.
pub(crate) type Aliases = IndexMap<String, IndexMap<String, (String, ActionKind)>>;

/// A page of the vendor's documentation.
#[derive(Debug, Clone)]
pub struct DocumentationUrl {
    pub url: String,
    pub title: String,
    pub kind: String,
}

/// `servers[0]`: where the API lives.
#[derive(Debug)]
pub struct Server {
    /// Without a trailing `/`; `{name}` is filled from the connector's settings.
    pub url: String,
    pub variables: IndexMap<String, ServerVariable>,
}

#[derive(Debug)]
pub struct ServerVariable {
    pub default: String,
    pub description: String,
    /// When not empty, the only values taken.
    pub allowed: Vec<String>,
    /// `x-patchbay-pattern`: what every value must match. It also vouches for the value where it makes
    /// up the host of a URL.
    pub pattern: Option<Pattern>,
}

impl ServerVariable {
    /// The value that holds when none is given. Some definitions use the placeholder itself as the
    /// default, to say that there is none.
    #[must_use]
    pub fn usable_default(&self) -> Option<&str> {
        Some(self.default.as_str()).filter(|default| !default.is_empty() && !default.contains(['{', '}']))
    }

    /// What is wrong with `value`, by the variable's own rules: where it stands in a URL is not looked
    /// at.
    ///
    /// # Errors
    /// What it must be, to follow the variable's name; never the value.
    pub fn check(&self, value: &str) -> Result<(), String> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == value) {
            return Err(format!("must be one of {}", self.allowed.join(", ")));
        }
        match &self.pattern {
            Some(pattern) if !pattern.matches(value) => Err(format!("must match `{}`", pattern.as_str())),
            _ => Ok(()),
        }
    }

    /// Whether the definition itself says what it may be: then it may be a whole host.
    pub(crate) fn is_limited(&self) -> bool {
        !self.allowed.is_empty() || self.pattern.is_some()
    }
}

/// A noun of the API with its verbs.
#[derive(Debug)]
pub struct Entity {
    pub name: String,
    pub actions: IndexMap<ActionKind, Action>,
    /// What the file declares and this release cannot run, with the reason.
    pub unsupported: IndexMap<ActionKind, String>,
}

/// `x-airbyte-scoping`: fills a parameter the caller left out from the connector's settings.
#[derive(Debug)]
pub struct Scope {
    pub param: String,
    pub config_key: String,
    /// A template with `value`, `config` and `param`; none means the value as it stands.
    pub value_template: Option<String>,
}

/// `x-airbyte-response-error-check`: how an answer with status 200 says that it failed.
#[derive(Debug)]
pub struct ErrorCheck {
    pub field: String,
    pub on_value: Value,
    pub message_field: String,
}

/// `x-airbyte-retry-config`, with the format's defaults.
#[derive(Debug, Clone)]
pub struct RetryConfig {
    /// Requests in total.
    pub attempts_max: u32,
    pub initial_delay_ms: u64,
    pub delay_ms_max: u64,
    pub exponential_base: f64,
    pub retry_statuses: Vec<u16>,
    pub retry_on_timeout: bool,
    pub retry_on_network_error: bool,
    pub retry_after_header: String,
    /// Units of a bare number in that header, in milliseconds; a date is read as well.
    pub retry_after_unit: RetryAfterUnit,
    /// `x-patchbay-final-when`: bodies that say that repeating is forbidden, whatever the status.
    pub final_when: Vec<FinalAnswer>,
}

/// An answer that must not be repeated is known by a value in its body.
#[derive(Debug, Clone)]
pub struct FinalAnswer {
    pub path: JsonPath,
    pub values: Vec<Value>,
}

impl RetryConfig {
    /// Whether an answer with this body forbids another attempt.
    #[must_use]
    pub fn is_final(&self, body: &Value) -> bool {
        let says =
            |answer: &FinalAnswer| answer.path.first(body).is_some_and(|value| answer.values.contains(value));
        self.final_when.iter().any(says)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfterUnit {
    Seconds,
    Milliseconds,
    /// Seconds since 1970 UTC.
    UnixTimestamp,
}

/// The call that tells whether a connector works.
#[derive(Debug)]
pub struct HealthCheck {
    pub entity: String,
    pub action: ActionKind,
    /// Texts in it may be templates: ask [`ConnectorDefinition::health_params`].
    pub params: Map<String, Value>,
    /// Where the number of visible records can be read from, when the definition names a second
    /// call for it (`x-patchbay-visibility-check`).
    pub visibility: Option<VisibilityCheck>,
    /// `x-patchbay-check-entities`: the entities that are asked for a record each; each has a list
    /// that needs no params. None: every entity that has one.
    pub entities: Option<Vec<String>>,
}

/// `x-patchbay-visibility-check`: a call whose empty answer means "token good, nothing shared".
#[derive(Debug)]
pub struct VisibilityCheck {
    pub entity: String,
    pub action: ActionKind,
    pub params: Map<String, Value>,
    /// What to tell a person whose token sees nothing.
    pub message: String,
}
