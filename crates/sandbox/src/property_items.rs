//! `GET /v1/pages/{page_id}/properties/{property_id}`: one property in full, in pages.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::pagination::{Paging, list};
use crate::refusal::Refusal;
use crate::render::View;
use crate::rich_text::typed;
use crate::state::Kind;

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let page_id = call.id(0, "page_id")?;
    let page = call.state.require(call.access, page_id, &[Kind::Page])?;
    let wanted = call.segments.get(1).map_or("", String::as_str);
    let schema = call.state.schema_of(page);
    // An id may itself hold percent-encoded characters, so it comes in once or twice encoded.
    let twice = percent_encoding::percent_decode_str(wanted).decode_utf8_lossy();
    let decoded = |id: &str| percent_encoding::percent_decode_str(id).decode_utf8_lossy() == twice;
    let property = schema.iter().find(|(_, id, _)| *id == wanted || decoded(id));
    let unknown =
        || Refusal::new(404, "object_not_found", format!("Could not find property with ID: {wanted}."));
    let (_, id, kind) = *property.ok_or_else(unknown)?;
    let view = View { state: call.state, access: call.access, version: call.version };
    let value = view.value(page, id, kind);
    match (&value, kind) {
        (Value::Array(items), "title" | "rich_text" | "people" | "relation") => {
            items_page(call, id, kind, items)
        }
        (_, "rollup") => {
            let items = value["array"].as_array().cloned().unwrap_or_default();
            let mut answer = items_page(call, id, kind, &items)?;
            answer["property_item"]["rollup"] = value;
            Ok(answer)
        }
        _ => Ok(item(id, kind, value)),
    }
}

fn items_page(call: &Call<'_>, id: &str, kind: &str, items: &[Value]) -> Answer {
    let page = call.id(0, "page_id")?;
    let paging = Paging::from_query(call, &format!("property:{page}:{id}"))?;
    let (places, next_cursor) = paging.places(items.len());
    let next_url = next_cursor.as_ref().map(|cursor| {
        let host = "https://api.notion.com/v1/pages";
        format!("{host}/{page}/properties/{id}?page_size={}&start_cursor={cursor}", paging.size)
    });
    let shown = items[places].iter();
    // The array of a rollup holds values of their own types.
    let results = shown.map(|value| match (kind, value["type"].as_str()) {
        ("rollup", Some(inner)) => item(id, inner, value[inner].clone()),
        _ => item(id, kind, value.clone()),
    });
    let mut answer = list("property_item", results.collect(), next_cursor);
    answer["property_item"] = typed(kind, json!({}));
    answer["property_item"]["id"] = id.into();
    answer["property_item"]["next_url"] = next_url.into();
    Ok(answer)
}

fn item(id: &str, kind: &str, value: Value) -> Value {
    let mut item = typed(kind, value);
    item["object"] = "property_item".into();
    item["id"] = id.into();
    item
}
