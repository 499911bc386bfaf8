//! The records in a body: taken out, transformed, wrapped, filtered.

use definitions::{JsonPath, TemplateError};
use serde_json::{Map, Value, json};

use crate::Call;

/// What a record filter's text must be for a record to go.
const FALSE_TEXTS: [&str; 7] = ["", "False", "false", "0", "None", "none", "null"];

/// The result of the action. An error is a template that failed: an undecided record is not shown.
pub(super) fn records(call: &Call<'_>, body: Value) -> Result<Value, String> {
    let action = call.action;
    let mut result = match &action.extractor {
        None => body,
        Some(path) if action.kind.lists() => list(path, body),
        Some(path) => path.take(body).unwrap_or_default(),
    };
    if !action.record_transform.is_empty() {
        result = each(result, |record| transform(call, record)).map_err(|error| error.to_string())?;
    }
    result = each::<TemplateError>(result, |record| Ok(wrap(record))).map_err(|error| error.to_string())?;
    if let (Some(filter), Value::Array(records), true) =
        (&action.record_filter, &mut result, action.kind.lists())
    {
        let mut kept = Vec::with_capacity(records.len());
        for record in std::mem::take(records) {
            if passes(call, filter, &record).map_err(|error| error.to_string())? {
                kept.push(record);
            }
        }
        *records = kept;
    }
    Ok(result)
}

/// Several matches are a list; one match stands for itself, unless a wildcard says that it is one
/// of many. So a list may give an object, when its path points at one.
fn list(path: &JsonPath, body: Value) -> Value {
    if !path.has_wildcard() {
        return path.take(body).unwrap_or_else(|| json!([]));
    }
    match path.all(&body).as_slice() {
        [only @ Value::Array(_)] => (*only).clone(),
        many => many.iter().copied().cloned().collect(),
    }
}

/// Applies `change` to every element of a list, or to the one record; null stays.
fn each<E>(result: Value, change: impl Fn(Value) -> Result<Value, E>) -> Result<Value, E> {
    match result {
        Value::Null => Ok(Value::Null),
        Value::Array(records) => records.into_iter().map(change).collect(),
        record => change(record),
    }
}

/// Clients expect records to be objects.
fn wrap(record: Value) -> Value {
    if record.is_object() { record } else { json!({ "value": record }) }
}

fn transform(call: &Call<'_>, record: Value) -> Result<Value, TemplateError> {
    let record = wrap(record);
    let context = json!({ "record": record, "config": call.settings });
    let rendered = |(name, template): &(String, String)| {
        Ok((name.clone(), Value::String(call.definition.render(template, &context)?)))
    };
    let changes: Result<Map<String, Value>, TemplateError> =
        call.action.record_transform.iter().map(rendered).collect();
    let Value::Object(mut record) = record else { return Ok(record) };
    record.extend(changes?);
    Ok(Value::Object(record))
}

fn passes(call: &Call<'_>, filter: &str, record: &Value) -> Result<bool, TemplateError> {
    let context = json!({ "record": record, "config": call.settings });
    let text = call.definition.render(filter, &context)?;
    Ok(!FALSE_TEXTS.contains(&text.trim()))
}
