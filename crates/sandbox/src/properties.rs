//! Property values of pages: rendering them by the schema, and reading them from requests.
//!
//! A page keeps its values by property id, so that a renamed property keeps them. What is computed
//! from the page itself is not kept.

use serde_json::{Map, Value, json};

use crate::clock::iso;
use crate::refusal::Refusal;
use crate::render::View;
use crate::rich_text::{self, within};
use crate::state::{Kind, Object, State};
use crate::users::partial;

/// The page object lists this many references; the property item endpoint gives the rest.
const REFERENCES_SHOWN: usize = 25;
/// Options, relations and people in one value of a request.
const ELEMENTS_MAX: usize = 100;
const SHORT_TEXT_CHARS_MAX: usize = 200;
const URL_CHARS_MAX: usize = 2000;

impl View<'_> {
    /// All properties by name, or only those whose ids or names are in `chosen`.
    pub(crate) fn properties(self, page: &Object, chosen: &[String]) -> Value {
        let wanted = |id: &str, name: &str| chosen.is_empty() || chosen.iter().any(|c| c == id || c == name);
        let mut properties = Map::new();
        for (name, id, kind) in self.state.schema_of(page) {
            if wanted(id, name) {
                properties.insert(name.to_owned(), self.property(page, id, kind));
            }
        }
        Value::Object(properties)
    }

    fn property(self, page: &Object, id: &str, kind: &str) -> Value {
        let mut value = self.value(page, id, kind);
        let mut property = Map::new();
        property.insert("id".to_owned(), id.into());
        property.insert("type".to_owned(), kind.into());
        let mut has_more = false;
        if let Some(references) = value.as_array_mut().filter(|_| matches!(kind, "relation" | "people")) {
            has_more = references.len() > REFERENCES_SHOWN;
            references.truncate(REFERENCES_SHOWN);
        }
        property.insert(kind.to_owned(), value);
        if kind == "relation" {
            property.insert("has_more".to_owned(), has_more.into());
        }
        Value::Object(property)
    }

    /// The whole value, uncut.
    pub(crate) fn value(self, page: &Object, id: &str, kind: &str) -> Value {
        match kind {
            "created_time" => return iso(page.created).into(),
            "last_edited_time" => return iso(page.edited).into(),
            "created_by" => return partial(page.created_by),
            "last_edited_by" => return partial(page.edited_by),
            _ => {}
        }
        let kept = page.body.get("values").and_then(|values| values.get(id));
        match (kept, kind) {
            (Some(Value::Array(people)), "people") => {
                let ids = people.iter().filter_map(|person| crate::call::parse_id(person["id"].as_str()?));
                ids.map(|id| self.state.user_json(self.access, id)).collect()
            }
            (Some(value), _) => value.clone(),
            (None, "title" | "rich_text" | "multi_select" | "people" | "files" | "relation") => json!([]),
            (None, "checkbox") => false.into(),
            (None, "button") => json!({}),
            (None, "formula") => json!({ "type": "string", "string": null }),
            (None, "rollup") => json!({ "type": "number", "number": null, "function": "count" }),
            (None, _) => Value::Null,
        }
    }
}

impl State {
    /// Name, id and type of each property the page has; `last_visited_time` is in schemas only.
    pub(crate) fn schema_of<'s>(&'s self, page: &Object) -> Vec<(&'s str, &'s str, &'s str)> {
        let source = page.parent.and_then(|id| self.objects.get(&id)).filter(|o| o.kind == Kind::DataSource);
        let Some(schema) = source.and_then(|source| source.body.get("schema")?.as_object()) else {
            return vec![("title", "title", "title")];
        };
        let text = |property: &'s Value, name: &str| property[name].as_str().unwrap_or_default();
        let properties = schema.iter().map(|(name, p)| (name.as_str(), text(p, "id"), text(p, "type")));
        properties.filter(|(_, _, kind)| *kind != "last_visited_time").collect()
    }
}

