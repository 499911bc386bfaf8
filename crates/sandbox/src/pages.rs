//! Pages: reading, making, changing and moving them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::appearance;
use crate::call::{Answer, Call, id_in};
use crate::refusal::Refusal;
use crate::render::View;
use crate::state::{Kind, Object};
use crate::version::Version;
use crate::{blocks, databases, file_uploads, markdown, properties};

/// `GET /v1/pages/{page_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "page_id")?;
    let page = call.state.require(call.access, id, &[Kind::Page])?;
    Ok(render(call, page))
}

/// `POST /v1/pages`
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let parent = match call.member("parent") {
        Some(given) => page_parent(call, given)?,
        None => return Err(Refusal::validation("body failed validation: body.parent should be defined.")),
    };
    let blank = call.state.draft(call.access, Kind::Page, parent, Map::new());
    let given = call.member("properties").cloned().unwrap_or_else(|| json!({}));
    let mut values = Value::Object(properties::read(&call.state.schema_of(&blank), &given)?);
    file_uploads::attach_all(call.state, call.access, &mut values)?;
    let content = [call.member("children"), call.member("content"), call.member("markdown")];
    if content.iter().flatten().count() > 1 {
        return Err(Refusal::validation("Only one of children, content and markdown can be given."));
    }
    let mut children = match content {
        [_, _, Some(text)] => markdown::blocks(text.as_str().unwrap_or_default()),
        [Some(list), ..] | [_, Some(list), _] => blocks::read_children(list, "children")?,
        _ => Vec::new(),
    };
    number_row(call, parent, &mut values);
    let mut body = Map::new();
    body.insert("values".to_owned(), values);
    appearance::read(call, &mut body)?;
    let index = position(call, parent)?;
    blocks::attach(call, &mut children)?;
    let page = call.state.draft(call.access, Kind::Page, parent, body);
    let id = call.state.insert(page, index);
    call.state.keep_in_sight(call.access, id);
    blocks::insert_all(call, id, children, None)?;
    let page = call.state.require(call.access, id, &[Kind::Page])?;
    Ok(render(call, page))
}

/// `PATCH /v1/pages/{page_id}`
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "page_id")?;
    let page = call.state.require(call.access, id, &[Kind::Page])?;
    let in_trash = call.in_trash();
    if page.in_trash && in_trash != Some(false) {
        call.state.require_living(call.access, id, &[Kind::Page])?;
    }
    let given = call.member("properties").cloned().unwrap_or_else(|| json!({}));
    let mut values = Value::Object(properties::read(&call.state.schema_of(page), &given)?);
    file_uploads::attach_all(call.state, call.access, &mut values)?;
    let mut changes = Map::new();
    appearance::read(call, &mut changes)?;
    for name in ["is_locked", "is_archived"] {
        if let Some(value) = call.member(name) {
            changes.insert(name.to_owned(), value.clone());
        }
    }
    let erase = call.member("erase_content").is_some_and(|erase| erase == true);
    let page = call.state.touch(call.access, id);
    page.in_trash = in_trash.unwrap_or(page.in_trash);
    page.body.extend(changes);
    let kept = page.body.get_mut("values").and_then(Value::as_object_mut);
    if let (Some(kept), Value::Object(values)) = (kept, values) {
        kept.extend(values);
    }
    if erase {
        blocks::erase(call.state, id);
    }
    let page = call.state.require(call.access, id, &[Kind::Page])?;
    Ok(render(call, page))
}

/// `POST /v1/pages/{page_id}/move`
pub(crate) fn move_to(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "page_id")?;
    let from = call.state.require_living(call.access, id, &[Kind::Page])?.parent;
    let given = call.member("parent").cloned().unwrap_or_else(|| json!({}));
    let to = page_parent(call, &given)?;
    let mut above = to;
    while let Some(ancestor) = above {
        if ancestor == id {
            return Err(Refusal::validation("A page cannot be moved into itself."));
        }
        above = call.state.objects.get(&ancestor).and_then(|object| object.parent);
    }
    if let Some(old) = from.and_then(|from| call.state.objects.get_mut(&from)) {
        old.children.retain(|child| *child != id);
    }
    if let Some(new) = to.and_then(|to| call.state.objects.get_mut(&to)) {
        new.children.push(id);
    }
    call.state.touch(call.access, id).parent = to;
    call.state.keep_in_sight(call.access, id);
    let page = call.state.require(call.access, id, &[Kind::Page])?;
    Ok(render(call, page))
}

fn render(call: &Call<'_>, page: &Object) -> Value {
    let chosen: Vec<String> = call.query_all("filter_properties").map(str::to_owned).collect();
    View { state: call.state, access: call.access, version: call.version }.page(page, &chosen)
}

/// Where a new or moved page goes: a page, a data source, or the top of the workspace.
fn page_parent(call: &Call<'_>, given: &Value) -> Result<Option<Uuid>, Refusal> {
    if given["workspace"] == true {
        return Ok(None);
    }
    if let Some(id) = id_in(given, "page_id")? {
        return Ok(Some(call.state.require_living(call.access, id, &[Kind::Page])?.id));
    }
    if let Some(id) = id_in(given, "data_source_id")?.filter(|_| call.version >= Version::V2025) {
        return Ok(Some(call.state.require_living(call.access, id, &[Kind::DataSource])?.id));
    }
    if let Some(id) = id_in(given, "database_id")? {
        let database = call.state.require_living(call.access, id, &[Kind::Database])?;
        return Ok(Some(databases::only_source(call, database)?.id));
    }
    Err(Refusal::validation(
        "body failed validation: body.parent should have one of `page_id`, `database_id`, `data_source_id`, \
         `workspace`.",
    ))
}

/// The place among the parent's children that `position` asks for.
fn position(call: &Call<'_>, parent: Option<Uuid>) -> Result<Option<usize>, Refusal> {
    let Some(position) = call.member("position") else { return Ok(None) };
    match position["type"].as_str() {
        Some("page_start") => Ok(Some(0)),
        Some("after_block") => {
            let after = id_in(&position["after_block"], "id")?;
            let siblings = parent.and_then(|id| call.state.objects.get(&id)).map(|parent| &parent.children);
            let place = siblings.and_then(|siblings| siblings.iter().position(|id| Some(*id) == after));
            place
                .map(|place| Some(place + 1))
                .ok_or_else(|| Refusal::validation("position names no child of the parent."))
        }
        _ => Ok(None),
    }
}

/// Gives a row its running number.
fn number_row(call: &Call<'_>, parent: Option<Uuid>, values: &mut Value) {
    let Some(source) = parent.and_then(|id| call.state.objects.get(&id)) else { return };
    let schema = source.body.get("schema").and_then(Value::as_object);
    for property in
        schema.into_iter().flat_map(Map::values).filter(|property| property["type"] == "unique_id")
    {
        let id = property["id"].as_str().unwrap_or_default();
        let number =
            json!({ "prefix": property["unique_id"]["prefix"], "number": source.children.len() + 1 });
        values[id] = number;
    }
}
