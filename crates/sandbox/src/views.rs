//! Views of a database, and queries stored from them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::{Answer, Call, id_in};
use crate::clock::{iso, to_minute};
use crate::pagination::{Paging, list};
use crate::query::{Filter, Sorts};
use crate::refusal::Refusal;
use crate::render;
use crate::state::{Kind, Object};
use crate::users::partial;

const TYPES: &[&str] =
    &["table", "board", "list", "calendar", "timeline", "gallery", "form", "chart", "map", "dashboard"];
const QUERY_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// One view.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) id: Uuid,
    pub(crate) database: Uuid,
    pub(crate) source: Uuid,
    pub(crate) kind: String,
    pub(crate) by: Uuid,
    pub(crate) created: Timestamp,
    pub(crate) edited: Timestamp,
    /// `name`, `filter`, `sorts`, `quick_filters`, `configuration`.
    pub(crate) body: Map<String, Value>,
}

/// The rows that a view gave when it was asked.
#[derive(Debug)]
pub(crate) struct ViewQuery {
    id: Uuid,
    view: Uuid,
    expires: Timestamp,
    rows: Vec<Uuid>,
}

/// `GET /v1/views?database_id=` or `data_source_id=`
pub(crate) fn list_of(call: &mut Call<'_>) -> Answer {
    let (database, source) = (call.query_id("database_id")?, call.query_id("data_source_id")?);
    match (database, source) {
        (Some(id), _) => call.state.require(call.access, id, &[Kind::Database])?,
        (None, Some(id)) => call.state.require(call.access, id, &[Kind::DataSource])?,
        (None, None) => {
            return Err(Refusal::validation("query should have one of `database_id`, `data_source_id`."));
        }
    };
    let paging = Paging::from_query(call, &format!("views:{database:?}:{source:?}"))?;
    let fits = |view: &&View| {
        database.is_none_or(|id| view.database == id) && source.is_none_or(|id| view.source == id)
    };
    let slice = paging.slice(&call.state.views.iter().filter(fits).map(|view| view.id).collect::<Vec<_>>());
    let references = slice.ids.iter().map(|id| json!({ "object": "view", "id": id }));
    Ok(list("view", references.collect(), slice.next_cursor))
}

/// `GET /v1/views/{view_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    Ok(render(&call.state.views[place]))
}

/// `POST /v1/views`
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let given = Value::Object(call.body.clone());
    let missing =
        |name: &str| Refusal::validation(format!("body failed validation: body.{name} should be defined."));
    let source = id_in(&given, "data_source_id")?.ok_or_else(|| missing("data_source_id"))?;
    let parent = call.state.require_living(call.access, source, &[Kind::DataSource])?.parent;
    let database = id_in(&given, "database_id")?.or(parent).ok_or_else(|| missing("database_id"))?;
    call.state.require_living(call.access, database, &[Kind::Database])?;
    let kind = given["type"].as_str().filter(|kind| TYPES.contains(kind)).ok_or_else(|| missing("type"))?;
    given["name"].as_str().filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
    let now = to_minute(call.state.clock.now());
    let view = View {
        id: Uuid::new_v4(),
        database,
        source,
        kind: kind.to_owned(),
        by: call.access.bot,
        created: now,
        edited: now,
        body: changes(call, source)?,
    };
    let json = render(&view);
    call.state.views.push(view);
    Ok(json)
}

/// `PATCH /v1/views/{view_id}`
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    let changes = changes(call, call.state.views[place].source)?;
    let now = to_minute(call.state.clock.now());
    let view = &mut call.state.views[place];
    view.body.extend(changes);
    view.edited = now;
    Ok(render(view))
}

/// `DELETE /v1/views/{view_id}`
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    let view = call.state.views.remove(place);
    call.state.view_queries.retain(|query| query.view != view.id);
    Ok(render(&view))
}

/// `POST /v1/views/{view_id}/queries`
pub(crate) fn query(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    let rows = rows(call, &call.state.views[place])?;
    let now = call.state.clock.now();
    let expires = now.checked_add(QUERY_LIFETIME).unwrap_or(Timestamp::MAX);
    let query = ViewQuery { id: Uuid::new_v4(), view: call.state.views[place].id, expires, rows };
    let paging = Paging::from_body(call, &format!("view query:{}", query.id))?;
    let (json, _) = query_page(&query, &paging);
    call.state.view_queries.retain(|query| query.expires > now);
    call.state.view_queries.push(query);
    Ok(json)
}

