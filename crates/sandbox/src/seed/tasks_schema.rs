//! The schema with every property type.

use serde_json::{Map, Value, json};

use super::{DATA_SOURCE_PROJECTS, DATABASE_PROJECTS};
use crate::data_sources::property;
use crate::properties::option;

/// The id of the relation; ids may hold percent-encoded characters.
pub(super) const RELATION: &str = "f%5C%5C%3Ap";

pub(super) fn schema() -> Map<String, Value> {
    let rollup = json!({
        "function": "show_original", "relation_property_name": "Projects", "relation_property_id": RELATION,
        "rollup_property_name": "Name", "rollup_property_id": "title",
    });
    let relation = json!({
        "database_id": DATABASE_PROJECTS, "data_source_id": DATA_SOURCE_PROJECTS, "type": "single_property",
        "single_property": {},
    });
    let status = json!({
        "options": options(&["Not started", "In progress", "Done"]),
        "groups": [{ "id": "grp_all", "name": "All", "color": "gray", "option_ids": ["opt_not_started", "opt_in_progress", "opt_done"] }],
    });
    let all = [
        ("title", "Name", "title", json!({})),
        ("note", "Notes", "rich_text", json!({})),
        ("esti", "Estimate", "number", json!({ "format": "number" })),
        ("prio", "Priority", "select", json!({ "options": options(&["Low", "Medium", "High"]) })),
        ("labl", "Labels", "multi_select", json!({ "options": options(&["bug", "idea", "chore"]) })),
        ("stag", "Stage", "status", status),
        ("due%3A", "Due", "date", json!({})),
        ("ownr", "Owner", "people", json!({})),
        ("file", "Attachments", "files", json!({})),
        ("done", "Done", "checkbox", json!({})),
        ("link", "Link", "url", json!({})),
        ("mail", "Contact", "email", json!({})),
        ("phon", "Phone", "phone_number", json!({})),
        ("scor", "Score", "formula", json!({ "expression": "prop(\"Estimate\") * 2" })),
        (RELATION, "Projects", "relation", relation),
        ("roll", "Project names", "rollup", rollup),
        ("crea", "Created", "created_time", json!({})),
        ("auth", "Author", "created_by", json!({})),
        ("edit", "Edited", "last_edited_time", json!({})),
        ("edby", "Editor", "last_edited_by", json!({})),
        ("uniq", "Task ID", "unique_id", json!({ "prefix": "TASK" })),
        ("veri", "Verified", "verification", json!({})),
        ("butt", "Start", "button", json!({})),
        ("plac", "Where", "place", json!({})),
        ("visi", "Last visited", "last_visited_time", json!({})),
    ];
    all.into_iter()
        .map(|(id, name, kind, detail)| (name.to_owned(), property(&json!(id), name, kind, detail)))
        .collect()
}

fn options(names: &[&str]) -> Vec<Value> {
    let option = |name: &&str| {
        let mut option = option(&json!({ "name": name }))?;
        option["description"] = Value::Null;
        Some(option)
    };
    names.iter().filter_map(option).collect()
}
