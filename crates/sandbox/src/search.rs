//! `POST /v1/search`: pages and data sources by title.

use serde_json::Value;
use uuid::Uuid;

use crate::call::{Answer, Call};
use crate::pagination::{Paging, list};
use crate::refusal::Refusal;
use crate::render::View;
use crate::state::{Kind, Object};
use crate::version::Version;

pub(crate) fn search(call: &mut Call<'_>) -> Answer {
    let filter = call.member("filter");
    let wanted = filter.map(|filter| kind(call.version, filter)).transpose()?.flatten();
    let in_trash = filter.is_some_and(|filter| filter["in_trash"] == true);
    let query = call.member("query").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let table = if call.version == Version::V2022 { Kind::Database } else { Kind::DataSource };
    let kinds = wanted.map_or([Kind::Page, table], |kind| [kind, kind]);
    let takes = |object: &&Object| {
        kinds.contains(&object.kind)
            && object.in_trash == in_trash
            && (query.is_empty() || call.state.title(object).to_lowercase().contains(&query))
    };
    let visible = call.state.sequence.iter().filter_map(|id| call.state.visible(call.access, *id));
    let mut found: Vec<&Object> = visible.filter(takes).collect();
    if let Some(sort) = call.member("sort").filter(|sort| sort.get("timestamp").is_some()) {
        if sort["timestamp"] != "last_edited_time" {
            return Err(Refusal::validation(
                "body failed validation: body.sort.timestamp should be `last_edited_time`.",
            ));
        }
        found.sort_by_key(|object| object.edited);
        if sort["direction"] != "ascending" {
            found.reverse();
        }
    }
    let ids: Vec<Uuid> = found.iter().map(|object| object.id).collect();
    let asked = [filter, call.member("query"), call.member("sort")];
    let slice = Paging::from_body(call, &format!("search:{asked:?}"))?.slice(&ids);
    let view = View { state: call.state, access: call.access, version: call.version };
    let shown = slice.ids.iter().filter_map(|id| call.state.objects.get(id));
    Ok(list("page_or_data_source", shown.map(|object| view.object(object)).collect(), slice.next_cursor))
}

/// Which kind a filter asks for; the tables are named differently before data sources.
fn kind(version: Version, filter: &Value) -> Result<Option<Kind>, Refusal> {
    let table = if version == Version::V2022 { "database" } else { "data_source" };
    match (filter["property"].as_str(), filter["value"].as_str()) {
        (Some("object"), Some("page")) => Ok(Some(Kind::Page)),
        (Some("object"), Some("database")) if version == Version::V2022 => Ok(Some(Kind::Database)),
        (Some("object"), Some("data_source")) if version > Version::V2022 => Ok(Some(Kind::DataSource)),
        (None, None) if filter["in_trash"].is_boolean() => Ok(None),
        _ => Err(Refusal::validation(format!(
            "body failed validation: body.filter.value should be `\"page\"` or `\"{table}\"`."
        ))),
    }
}
