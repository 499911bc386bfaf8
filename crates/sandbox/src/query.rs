//! Filters and sorts of a data source query: which rows, in which order.

use std::cmp::Ordering;

use serde_json::Value;

use crate::clock::iso;
use crate::refusal::Refusal;
use crate::render::View;
use crate::rich_text::plain;
use crate::state::Object;

/// Compounds within the outermost one.
const COMPOUND_DEPTH_MAX: usize = 2;

/// A filter that fits a schema.
pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Condition { subject: Subject, operator: String, operand: Value },
}

/// What of a row is looked at.
pub(crate) struct Subject {
    id: String,
    kind: String,
}

impl Filter {
    pub(crate) fn parse(given: &Value, schema: &Value) -> Result<Self, Refusal> {
        Self::parse_level(given, schema, 1)
    }

    fn parse_level(given: &Value, schema: &Value, depth: usize) -> Result<Self, Refusal> {
        let wrong = |what: String| Refusal::validation(format!("body failed validation: body.filter {what}"));
        for (word, make) in [("and", Self::And as fn(_) -> _), ("or", Self::Or as fn(_) -> _)] {
            let Some(parts) = given.get(word) else { continue };
            if depth > COMPOUND_DEPTH_MAX {
                return Err(wrong("is nested more than two levels deep.".to_owned()));
            }
            let parts = parts.as_array().ok_or_else(|| wrong(format!(".{word} should be an array.")))?;
            let parts = parts.iter().map(|part| Self::parse_level(part, schema, depth + 1));
            return Ok(make(parts.collect::<Result<Vec<_>, _>>()?));
        }
        let subject = Subject::parse(given, schema)?;
        // A formula is filtered by what it results in.
        let mut condition = &given[&subject.kind];
        if subject.kind == "formula" {
            let inner = condition.as_object().and_then(|formula| formula.values().next());
            condition = inner.unwrap_or(&Value::Null);
        }
        let found = condition.as_object().and_then(|condition| condition.iter().next());
        let missing = || wrong(format!("should have a condition for `{}`.", subject.kind));
        let (operator, operand) = found.ok_or_else(missing)?;
        if !OPERATORS.contains(&operator.as_str()) {
            return Err(wrong(format!("has the unknown condition `{operator}`.")));
        }
        Ok(Self::Condition { operator: operator.clone(), operand: operand.clone(), subject })
    }

    pub(crate) fn takes(&self, view: View<'_>, row: &Object) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.takes(view, row)),
            Self::Or(parts) => parts.iter().any(|part| part.takes(view, row)),
            Self::Condition { subject, operator, operand } => {
                holds(&subject.of(view, row), operator, operand)
            }
        }
    }
}

impl Subject {
    fn parse(given: &Value, schema: &Value) -> Result<Self, Refusal> {
        if let Some(timestamp) = given["timestamp"].as_str() {
            return match timestamp {
                "created_time" | "last_edited_time" => {
                    Ok(Self { id: String::new(), kind: timestamp.to_owned() })
                }
                _ => Err(Refusal::validation(format!("There is no timestamp {timestamp}."))),
            };
        }
        let wanted = given["property"].as_str().unwrap_or_default();
        let properties = schema.as_object().into_iter().flatten();
        let mut found = properties.filter(|(name, property)| *name == wanted || property["id"] == wanted);
        let (_, property) = found.next().ok_or_else(|| {
            Refusal::validation(format!("Could not find property with name or id: {wanted}"))
        })?;
        let text = |name: &str| property[name].as_str().unwrap_or_default().to_owned();
        let (id, kind) = (text("id"), text("type"));
        let fits = given.get("direction").is_some() || given.get(&kind).is_some();
        if fits {
            Ok(Self { id, kind })
        } else {
            Err(Refusal::validation(format!(
                "The property {wanted} is of type {kind}, which the filter does not fit."
            )))
        }
    }

