//! Comments on pages and blocks, in discussions.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::{Answer, Call, id_in};
use crate::clock::{iso, to_minute};
use crate::file_uploads;
use crate::pagination::{Paging, list};
use crate::refusal::Refusal;
use crate::render::View;
use crate::rich_text;
use crate::state::Kind;
use crate::users::partial;

const ATTACHMENTS_MAX: usize = 3;
const COMMENTABLE: &[Kind] = &[Kind::Block, Kind::Page];

/// One comment.
#[derive(Debug)]
pub(crate) struct Comment {
    pub(crate) id: Uuid,
    /// The page or block it is on.
    pub(crate) on: Uuid,
    pub(crate) discussion: Uuid,
    pub(crate) created: Timestamp,
    pub(crate) edited: Timestamp,
    pub(crate) by: Uuid,
    pub(crate) rich_text: Value,
    pub(crate) display_name: Value,
    pub(crate) attachments: Vec<Value>,
}

/// `GET /v1/comments?block_id=`
pub(crate) fn list_of(call: &mut Call<'_>) -> Answer {
    let missing = || Refusal::validation("query failed validation: query.block_id should be defined.");
    let on = call.query_id("block_id")?.ok_or_else(missing)?;
    call.state.require(call.access, on, COMMENTABLE)?;
    let paging = Paging::from_query(call, &format!("comments:{on}"))?;
    let all = call.state.comments.iter().filter(|comment| comment.on == on);
    let slice = paging.slice(&all.map(|comment| comment.id).collect::<Vec<_>>());
    let shown =
        slice.ids.iter().filter_map(|id| call.state.comments.iter().find(|comment| comment.id == *id));
    Ok(list("comment", shown.map(|comment| render(call, comment)).collect(), slice.next_cursor))
}

/// `GET /v1/comments/{comment_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    Ok(render(call, &call.state.comments[place]))
}

/// `POST /v1/comments`
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let rich_text = read_text(call)?;
    let given = Value::Object(call.body.clone());
    let (on, discussion) = match id_in(&given, "discussion_id")? {
        Some(discussion) => {
            let earlier = call.state.comments.iter().find(|comment| comment.discussion == discussion);
            let earlier = earlier.ok_or_else(|| Refusal::not_found("discussion", discussion))?;
            (earlier.on, discussion)
        }
        None => {
            let missing = || Refusal::validation("body should have one of `parent`, `discussion_id`.");
            let page = id_in(&given["parent"], "page_id")?;
            (page.or(id_in(&given["parent"], "block_id")?).ok_or_else(missing)?, Uuid::new_v4())
        }
    };
    call.state.require_living(call.access, on, COMMENTABLE)?;
    let attachments = read_attachments(call)?;
    let now = to_minute(call.state.clock.now());
    let comment = Comment {
        id: Uuid::new_v4(),
        on,
        discussion,
        created: now,
        edited: now,
        by: call.access.bot,
        rich_text,
        display_name: display_name(call),
        attachments,
    };
    let json = render(call, &comment);
    call.state.comments.push(comment);
    Ok(json)
}

/// `PATCH /v1/comments/{comment_id}`
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let place = find_own(call)?;
    let rich_text = read_text(call)?;
    let now = to_minute(call.state.clock.now());
    let comment = &mut call.state.comments[place];
    comment.rich_text = rich_text;
    comment.edited = now;
    get(call)
}

/// `DELETE /v1/comments/{comment_id}`
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let place = find_own(call)?;
    let comment = call.state.comments.remove(place);
    Ok(render(call, &comment))
}

fn find(call: &Call<'_>) -> Result<usize, Refusal> {
    let id = call.id(0, "comment_id")?;
    let mine = |on| call.state.visible(call.access, on).is_some();
    let place = call.state.comments.iter().position(|comment| comment.id == id && mine(comment.on));
    place.ok_or_else(|| Refusal::not_found("comment", id))
}

/// Only what the connection wrote itself can be changed.
fn find_own(call: &Call<'_>) -> Result<usize, Refusal> {
    let place = find(call)?;
    if call.state.comments[place].by == call.access.bot {
        return Ok(place);
    }
    Err(Refusal::new(403, "restricted_resource", "Only comments of this connection can be changed."))
}

fn read_text(call: &Call<'_>) -> Result<Value, Refusal> {
    match (call.member("rich_text"), call.member("markdown")) {
        (Some(given), None) => rich_text::read(given, "rich_text"),
        (None, Some(text)) if text.is_string() => Ok(rich_text::texts(text.as_str().unwrap_or_default())),
        _ => Err(Refusal::validation("body should have one of `rich_text`, `markdown`.")),
    }
}

fn read_attachments(call: &mut Call<'_>) -> Result<Vec<Value>, Refusal> {
    let given = call.member("attachments").and_then(Value::as_array).cloned().unwrap_or_default();
    if given.len() > ATTACHMENTS_MAX {
        return Err(Refusal::validation(format!("body.attachments.length should be ≤ `{ATTACHMENTS_MAX}`.")));
    }
    let mut read = Vec::with_capacity(given.len());
    for attachment in &given {
        let mut file =
            json!({ "type": "file_upload", "file_upload": { "id": attachment["file_upload_id"] } });
        file_uploads::attach_all(call.state, call.access, &mut file)?;
        read.push(json!({ "category": "productivity", "file": file["file"] }));
    }
    Ok(read)
}

fn display_name(call: &Call<'_>) -> Value {
    let given = call.member("display_name");
    let kind = given.and_then(|given| given["type"].as_str()).unwrap_or("integration");
    let custom = given.and_then(|given| given["custom"]["name"].as_str());
    let bot = call.state.users.iter().find(|user| user.id == call.access.bot).map(|user| user.name.as_str());
    json!({ "type": kind, "resolved_name": custom.or(bot) })
}

fn render(call: &Call<'_>, comment: &Comment) -> Value {
    let on_page = call.state.objects.get(&comment.on).is_some_and(|object| object.kind == Kind::Page);
    let parent = if on_page { "page_id" } else { "block_id" };
    let mut json = serde_json::Map::new();
    json.insert("object".to_owned(), "comment".into());
    json.insert("id".to_owned(), json!(comment.id));
    json.insert("parent".to_owned(), rich_text::typed(parent, json!(comment.on)));
    json.insert("discussion_id".to_owned(), json!(comment.discussion));
    json.insert("created_time".to_owned(), iso(comment.created).into());
    json.insert("last_edited_time".to_owned(), iso(comment.edited).into());
    json.insert("created_by".to_owned(), partial(comment.by));
    json.insert("rich_text".to_owned(), comment.rich_text.clone());
    json.insert("display_name".to_owned(), comment.display_name.clone());
    if !comment.attachments.is_empty() {
        json.insert("attachments".to_owned(), comment.attachments.clone().into());
    }
    View { state: call.state, access: call.access, version: call.version }.signed(json)
}
