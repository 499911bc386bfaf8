//! The records in a body: taken out, wrapped, transformed, filtered.

use definitions::{JsonPath, TemplateError};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::Unread;
use crate::Call;

/// Rendered between two looks at the clock. A template runs for a millisecond at worst.
const RENDERED_AT_ONCE: usize = 16;
/// What a record filter's text must be for a record to go.
const FALSE_TEXTS: [&str; 7] = ["", "False", "false", "0", "None", "none", "null"];

/// Takes the records out of the body and makes objects of them.
pub(super) fn take(path: Option<&JsonPath>, lists: bool, body: Value) -> Value {
    let result = match path {
        None => body,
        Some(path) if lists => list(path, body),
        Some(path) => path.take(body).unwrap_or_default(),
    };
    match result {
        Value::Null => Value::Null,
        Value::Array(mut records) => {
            for record in &mut records {
                *record = wrap(std::mem::take(record));
            }
            Value::Array(records)
        }
        record => wrap(record),
    }
}

/// Runs the templates of the action over its records; null stays. A template that fails is an error:
/// an undecided record is not shown.
///
/// Templates belong to the definition, which cannot go to another thread, so the others get their
/// turn in between.
pub(super) async fn render(call: &Call<'_>, result: Value) -> Result<Value, Unread> {
    let action = call.action;
    let filter = action.record_filter.as_deref().filter(|_| action.kind.lists());
    if action.record_transform.is_empty() && filter.is_none() {
        return Ok(result);
    }
    let failed = |error: TemplateError| Unread::Bad(error.to_string());
    match result {
        Value::Null => Ok(Value::Null),
        Value::Array(records) => {
            let mut kept = Vec::with_capacity(records.len());
            for (index, record) in records.into_iter().enumerate() {
                if index > 0 && index % RENDERED_AT_ONCE == 0 {
                    tokio::task::yield_now().await;
                    if Instant::now() >= call.deadline {
                        return Err(Unread::Late);
                    }
                }
                let record = transform(call, record).map_err(failed)?;
                let passes = filter.map_or(Ok(true), |filter| passes(call, filter, &record));
                if passes.map_err(failed)? {
                    kept.push(record);
                }
            }
            Ok(Value::Array(kept))
        }
        record => transform(call, record).map_err(failed),
    }
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

/// Clients expect records to be objects.
fn wrap(record: Value) -> Value {
    if record.is_object() {
        return record;
    }
    // By itself a map makes room for several members, which counts when every number gets one.
    let mut wrapped = Map::with_capacity(1);
    wrapped.insert("value".to_owned(), record);
    Value::Object(wrapped)
}

/// What the templates of a record see.
#[derive(Serialize)]
struct Context<'a> {
    record: &'a Value,
    config: &'a Map<String, Value>,
}

fn transform(call: &Call<'_>, record: Value) -> Result<Value, TemplateError> {
    let context = Context { record: &record, config: call.settings };
    let rendered = |(name, template): &(String, String)| {
        Ok((name.clone(), Value::String(call.definition.render(template, &context)?)))
    };
    let changes: Result<Map<String, Value>, TemplateError> =
        call.action.record_transform.iter().map(rendered).collect();
    let changes = changes?;
    let Value::Object(mut record) = record else { return Ok(record) };
    record.extend(changes);
    Ok(Value::Object(record))
}

fn passes(call: &Call<'_>, filter: &str, record: &Value) -> Result<bool, TemplateError> {
    let text = call.definition.render(filter, &Context { record, config: call.settings })?;
    Ok(!FALSE_TEXTS.contains(&text.trim()))
}