/// `GET /v1/views/{view_id}/queries/{query_id}`
pub(crate) fn query_results(call: &mut Call<'_>) -> Answer {
    let place = find_query(call)?;
    let query = &call.state.view_queries[place];
    let paging = Paging::from_query(call, &format!("view query:{}", query.id))?;
    let (_, slice) = query_page(query, &paging);
    let mut answer = list("page", references(&slice.ids), slice.next_cursor);
    answer["request_status"] = json!({ "type": "complete" });
    Ok(answer)
}

/// `DELETE /v1/views/{view_id}/queries/{query_id}`
pub(crate) fn delete_query(call: &mut Call<'_>) -> Answer {
    let place = find_query(call)?;
    let query = call.state.view_queries.remove(place);
    Ok(json!({ "object": "view_query", "id": query.id, "deleted": true }))
}

fn query_page(query: &ViewQuery, paging: &Paging) -> (Value, crate::pagination::Slice) {
    let slice = paging.slice(&query.rows);
    let json = json!({
        "object": "view_query", "id": query.id, "view_id": query.view, "expires_at": iso(query.expires),
        "total_count": query.rows.len(), "results": references(&slice.ids), "next_cursor": slice.next_cursor,
        "has_more": slice.next_cursor.is_some(),
    });
    (json, slice)
}

fn references(ids: &[Uuid]) -> Vec<Value> {
    ids.iter().map(|id| json!({ "object": "page", "id": id })).collect()
}

fn rows(call: &Call<'_>, view: &View) -> Result<Vec<Uuid>, Refusal> {
    let source = call.state.require(call.access, view.source, &[Kind::DataSource])?;
    let schema = source.body.get("schema").cloned().unwrap_or_else(|| json!({}));
    let given = |name: &str| view.body.get(name).filter(|given| !given.is_null());
    let filter = given("filter").map(|filter| Filter::parse(filter, &schema)).transpose()?;
    let sorts = given("sorts").map(|sorts| Sorts::parse(sorts, &schema)).transpose()?;
    let seen = render::View { state: call.state, access: call.access, version: call.version };
    let all = source.children.iter().filter_map(|id| call.state.objects.get(id)).filter(|row| !row.in_trash);
    let mut rows: Vec<&Object> =
        all.filter(|row| filter.as_ref().is_none_or(|filter| filter.takes(seen, row))).collect();
    if let Some(sorts) = &sorts {
        sorts.sort(seen, &mut rows);
    }
    Ok(rows.iter().map(|row| row.id).collect())
}

/// What the body says of a view; null unsets. A filter or sort must fit the schema.
fn changes(call: &Call<'_>, source: Uuid) -> Result<Map<String, Value>, Refusal> {
    let source = call.state.require(call.access, source, &[Kind::DataSource])?;
    let schema = source.body.get("schema").cloned().unwrap_or_else(|| json!({}));
    if let Some(given) = call.member("filter") {
        Filter::parse(given, &schema)?;
    }
    if let Some(given) = call.member("sorts") {
        Sorts::parse(given, &schema)?;
    }
    let named = ["name", "filter", "sorts", "quick_filters", "configuration"];
    let given = call.body.iter().filter(|(name, _)| named.contains(&name.as_str()));
    Ok(given.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn find(call: &Call<'_>) -> Result<usize, Refusal> {
    let id = call.id(0, "view_id")?;
    let mine = |view: &View| view.id == id && call.state.visible(call.access, view.database).is_some();
    call.state.views.iter().position(mine).ok_or_else(|| Refusal::not_found("view", id))
}

fn find_query(call: &Call<'_>) -> Result<usize, Refusal> {
    let view = find(call)?;
    let (view, id, now) = (call.state.views[view].id, call.id(1, "query_id")?, call.state.clock.now());
    let mine = |query: &ViewQuery| query.id == id && query.view == view && query.expires > now;
    call.state.view_queries.iter().position(mine).ok_or_else(|| Refusal::not_found("view query", id))
}

fn render(view: &View) -> Value {
    let part = |name: &str| view.body.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "object": "view", "id": view.id, "parent": { "type": "database_id", "database_id": view.database },
        "name": part("name"), "type": view.kind, "created_time": iso(view.created),
        "last_edited_time": iso(view.edited), "url": format!("https://www.notion.so/{}?v={}", view.database.simple(), view.id.simple()),
        "data_source_id": view.source, "created_by": partial(view.by), "last_edited_by": partial(view.by),
        "filter": part("filter"), "sorts": part("sorts"), "quick_filters": part("quick_filters"),
        "configuration": part("configuration"),
    })
}
