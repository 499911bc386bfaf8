//! Blocks: reading one level at a time, appending, changing, and moving to the trash.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::block_types;
use crate::call::{Answer, Call, id_in};
use crate::file_uploads;
use crate::pagination::{Paging, list};
use crate::refusal::Refusal;
use crate::render::View;
use crate::state::{Kind, State};
use crate::version::Version;

const CHILDREN_MAX: usize = 100;
const BLOCKS_MAX: usize = 1000;
/// Below the first level, in one request.
const NESTING_MAX: usize = 2;
/// Everything that has an id in a page's tree.
const ANY: &[Kind] = &[Kind::Block, Kind::Page, Kind::Database];

/// A block of a request, with its children, ready to be inserted.
#[derive(Debug)]
pub(crate) struct NewBlock {
    pub(crate) kind: String,
    pub(crate) body: Value,
    pub(crate) children: Vec<NewBlock>,
}

/// `GET /v1/blocks/{block_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "block_id")?;
    let block = call.state.require(call.access, id, ANY)?;
    Ok(View { state: call.state, access: call.access, version: call.version }.block(block))
}

/// `GET /v1/blocks/{block_id}/children`
pub(crate) fn children(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "block_id")?;
    let paging = Paging::from_query(call, &format!("children:{id}"))?;
    let block = call.state.require(call.access, id, ANY)?;
    // A synced copy shows its original's children, when that is shared too.
    let shown = match call.state.synced_original(block) {
        Some(original) => call.state.require(call.access, original.id, ANY)?,
        None => block,
    };
    let ids = if shown.kind == Kind::Database { Vec::new() } else { call.state.living_children(shown) };
    let slice = paging.slice(&ids);
    let view = View { state: call.state, access: call.access, version: call.version };
    let blocks = slice.ids.iter().filter_map(|id| call.state.objects.get(id)).map(|block| view.block(block));
    Ok(list("block", blocks.collect(), slice.next_cursor))
}

/// `PATCH /v1/blocks/{block_id}/children`
pub(crate) fn append(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "block_id")?;
    call.state.require_living(call.access, id, &[Kind::Block, Kind::Page])?;
    let missing = || Refusal::validation("body failed validation: body.children should be defined.");
    let children = read_children(call.member("children").ok_or_else(missing)?, "children")?;
    let index = append_index(call, id)?;
    let new = insert_all(call, id, children, index)?;
    call.state.touch(call.access, id);
    let view = View { state: call.state, access: call.access, version: call.version };
    let blocks = new.iter().filter_map(|id| call.state.objects.get(id)).map(|block| view.block(block));
    Ok(list("block", blocks.collect(), None))
}

/// `PATCH /v1/blocks/{block_id}`
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "block_id")?;
    let in_trash = call.in_trash();
    let block = call.state.require(call.access, id, ANY)?;
    if block.in_trash && in_trash != Some(false) {
        call.state.require_living(call.access, id, ANY)?;
    }
    let kind = block.body.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = ["object", "type", "in_trash", "archived", &kind];
    if let Some(other) = call.body.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Refusal::validation(format!(
            "body.{other} does not fit a block of type {kind}, which cannot change."
        )));
    }
    // A page or database has no type object to change.
    let change = call.member(&kind).zip(block.body.get(&kind));
    let body = change.map(|(given, old)| block_types::merge(&kind, old, given)).transpose()?;
    if let Some(mut body) = body {
        file_uploads::attach_all(call.state, call.access, &mut body)?;
        call.state.object_mut(id).body.insert(kind, body);
    }
    let block = call.state.touch(call.access, id);
    block.in_trash = in_trash.unwrap_or(block.in_trash);
    get(call)
}

/// `DELETE /v1/blocks/{block_id}`
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "block_id")?;
    call.state.require_living(call.access, id, ANY)?;
    call.state.touch(call.access, id).in_trash = true;
    get(call)
}

/// Reads a `children` list, at most 100 a list, 1000 in all, and two levels below the first.
pub(crate) fn read_children(given: &Value, place: &str) -> Result<Vec<NewBlock>, Refusal> {
    let mut left = BLOCKS_MAX;
    read_level(given, place, 0, &mut left)
}

