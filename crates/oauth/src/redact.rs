//! Secrets of this crate: the one place that opens them, and the one that takes them out of what a
//! provider said.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::App;

const MARK: &str = "[redacted]";
/// Shorter secrets would also hit ordinary words; a text that has one is not shown at all.
const SECRET_CHARS_MIN: usize = 6;
/// Of a provider's description.
const DESCRIPTION_CHARS_MAX: usize = 300;

/// The value itself, on its way to the provider.
#[expect(clippy::disallowed_methods, reason = "the one place of this crate that opens secrets")]
pub(crate) fn open(secret: &Secret) -> &str {
    secret.expose()
}

/// The forms in which the secrets of one request can come back.
pub(crate) struct Redactor {
    forms: Vec<Zeroizing<String>>,
    short: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Knows `secrets` and those of the app.
    pub(crate) fn new(app: &App, secrets: &[&Secret]) -> Self {
        let mut redactor = Self { forms: Vec::new(), short: Vec::new() };
        if let Some(secret) = &app.client_secret {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            // As RFC 6749 (2.3.1) writes the pair of the header, and as it is often written.
            let pair = Zeroizing::new(format!("{}:{}", encoded(&app.client_id), encoded(open(secret))));
            let plain = Zeroizing::new(format!("{}:{}", app.client_id, open(secret)));
            redactor.add(open(secret));
            redactor.add(&pair);
            redactor.add(&plain);
        }
        for secret in secrets {
            redactor.add(open(secret));
        }
        redactor.in_order()
    }

    /// Knows the secrets of an answer as well.
    pub(crate) fn with(mut self, secrets: &[&Secret]) -> Self {
        for secret in secrets {
            self.add(open(secret));
        }
        self.in_order()
    }

    fn add(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        if secret.chars().count() < SECRET_CHARS_MIN {
            self.short.push(Zeroizing::new(secret.to_owned()));
            return;
        }
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let quoted = Value::from(secret).to_string();
        let forms = [
            STANDARD.encode(secret),
            lower_hex(&percent),
            percent,
            form.replace('+', "%20"),
            lower_hex(&form),
            form,
            quoted[1..quoted.len() - 1].to_owned(),
            secret.to_owned(),
        ];
        self.forms.extend(forms.into_iter().map(Zeroizing::new));
    }

    /// The longest first, so that no form leaves the rest of a longer one behind.
    fn in_order(mut self) -> Self {
        self.forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.forms.dedup();
        self
    }

    /// One line of what a provider said, fit to be shown; none when nothing is left.
    ///
    /// It redacts first: what comes after could hide a secret from the redactor.
    pub(crate) fn line(&self, said: &str) -> Option<String> {
        if self.short.iter().any(|secret| said.contains(secret.as_str())) {
            return None;
        }
        let clean = self.text(said).replace(is_unprintable, " ");
        let words: Vec<&str> = clean.split_whitespace().collect();
        let line: String = words.join(" ").chars().take(DESCRIPTION_CHARS_MAX).collect();
        Some(line).filter(|line| !line.is_empty())
    }

    pub(crate) fn text(&self, text: &str) -> String {
        self.forms.iter().fold(text.to_owned(), |text, form| {
            if text.contains(form.as_str()) { text.replace(form.as_str(), MARK) } else { text }
        })
    }

    /// Every text in `value`, names included.
    pub(crate) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(name, member)| (self.text(&name), self.value(member))).collect()
            }
            other => other,
        }
    }
}

/// Control characters, and those that reorder or break lines on a screen.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
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
    use super::*;

    fn redactor(client_secret: &str, others: &[&str]) -> Redactor {
        let app = App {
            client_id: "id:1".to_owned(),
            client_secret: Some(Secret::new(client_secret.to_owned())),
            redirect_uri: String::new(),
        };
        let others: Vec<Secret> = others.iter().map(|other| Secret::new((*other).to_owned())).collect();
        Redactor::new(&app, &others.iter().collect::<Vec<_>>())
    }

    #[test]
    fn r47_every_form_of_a_secret_is_replaced() {
        let redactor = redactor("s3cr/et +\"key", &[]);
        for form in [
            "s3cr/et +\"key",
            "s3cr%2Fet%20%2B%22key",
            "s3cr%2fet%20%2b%22key",
            "s3cr%2Fet+%2B%22key",
            "s3cr%2fet+%2b%22key",
            r#"s3cr/et +\"key"#,
            "czNjci9ldCArImtleQ==",
            "aWQ6MTpzM2NyL2V0ICsia2V5",
            "aWQlM0ExOnMzY3IlMkZldCslMkIlMjJrZXk=",
        ] {
            assert_eq!(redactor.line(&format!("bad {form}!")).unwrap(), "bad [redacted]!", "{form}");
        }
    }

    #[test]
    fn r47_a_secret_that_contains_another_leaves_no_rest() {
        let redactor = redactor("secret", &["secret-longer"]);
        assert_eq!(redactor.line("secret-longer secret").unwrap(), "[redacted] [redacted]");
    }

    #[test]
    fn r47_a_text_with_a_secret_too_short_to_replace_is_not_shown() {
        let redactor = redactor("pw1", &[]);
        assert_eq!(redactor.line("the secret pw1 is wrong"), None);
        assert_eq!(redactor.line("the secret is wrong").unwrap(), "the secret is wrong");
    }

    #[test]
    fn a_line_is_one_printable_line_of_bounded_length() {
        let redactor = redactor("irrelevant", &[]);
        assert_eq!(redactor.line(" a\r\nb\t\u{1b}[31mc\u{202e}d\u{0} ").unwrap(), "a b [31mc d");
        assert_eq!(redactor.line(" \r\n\u{0} "), None);
        let long = redactor.line(&"é".repeat(10_000)).unwrap();
        assert_eq!(long.chars().count(), DESCRIPTION_CHARS_MAX);
    }

    #[test]
    fn r47_a_cut_never_uncovers_a_secret() {
        let redactor = redactor("a-long-client-secret", &[]);
        let said = format!("{}a-long-client-secret", "x".repeat(DESCRIPTION_CHARS_MAX - 5));
        assert!(!redactor.line(&said).unwrap().contains("a-long"));
    }
}
