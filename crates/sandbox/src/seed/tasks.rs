//! The data source with every property type and 230 rows, and the one it relates to.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::builder::Builder;
use super::tasks_schema::{RELATION, schema};
use super::{
    DATA_SOURCE_PROJECTS, DATA_SOURCE_TASKS, DATABASE_PROJECTS, DATABASE_TASKS, PAGE_HOME, RELATED,
    ROW_FIRST_TASK, TASKS, USER_ADA, USER_GRACE, USER_GUEST, VIEW_TASKS,
};
use crate::properties::option;
use crate::rich_text::texts;
use crate::users::partial;
use crate::views::View;

pub(super) fn seed(acme: &mut Builder<'_>) {
    acme.database(DATABASE_PROJECTS, PAGE_HOME, "Projects");
    acme.source(DATA_SOURCE_PROJECTS, DATABASE_PROJECTS, "Projects", super::acme::title_only());
    let projects: Vec<Uuid> = (1..=RELATED)
        .map(|number| {
            let id = acme.id();
            acme.row(id, DATA_SOURCE_PROJECTS, json!({ "title": texts(&format!("Project {number}")) }))
        })
        .collect();
    acme.database(DATABASE_TASKS, PAGE_HOME, "Tasks");
    acme.source(DATA_SOURCE_TASKS, DATABASE_TASKS, "Tasks", schema());
    let templates = json!([
        { "id": acme.id(), "name": "Bug report", "is_default": true },
        { "id": acme.id(), "name": "Weekly chore", "is_default": false },
    ]);
    acme.state.object_mut(DATA_SOURCE_TASKS).body.insert("templates".to_owned(), templates);
    for number in 1..=TASKS {
        let first = number == 1;
        let id = Uuid::from_u128(ROW_FIRST_TASK.as_u128() + number as u128 - 1);
        let related = if first { &projects[..] } else { &projects[number % RELATED..][..1] };
        acme.row(id, DATA_SOURCE_TASKS, Value::Object(values(number, related)));
    }
    view(acme);
}

/// Every value is set, and rows differ in all that can be filtered.
fn values(number: usize, projects: &[Uuid]) -> Map<String, Value> {
    let pick = |names: &[&str]| option(&json!({ "name": names[number % names.len()] }));
    let owner = [USER_ADA, USER_GRACE, USER_GUEST][number % 3];
    let file = json!({ "name": "photo.png", "type": "file", "file": { "key": "photo.png" } });
    let rollup = if number == 1 {
        json!({ "type": "incomplete", "incomplete": {}, "function": "show_original" })
    } else {
        let names =
            json!([{ "type": "title", "title": texts(&format!("Project {}", number % RELATED + 1)) }]);
        json!({ "type": "array", "array": names, "function": "show_original" })
    };
    let related: Vec<Value> = projects.iter().map(|id| json!({ "id": id })).collect();
    let values = json!({
        "title": texts(&format!("Task {number}")),
        "note": texts(if number.is_multiple_of(5) { "Needs care" } else { "" }),
        "esti": number,
        "prio": pick(&["Low", "Medium", "High"]),
        "labl": [pick(&["bug", "idea", "chore"])],
        "stag": pick(&["Not started", "In progress", "Done"]),
        "due%3A": { "start": format!("2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1), "end": null, "time_zone": null },
        "ownr": [partial(owner)],
        "file": if number == 1 { json!([file]) } else { json!([]) },
        "done": number.is_multiple_of(2),
        "link": format!("https://example.com/tasks/{number}"),
        "mail": "tasks@acme.example",
        "phon": "+44 20 7946 0000",
        "scor": { "type": "number", "number": number * 2 },
        "roll": rollup,
        "uniq": { "prefix": "TASK", "number": number },
        "veri": { "state": "unverified", "date": null, "verified_by": null },
        "butt": {},
        "plac": { "lat": 51.5, "lon": -0.12, "name": "London", "address": null },
        RELATION: related,
    });
    values.as_object().cloned().unwrap_or_default()
}

fn view(acme: &mut Builder<'_>) {
    let now = acme.now();
    let body = json!({
        "name": "Open tasks", "filter": { "property": "Done", "checkbox": { "equals": false } },
        "sorts": [{ "property": "Estimate", "direction": "descending" }], "quick_filters": null,
        "configuration": { "type": "table" },
    });
    acme.state.views.push(View {
        id: VIEW_TASKS,
        database: DATABASE_TASKS,
        source: DATA_SOURCE_TASKS,
        kind: "table".to_owned(),
        by: USER_ADA,
        created: now,
        edited: now,
        body: body.as_object().cloned().unwrap_or_default(),
    });
}
