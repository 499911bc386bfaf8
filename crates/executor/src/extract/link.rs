//! `Link` headers (RFC 8288), as far as paging needs them.

use reqwest::header::{HeaderMap, LINK};

/// The target of the first link with `relation`.
pub(super) fn target(headers: &HeaderMap, relation: &str) -> Option<String> {
    headers
        .get_all(LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|value| target_in(value, relation).map(str::to_owned))
}

/// `<target>; param; param="…", <target>; …`
fn target_in<'a>(header: &'a str, relation: &str) -> Option<&'a str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let (parameters, next) = split_link(after);
        if has_relation(parameters, relation) {
            return Some(target);
        }
        rest = next;
    }
    None
}

/// Splits at the comma before the next link; commas in quotes do not count.
fn split_link(text: &str) -> (&str, &str) {
    split_outside_quotes(text, ',').unwrap_or((text, ""))
}

fn has_relation(parameters: &str, relation: &str) -> bool {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, next) = split_outside_quotes(rest, ';').unwrap_or((rest, ""));
        rest = next;
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("rel") {
            // Only the first counts, RFC 8288 section 3.3; it can name several relations.
            let relations = value.trim().trim_matches('"');
            return relations.split_ascii_whitespace().any(|own| own.eq_ignore_ascii_case(relation));
        }
    }
    false
}

fn split_outside_quotes(text: &str, separator: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = text.find(|c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })?;
    Some((&text[..at], &text[at + separator.len_utf8()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_found_among_several_links() {
        let header = r#"<https://x.example/a?p=1,2>; rel="prev"; title="x, <y>; rel=next", <https://x.example/b>; foo; REL="last Next""#;
        assert_eq!(target_in(header, "prev"), Some("https://x.example/a?p=1,2"));
        assert_eq!(target_in(header, "next"), Some("https://x.example/b"));
        assert_eq!(target_in(header, "last"), Some("https://x.example/b"));
        assert_eq!(target_in(header, "first"), None);
        assert_eq!(target_in("<https://x.example/c>;rel=next", "next"), Some("https://x.example/c"));
    }

    #[test]
    fn malformed_headers_have_no_links() {
        for header in ["", "<", "<x", ">;rel=next", "<x>;rel", "<x>;rel=\"", "next"] {
            assert_eq!(target_in(header, "next"), None, "{header}");
        }
    }
}
