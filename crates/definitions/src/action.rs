//! One action of an entity: everything needed to build its request and read its answer.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::JsonPath;
use crate::params::ParamRule;

/// The verb of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    List,
    Get,
    Create,
    Update,
    Delete,
    Search,
    Download,
    Authorize,
}

impl ActionKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::List,
        Self::Get,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Search,
        Self::Download,
        Self::Authorize,
    ];

    /// The word in files and calls. `api_search` is an older spelling of `search`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "list" => Self::List,
            "get" => Self::Get,
            "create" => Self::Create,
            "update" => Self::Update,
            "delete" => Self::Delete,
            "search" | "api_search" => Self::Search,
            "download" => Self::Download,
            "authorize" => Self::Authorize,
            _ => return None,
        })
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Search => "search",
            Self::Download => "download",
            Self::Authorize => "authorize",
        }
    }

    /// Whether a call of this kind can change something upstream, whatever its HTTP method.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }

    /// Whether its result is a list of records.
    #[must_use]
    pub fn lists(self) -> bool {
        matches!(self, Self::List | Self::Search)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
    Patch,
}

/// One operation of a definition.
#[derive(Debug)]
pub struct Action {
    pub entity: String,
    pub kind: ActionKind,
    pub method: Method,
    pub path: PathTemplate,
    /// One line: what it does.
    pub summary: String,
    pub description: String,
    /// `x-patchbay-also-known-as`: second names, each an entity and a word (`pages move`).
    pub also_known_as: Vec<String>,
    pub query: Vec<QueryParameter>,
    pub headers: Vec<HeaderParameter>,
    pub body: Option<Body>,
    pub extractor: Option<JsonPath>,
    pub record_transform: Vec<(String, String)>,
    pub record_filter: Option<String>,
    /// Empty: no metadata is made at all.
    pub meta: Vec<(String, MetaSource)>,
    /// Scheme name → scopes, by the operation's own `security`: a credential of that scheme needs all
    /// scopes of one of the alternatives. Ask [`Action::missing_scopes`].
    pub scope_alternatives: IndexMap<String, Vec<Vec<String>>>,
    /// What a caller may pass, as a JSON Schema object; shown by `describe`.
    pub params_schema: Value,
    /// The parts of `params_schema` that are enforced.
    pub(crate) rules: Vec<ParamRule>,
}

impl Action {
    /// Whether a call may change something upstream: by its kind, or because a method other than
    /// `GET` does what no kind of reading says.
    #[must_use]
    pub fn writes(&self) -> bool {
        let reads = self.kind.lists() || matches!(self.kind, ActionKind::Get | ActionKind::Download);
        self.kind.writes() || (self.method != Method::Get && !reads)
    }

    /// What a grant of `scheme` lacks to run it: of several alternatives, the scopes missing for the one
    /// that is nearest to being granted. None when nothing is missing, or when the definition does not
    /// say what the operation needs.
    ///
    /// A provider that does not say what it granted has granted what was asked for: pass that.
    #[must_use]
    pub fn missing_scopes(&self, scheme: &str, granted: &[String]) -> Option<Vec<String>> {
        let lacking = |needed: &Vec<String>| -> Vec<String> {
            needed.iter().filter(|scope| !granted.contains(scope)).cloned().collect()
        };
        let alternatives = self.scope_alternatives.get(scheme)?;
        let least = alternatives.iter().map(lacking).min_by_key(Vec::len)?;
        (!least.is_empty()).then_some(least)
    }

    /// Whether it can be called without any params, whatever the connector's settings are.
    #[must_use]
    pub fn needs_no_params(&self) -> bool {
        self.path.0.iter().all(|part| matches!(part, PathPart::Literal(_)))
            && self.query.iter().all(|query| !query.required || query.default.is_some())
            && self.check(&Map::new()).is_empty()
    }
}

/// `/v1/blocks/{block_id}/children`, split once.
#[derive(Debug, Clone)]
pub struct PathTemplate(pub Vec<PathPart>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPart {
    Literal(String),
    Param(String),
}

#[derive(Debug)]
pub struct QueryParameter {
    pub name: String,
    pub required: bool,
    /// A text in it may be a template: ask [`crate::ConnectorDefinition::filled`].
    pub default: Option<Value>,
    pub array_style: ArrayStyle,
    /// `style: deepObject`: `name[sub]=value`.
    pub deep_object: bool,
    /// `x-airbyte-param-config-inject`: the connector setting to take when the caller gave nothing.
    pub config_inject: Option<ConfigInject>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayStyle {
    /// `a=1&a=2`
    Repeat,
    Comma,
    Space,
    Pipe,
}

#[derive(Debug)]
pub struct ConfigInject {
    pub source: String,
    pub map: Option<Map<String, Value>>,
}

#[derive(Debug)]
pub struct HeaderParameter {
    pub name: String,
    /// Always sent when the caller gives nothing, required or not.
    pub default: Option<Value>,
    pub config_inject: Option<ConfigInject>,
}

#[derive(Debug)]
pub struct Body {
    pub encoding: BodyEncoding,
    pub shape: BodyShape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEncoding {
    Json,
    Form,
}

/// How flat params become a body.
#[derive(Debug)]
pub enum BodyShape {
    /// The named fields of an object.
    Fields(Vec<BodyField>),
    /// The same, wrapped in a list of one.
    ListOfOne(Vec<BodyField>),
    /// Every param but the named ones (which go elsewhere).
    AllParamsBut(Vec<String>),
}

#[derive(Debug)]
pub struct BodyField {
    pub name: String,
    pub required: bool,
    pub default: Option<Value>,
    /// `x-patchbay-send-null`: an explicit null is sent, because it unsets something upstream.
    pub send_null: bool,
}

/// Where one entry of the metadata comes from.
#[derive(Debug)]
pub enum MetaSource {
    /// `@link.next`: the target of a `Link` header relation (RFC 8288).
    Link(String),
    /// `@header.name`
    Header(String),
    Body(JsonPath),
}

/// One fault in a call's params.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamFault {
    /// JSON pointer below `params`: `/page_size`.
    pub pointer: String,
    /// What is wrong and what would be right. Never the value of a param.
    pub message: String,
    /// `missing`, `blank`, `enum`, `type`, `range`.
    pub code: &'static str,
}
