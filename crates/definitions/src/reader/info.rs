//! `info`: who the connector is, and what holds for all its operations.

use serde_json::{Map, Value};

use domain::DefinitionId;

use super::{optional, retry, template};
use crate::connector::{DocumentationUrl, ErrorCheck, RetryConfig, Scope};
use crate::document::Node;
use crate::extensions as x;

const KEYS: [&str; 7] =
    ["title", "version", "description", "summary", "contact", "license", "termsOfService"];
/// What titles say beside the name of the product.
const TITLE_ENDINGS: [&str; 3] = [" Connector", " API", " App"];

pub(super) struct Info {
    pub(super) id: DefinitionId,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) documentation: Vec<DocumentationUrl>,
    pub(super) scopes: Vec<Scope>,
    pub(super) error_check: Option<ErrorCheck>,
    pub(super) retry: RetryConfig,
    pub(super) example_questions: Value,
    pub(super) constants: Map<String, Value>,
}

pub(super) fn read(info: &Node<'_>) -> Option<Info> {
    info.known_keys(&KEYS);
    let title = info.require_text("title");
    let version = info.require("version").and_then(|node| node.as_scalar_text());
    let id = read_id(info);
    let name = read_name(info, title.unwrap_or_default());
    let documentation = info.require(x::DOCUMENTATION_URLS).map(|node| read_documentation(&node));
    let scopes = info.get(x::SCOPING).map(|node| read_scopes(&node)).unwrap_or_default();
    let error_check = optional(info, x::ERROR_CHECK, read_error_check);
    let mut retry = info.get(x::RETRY_CONFIG).map(|node| retry::read(&node)).unwrap_or_default();
    if let Some(answers) = info.get(x::FINAL_WHEN) {
        retry.final_when = retry::read_final_answers(&answers);
    }
    let constants = optional(info, x::REPLICATION_CONFIG, |node| node.get("replication_config_constants"));
    let display_name = info.text(x::DISPLAY_NAME).map(str::to_owned);
    Some(Info {
        id: id?,
        name: name?,
        title: display_name.unwrap_or_else(|| product(title.unwrap_or_default())),
        version: version?,
        description: info.text("description").unwrap_or_default().to_owned(),
        documentation: documentation?,
        scopes,
        error_check,
        retry,
        example_questions: info.get(x::EXAMPLE_QUESTIONS).map_or(Value::Null, |node| node.value.clone()),
        constants: constants.and_then(|node| node.value.as_object()).cloned().unwrap_or_default(),
    })
}

fn read_id(info: &Node<'_>) -> Option<DefinitionId> {
    let node = info.require(x::DEFINITION_ID)?;
    let id = node.as_text()?.parse().ok();
    if id.is_none() {
        node.fault("must be a UUID");
    }
    id
}

/// The slug, which names the connector in URLs and in the environment.
fn read_name(info: &Node<'_>, title: &str) -> Option<String> {
    let name = match info.get(x::CONNECTOR_NAME) {
        Some(node) => node.as_text()?.to_owned(),
        None => title.to_lowercase().replace(' ', "-"),
    };
    let is_slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_slug) {
        let at = info.get(x::CONNECTOR_NAME).unwrap_or_else(|| info.clone());
        at.fault(format!("the name must be lower-case letters, digits and `-`, 64 at most; it is `{name}`"));
        return None;
    }
    Some(name)
}

/// `Notion API Connector` → `Notion`.
fn product(title: &str) -> String {
    let mut name = title.trim();
    for ending in TITLE_ENDINGS {
        name = name.strip_suffix(ending).filter(|rest| !rest.is_empty()).unwrap_or(name);
    }
    name.to_owned()
}

fn read_documentation(node: &Node<'_>) -> Vec<DocumentationUrl> {
    let pages = node.items().into_iter();
    pages
        .filter_map(|page| {
            Some(DocumentationUrl {
                url: page.require_text("url")?.to_owned(),
                title: page.text("title").unwrap_or_default().to_owned(),
                kind: page.text("type").unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

fn read_scopes(node: &Node<'_>) -> Vec<Scope> {
    let scopes = node.items().into_iter();
    scopes
        .filter_map(|scope| {
            scope.known_keys(&["param", "config_key", "value_template"]);
            let param = scope.require_text("param")?;
            let value_template = scope.get("value_template");
            Some(Scope {
                param: param.to_owned(),
                config_key: scope.text("config_key").unwrap_or(param).to_owned(),
                value_template: value_template.and_then(|node| template::text(&node, &template::SCOPE)),
            })
        })
        .collect()
}

fn read_error_check(node: &Node<'_>) -> Option<ErrorCheck> {
    node.known_keys(&["field", "on_value", "message_field"]);
    Some(ErrorCheck {
        field: node.require_text("field")?.to_owned(),
        on_value: node.value.get("on_value").cloned().unwrap_or(Value::Bool(false)),
        message_field: node.text("message_field").unwrap_or("error").to_owned(),
    })
}
