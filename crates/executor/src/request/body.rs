//! The body: params under the schema's names, as JSON or as a form.

use bytes::Bytes;
use definitions::{Body, BodyEncoding, BodyField, BodyShape};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::query::push_form;
use super::text;

/// Makes the body, and names its type unless a header parameter did. Nothing to say, no body.
pub(super) fn body(
    declared: Option<&Body>,
    params: &Map<String, Value>,
    headers: &mut HeaderMap,
) -> Option<Bytes> {
    let declared = declared?;
    let fields = Fields(match &declared.shape {
        BodyShape::Fields(fields) | BodyShape::ListOfOne(fields) => picked(fields, params),
        BodyShape::AllParamsBut(names) => {
            let others = params.iter().filter(|(name, value)| !value.is_null() && !names.contains(*name));
            others.map(|(name, value)| (name.as_str(), value)).collect()
        }
    });
    if fields.0.is_empty() {
        return None;
    }
    let (bytes, media_type) = match (declared.encoding, &declared.shape) {
        (BodyEncoding::Form, _) => (fields.form().into_bytes(), "application/x-www-form-urlencoded"),
        (BodyEncoding::Json, BodyShape::ListOfOne(_)) => (json(&[fields]), "application/json"),
        (BodyEncoding::Json, _) => (json(&fields), "application/json"),
    };
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
    Some(bytes.into())
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a JSON value has text keys and no failing parts")
}

/// The caller's value, else the default. Null says nothing at this level unless the definition
/// gives it a meaning; further down it stays.
fn picked<'a>(fields: &'a [BodyField], params: &'a Map<String, Value>) -> Vec<(&'a str, &'a Value)> {
    let pick = |field: &'a BodyField| {
        let given = params.get(&field.name).filter(|value| field.send_null || !value.is_null());
        let value = given.or(field.default.as_ref())?;
        Some((field.name.as_str(), value))
    };
    fields.iter().filter_map(pick).collect()
}

/// Borrowed members of an object, so that large params are not copied.
struct Fields<'a>(Vec<(&'a str, &'a Value)>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl Fields<'_> {
    /// `a=1&b[c]=2&d[0]=3`
    fn form(&self) -> String {
        let mut form = String::new();
        for (name, value) in &self.0 {
            push_field(&mut form, name, value);
        }
        form
    }
}

fn push_field(form: &mut String, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                push_field(form, &format!("{name}[{member}]"), value);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                push_field(form, &format!("{name}[{index}]"), value);
            }
        }
        scalar => {
            if !form.is_empty() {
                form.push('&');
            }
            push_form(form, name);
            form.push('=');
            push_form(form, &text(scalar));
        }
    }
}
