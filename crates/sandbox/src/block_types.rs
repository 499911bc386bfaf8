//! The block types: what a request may make, and the form it gets.

use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::rich_text::{self, within};

const URL_CHARS_MAX: usize = 2000;
const EQUATION_CHARS_MAX: usize = 1000;

/// Members and what they are when left out.
type Defaults = [(&'static str, fn() -> Value)];

/// What a type needs in a request.
enum Form {
    /// `rich_text` and `color`, with defaults of its own.
    Text(&'static Defaults),
    Code,
    File,
    Link,
    Equation,
    /// Taken as it is, after filling in defaults.
    Plain(&'static Defaults),
    TableRow,
}

fn no() -> Value {
    json!(false)
}

fn null() -> Value {
    Value::Null
}

fn form(kind: &str) -> Option<Form> {
    Some(match kind {
        "bulleted_list_item" | "numbered_list_item" | "toggle" | "quote" => Form::Text(&[]),
        "paragraph" | "callout" => Form::Text(&[("icon", null)]),
        "heading_1" | "heading_2" | "heading_3" | "heading_4" => Form::Text(&[("is_toggleable", no)]),
        "to_do" => Form::Text(&[("checked", no)]),
        "code" => Form::Code,
        "image" | "video" | "pdf" | "audio" | "file" => Form::File,
        "bookmark" | "embed" => Form::Link,
        "equation" => Form::Equation,
        "divider" | "breadcrumb" | "column_list" | "column" | "link_to_page" | "tab" => Form::Plain(&[]),
        "table_of_contents" => Form::Plain(&[("color", || json!("default"))]),
        "synced_block" => Form::Plain(&[("synced_from", null)]),
        "table" => Form::Plain(&[("has_column_header", no), ("has_row_header", no)]),
        "table_row" => Form::TableRow,
        _ => return None,
    })
}

/// Reads a block's type object from a request, without its children.
pub(crate) fn read(kind: &str, given: &Value, place: &str) -> Result<Value, Refusal> {
    let unknown =
        || Refusal::validation(format!("body failed validation: body.{place}.{kind} is not supported."));
    let form = form(kind).ok_or_else(unknown)?;
    let wrong =
        |what: &str| Refusal::validation(format!("body failed validation: body.{place}.{kind}{what}"));
    let mut read: Map<String, Value> =
        given.as_object().ok_or_else(|| wrong(" should be an object."))?.clone();
    read.remove("children");
    let texts = |read: &mut Map<String, Value>, name: &str, needed: bool| -> Result<(), Refusal> {
        let given = read.get(name).cloned().or_else(|| (!needed).then(|| json!([])));
        let given = given.ok_or_else(|| wrong(&format!(".{name} should be defined.")))?;
        read.insert(name.to_owned(), rich_text::read(&given, &format!("{place}.{kind}.{name}"))?);
        Ok(())
    };
    match form {
        Form::Text(defaults) => {
            texts(&mut read, "rich_text", true)?;
            fill(&mut read, defaults);
            fill(&mut read, &[("color", || json!("default"))]);
        }
        Form::Code => {
            texts(&mut read, "rich_text", true)?;
            texts(&mut read, "caption", false)?;
            fill(&mut read, &[("language", || json!("plain text"))]);
        }
        Form::File => {
            texts(&mut read, "caption", false)?;
            let kind = ["external", "file_upload", "file"].into_iter().find(|kind| read.contains_key(*kind));
            let kind = kind.ok_or_else(|| wrong(" should have one of `external`, `file_upload`."))?;
            let url = read[kind]["url"].as_str().unwrap_or_default();
            within(url, URL_CHARS_MAX, &format!("{place}.url"))?;
            read.insert("type".to_owned(), kind.into());
        }
        Form::Link => {
            texts(&mut read, "caption", false)?;
            let url =
                read.get("url").and_then(Value::as_str).ok_or_else(|| wrong(".url should be a string."))?;
            within(url, URL_CHARS_MAX, &format!("{place}.url"))?;
        }
        Form::Equation => {
            let expression = read.get("expression").and_then(Value::as_str);
            let expression = expression.ok_or_else(|| wrong(".expression should be a string."))?;
            within(expression, EQUATION_CHARS_MAX, &format!("{place}.expression"))?;
        }
        Form::Plain(defaults) => fill(&mut read, defaults),
        Form::TableRow => {
            let cells = read
                .get("cells")
                .and_then(Value::as_array)
                .ok_or_else(|| wrong(".cells should be an array."))?;
            let cells = cells.iter().map(|cell| rich_text::read(cell, &format!("{place}.cells")));
            let cells = cells.collect::<Result<Value, _>>()?;
            read.insert("cells".to_owned(), cells);
        }
    }
    Ok(Value::Object(read))
}

/// Changes a block's type object: a text list is replaced whole, other members one by one.
pub(crate) fn merge(kind: &str, old: &Value, given: &Value) -> Result<Value, Refusal> {
    let mut merged = old.clone();
    let given =
        given.as_object().ok_or_else(|| Refusal::validation(format!("{kind} should be an object.")))?;
    if kind == "table" && given.contains_key("table_width") {
        return Err(Refusal::validation("table_width cannot be changed."));
    }
    for (name, value) in given {
        if ["file", "external", "file_upload"].contains(&name.as_str()) {
            for other in ["file", "external", "file_upload"] {
                merged.as_object_mut().map(|merged| merged.remove(other));
            }
        }
        merged[name] = value.clone();
    }
    read(kind, &merged, "block")
}

/// What only a list of certain children, or enough of them, makes a good block.
pub(crate) fn check_children(kind: &str, body: &Value, children: &[(String, usize)]) -> Result<(), Refusal> {
    let of = |kind: &str| children.iter().all(|(child, _)| child == kind);
    let good = match kind {
        "column_list" => children.len() >= 2 && of("column"),
        "column" => !children.is_empty(),
        "table" => !children.is_empty() && of("table_row") && body["table_width"].is_u64(),
        "paragraph" | "bulleted_list_item" | "numbered_list_item" | "to_do" | "toggle" | "quote"
        | "callout" | "tab" | "synced_block" => true,
        "heading_1" | "heading_2" | "heading_3" | "heading_4" => {
            children.is_empty() || body["is_toggleable"] == true
        }
        _ => children.is_empty(),
    };
    let good = good && (kind == "column_list" || !children.iter().any(|(child, _)| child == "column"));
    if good {
        Ok(())
    } else {
        Err(Refusal::validation(format!("A {kind} block cannot have these children.")))
    }
}

fn fill(read: &mut Map<String, Value>, defaults: &Defaults) {
    for (name, default) in defaults {
        read.entry(*name).or_insert_with(default);
    }
}
