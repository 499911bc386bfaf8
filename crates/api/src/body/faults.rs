//! The parser's words for a fault, in words for the person who made it.

use control::FieldFault;

/// Longer than every field there is.
const NAME_SHOWN_CHARACTERS_MAX: usize = 40;

/// A fault of the field at `path`, without the value that the parser quotes: that may be a secret.
pub(super) fn fault(path: &str, message: &str) -> FieldFault {
    let message = message.split(" at line ").next().unwrap_or(message);
    let path = dotted(path);
    let quoted = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let below = |name: &str| match path.as_str() {
        "" => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    let expected = message.split_once("expected ").map(|(_, expected)| expected);
    if let Some(name) = quoted("missing field `") {
        let field = below(name);
        let text = format!("`{field}` is required");
        return FieldFault::new(field, text).with_code("missing");
    }
    if let Some(name) = quoted("unknown field `") {
        let known = expected.map(|names| format!(": it takes {}", in_words(names))).unwrap_or_default();
        // Of a long name only the beginning is said: it may be a secret in the wrong place.
        let name = match name.char_indices().nth(NAME_SHOWN_CHARACTERS_MAX) {
            Some((end, _)) => format!("{}…", &name[..end.min(12)]),
            None => name.to_owned(),
        };
        let text = format!("there is no field `{name}`{known}");
        return FieldFault::new(below(&name), text).with_code("unknown_field");
    }
    if let Some(name) = quoted("duplicate field `") {
        let field = below(name);
        let text = format!("`{field}` is given twice");
        return FieldFault::new(field, text);
    }
    let field = if path.is_empty() { "body".to_owned() } else { path };
    let text = match must_be(message, expected) {
        Some(what) => format!("`{field}` must be {what}"),
        None => format!("`{field}` cannot be read"),
    };
    FieldFault::new(field, text)
}

/// `entities[0].modes` as `entities.0.modes`; nothing for the whole.
fn dotted(path: &str) -> String {
    if path == "." { String::new() } else { path.replace('[', ".").replace(']', "") }
}

fn must_be(message: &str, expected: Option<&str>) -> Option<String> {
    if message.starts_with("UUID parsing failed") {
        return Some("a UUID".to_owned());
    }
    if ["invalid digit", "number too", "cannot parse integer"].iter().any(|start| message.starts_with(start))
    {
        return Some("a whole number".to_owned());
    }
    expected.map(in_words)
}

/// The parser speaks of its own types.
fn in_words(expected: &str) -> String {
    match expected.trim_end_matches('.') {
        "a map" => "an object".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a string" | "a borrowed string" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        structure if structure.starts_with("struct ") => "an object".to_owned(),
        names => names.replace("one of ", "").replace('`', ""),
    }
}
