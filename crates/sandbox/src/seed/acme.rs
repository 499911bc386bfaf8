//! The first workspace: pages for every kind of trouble, then its databases.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::builder::Builder;
use super::{
    BLOCK_CYCLE_A, BLOCK_CYCLE_B, BLOCK_LEVEL_ONE, BLOCK_SYNCED_COPY, BLOCK_SYNCED_ORIGINAL,
    BLOCK_SYNCED_PRIVATE, COMMENT_FIRST, DATA_SOURCE_EMPTY, DATA_SOURCE_OFFICES, DATA_SOURCE_PEOPLE,
    DATABASE_EMPTY, DATABASE_TEAM, DISCUSSION_FIRST, PAGE_EMPTY, PAGE_EVERY_BLOCK, PAGE_HANDBOOK, PAGE_HOME,
    PAGE_NESTED, PAGE_ODD_TEXT, PAGE_PRIVATE, PAGE_SYNCED, PAGE_TRASHED, PARAGRAPHS, USER_ADA, USER_GRACE,
    USER_GUEST, WORKSPACE_ACME, every_block, tasks,
};
use crate::comments::Comment;
use crate::data_sources::property;
use crate::rich_text::{equation, link, mention, text, texts, typed};
use crate::state::State;

/// The longest text an item may have.
const LONG_TEXT_CHARS: usize = 2000;

pub(super) fn seed(state: &mut State) {
    let mut acme = Builder::new(state, WORKSPACE_ACME, USER_ADA);
    acme.page(PAGE_HOME, None, "Acme Home");
    acme.text(PAGE_HOME, "heading_1", "Welcome to Acme");
    acme.text(PAGE_HOME, "paragraph", "Everything we know is below.");
    handbook(&mut acme);
    nested(&mut acme);
    acme.page(PAGE_EVERY_BLOCK, Some(PAGE_HOME), "Every block");
    let private_block = private(&mut acme);
    synced(&mut acme, private_block);
    odd_text(&mut acme);
    acme.page(PAGE_EMPTY, Some(PAGE_HOME), "");
    acme.page(PAGE_TRASHED, Some(PAGE_HOME), "Old plans");
    acme.text(PAGE_TRASHED, "paragraph", "These were good plans.");
    acme.state.object_mut(PAGE_TRASHED).in_trash = true;
    tasks::seed(&mut acme);
    team(&mut acme);
    every_block::seed(&mut acme);
}

fn handbook(acme: &mut Builder<'_>) {
    acme.page(PAGE_HANDBOOK, Some(PAGE_HOME), "Employee handbook");
    for number in 1..=PARAGRAPHS {
        acme.text(
            PAGE_HANDBOOK,
            "paragraph",
            &format!("Rule {number}: read rule {}.", number % PARAGRAPHS + 1),
        );
    }
    for (id, by, said) in [
        (COMMENT_FIRST, USER_ADA, "Is rule 17 still true?"),
        (Uuid::from_u128(COMMENT_FIRST.as_u128() + 1), USER_GRACE, "Only on Tuesdays."),
    ] {
        let now = acme.now();
        acme.state.comments.push(Comment {
            id,
            on: PAGE_HANDBOOK,
            discussion: DISCUSSION_FIRST,
            created: now,
            edited: now,
            by,
            rich_text: texts(said),
            display_name: json!({ "type": "user", "resolved_name": "A member" }),
            attachments: Vec::new(),
        });
    }
}

/// Toggle → list item → toggle → quote → paragraph, and the shapes whose content is in children.
fn nested(acme: &mut Builder<'_>) {
    acme.page(PAGE_NESTED, Some(PAGE_HOME), "Nested");
    let level = json!({ "rich_text": texts("Level 1"), "color": "default" });
    let mut parent = acme.named_block(BLOCK_LEVEL_ONE, PAGE_NESTED, "toggle", level);
    for (depth, kind) in [(2, "bulleted_list_item"), (3, "toggle"), (4, "quote"), (5, "paragraph")] {
        parent = acme.text(parent, kind, &format!("Level {depth}"));
    }
    let toggle =
        json!({ "rich_text": texts("A heading to open"), "color": "default", "is_toggleable": true });
    let heading = acme.block(PAGE_NESTED, "heading_2", toggle);
    acme.text(heading, "paragraph", "Under the heading.");
    let table = json!({ "table_width": 3, "has_column_header": true, "has_row_header": false });
    let table = acme.block(PAGE_NESTED, "table", table);
    for row in [["Name", "Role", "Since"], ["Ada", "Analyst", "1843"], ["Grace", "Admiral", "1944"]] {
        acme.block(table, "table_row", json!({ "cells": row.map(texts) }));
    }
    let columns = acme.block(PAGE_NESTED, "column_list", json!({}));
    for side in ["Left", "Right"] {
        let column = acme.block(columns, "column", json!({ "width_ratio": 0.5 }));
        acme.text(column, "paragraph", side);
    }
}

