//! Databases: containers of data sources; under the oldest version a database is its one table.

use serde_json::{Map, Value, json};

use crate::appearance;
use crate::call::{Answer, Call, id_in};
use crate::data_sources::{self, read_schema};
use crate::refusal::Refusal;
use crate::render::View;
use crate::rich_text;
use crate::state::{Kind, Object};
use crate::version::Version;

/// `GET /v1/databases/{database_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "database_id")?;
    let database = call.state.require(call.access, id, &[Kind::Database])?;
    if call.version == Version::V2022 {
        only_source(call, database)?;
    }
    Ok(View { state: call.state, access: call.access, version: call.version }.database(database))
}

/// `POST /v1/databases`
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let given = call.member("parent").cloned().unwrap_or_else(|| json!({}));
    let parent = match id_in(&given, "page_id")? {
        Some(id) => Some(call.state.require_living(call.access, id, &[Kind::Page])?.id),
        None if given["workspace"] == true => None,
        None => return Err(Refusal::validation("body.parent should have one of `page_id`, `workspace`.")),
    };
    let properties = match call.version {
        Version::V2022 => call.member("properties").cloned(),
        Version::V2025 | Version::V2026 => {
            call.member("initial_data_source").map(|source| source["properties"].clone())
        }
    };
    let given =
        properties.filter(|given| !given.is_null()).unwrap_or_else(|| json!({ "Name": { "title": {} } }));
    let schema = read_schema(call, &Map::new(), &given)?;
    let mut body = Map::new();
    read_titles(call, &mut body)?;
    appearance::read(call, &mut body)?;
    let mut source = Map::new();
    source.insert("title".to_owned(), body.get("title").cloned().unwrap_or_else(|| json!([])));
    source.insert("schema".to_owned(), Value::Object(schema));
    let database = call.state.draft(call.access, Kind::Database, parent, body);
    let id = call.state.insert(database, None);
    call.state.keep_in_sight(call.access, id);
    let source = call.state.draft(call.access, Kind::DataSource, Some(id), source);
    call.state.insert(source, None);
    let database = call.state.require(call.access, id, &[Kind::Database])?;
    Ok(View { state: call.state, access: call.access, version: call.version }.database(database))
}

/// `PATCH /v1/databases/{database_id}`
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "database_id")?;
    let in_trash = call.in_trash();
    let database = call.state.require(call.access, id, &[Kind::Database])?;
    if database.in_trash && in_trash != Some(false) {
        call.state.require_living(call.access, id, &[Kind::Database])?;
    }
    let parent = call.member("parent").cloned().map(|given| id_in(&given, "page_id")).transpose()?.flatten();
    if let Some(parent) = parent {
        call.state.require_living(call.access, parent, &[Kind::Page])?;
    }
    let mut changes = Map::new();
    read_titles(call, &mut changes)?;
    appearance::read(call, &mut changes)?;
    if call.member("properties").is_some() {
        if call.version > Version::V2022 {
            return Err(Refusal::validation(
                "body.properties should be not present; update the data source instead.",
            ));
        }
        let database = call.state.require(call.access, id, &[Kind::Database])?;
        let source = only_source(call, database)?.id;
        data_sources::change_schema(call, source)?;
    }
    if let Some(parent) = parent {
        let old = call.state.objects[&id].parent;
        if let Some(old) = old.and_then(|old| call.state.objects.get_mut(&old)) {
            old.children.retain(|child| *child != id);
        }
        call.state.object_mut(parent).children.push(id);
        call.state.object_mut(id).parent = Some(parent);
    }
    let database = call.state.touch(call.access, id);
    database.in_trash = in_trash.unwrap_or(database.in_trash);
    database.body.extend(changes);
    get(call)
}

/// `POST /v1/databases/{database_id}/query`, which the later versions do not have.
pub(crate) fn query(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "database_id")?;
    let database = call.state.require(call.access, id, &[Kind::Database])?;
    let source = only_source(call, database)?.id;
    data_sources::rows(call, source)
}

/// The one data source of a database; with several the request is too old or too vague.
pub(crate) fn only_source<'s>(call: &'s Call<'_>, database: &Object) -> Result<&'s Object, Refusal> {
    let sources = call.state.living_children(database);
    match sources[..] {
        [only] => call.state.require(call.access, only, &[Kind::DataSource]),
        _ => Err(Refusal::validation(
            "Databases with multiple data sources are not supported in this API version.",
        )
        .with_additional(json!({
            "error_type": "multiple_data_sources_for_database", "database_id": database.id,
            "child_data_source_ids": sources, "minimum_api_version": "2025-09-03",
        }))),
    }
}

/// Reads title, description and flags of the body into `changes`.
pub(crate) fn read_titles(call: &Call<'_>, changes: &mut Map<String, Value>) -> Result<(), Refusal> {
    for name in ["title", "description"] {
        if let Some(given) = call.member(name) {
            changes.insert(name.to_owned(), rich_text::read(given, name)?);
        }
    }
    for name in ["is_inline", "is_locked"] {
        if let Some(given) = call.member(name) {
            let wrong =
                || Refusal::validation(format!("body failed validation: body.{name} should be a boolean."));
            changes.insert(name.to_owned(), given.as_bool().ok_or_else(wrong)?.into());
        }
    }
    Ok(())
}
