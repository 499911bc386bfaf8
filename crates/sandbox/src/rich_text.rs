//! Rich text: building it for the seed, and reading what requests bring into what answers show.

use serde_json::{Map, Value, json};

use crate::call::parse_id;
use crate::refusal::Refusal;

const ITEMS_MAX: usize = 100;
const CONTENT_CHARS_MAX: usize = 2000;
const URL_CHARS_MAX: usize = 2000;
const EQUATION_CHARS_MAX: usize = 1000;

/// One item of plain text.
pub(crate) fn text(content: &str) -> Value {
    item("text", json!({ "content": content, "link": null }), content, None)
}

/// A list of one item of plain text, as most texts are; empty for no text.
pub(crate) fn texts(content: &str) -> Value {
    if content.is_empty() { json!([]) } else { json!([text(content)]) }
}

/// A mention that reads as `plain_text`.
pub(crate) fn mention(mention: Value, plain_text: &str) -> Value {
    item("mention", mention, plain_text, None)
}

/// An inline equation.
pub(crate) fn equation(expression: &str) -> Value {
    item("equation", json!({ "expression": expression }), expression, None)
}

/// Plain text with a link.
pub(crate) fn link(content: &str, url: &str) -> Value {
    item("text", json!({ "content": content, "link": { "url": url } }), content, Some(url))
}

/// The text of a list of items without its form.
pub(crate) fn plain(items: &Value) -> String {
    let items = items.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item["plain_text"].as_str()).collect()
}

/// Reads the list of items that a request brings at `place`.
pub(crate) fn read(given: &Value, place: &str) -> Result<Value, Refusal> {
    let wrong = |what: &str| Refusal::validation(format!("body failed validation: body.{place} {what}"));
    let items = given.as_array().ok_or_else(|| wrong("should be an array."))?;
    if items.len() > ITEMS_MAX {
        return Err(wrong(&format!("length should be ≤ `{ITEMS_MAX}`, instead was `{}`.", items.len())));
    }
    let read = |(index, item)| read_item(item, &format!("{place}[{index}]"));
    Ok(Value::Array(items.iter().enumerate().map(read).collect::<Result<_, _>>()?))
}

fn read_item(given: &Value, place: &str) -> Result<Value, Refusal> {
    let wrong = |what: &str| Refusal::validation(format!("body failed validation: body.{place}{what}"));
    let mut read = if let Some(given) = given.get("text") {
        let content = given["content"].as_str().ok_or_else(|| wrong(".text.content should be a string."))?;
        within(content, CONTENT_CHARS_MAX, &format!("{place}.text.content"))?;
        match given["link"]["url"].as_str() {
            Some(url) => {
                within(url, URL_CHARS_MAX, &format!("{place}.text.link.url"))?;
                link(content, url)
            }
            None => text(content),
        }
    } else if let Some(given) = given.get("equation") {
        let expression = given["expression"].as_str();
        let expression = expression.ok_or_else(|| wrong(".equation.expression should be a string."))?;
        within(expression, EQUATION_CHARS_MAX, &format!("{place}.equation.expression"))?;
        equation(expression)
    } else if let Some(given) = given.get("mention") {
        read_mention(given, place)?
    } else {
        return Err(wrong(" should have one of `text`, `mention`, `equation`."));
    };
    if let Some(annotations) = given.get("annotations").and_then(Value::as_object) {
        for (name, value) in annotations {
            read["annotations"][name] = value.clone();
        }
    }
    Ok(read)
}

fn read_mention(given: &Value, place: &str) -> Result<Value, Refusal> {
    let wrong = || Refusal::validation(format!("body failed validation: body.{place}.mention is not known."));
    for kind in ["user", "page", "database"] {
        if let Some(target) = given.get(kind) {
            let id = target["id"].as_str().and_then(parse_id).ok_or_else(wrong)?;
            let target =
                if kind == "user" { json!({ "object": "user", "id": id }) } else { json!({ "id": id }) };
            return Ok(mention(typed(kind, target), if kind == "user" { "@Anonymous" } else { "Untitled" }));
        }
    }
    if let Some(date) = given.get("date") {
        let start = date["start"].as_str().ok_or_else(wrong)?;
        let read = json!({ "start": start, "end": date.get("end"), "time_zone": date.get("time_zone") });
        return Ok(mention(typed("date", read), start));
    }
    for kind in ["template_mention", "custom_emoji", "link_mention"] {
        if let Some(target) = given.get(kind) {
            return Ok(mention(typed(kind, target.clone()), kind));
        }
    }
    Err(wrong())
}

/// `{type: kind, kind: value}`, the form of every choice in the API.
pub(crate) fn typed(kind: &str, value: Value) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), kind.into());
    object.insert(kind.to_owned(), value);
    Value::Object(object)
}

fn item(kind: &str, value: Value, plain_text: &str, href: Option<&str>) -> Value {
    let mut item = typed(kind, value);
    item["annotations"] = json!({
        "bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false,
        "color": "default",
    });
    item["plain_text"] = plain_text.into();
    item["href"] = href.into();
    item
}

/// Refuses a text that is too long.
pub(crate) fn within(text: &str, chars_max: usize, place: &str) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if chars <= chars_max {
        return Ok(());
    }
    Err(Refusal::validation(format!(
        "body failed validation: body.{place}.length should be ≤ `{chars_max}`, instead was `{chars}`."
    )))
}
