//! The parameters of an operation: what a caller may pass, where it goes, what is enforced.

use serde_json::{Map, Value, json};

use super::{header, schema, server, template};
use crate::action::{ArrayStyle, ConfigInject, HeaderParameter, QueryParameter};
use crate::connector::Server;
use crate::document::Node;
use crate::extensions as x;
use crate::params::{JsonKind, ParamRule, Place};
use crate::template::is_template;

const KEYS: [&str; 11] = [
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "schema",
    "example",
    "examples",
];
/// What is gathered from an operation's parameters and body.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) path_names: Vec<String>,
    pub(super) query: Vec<QueryParameter>,
    pub(super) headers: Vec<HeaderParameter>,
    pub(super) rules: Vec<ParamRule>,
    properties: Map<String, Value>,
    required: Vec<String>,
    /// Values a health check passes: probe defaults, and of query parameters any default.
    pub(super) probe: Map<String, Value>,
    /// Whether nothing but a caller can know one of the values.
    pub(super) needs_caller: bool,
}

impl Inputs {
    pub(super) fn read(operation: &Node<'_>, server: Option<&Server>) -> Self {
        let mut inputs = Self::default();
        let parameters = operation.get("parameters").map(|node| node.items()).unwrap_or_default();
        for parameter in parameters {
            inputs.read_one(&parameter, server);
        }
        inputs
    }

    /// The params of a call as a JSON Schema object. `open`: undeclared ones are sent too.
    pub(super) fn schema(&mut self, open: bool) -> Value {
        let (properties, required) =
            (std::mem::take(&mut self.properties), std::mem::take(&mut self.required));
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if open {
            schema["additionalProperties"] = true.into();
        }
        schema
    }

    fn read_one(&mut self, node: &Node<'_>, server: Option<&Server>) -> Option<()> {
        node.known_keys(&KEYS);
        let name = node.require_text("name")?;
        let schema = node.require("schema")?.resolved()?;
        schema.check_references();
        let default = schema.get("default");
        default.iter().for_each(template::value);
        let default_value = default.as_ref().map(|node| node.value.clone());
        let config_inject = node.get(x::PARAM_CONFIG_INJECT).and_then(|node| read_inject(&node, server));
        let asked = node.flag("required") && default.is_none() && config_inject.is_none();
        let mut description = node.text("description").map(str::to_owned);
        let place = match node.require_text("in")? {
            "path" => {
                self.path_names.push(name.to_owned());
                Place::Path
            }
            "query" => {
                let style = node.text("style").unwrap_or("form");
                self.query.push(QueryParameter {
                    name: name.to_owned(),
                    required: node.flag("required"),
                    default: default_value.clone(),
                    array_style: read_array_style(node, style),
                    deep_object: style == "deepObject",
                    config_inject,
                });
                if let Some(value) = default_value {
                    self.probe.insert(name.to_owned(), value);
                }
                Place::Query
            }
            "header" => {
                let header_name = header::name(node, name)?;
                if let Some((node, text)) =
                    default.as_ref().and_then(|node| Some((node, node.value.as_str()?)))
                {
                    header::value(node, text);
                }
                if let (None, None, Some(inject)) = (&description, schema.get("description"), &config_inject)
                {
                    description = Some(format!("Set by the connector's setting `{}`.", inject.source));
                }
                self.headers.push(HeaderParameter {
                    name: header_name,
                    default: default_value,
                    config_inject,
                });
                Place::Header
            }
            _ => {
                node.fault("`in` must be path, query or header");
                return None;
            }
        };
        self.read_probe(node, &schema, name);
        let required = place == Place::Path || (place == Place::Query && asked);
        self.needs_caller |= required;
        self.declare(name, place, required, &schema, description.as_deref());
        Some(())
    }

    /// Takes the value a health check passes, from the parameter or from its schema.
    pub(super) fn read_probe(&mut self, parameter: &Node<'_>, schema: &Node<'_>, name: &str) {
        if let Some(probe) = parameter.get(x::PROBE_DEFAULT).or_else(|| schema.get(x::PROBE_DEFAULT)) {
            template::value(&probe);
            self.probe.insert(name.to_owned(), probe.value.clone());
        }
    }

    /// Notes one thing a caller may pass: its rule, and its line in the schema.
    pub(super) fn declare(
        &mut self,
        name: &str,
        place: Place,
        required: bool,
        schema: &Node<'_>,
        description: Option<&str>,
    ) {
        let Some(resolved) = schema.resolved() else { return };
        schema::check_keys(&resolved);
        let kinds = schema::kinds(&resolved);
        let items = resolved.get("items").filter(|_| kinds.contains(&JsonKind::Array));
        let items_allowed = items.and_then(|items| items.resolved()).map(|items| schema::allowed(&items));
        self.rules.push(ParamRule {
            name: name.to_owned(),
            place,
            required,
            range: schema::range(&resolved, &kinds),
            kinds,
            allowed: schema::allowed(&resolved),
            items_allowed: items_allowed.unwrap_or_default(),
        });
        if required && !self.required.iter().any(|known| known == name) {
            self.required.push(name.to_owned());
        }
        if self.properties.contains_key(name) {
            return;
        }
        let mut written = schema.expanded();
        if let (Some(description), Some(written)) = (description, written.as_object_mut()) {
            written.insert("description".to_owned(), description.into());
        }
        if written["default"].as_str().is_some_and(is_template)
            && let Some(written) = written.as_object_mut()
        {
            written.remove("default");
        }
        self.properties.insert(name.to_owned(), written);
    }
}

fn read_inject(node: &Node<'_>, server: Option<&Server>) -> Option<ConfigInject> {
    node.known_keys(&["source", "map"]);
    let source = node.require_text("source")?;
    server::check_setting(node, server, source);
    let map = node.get("map").and_then(|map| {
        if !map.value.is_object() {
            map.fault("must be a map");
        }
        map.value.as_object().cloned()
    });
    Some(ConfigInject { source: source.to_owned(), map })
}

fn read_array_style(node: &Node<'_>, style: &str) -> ArrayStyle {
    let joined = node.get("explode").is_some() && !node.flag("explode");
    match style {
        "form" if joined => ArrayStyle::Comma,
        "spaceDelimited" => ArrayStyle::Space,
        "pipeDelimited" => ArrayStyle::Pipe,
        "form" | "deepObject" => ArrayStyle::Repeat,
        _ => {
            node.fault("`style` must be form, spaceDelimited, pipeDelimited or deepObject");
            ArrayStyle::Repeat
        }
    }
}
