//! Data sources: schema, rows, templates.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::appearance;
use crate::call::{Answer, Call, id_in};
use crate::databases::read_titles;
use crate::pagination::{Paging, list};
use crate::query::{Filter, Sorts};
use crate::refusal::Refusal;
use crate::render::View;
use crate::state::{Kind, Object, State};

/// The types a property of a schema may have.
const TYPES: &[&str] = &[
    "title",
    "rich_text",
    "number",
    "select",
    "multi_select",
    "status",
    "date",
    "people",
    "files",
    "checkbox",
    "url",
    "email",
    "phone_number",
    "formula",
    "relation",
    "rollup",
    "created_time",
    "created_by",
    "last_edited_time",
    "last_edited_by",
    "unique_id",
    "verification",
    "button",
    "place",
    "last_visited_time",
];

/// `GET /v1/data_sources/{data_source_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "data_source_id")?;
    let source = call.state.require(call.access, id, &[Kind::DataSource])?;
    Ok(View { state: call.state, access: call.access, version: call.version }.data_source(source))
}

/// `POST /v1/data_sources`
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let given = call.member("parent").cloned().unwrap_or_else(|| json!({}));
    let missing =
        || Refusal::validation("body failed validation: body.parent.database_id should be defined.");
    let parent = id_in(&given, "database_id")?.ok_or_else(missing)?;
    call.state.require_living(call.access, parent, &[Kind::Database])?;
    let given = call.member("properties").cloned().unwrap_or_else(|| json!({}));
    let schema = read_schema(call, &Map::new(), &given)?;
    let mut body = Map::new();
    read_titles(call, &mut body)?;
    appearance::read(call, &mut body)?;
    body.insert("schema".to_owned(), Value::Object(schema));
    let source = call.state.draft(call.access, Kind::DataSource, Some(parent), body);
    let id = call.state.insert(source, None);
    let source = call.state.require(call.access, id, &[Kind::DataSource])?;
    Ok(View { state: call.state, access: call.access, version: call.version }.data_source(source))
}

/// `PATCH /v1/data_sources/{data_source_id}`
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "data_source_id")?;
    let in_trash = call.in_trash();
    let source = call.state.require(call.access, id, &[Kind::DataSource])?;
    if source.in_trash && in_trash != Some(false) {
        call.state.require_living(call.access, id, &[Kind::DataSource])?;
    }
    let mut changes = Map::new();
    read_titles(call, &mut changes)?;
    appearance::read(call, &mut changes)?;
    if call.member("properties").is_some() {
        change_schema(call, id)?;
    }
    let source = call.state.touch(call.access, id);
    source.in_trash = in_trash.unwrap_or(source.in_trash);
    source.body.extend(changes);
    get(call)
}

/// `POST /v1/data_sources/{data_source_id}/query`
pub(crate) fn query(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "data_source_id")?;
    call.state.require(call.access, id, &[Kind::DataSource])?;
    rows(call, id)
}

/// The rows of a data source that the body asks for.
pub(crate) fn rows(call: &Call<'_>, id: Uuid) -> Answer {
    let source = call.state.require(call.access, id, &[Kind::DataSource])?;
    let schema = source.body.get("schema").cloned().unwrap_or_else(|| json!({}));
    let filter = call.member("filter").map(|given| Filter::parse(given, &schema)).transpose()?;
    let sorts = call.member("sorts").map(|given| Sorts::parse(given, &schema)).transpose()?;
    let in_trash = call.in_trash().unwrap_or(false);
    let view = View { state: call.state, access: call.access, version: call.version };
    let all = source.children.iter().filter_map(|id| call.state.objects.get(id));
    let mut rows: Vec<&Object> = all
        .filter(|row| row.kind == Kind::Page && row.in_trash == in_trash)
        .filter(|row| filter.as_ref().is_none_or(|filter| filter.takes(view, row)))
        .collect();
    if let Some(sorts) = &sorts {
        sorts.sort(view, &mut rows);
    }
    let limit = call.state.settings.row_limit;
    let cut = rows.len() > limit;
    rows.truncate(limit);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let asked = [call.member("filter"), call.member("sorts"), call.member("in_trash")];
    let paging = Paging::from_body(call, &format!("rows:{id}:{asked:?}"))?;
    let slice = paging.slice(&ids);
    let chosen: Vec<String> = call.query_all("filter_properties").map(str::to_owned).collect();
    let shown = slice.ids.iter().filter_map(|id| call.state.objects.get(id));
    let ended = slice.next_cursor.is_none();
    let mut answer =
        list("page_or_data_source", shown.map(|row| view.page(row, &chosen)).collect(), slice.next_cursor);
    answer["request_status"] = if cut && ended {
        json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" })
    } else {
        json!({ "type": "complete" })
    };
    Ok(answer)
}

