//! Whether a text is a token, by its looks.

use url::Url;

/// No name of a person or a place is as long in one run, and a UUID has 36.
const RUN_CHARS_MIN: usize = 40;

/// Whether `text` holds a signed token (RFC 7519), a URL with a password, or a run of characters too long
/// for anything else. Links have long paths: they may.
pub(super) fn looks_like_a_token(text: &str) -> bool {
    if holds_jwt(text) {
        return true;
    }
    match link(text) {
        Some(url) => url.password().is_some(),
        None => text.split(|c| !is_run_char(c)).any(|run| run.len() >= RUN_CHARS_MIN),
    }
}

fn link(text: &str) -> Option<Url> {
    let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let url = Url::parse(text).ok().filter(|_| is_plain)?;
    (matches!(url.scheme(), "https" | "http") && url.has_host()).then_some(url)
}

fn is_run_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '/' | '=' | '-')
}

/// Three parts with dots between, the first of which is a JSON object in base64.
fn holds_jwt(text: &str) -> bool {
    let is_part_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let words = text.split(|c| !is_part_char(c) && c != '.');
    words.into_iter().any(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        let begins = |part: &str| part.strip_prefix("eyJ").is_some_and(|rest| !rest.is_empty());
        // An unsecured one ends with its second dot.
        parts.windows(3).any(|parts| begins(parts[0]) && !parts[1].is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r47_tokens_are_known_by_their_looks() {
        let run = "aB3_+/=-".repeat(5);
        for text in [
            "eyJh.eyJz.c2ln",
            "Bearer eyJh.eyJz.c2ln",
            "eyJh.eyJz.",
            "https://a.test/?t=eyJh.eyJz.c2ln",
            "https://user:word@a.test/",
            &run,
            &format!("Bearer {run}"),
            &format!("https://a.test/ {run}"),
            &format!("a:{run}"),
        ] {
            assert!(looks_like_a_token(text), "{text}");
        }
    }

    #[test]
    fn what_people_and_providers_call_things_is_no_token() {
        let path = "a1b2c3d4".repeat(9);
        for text in [
            "",
            "Acme",
            "eyJ.a.b",
            "eyJa.b",
            "0195f3c4-8f5e-7c3a-9d2e-3b1f0a6c7d8e",
            &"a".repeat(39),
            &format!("https://lh3.test/a/{path}=s96-c?X-Signature={path}"),
            "A company with a rather long name, founded in the year 1999",
            "a.person@a-company-with-a-long-name.example",
            "https://acme.my.crm.example",
        ] {
            assert!(!looks_like_a_token(text), "{text}");
        }
    }
}
