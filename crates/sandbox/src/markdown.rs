//! A page's content as Markdown: the common blocks both ways, the rest named as unknown.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::blocks::{self, NewBlock};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::rich_text::{plain, texts};
use crate::state::{Kind, State};

/// More blocks than this are cut, and the answer says so.
const BLOCKS_MAX: usize = 5_000;
/// Deeper blocks are named as unknown.
const DEPTH_MAX: usize = 20;

/// `GET /v1/pages/{page_id}/markdown`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "page_id")?;
    call.state.require(call.access, id, &[Kind::Page])?;
    let page = write(call.state, id);
    Ok(json!({
        "object": "page_markdown", "id": id, "markdown": page.text, "truncated": page.left == 0,
        "unknown_block_ids": page.unknown,
    }))
}

/// `PATCH /v1/pages/{page_id}/markdown`
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "page_id")?;
    call.state.require_living(call.access, id, &[Kind::Page])?;
    let missing = || Refusal::validation("body failed validation: body.type should be a kind of change.");
    let kind = call.member("type").and_then(Value::as_str).ok_or_else(missing)?.to_owned();
    let change = call.member(&kind).cloned().ok_or_else(missing)?;
    let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
    let before = write(call.state, id).text;
    let after = match kind.as_str() {
        "insert_content" => {
            let index = if change["position"]["type"] == "start" { Some(0) } else { None };
            blocks::insert_all(call, id, blocks(&text("content")), index)?;
            call.state.touch(call.access, id);
            return get(call);
        }
        "replace_content" => text("new_str"),
        "update_content" => {
            let updates = change["content_updates"].as_array().cloned().unwrap_or_default();
            updates.iter().try_fold(before, |page, update| replace(&page, update))?
        }
        "replace_content_range" => {
            let range = text("content_range");
            let (from, to) = range.split_once("...").unwrap_or((&range, &range));
            let start = before.find(from).ok_or_else(|| not_in_page(from))?;
            let end = before[start..].find(to).ok_or_else(|| not_in_page(to))? + start + to.len();
            format!("{}{}{}", &before[..start], text("content"), &before[end..])
        }
        _ => return Err(missing()),
    };
    blocks::erase(call.state, id);
    blocks::insert_all(call, id, blocks(&after), None)?;
    call.state.touch(call.access, id);
    get(call)
}

fn replace(page: &str, update: &Value) -> Result<String, Refusal> {
    let (old, new) =
        (update["old_str"].as_str().unwrap_or_default(), update["new_str"].as_str().unwrap_or_default());
    match page.matches(old).count() {
        _ if old.is_empty() => Err(Refusal::validation("old_str should not be empty.")),
        0 => Err(not_in_page(old)),
        1 => Ok(page.replacen(old, new, 1)),
        _ if update["replace_all_matches"] == true => Ok(page.replace(old, new)),
        count => {
            Err(Refusal::validation(format!("old_str is found {count} times; set replace_all_matches.")))
        }
    }
}

fn not_in_page(passage: &str) -> Refusal {
    Refusal::validation(format!("The passage `{passage}` is not in the page."))
}

/// A page being written.
struct Written {
    text: String,
    unknown: Vec<Uuid>,
    left: usize,
}

fn write(state: &State, page: Uuid) -> Written {
    let mut written = Written { text: String::new(), unknown: Vec::new(), left: BLOCKS_MAX };
    write_level(state, page, 0, &mut written);
    written
}

fn write_level(state: &State, parent: Uuid, depth: usize, page: &mut Written) {
    let Some(parent) = state.objects.get(&parent) else { return };
    for block in parent.children.iter().filter_map(|id| state.objects.get(id)).filter(|block| !block.in_trash)
    {
        page.left = page.left.saturating_sub(1);
        if page.left == 0 {
            return;
        }
        let kind = block.body.get("type").and_then(Value::as_str).unwrap_or("child_page");
        let body = block.body.get(kind).unwrap_or(&Value::Null);
        match line(kind, body, &state.title(block)).filter(|_| depth < DEPTH_MAX) {
            Some(line) => {
                page.text.push_str(&"  ".repeat(depth));
                page.text.push_str(&line);
                page.text.push('\n');
            }
            None => page.unknown.push(block.id),
        }
        if block.kind == Kind::Block && depth < DEPTH_MAX {
            write_level(state, block.id, depth + 1, page);
        }
    }
}

fn line(kind: &str, body: &Value, title: &str) -> Option<String> {
    let text = plain(&body["rich_text"]);
    Some(match kind {
        "paragraph" => text,
        "heading_1" => format!("# {text}"),
        "heading_2" => format!("## {text}"),
        "heading_3" => format!("### {text}"),
        "heading_4" => format!("#### {text}"),
        "bulleted_list_item" | "toggle" => format!("- {text}"),
        "numbered_list_item" => format!("1. {text}"),
        "to_do" => format!("- [{}] {text}", if body["checked"] == true { 'x' } else { ' ' }),
        "quote" | "callout" => format!("> {text}"),
        "code" => format!("```{}\n{text}\n```", body["language"].as_str().unwrap_or_default()),
        "equation" => format!("$${}$$", body["expression"].as_str().unwrap_or_default()),
        "divider" => "---".to_owned(),
        "bookmark" | "embed" => body["url"].as_str().unwrap_or_default().to_owned(),
        "image" => format!(
            "![{}]({})",
            plain(&body["caption"]),
            body["external"]["url"].as_str().unwrap_or_default()
        ),
        "table_row" => body["cells"].as_array()?.iter().map(plain).collect::<Vec<_>>().join(" | "),
        "child_page" | "child_database" => format!("[{title}]"),
        "column_list" | "column" | "table" | "synced_block" => String::new(),
        _ => return None,
    })
}

/// Markdown as blocks, a line each; fenced code is one block.
pub(crate) fn blocks(markdown: &str) -> Vec<NewBlock> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            let language = if language.is_empty() { "plain text" } else { language };
            let body = json!({ "rich_text": texts(&code.join("\n")), "caption": [], "language": language });
            blocks.push(block("code", body));
        } else if !line.trim().is_empty() {
            blocks.push(line_block(line.trim_start()));
        }
    }
    blocks
}

fn line_block(line: &str) -> NewBlock {
    let text = |text: &str| json!({ "rich_text": texts(text), "color": "default" });
    let to_do = |rest: &str, checked: bool| {
        let mut body = text(rest);
        body["checked"] = checked.into();
        block("to_do", body)
    };
    if line == "---" {
        return block("divider", json!({}));
    }
    if let Some(rest) = line.strip_prefix("- [ ] ") {
        return to_do(rest, false);
    }
    if let Some(rest) = line.strip_prefix("- [x] ") {
        return to_do(rest, true);
    }
    let marks = [
        ("# ", "heading_1"),
        ("## ", "heading_2"),
        ("### ", "heading_3"),
        ("#### ", "heading_4"),
        ("- ", "bulleted_list_item"),
        ("1. ", "numbered_list_item"),
        ("> ", "quote"),
    ];
    for (mark, kind) in marks {
        if let Some(rest) = line.strip_prefix(mark) {
            let mut body = text(rest);
            if kind.starts_with("heading") {
                body["is_toggleable"] = false.into();
            }
            return block(kind, body);
        }
    }
    block("paragraph", text(line))
}

fn block(kind: &str, body: Value) -> NewBlock {
    NewBlock { kind: kind.to_owned(), body, children: Vec::new() }
}
