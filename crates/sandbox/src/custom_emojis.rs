//! `GET /v1/custom_emojis`: the same two in every workspace.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::pagination::Paging;

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let paging = Paging::from_query(call, "custom_emojis")?;
    let emoji = |id: &str, name: &str| json!({ "id": id, "name": name, "url": format!("https://emojis.example/{name}.png") });
    let all = [
        emoji("0e300000-0000-4000-8000-000000000001", "party-parrot"),
        emoji("0e300000-0000-4000-8000-000000000002", "shipit"),
    ];
    let wanted = call.query("name");
    let all: Vec<&Value> =
        all.iter().filter(|emoji| wanted.is_none_or(|name| emoji["name"] == name)).collect();
    let (places, next_cursor) = paging.places(all.len());
    Ok(json!({
        "object": "list", "type": "custom_emoji", "results": all[places], "has_more": next_cursor.is_some(),
        "next_cursor": next_cursor,
    }))
}