/// `GET /v1/data_sources/{data_source_id}/templates`
pub(crate) fn templates(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "data_source_id")?;
    let paging = Paging::from_query(call, &format!("templates:{id}"))?;
    let source = call.state.require(call.access, id, &[Kind::DataSource])?;
    let all = source.body.get("templates").and_then(Value::as_array).cloned().unwrap_or_default();
    let wanted = call.query("name").map(str::to_lowercase);
    let named = |template: &&Value| {
        let name = template["name"].as_str().unwrap_or_default().to_lowercase();
        wanted.as_ref().is_none_or(|wanted| name.contains(wanted.as_str()))
    };
    let all: Vec<&Value> = all.iter().filter(named).collect();
    let (places, next_cursor) = paging.places(all.len());
    Ok(json!({ "templates": all[places], "has_more": next_cursor.is_some(), "next_cursor": next_cursor }))
}

/// Applies the body's `properties` to a data source's schema.
pub(crate) fn change_schema(call: &mut Call<'_>, id: Uuid) -> Result<(), Refusal> {
    let given = call.member("properties").cloned().unwrap_or_else(|| json!({}));
    let old =
        call.state.object_mut(id).body.get("schema").and_then(Value::as_object).cloned().unwrap_or_default();
    let schema = read_schema(call, &old, &given)?;
    call.state.object_mut(id).body.insert("schema".to_owned(), Value::Object(schema));
    Ok(())
}

/// A schema after the changes a request asks for: null removes, a new `name` renames.
pub(crate) fn read_schema(
    call: &Call<'_>,
    old: &Map<String, Value>,
    given: &Value,
) -> Result<Map<String, Value>, Refusal> {
    let wrong = || Refusal::validation("body failed validation: body.properties should be an object.");
    let mut schema = old.clone();
    for (key, change) in given.as_object().ok_or_else(wrong)? {
        let known = schema.iter().find(|(name, property)| *name == key || property["id"] == key.as_str());
        let known = known.map(|(name, property)| (name.clone(), property.clone()));
        if change.is_null() {
            let (name, property) =
                known.ok_or_else(|| Refusal::validation(format!("{key} is no property.")))?;
            if property["type"] == "title" {
                return Err(Refusal::validation("The title property cannot be removed."));
            }
            schema.remove(&name);
            continue;
        }
        let (old_name, mut property) = known.unwrap_or_else(|| (key.clone(), Value::Null));
        let name = change["name"].as_str().unwrap_or(&old_name).to_owned();
        match TYPES.iter().find(|kind| change.get(**kind).is_some()) {
            Some(kind) => property = read_property(call.state, &name, kind, change, &property),
            None if property.is_null() => {
                return Err(Refusal::validation(format!("body.properties.{key} should have a known type.")));
            }
            None => {}
        }
        property["name"] = name.as_str().into();
        if let Some(description) = change.get("description") {
            property["description"] = description.clone();
        }
        schema.remove(&old_name);
        schema.insert(name, property);
    }
    if schema.values().filter(|property| property["type"] == "title").count() != 1 {
        return Err(Refusal::validation("A data source has exactly one property of type title."));
    }
    Ok(schema)
}

fn read_property(state: &State, name: &str, kind: &str, change: &Value, old: &Value) -> Value {
    let mut detail = change[kind].clone();
    match kind {
        "select" | "multi_select" | "status" => {
            let options = detail["options"].as_array().into_iter().flatten();
            let options = options.filter_map(crate::properties::option).map(|mut option| {
                option["description"] = Value::Null;
                option
            });
            detail = json!({ "options": options.collect::<Vec<_>>() });
            if kind == "status" {
                detail["groups"] = json!([]);
            }
        }
        "number" if detail.get("format").is_none() => detail = json!({ "format": "number" }),
        "relation" => {
            let target = id_in(&detail, "data_source_id").ok().flatten();
            let database = target.and_then(|id| state.objects.get(&id)).and_then(|source| source.parent);
            if let Some(database) = database {
                detail["database_id"] = json!(database);
            }
        }
        "unique_id" if detail.get("prefix").is_none() => detail = json!({ "prefix": null }),
        _ => {}
    }
    let new_id = || {
        Value::from(if kind == "title" {
            "title".to_owned()
        } else {
            Uuid::new_v4().simple().to_string()[..4].to_owned()
        })
    };
    let id = old.get("id").cloned().unwrap_or_else(new_id);
    property(&id, name, kind, detail)
}

/// One property of a schema.
pub(crate) fn property(id: &Value, name: &str, kind: &str, detail: Value) -> Value {
    let mut property = crate::rich_text::typed(kind, detail);
    property["id"] = id.clone();
    property["name"] = name.into();
    property["description"] = Value::Null;
    property
}
