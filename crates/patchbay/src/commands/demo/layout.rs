//! Lays JSON out so that it is read at a glance: what is short on one line, the rest indented. An
//! answer is cut to fit a screen, with a note of what was left out; a body to send is kept whole.

use serde_json::Value;

/// A value that fits this many characters is written on one line.
const LINE_CHARACTERS_MAX: usize = 96;
/// An answer with a few lines more than a screen is still shown whole.
const LINES_MAX: usize = 40;
const LINES_CUT: usize = 36;

/// How much of a value is written.
struct Limits {
    string_characters: usize,
    items: usize,
    keys: usize,
    depth: usize,
    /// Objects under these keys are not opened.
    closed: &'static [&'static str],
    /// Texts under these keys are not cut.
    kept: &'static [&'static str],
}

const ALL: Limits = Limits {
    string_characters: usize::MAX,
    items: usize::MAX,
    keys: usize::MAX,
    depth: usize::MAX,
    closed: &[],
    kept: &[],
};
const SCREEN: Limits = Limits {
    string_characters: 120,
    items: 2,
    keys: 18,
    depth: 7,
    // The schema of a credential, longer than all that is said about the connector itself.
    closed: &["source_template"],
    // What a problem advises stands at the end of its text.
    kept: &["message", "detail"],
};

const CLOSED: &str = "{ … }";

impl Limits {
    /// How much of the value under this key is written.
    fn of(&self, key: Option<&str>) -> &Self {
        if key.is_some_and(|key| self.kept.contains(&key)) { &ALL } else { self }
    }
}

/// The value as JSON.
pub(super) fn whole(value: &Value) -> String {
    let mut lines = vec![String::new()];
    write(value, &ALL, 0, 0, &mut lines);
    lines.join("\n")
}

/// The value as JSON in which `…` stands for what was left out.
pub(super) fn shortened(value: &Value) -> String {
    let mut lines = vec![String::new()];
    write(value, &SCREEN, 0, 0, &mut lines);
    if lines.len() > LINES_MAX {
        let left_out = lines.len() - LINES_CUT;
        lines.truncate(LINES_CUT);
        lines.push(format!("… {left_out} more lines"));
    }
    lines.join("\n")
}

/// Writes `value` at the end of the last line; `after` is the room needed behind it.
fn write(value: &Value, limits: &Limits, depth: usize, after: usize, lines: &mut Vec<String>) {
    let last = lines.last_mut().expect("there is always a line to write on");
    let room = LINE_CHARACTERS_MAX.saturating_sub(last.chars().count() + after);
    let compact = compact(value, limits);
    if !value.is_array() && !value.is_object() || compact.chars().count() <= room {
        last.push_str(&compact);
        return;
    }
    let (open, close, shown) =
        if value.is_array() { ('[', ']', limits.items) } else { ('{', '}', limits.keys) };
    if depth >= limits.depth {
        last.push_str(&format!("{open} … {close}"));
        return;
    }
    last.push(open);
    let entries = entries(value);
    let count = entries.len();
    for (index, (key, entry)) in entries.into_iter().take(shown).enumerate() {
        let name = key.map(|key| format!("{}: ", text(key, limits))).unwrap_or_default();
        lines.push(format!("{}{name}", "  ".repeat(depth + 1)));
        if key.is_some_and(|key| entry.is_object() && limits.closed.contains(&key)) {
            lines.last_mut().expect("it was just begun").push_str(CLOSED);
        } else {
            write(entry, limits.of(key), depth + 1, 1, lines);
        }
        if index + 1 < count {
            lines.last_mut().expect("the entry was written on it").push(',');
        }
    }
    if count > shown {
        lines.push(format!("{}… {} more", "  ".repeat(depth + 1), count - shown));
    }
    lines.push(format!("{}{close}", "  ".repeat(depth)));
}

fn entries(value: &Value) -> Vec<(Option<&str>, &Value)> {
    match value {
        Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, field)| (Some(key.as_str()), field)).collect(),
        _ => Vec::new(),
    }
}

/// On one line.
fn compact(value: &Value, limits: &Limits) -> String {
    match value {
        Value::String(string) => text(string, limits),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| compact(item, limits)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let field = |(key, field): (&String, &Value)| {
                format!("{}: {}", text(key, limits), compact(field, limits.of(Some(key))))
            };
            format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn text(string: &str, limits: &Limits) -> String {
    if string.chars().count() <= limits.string_characters {
        return Value::from(string).to_string();
    }
    let cut: String = string.chars().take(limits.string_characters - 1).chain(['…']).collect();
    Value::from(cut).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_answers_stay_on_one_line() {
        let answer = json!({ "ok": true, "empty": {}, "list": [1, 2, 3] });
        assert_eq!(shortened(&answer), r#"{ "ok": true, "empty": {}, "list": [1, 2, 3] }"#);
        assert_eq!(shortened(&json!("text")), r#""text""#);
    }

    #[test]
    fn long_lists_and_strings_are_cut_and_say_so() {
        let row = json!({ "id": "0".repeat(36), "name": "x".repeat(200) });
        let shown = shortened(&json!({ "result": vec![row; 7], "after": null }));
        let cut = format!("{}…", "x".repeat(119));
        let line = format!(r#"    {{ "id": "{}", "name": "{cut}" }},"#, "0".repeat(36));
        // The row does not fit a line, so it is spread.
        assert!(!shown.contains(&line));
        assert!(shown.contains(&format!("      \"name\": \"{cut}\"\n")), "{shown}");
        assert!(shown.contains("\n    … 5 more\n  ],\n  \"after\": null\n}"), "{shown}");
    }

    #[test]
    fn what_a_problem_says_is_never_cut() {
        let advice = "x".repeat(500);
        let shown = shortened(&json!({
            "detail": advice, "message": advice, "other": advice, "upstream": { "body": { "message": advice } },
        }));
        assert_eq!(shown.matches(&advice).count(), 3, "{shown}");
        assert!(shown.contains(&format!("\"other\": \"{}…\"", "x".repeat(119))), "{shown}");
    }

    #[test]
    fn a_connectors_template_takes_one_line() {
        let template =
            json!({ "id": "t", "user_config_spec": { "properties": { "token": "x".repeat(100) } } });
        let connector = json!({ "source_template": template, "name": "Acme's Notion" });
        assert_eq!(
            shortened(&connector),
            "{\n  \"source_template\": { … },\n  \"name\": \"Acme's Notion\"\n}"
        );
    }

    #[test]
    fn a_body_is_kept_whole() {
        let body = json!({ "text": "x".repeat(200), "list": (0..90).collect::<Vec<_>>(), "deep": [[[[[[[[["y"]]]]]]]]] });
        assert_eq!(serde_json::from_str::<Value>(&whole(&body)).unwrap(), body);
    }

    #[test]
    fn no_answer_fills_more_than_a_screen() {
        let mut deep = json!("bottom");
        for level in 0..50 {
            deep = json!({ "level": level, "text": "y".repeat(60), "deeper": deep, "beside": ["z".repeat(60), 1] });
        }
        let shown = shortened(&json!(vec![deep; 9]));
        assert!(shown.lines().count() <= LINES_MAX + 1, "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= LINE_CHARACTERS_MAX + 60), "{shown}");
    }
}