/// Reads the `properties` of a request into values by property id.
pub(crate) fn read(schema: &[(&str, &str, &str)], given: &Value) -> Result<Map<String, Value>, Refusal> {
    let wrong = || Refusal::validation("body failed validation: body.properties should be an object.");
    let mut values = Map::new();
    for (key, value) in given.as_object().ok_or_else(wrong)? {
        let property = schema.iter().find(|(name, id, _)| name == key || id == key);
        let unknown = || Refusal::validation(format!("{key} is not a property that exists."));
        let (_, id, kind) = property.ok_or_else(unknown)?;
        values.insert((*id).to_owned(), read_value(key, kind, value)?);
    }
    Ok(values)
}

fn read_value(key: &str, kind: &str, value: &Value) -> Result<Value, Refusal> {
    let expected = || Refusal::validation(format!("{key} is expected to be {kind}."));
    if matches!(
        kind,
        "formula"
            | "rollup"
            | "created_time"
            | "created_by"
            | "last_edited_time"
            | "last_edited_by"
            | "unique_id"
            | "button"
    ) {
        return Err(Refusal::validation(format!("{key} is of type {kind}, which cannot be written.")));
    }
    // A title may be given as a bare list.
    let value =
        if kind == "title" && value.is_array() { value } else { value.get(kind).ok_or_else(expected)? };
    let place = format!("properties.{key}.{kind}");
    let elements = value.as_array();
    if elements.is_some_and(|elements| elements.len() > ELEMENTS_MAX) {
        return Err(Refusal::validation(format!("body.{place}.length should be ≤ `{ELEMENTS_MAX}`.")));
    }
    let good = match kind {
        "title" | "rich_text" => return rich_text::read(value, &place),
        "number" => value.is_null() || value.is_number(),
        "checkbox" => value.is_boolean(),
        "url" | "email" | "phone_number" => {
            let chars_max = if kind == "url" { URL_CHARS_MAX } else { SHORT_TEXT_CHARS_MAX };
            within(value.as_str().unwrap_or_default(), chars_max, &place)?;
            value.is_null() || value.as_str().is_some_and(|text| !text.is_empty())
        }
        "select" | "status" => {
            return if value.is_null() { Ok(Value::Null) } else { option(value).ok_or_else(expected) };
        }
        "multi_select" => {
            let options =
                elements.ok_or_else(expected)?.iter().map(|given| option(given).ok_or_else(expected));
            return options.collect();
        }
        "date" => return read_date(value).ok_or_else(expected),
        "relation" | "people" => {
            return read_references(elements.ok_or_else(expected)?, kind).ok_or_else(expected);
        }
        "files" => value.is_array(),
        _ => true,
    };
    if good { Ok(value.clone()) } else { Err(expected()) }
}

/// An option by name or id; its colour follows from its name.
pub(crate) fn option(given: &Value) -> Option<Value> {
    let name = given["name"].as_str().or(given["id"].as_str()).filter(|name| !name.is_empty())?;
    let colours = ["gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"];
    let colour = given["color"].as_str().unwrap_or(colours[name.len() % colours.len()]);
    let id = given["id"]
        .as_str()
        .map_or_else(|| format!("opt_{}", name.to_lowercase().replace(' ', "_")), str::to_owned);
    Some(json!({ "id": id, "name": name, "color": colour }))
}

fn read_date(given: &Value) -> Option<Value> {
    if given.is_null() {
        return Some(Value::Null);
    }
    let start = given["start"].as_str()?;
    Some(json!({ "start": start, "end": given.get("end"), "time_zone": given.get("time_zone") }))
}

fn read_references(given: &[Value], kind: &str) -> Option<Value> {
    let reference = |given: &Value| {
        let id = crate::call::parse_id(given["id"].as_str()?)?;
        Some(if kind == "people" { partial(id) } else { json!({ "id": id }) })
    };
    given.iter().map(reference).collect()
}
