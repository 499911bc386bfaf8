//! A template in pieces: what stands between its expressions, and each expression by itself.

/// One piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segment<'t> {
    Literal(&'t str),
    /// With its braces, and so a template too.
    Expression(&'t str),
}

/// The pieces of a text that [`super::Templates::add`] accepted.
pub(crate) fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (literal, from) = rest.split_at(start);
        let (expression, after) = from.split_at(expression_end(from));
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal));
        }
        segments.push(Segment::Expression(expression));
        rest = after;
    }
    if !rest.is_empty() {
        segments.push(Segment::Literal(rest));
    }
    segments
}

/// Where the expression that `text` begins with ends; braces in quotes do not end it.
fn expression_end(text: &str) -> usize {
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '}') if text[at..].starts_with("}}") => return at + 2,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::Segment::{Expression, Literal};
    use super::*;

    #[test]
    fn a_template_falls_into_its_pieces() {
        assert_eq!(
            segments("https://{{ shop }}.example/{{'}}' if a else \"\\\"}}\"}}x"),
            [
                Literal("https://"),
                Expression("{{ shop }}"),
                Literal(".example/"),
                Expression("{{'}}' if a else \"\\\"}}\"}}"),
                Literal("x"),
            ]
        );
        assert_eq!(segments("plain { text }"), [Literal("plain { text }")]);
        assert_eq!(segments("{{a}}{{b}}"), [Expression("{{a}}"), Expression("{{b}}")]);
        assert!(segments("").is_empty());
    }
}