/// A page that no connection sees, with one block.
fn private(acme: &mut Builder<'_>) -> Uuid {
    acme.page(PAGE_PRIVATE, None, "Salaries");
    acme.hide(PAGE_PRIVATE);
    let original = acme.block(PAGE_PRIVATE, "synced_block", json!({ "synced_from": null }));
    acme.text(original, "paragraph", "Nobody may read this.");
    original
}

fn synced(acme: &mut Builder<'_>, private: Uuid) {
    let original = || json!({ "synced_from": null });
    let copy = |id: Uuid| json!({ "synced_from": typed("block_id", json!(id)) });
    acme.page(PAGE_SYNCED, Some(PAGE_HOME), "Synced");
    acme.named_block(BLOCK_SYNCED_ORIGINAL, PAGE_SYNCED, "synced_block", original());
    acme.text(BLOCK_SYNCED_ORIGINAL, "paragraph", "Seen in two places.");
    acme.named_block(BLOCK_SYNCED_COPY, PAGE_SYNCED, "synced_block", copy(BLOCK_SYNCED_ORIGINAL));
    acme.named_block(BLOCK_CYCLE_A, PAGE_SYNCED, "synced_block", original());
    acme.named_block(BLOCK_CYCLE_B, PAGE_SYNCED, "synced_block", original());
    acme.block(BLOCK_CYCLE_A, "synced_block", copy(BLOCK_CYCLE_B));
    acme.block(BLOCK_CYCLE_B, "synced_block", copy(BLOCK_CYCLE_A));
    acme.named_block(BLOCK_SYNCED_PRIVATE, PAGE_SYNCED, "synced_block", copy(private));
}

fn odd_text(acme: &mut Builder<'_>) {
    acme.page(PAGE_ODD_TEXT, Some(PAGE_HOME), "Odd text 🏴‍☠️ مرحبا");
    for odd in [
        "👩‍👩‍👧‍👦 family, 🇺🇳 flag, e\u{301} combined",
        "שלום עולם, then left to right",
        "bell \u{7}, escape \u{1b}, tab \t, line\nbreak",
    ] {
        acme.text(PAGE_ODD_TEXT, "paragraph", odd);
    }
    let long = text(&"long ".repeat(LONG_TEXT_CHARS / 5));
    let items = json!([
        long,
        long,
        link("a link", "https://example.com/?q=ö"),
        equation("e^{i\\pi} + 1 = 0"),
        mention(typed("user", json!({ "object": "user", "id": USER_ADA })), "@Ada Lovelace"),
        mention(typed("user", json!({ "object": "user", "id": USER_GUEST })), "@Guest"),
        mention(typed("page", json!({ "id": PAGE_HOME })), "Acme Home"),
        mention(
            typed("date", json!({ "start": "2026-02-01", "end": null, "time_zone": null })),
            "2026-02-01"
        ),
    ]);
    acme.block(PAGE_ODD_TEXT, "paragraph", json!({ "rich_text": items, "color": "blue_background" }));
}

fn team(acme: &mut Builder<'_>) {
    acme.database(DATABASE_TEAM, PAGE_HOME, "Team");
    acme.source(DATA_SOURCE_PEOPLE, DATABASE_TEAM, "People", title_only());
    acme.source(DATA_SOURCE_OFFICES, DATABASE_TEAM, "Offices", title_only());
    for (source, name) in
        [(DATA_SOURCE_PEOPLE, "Ada"), (DATA_SOURCE_PEOPLE, "Grace"), (DATA_SOURCE_OFFICES, "London")]
    {
        let id = acme.id();
        acme.row(id, source, json!({ "title": texts(name) }));
    }
    acme.database(DATABASE_EMPTY, PAGE_HOME, "Nothing yet");
    acme.source(DATA_SOURCE_EMPTY, DATABASE_EMPTY, "Nothing yet", title_only());
}

/// A schema of nothing but a title.
pub(super) fn title_only() -> Map<String, Value> {
    let title = property(&json!("title"), "Name", "title", json!({}));
    std::iter::once(("Name".to_owned(), title)).collect()
}
