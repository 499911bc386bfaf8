//! Keeps secrets out of what an upstream or a provider said, before it is returned, logged or stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use zeroize::Zeroizing;

const MARK: &str = "[redacted]";
/// How a value can be percent-encoded: all of it, all but the unreserved characters (RFC 3986), or as
/// forms do.
const ENCODINGS: [&AsciiSet; 3] = [
    NON_ALPHANUMERIC,
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~'),
    &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_'),
];

/// The forms in which secrets can come back.
#[derive(Default)]
pub struct Redactor(Vec<Zeroizing<String>>);

impl Redactor {
    /// Shorter values are not replaced: they would also hit ordinary words.
    pub const SECRET_CHARS_MIN: usize = 6;

    /// `secrets` as they are sent: bare values, and the pair of a basic header joined by a colon.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut redactor = Self::default();
        redactor.add(secrets);
        redactor
    }

    /// Knows these as well.
    pub fn add<'s>(&mut self, secrets: impl IntoIterator<Item = &'s str>) {
        for secret in secrets.into_iter().filter(|secret| secret.chars().count() >= Self::SECRET_CHARS_MIN) {
            self.push(secret.to_owned());
            self.push(STANDARD.encode(secret));
            for set in ENCODINGS {
                let encoded = utf8_percent_encode(secret, set).to_string();
                let form = encoded.replace("%20", "+");
                for spelling in [lower_hex(&form), form, lower_hex(&encoded), encoded] {
                    self.push(spelling);
                }
            }
            let quoted = Value::from(secret).to_string();
            let quoted = &quoted[1..quoted.len() - 1];
            // Some writers of JSON escape the slash.
            self.push(quoted.replace('/', "\\/"));
            self.push(quoted.to_owned());
        }
        // The longest first, so that no form leaves the rest of a longer one behind.
        self.0.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.0.dedup();
    }

    fn push(&mut self, form: String) {
        self.0.push(Zeroizing::new(form));
    }

    /// `text` with a mark in place of each secret.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, form| {
            if text.contains(form.as_str()) { text.replace(form.as_str(), MARK) } else { text }
        })
    }

    /// Of a text that lacks its end, the part in which no secret was cut: the beginning of one at the
    /// very end could not be recognised.
    #[must_use]
    pub fn unfinished(&self, text: &str) -> String {
        // The last character can be a cut one.
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        let longest = self.0.first().map_or(0, |form| form.len());
        let mut end = text.floor_char_boundary(text.len().saturating_sub(longest));
        // Nor may the new end cut a whole one.
        while let Some(start) = self.0.iter().filter_map(|form| start_of_cut(text, form, end)).min() {
            end = start;
        }
        self.text(&text[..end])
    }

    /// Every text in `value`, names included.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(name, member)| (self.text(&name), self.value(member))).collect()
            }
            Value::Number(number) => {
                let text = number.to_string();
                if self.0.iter().any(|form| text.contains(form.as_str())) {
                    MARK.into()
                } else {
                    number.into()
                }
            }
            other => other,
        }
    }
}

/// Where a `form` starts that a cut at `end` would go through.
fn start_of_cut(text: &str, form: &str, end: usize) -> Option<usize> {
    let from = text.floor_char_boundary((end + 1).saturating_sub(form.len()));
    let to = text.ceil_char_boundary((end + form.len() - 1).min(text.len()));
    text[from..to].find(form).map(|at| from + at).filter(|start| *start < end)
}

/// `%2F` as `%2f`, the rest untouched.
fn lower_hex(encoded: &str) -> String {
    let mut hex_left = 0_u8;
    encoded
        .chars()
        .map(|c| {
            let is_hex = hex_left > 0;
            hex_left = if c == '%' { 2 } else { hex_left.saturating_sub(1) };
            if is_hex { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(["s3cr/et +key", "abc", "user:pass-word", "987654321"])
    }

    #[test]
    fn r71_every_form_of_a_secret_is_replaced() {
        for text in [
            "s3cr/et +key",
            "s3cr\\/et +key",
            "s3cr%2Fet%20%2Bkey",
            "s3cr%2fet%20%2bkey",
            "s3cr%2Fet+%2Bkey",
            "dXNlcjpwYXNzLXdvcmQ=",
            "user:pass-word",
        ] {
            let said = format!("Bearer {text} is not valid");
            assert_eq!(redactor().text(&said), "Bearer [redacted] is not valid", "{text}");
        }
    }

    #[test]
    fn r71_texts_names_and_numbers_of_a_value_are_covered() {
        let said = json!({"error": {"s3cr/et +key": ["abc", "xx s3cr/et +key", 987_654_321, 1, null]}});
        let clean = json!({"error": {"[redacted]": ["abc", "xx [redacted]", "[redacted]", 1, null]}});
        assert_eq!(redactor().value(said), clean);
    }

    #[test]
    fn a_secret_that_contains_another_leaves_no_rest() {
        let redactor = Redactor::new(["secret", "secret-longer"]);
        assert_eq!(redactor.text("secret-longer secret"), "[redacted] [redacted]");
    }

    #[test]
    fn text_of_a_secret_inside_json_text_is_found() {
        let redactor = Redactor::new(["quo\"ted-secret"]);
        assert_eq!(redactor.text(r#"{"t":"quo\"ted-secret"}"#), r#"{"t":"[redacted]"}"#);
    }

    #[test]
    fn a_text_without_its_end_is_cut_through_no_secret() {
        let redactor = Redactor::new(["first-secret", "secret-other"]);
        // As long as the longest form: that much is dropped before anything else.
        let tail = "x".repeat(redactor.0[0].len());
        assert_eq!(redactor.unfinished(&format!("a secret-other b{tail}")), "a [redacted] b");
        // The end would go through `secret-other`, and then through `first-secret` before it.
        let text = format!("a first-secret-other{}", &tail[..tail.len() - 4]);
        assert_eq!(redactor.unfinished(&text), "a ");
        assert_eq!(redactor.unfinished("first-sec"), "");
        assert_eq!(redactor.unfinished(&format!("é{tail}\u{FFFD}")), "é");
        assert_eq!(Redactor::default().unfinished("all"), "all");
    }
}
