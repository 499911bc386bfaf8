//! Secrets of this crate: the one place that opens them, and the one that takes them out of what a
//! provider said.

use domain::Secret;
use serde_json::Value;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::App;

/// Of a provider's description.
const DESCRIPTION_CHARS_MAX: usize = 300;

/// The value itself, on its way to the provider.
#[expect(clippy::disallowed_methods, reason = "the one place of this crate that opens secrets")]
pub(crate) fn open(secret: &Secret) -> &str {
    secret.expose()
}

/// Takes the secrets of one request out of what comes back.
pub(crate) struct Redactor {
    forms: domain::Redactor,
    /// Too short to be replaced.
    short: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Knows `secrets` and those of the app.
    pub(crate) fn new(app: &App, secrets: &[&Secret]) -> Self {
        let mut redactor = Self { forms: domain::Redactor::default(), short: Vec::new() };
        if let Some(secret) = &app.client_secret {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            // As RFC 6749 (2.3.1) writes the pair of the header, and as it is often written.
            let pair = Zeroizing::new(format!("{}:{}", encoded(&app.client_id), encoded(open(secret))));
            let plain = Zeroizing::new(format!("{}:{}", app.client_id, open(secret)));
            redactor.add(open(secret));
            redactor.add(&pair);
            redactor.add(&plain);
        }
        redactor.with(secrets)
    }

    /// Knows the secrets of an answer as well.
    pub(crate) fn with(mut self, secrets: &[&Secret]) -> Self {
        for secret in secrets {
            self.add(open(secret));
        }
        self
    }

    fn add(&mut self, secret: &str) {
        if secret.chars().count() >= domain::Redactor::SECRET_CHARS_MIN {
            self.forms.add([secret]);
        } else if !secret.is_empty() {
            self.short.push(Zeroizing::new(secret.to_owned()));
        }
    }

    /// One line of what a provider said, fit to be shown; none when nothing is left.
    ///
    /// It redacts first: what comes after could hide a secret from the redactor.
    pub(crate) fn line(&self, said: &str) -> Option<String> {
        if self.short.iter().any(|secret| said.contains(secret.as_str())) {
            return None;
        }
        Some(one_line(&self.text(said))).filter(|line| !line.is_empty())
    }

    pub(crate) fn text(&self, text: &str) -> String {
        self.forms.text(text)
    }

    /// Every text in `value`, names included.
    pub(crate) fn value(&self, value: Value) -> Value {
        self.forms.value(value)
    }
}

/// One printable line, cut; empty when nothing is left.
pub(crate) fn one_line(text: &str) -> String {
    let clean = text.replace(is_unprintable, " ");
    let words: Vec<&str> = clean.split_whitespace().collect();
    words.join(" ").chars().take(DESCRIPTION_CHARS_MAX).collect()
}

/// Control characters, and those that reorder or break lines on a screen.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(client_secret: &str, others: &[&str]) -> Redactor {
        let app = App {
            client_id: "id:1".to_owned(),
            client_secret: Some(Secret::new(client_secret.to_owned())),
            redirect_uri: String::new(),
            signing_key: None,
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