fn read_level(given: &Value, place: &str, depth: usize, left: &mut usize) -> Result<Vec<NewBlock>, Refusal> {
    let wrong = |what: &str| Refusal::validation(format!("body failed validation: body.{place} {what}"));
    let given = given.as_array().ok_or_else(|| wrong("should be an array."))?;
    if given.len() > CHILDREN_MAX {
        return Err(wrong(&format!("length should be ≤ `{CHILDREN_MAX}`, instead was `{}`.", given.len())));
    }
    if depth > NESTING_MAX && !given.is_empty() {
        return Err(wrong("is nested too deep."));
    }
    *left = left.checked_sub(given.len()).ok_or_else(|| wrong("holds more than 1000 blocks in all."))?;
    let mut blocks = Vec::with_capacity(given.len());
    for (index, block) in given.iter().enumerate() {
        let place = format!("{place}[{index}]");
        let object = block.as_object().ok_or_else(|| wrong("should hold objects."))?;
        let named = object.get("type").and_then(Value::as_str);
        let found = || object.keys().find(|key| *key != "object" && *key != "children").map(String::as_str);
        let kind = named.or_else(found).ok_or_else(|| wrong("should hold blocks with a type."))?;
        let missing =
            || Refusal::validation(format!("body failed validation: body.{place}.{kind} should be defined."));
        let given = object.get(kind).ok_or_else(missing)?;
        let body = block_types::read(kind, given, &place)?;
        let nested = given.get("children").or_else(|| object.get("children"));
        let children = nested.map(|nested| read_level(nested, &format!("{place}.children"), depth + 1, left));
        let children = children.transpose()?.unwrap_or_default();
        let kinds: Vec<_> = children.iter().map(|child| (child.kind.clone(), child.children.len())).collect();
        block_types::check_children(kind, &body, &kinds)?;
        blocks.push(NewBlock { kind: kind.to_owned(), body, children });
    }
    Ok(blocks)
}

/// Inserts blocks under `parent`, from `index` on; the ids of the first level.
pub(crate) fn insert_all(
    call: &mut Call<'_>,
    parent: Uuid,
    mut blocks: Vec<NewBlock>,
    index: Option<usize>,
) -> Result<Vec<Uuid>, Refusal> {
    attach(call, &mut blocks)?;
    Ok(insert_level(call, parent, blocks, index))
}

/// Attaches the uploads that blocks name: all that can still fail, so it comes before any writing.
pub(crate) fn attach(call: &mut Call<'_>, blocks: &mut [NewBlock]) -> Result<(), Refusal> {
    for block in blocks {
        file_uploads::attach_all(call.state, call.access, &mut block.body)?;
        attach(call, &mut block.children)?;
    }
    Ok(())
}

fn insert_level(call: &mut Call<'_>, parent: Uuid, blocks: Vec<NewBlock>, index: Option<usize>) -> Vec<Uuid> {
    let mut ids = Vec::with_capacity(blocks.len());
    for (offset, new) in blocks.into_iter().enumerate() {
        let mut body = Map::new();
        body.insert("type".to_owned(), new.kind.clone().into());
        body.insert(new.kind, new.body);
        let block = call.state.draft(call.access, Kind::Block, Some(parent), body);
        let id = call.state.insert(block, index.map(|index| index + offset));
        insert_level(call, id, new.children, None);
        ids.push(id);
    }
    ids
}

/// Where an append goes: `position`, or `after` before the newest version.
fn append_index(call: &Call<'_>, parent: Uuid) -> Result<Option<usize>, Refusal> {
    let newest = call.version >= Version::V2026;
    let (name, other) = if newest { ("position", "after") } else { ("after", "position") };
    if call.member(other).is_some() {
        return Err(Refusal::validation(format!(
            "body failed validation: body.{other} should be not present in this version; use {name}."
        )));
    }
    let after = match call.member("position") {
        None => id_in(&Value::Object(call.body.clone()), "after")?,
        Some(position) => match position["type"].as_str() {
            Some("start") => return Ok(Some(0)),
            Some("end") => None,
            Some("after_block") => id_in(&position["after_block"], "id")?,
            _ => return Err(Refusal::validation("body failed validation: body.position.type is not known.")),
        },
    };
    let Some(after) = after else { return Ok(None) };
    let place = call.state.objects[&parent].children.iter().position(|id| *id == after);
    place.map(|place| Some(place + 1)).ok_or_else(|| Refusal::not_found("block", after))
}

/// Moves the blocks of a page to the trash; its pages and databases stay.
pub(crate) fn erase(state: &mut State, page: Uuid) {
    for id in state.objects.get(&page).map(|page| page.children.clone()).unwrap_or_default() {
        if let Some(block) = state.objects.get_mut(&id).filter(|block| block.kind == Kind::Block) {
            block.in_trash = true;
        }
    }
}