    /// The value in a form that compares: text, number, true or false, a list of texts, or null.
    fn of(&self, view: View<'_>, row: &Object) -> Value {
        let value = view.value(row, &self.id, &self.kind);
        match self.kind.as_str() {
            "title" | "rich_text" => plain(&value).into(),
            "select" | "status" => value["name"].clone(),
            "people" | "relation" => names(&value, "id"),
            "multi_select" | "files" => names(&value, "name"),
            "created_by" | "last_edited_by" => names(&Value::Array(vec![value]), "id"),
            "date" => value["start"].clone(),
            "unique_id" => value["number"].clone(),
            "formula" | "rollup" => value[value["type"].as_str().unwrap_or_default()].clone(),
            "created_time" => iso(row.created).into(),
            "last_edited_time" => iso(row.edited).into(),
            _ => value,
        }
    }
}

const OPERATORS: &[&str] = &[
    "equals",
    "does_not_equal",
    "contains",
    "does_not_contain",
    "starts_with",
    "ends_with",
    "is_empty",
    "is_not_empty",
    "greater_than",
    "less_than",
    "greater_than_or_equal_to",
    "less_than_or_equal_to",
    "before",
    "after",
    "on_or_before",
    "on_or_after",
];

fn names(list: &Value, name: &str) -> Value {
    list.as_array().into_iter().flatten().map(|item| item[name].clone()).collect()
}

fn holds(value: &Value, operator: &str, operand: &Value) -> bool {
    let empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    let order = || compare(value, operand);
    match operator {
        "is_empty" => empty,
        "is_not_empty" => !empty,
        "equals" => equals(value, operand),
        "does_not_equal" => !equals(value, operand),
        "contains" => contains(value, operand),
        "does_not_contain" => !contains(value, operand),
        "starts_with" => text(value).starts_with(text(operand)),
        "ends_with" => text(value).ends_with(text(operand)),
        _ if empty => false,
        "greater_than" | "after" => order() == Ordering::Greater,
        "less_than" | "before" => order() == Ordering::Less,
        "greater_than_or_equal_to" | "on_or_after" => order() != Ordering::Less,
        _ => order() != Ordering::Greater,
    }
}

fn equals(value: &Value, operand: &Value) -> bool {
    match operand {
        Value::Array(any) => any.iter().any(|operand| equals(value, operand)),
        Value::Number(_) => value.as_f64() == operand.as_f64(),
        _ => value == operand,
    }
}

fn contains(value: &Value, operand: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| equals(item, operand)),
        _ => text(value).to_lowercase().contains(&text(operand).to_lowercase()),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Numbers by size, times and texts by their characters; of two dates only the common part counts.
fn compare(left: &Value, right: &Value) -> Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => {
            let (left, right) = (text(left), text(right));
            let day = right.len() == "2026-01-01".len() && left.len() > right.len();
            left.get(..right.len()).filter(|_| day).unwrap_or(left).cmp(right)
        }
    }
}

/// What rows are sorted by, most important first.
pub(crate) struct Sorts(Vec<(Subject, bool)>);

impl Sorts {
    pub(crate) fn parse(given: &Value, schema: &Value) -> Result<Self, Refusal> {
        let wrong = || Refusal::validation("body failed validation: body.sorts is not a list of sorts.");
        let mut sorts = Vec::new();
        for given in given.as_array().ok_or_else(wrong)? {
            let descending = match given["direction"].as_str() {
                Some("ascending") => false,
                Some("descending") => true,
                _ => return Err(wrong()),
            };
            sorts.push((Subject::parse(given, schema)?, descending));
        }
        Ok(Self(sorts))
    }

    pub(crate) fn sort(&self, view: View<'_>, rows: &mut [&Object]) {
        // Each key once per row, not once per comparison.
        let keys =
            |row: &&Object| self.0.iter().map(|(subject, _)| subject.of(view, row)).collect::<Vec<_>>();
        let mut keyed: Vec<(Vec<Value>, &Object)> = rows.iter().map(|row| (keys(row), *row)).collect();
        keyed.sort_by(|(left, _), (right, _)| {
            let pairs = left.iter().zip(right).zip(&self.0);
            let mut orders = pairs.map(|((left, right), (_, descending))| {
                let order = left.as_bool().cmp(&right.as_bool()).then_with(|| compare(left, right));
                if *descending { order.reverse() } else { order }
            });
            orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        for (place, (_, row)) in rows.iter_mut().zip(keyed) {
            *place = row;
        }
    }
}
