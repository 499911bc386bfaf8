//! Which fields of the records come back, and how long their texts may be.

use definitions::ActionKind;
use domain::ExecuteCall;
use serde_json::{Map, Value};

/// Longest text in a list's records when truncation was asked for, in characters.
const TEXT_CHARACTERS_MAX: usize = 200;
const TRUNCATED: &str = " [truncated; use `get` for the whole text]";

/// Applies the caller's field selection and truncation to a result.
pub(super) fn shape(mut result: Value, kind: ActionKind, call: &ExecuteCall) -> Value {
    if let Some(names) = &call.select_fields {
        each_record(&mut result, |record| select(record, names));
    } else if let Some(names) = &call.exclude_fields {
        each_record(&mut result, |record| exclude(record, names));
    }
    if kind == ActionKind::List && call.skip_truncation == Some(false) {
        truncate(&mut result);
    }
    result
}

/// Records are the members of a list, of `data` when that is a list, or the one object.
fn each_record(result: &mut Value, change: impl Fn(&mut Map<String, Value>)) {
    let list = match result {
        Value::Array(list) => list,
        Value::Object(object) => match object.get_mut("data") {
            Some(Value::Array(list)) => list,
            _ => return change(object),
        },
        _ => return,
    };
    list.iter_mut().filter_map(Value::as_object_mut).for_each(change);
}

/// Keeps the named fields. A name is first a key as it stands, then a path through objects.
fn select(record: &mut Map<String, Value>, names: &[String]) {
    let mut kept = Map::new();
    for name in names {
        if let Some(value) = record.get(name) {
            kept.insert(name.clone(), value.clone());
        } else if let Some(value) = at_path(record, name) {
            insert_at(&mut kept, name, value.clone());
        }
    }
    *record = kept;
}

fn at_path<'r>(record: &'r Map<String, Value>, path: &str) -> Option<&'r Value> {
    let (first, rest) = path.split_once('.')?;
    rest.split('.').try_fold(record.get(first)?, |value, name| value.as_object()?.get(name))
}

fn insert_at(target: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            target.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = target.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert_at(inner, rest, value);
            }
        }
    }
}

/// Drops the named fields, found in the same way.
fn exclude(record: &mut Map<String, Value>, names: &[String]) {
    for name in names {
        if record.shift_remove(name).is_none() {
            remove_at(record, name);
        }
    }
}

fn remove_at(object: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            object.shift_remove(path);
        }
        Some((first, rest)) => {
            if let Some(Value::Object(inner)) = object.get_mut(first) {
                remove_at(inner, rest);
            }
        }
    }
}

fn truncate(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(TEXT_CHARACTERS_MAX) {
                text.truncate(end);
                text.push_str(TRUNCATED);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(truncate),
        Value::Object(object) => object.values_mut().for_each(truncate),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(select: Option<&[&str]>, exclude: Option<&[&str]>) -> ExecuteCall {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        ExecuteCall {
            select_fields: select.map(owned),
            exclude_fields: exclude.map(owned),
            ..ExecuteCall::default()
        }
    }

    #[test]
    fn selection_takes_keys_first_then_paths_and_skips_the_unknown() {
        let records = json!([{ "id": 1, "a.b": 2, "a": { "b": 3, "c": { "d": 4 } }, "tags": [{ "x": 1 }] }]);
        let names: &[&str] = &["id", "a.b", "a.c.d", "tags.x", "no.such"];
        let shaped = shape(records, ActionKind::List, &call(Some(names), Some(&["id"])));
        assert_eq!(shaped, json!([{ "id": 1, "a.b": 2, "a": { "c": { "d": 4 } } }]));
    }

    #[test]
    fn exclusion_follows_paths_through_objects_only() {
        let record = json!({ "id": 1, "a": { "b": 3, "c": 4 }, "list": [{ "b": 1 }] });
        let shaped = shape(record, ActionKind::Get, &call(None, Some(&["a.b", "list.b", "zzz", "a.c.d"])));
        assert_eq!(shaped, json!({ "id": 1, "a": { "c": 4 }, "list": [{ "b": 1 }] }));
    }

    #[test]
    fn records_inside_data_are_found() {
        let result = json!({ "data": [{ "a": 1, "b": 2 }], "meta": 1 });
        let shaped = shape(result, ActionKind::List, &call(Some(&["a"]), None));
        assert_eq!(shaped, json!({ "data": [{ "a": 1 }], "meta": 1 }));
    }

    #[test]
    fn only_lists_are_truncated_and_only_when_asked() {
        let long = "ä".repeat(TEXT_CHARACTERS_MAX + 1);
        let cut = ExecuteCall { skip_truncation: Some(false), ..ExecuteCall::default() };
        let shaped = shape(json!([{ "deep": [{ "text": long }] }]), ActionKind::List, &cut);
        let text = shaped[0]["deep"][0]["text"].as_str().unwrap();
        assert_eq!(text.chars().filter(|&c| c == 'ä').count(), TEXT_CHARACTERS_MAX);
        assert!(text.ends_with(TRUNCATED));
        assert_eq!(shape(json!([long]), ActionKind::List, &ExecuteCall::default()), json!([long]));
        assert_eq!(shape(json!([long]), ActionKind::Get, &cut), json!([long]));
    }
}
