//! A page with every block type once.

use bytes::Bytes;
use serde_json::{Value, json};

use super::builder::Builder;
use super::{BLOCK_IMAGE, BLOCK_UNKNOWN, BLOCK_UNSUPPORTED, DATABASE_TASKS, PAGE_EVERY_BLOCK, PAGE_HANDBOOK};
use crate::rich_text::{texts, typed};

/// A PNG of one transparent pixel.
const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0,
    1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

pub(super) fn seed(acme: &mut Builder<'_>) {
    let page = PAGE_EVERY_BLOCK;
    for kind in [
        "paragraph",
        "heading_1",
        "heading_2",
        "heading_3",
        "heading_4",
        "bulleted_list_item",
        "numbered_list_item",
        "toggle",
        "quote",
        "template",
    ] {
        let body = with_text(&format!("A {kind}"), typed_extra(kind));
        acme.block(page, kind, body);
    }
    acme.block(page, "to_do", with_text("Water the plants", json!({ "checked": true })));
    acme.block(page, "callout", with_text("Mind the gap", json!({ "icon": typed("emoji", json!("💡")) })));
    let code =
        json!({ "rich_text": texts("fn main() {}"), "caption": texts("All of it"), "language": "rust" });
    acme.block(page, "code", code);
    files(acme);
    let url = json!({ "url": "https://example.com", "caption": texts("A site") });
    acme.block(page, "bookmark", url.clone());
    acme.block(page, "embed", url);
    acme.block(page, "link_preview", json!({ "url": "https://example.com/issues/1" }));
    acme.block(page, "link_to_page", typed("page_id", json!(PAGE_HANDBOOK)));
    acme.block(page, "divider", json!({}));
    acme.block(page, "breadcrumb", json!({}));
    acme.block(page, "table_of_contents", json!({ "color": "gray" }));
    acme.block(page, "equation", json!({ "expression": "a^2 + b^2 = c^2" }));
    layout(acme);
    meeting(acme);
    let child = acme.id();
    acme.page(child, Some(page), "A child page");
    let (database, source) = (acme.id(), acme.id());
    acme.database(database, page, "A child database");
    acme.source(source, database, "A child database", super::acme::title_only());
    acme.named_block(BLOCK_UNSUPPORTED, page, "unsupported", json!({ "block_type": "button" }));
    acme.named_block(
        BLOCK_UNKNOWN,
        page,
        "hologram",
        json!({ "beam": { "colour": "ultraviolet" }, "of": DATABASE_TASKS }),
    );
}

fn typed_extra(kind: &str) -> Value {
    if kind.starts_with("heading") { json!({ "is_toggleable": false }) } else { json!({}) }
}

fn with_text(text: &str, mut body: Value) -> Value {
    body["rich_text"] = texts(text);
    body["color"] = "default".into();
    body
}

/// One image that the file host keeps, the rest elsewhere.
fn files(acme: &mut Builder<'_>) {
    acme.state.files.insert("photo.png".to_owned(), ("image/png".to_owned(), Bytes::from_static(PIXEL)));
    let mut image = typed("file", json!({ "key": "photo.png" }));
    image["caption"] = texts("A pixel");
    acme.named_block(BLOCK_IMAGE, PAGE_EVERY_BLOCK, "image", image);
    for (kind, file) in
        [("video", "talk.mp4"), ("pdf", "paper.pdf"), ("audio", "song.mp3"), ("file", "data.csv")]
    {
        let mut body = typed("external", json!({ "url": format!("https://example.com/{file}") }));
        body["caption"] = json!([]);
        if kind == "file" {
            body["name"] = file.into();
        }
        acme.block(PAGE_EVERY_BLOCK, kind, body);
    }
}

fn layout(acme: &mut Builder<'_>) {
    let columns = acme.block(PAGE_EVERY_BLOCK, "column_list", json!({}));
    for side in ["One", "Two"] {
        let column = acme.block(columns, "column", json!({ "width_ratio": 0.5 }));
        acme.text(column, "paragraph", side);
    }
    let table = json!({ "table_width": 1, "has_column_header": false, "has_row_header": false });
    let table = acme.block(PAGE_EVERY_BLOCK, "table", table);
    acme.block(table, "table_row", json!({ "cells": [texts("A cell")] }));
    let tab = acme.block(PAGE_EVERY_BLOCK, "tab", json!({}));
    acme.text(tab, "paragraph", "On a tab");
    acme.block(PAGE_EVERY_BLOCK, "synced_block", json!({ "synced_from": null }));
}

/// Its three parts are read through their own ids.
fn meeting(acme: &mut Builder<'_>) {
    let meeting = acme.block(PAGE_EVERY_BLOCK, "meeting_notes", json!({}));
    let mut part = |text: &str| {
        let part = acme.text(meeting, "toggle", text);
        acme.text(part, "paragraph", &format!("{text}: all agreed."));
        part
    };
    let children = json!({
        "summary_block_id": part("Summary"), "notes_block_id": part("Notes"), "transcript_block_id": part("Transcript"),
    });
    let body = json!({
        "title": texts("Weekly"), "status": "notes_ready", "children": children,
        "calendar_event": { "start_time": "2026-01-05T10:00:00.000Z", "end_time": "2026-01-05T10:30:00.000Z" },
        "recording": { "start_time": "2026-01-05T10:00:00.000Z", "end_time": "2026-01-05T10:29:00.000Z" },
    });
    acme.state.object_mut(meeting).body.insert("meeting_notes".to_owned(), body);
}
