//! The request body of an operation: how flat params become fields.

use super::parameter::Inputs;
use super::schema as checked;
use crate::document::Node;
use crate::extensions as x;
use crate::params::Place;
use crate::{Body, BodyEncoding, BodyField, BodyShape};

const KEYS: [&str; 3] = ["content", "description", "required"];
const MEDIA_KEYS: [&str; 4] = ["schema", "example", "examples", "encoding"];
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What a request body turned out to be.
pub(super) enum ReadBody {
    /// Nothing is ever sent.
    None,
    Body(Body),
    /// A kind of body this release cannot send, and why.
    Unsupported(&'static str),
}

pub(super) fn read(node: &Node<'_>, inputs: &mut Inputs) -> ReadBody {
    node.known_keys(&KEYS);
    if node.get(x::BODY_TYPE).is_some() {
        return ReadBody::Unsupported("bodies of a type of their own (GraphQL) are not supported yet");
    }
    let content = node.get("content").map(|content| content.entries()).unwrap_or_default();
    let media =
        |wanted: &str| content.iter().find(|(name, _)| name.starts_with(wanted)).map(|(_, node)| node);
    let (encoding, media) =
        match (media(FORM), media("multipart/"), media(JSON).or_else(|| Some(&content.first()?.1))) {
            (Some(form), _, _) => (BodyEncoding::Form, form),
            (None, Some(_), _) => return ReadBody::Unsupported("multipart bodies are not supported yet"),
            (None, None, Some(json)) => (BodyEncoding::Json, json),
            (None, None, None) => return ReadBody::None,
        };
    media.known_keys(&MEDIA_KEYS);
    let schema = media.get("schema").and_then(|schema| {
        schema.check_references();
        schema.resolved()
    });
    let Some(schema) = schema else { return ReadBody::None };
    match read_shape(&schema, inputs) {
        Some(shape) => ReadBody::Body(Body { encoding, shape }),
        None => ReadBody::None,
    }
}

/// None: the schema names no field, so nothing can be sent.
fn read_shape(schema: &Node<'_>, inputs: &mut Inputs) -> Option<BodyShape> {
    checked::check_keys(schema);
    if schema.value["type"] == "array" {
        let element = schema.get("items")?.resolved()?;
        checked::check_keys(&element);
        return read_fields(&element, inputs).map(BodyShape::ListOfOne);
    }
    if schema.get("properties").is_none() && schema.value["additionalProperties"] == true {
        let elsewhere = inputs.path_names.iter();
        let elsewhere = elsewhere.chain(inputs.query.iter().map(|query| &query.name));
        let elsewhere = elsewhere.chain(inputs.headers.iter().map(|header| &header.name));
        return Some(BodyShape::AllParamsBut(elsewhere.cloned().collect()));
    }
    read_fields(schema, inputs).map(BodyShape::Fields)
}

fn read_fields(schema: &Node<'_>, inputs: &mut Inputs) -> Option<Vec<BodyField>> {
    let required = schema.texts("required");
    let properties = schema.get("properties")?.entries();
    let fields: Vec<_> = properties
        .into_iter()
        .map(|(name, property)| {
            let is_required = required.iter().any(|known| known == name);
            inputs.read_probe(&property, &property, name);
            inputs.declare(name, Place::Body, is_required, &property, None);
            let resolved = property.resolved();
            let default = resolved.as_ref().and_then(|resolved| resolved.get("default"));
            BodyField {
                name: name.to_owned(),
                required: is_required,
                default: default.map(|node| node.value.clone()),
                send_null: resolved.is_some_and(|resolved| resolved.value[x::SEND_NULL] == true),
            }
        })
        .collect();
    (!fields.is_empty()).then_some(fields)
}
