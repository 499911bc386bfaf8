//! Schemas of what a caller may pass: the parts that are checked.

use serde_json::{Number, Value};

use crate::document::Node;
use crate::params::JsonKind;

/// What a schema of a parameter or of a body may say: JSON Schema, and OpenAPI's additions.
#[rustfmt::skip]
const KEYS: &[&str] = &[
    "$anchor", "$comment", "$defs", "$id", "$ref", "$schema",
    "additionalProperties", "allOf", "anyOf", "const", "contains", "contentEncoding", "contentMediaType",
    "contentSchema", "default", "dependentRequired", "dependentSchemas", "deprecated", "description",
    "discriminator", "else", "enum", "example", "examples", "exclusiveMaximum", "exclusiveMinimum",
    "externalDocs", "format", "if", "items", "maxContains", "maxItems", "maxLength", "maxProperties",
    "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not",
    "nullable", "oneOf", "pattern", "patternProperties", "prefixItems", "properties", "propertyNames",
    "readOnly", "required", "then", "title", "type", "unevaluatedItems", "unevaluatedProperties",
    "uniqueItems", "writeOnly", "xml",
];

/// The types a value may have; `null` is never among them, for it counts as absent.
pub(super) fn kinds(schema: &Node<'_>) -> Vec<JsonKind> {
    let Some(node) = schema.get("type") else { return Vec::new() };
    let words = if node.value.is_array() {
        schema.texts("type")
    } else {
        node.as_text().map(str::to_owned).into_iter().collect()
    };
    let kind = |word: &String| {
        let kind = JsonKind::parse(word);
        if kind.is_none() && word != "null" {
            node.fault(format!("`{word}` is not a type"));
        }
        kind
    };
    words.iter().filter_map(kind).collect()
}

/// The values it may have; empty means any.
pub(super) fn allowed(schema: &Node<'_>) -> Vec<Value> {
    schema
        .get("enum")
        .map(|node| node.items().iter().map(|item| item.value.clone()).collect())
        .unwrap_or_default()
}

/// The least and the greatest value of a number; of other types nothing.
pub(super) fn range(schema: &Node<'_>, kinds: &[JsonKind]) -> (Option<Number>, Option<Number>) {
    let bound = |key: &str| {
        let node = schema.get(key)?;
        let number = node.value.as_number().cloned();
        if number.is_none() {
            node.fault("must be a number");
        }
        number
    };
    if kinds.iter().any(|kind| matches!(kind, JsonKind::Integer | JsonKind::Number)) {
        (bound("minimum"), bound("maximum"))
    } else {
        (None, None)
    }
}

/// A fault for each key that no schema has.
pub(super) fn check_keys(schema: &Node<'_>) {
    if schema.value.is_object() {
        schema.known_keys(KEYS);
    }
}
