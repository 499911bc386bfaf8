//! Where the browser lands at the end: back at the product, or on a plain page of ours.

use url::form_urlencoded;

/// Names that we put into the query of a return URL; one that stands there already is stale.
const OURS: [&str; 4] = ["connector_id", "confirmation", "error", "error_description"];

/// How a consent ended, for the browser. It does not print: the URL can carry a confirmation.
pub enum ConsentEnd {
    /// Back to the product; the page is for a browser that does not follow.
    Return { url: String, page: ConsentPage },
    /// A page, because nobody knows where the browser belongs.
    Refused(ConsentPage),
}

/// What a person is told. Plain text, to be escaped.
#[derive(Debug, Clone)]
pub struct ConsentPage {
    pub title: &'static str,
    pub text: String,
}

impl ConsentPage {
    pub(super) fn new(title: &'static str, text: impl Into<String>) -> Self {
        Self { title, text: text.into() }
    }
}

/// `return_url` with these parameters behind its own, which stay byte for byte.
pub(super) fn with_query(return_url: &str, parameters: &[(&str, &str)]) -> String {
    let (base, query) = return_url.split_once('?').unwrap_or((return_url, ""));
    let is_ours = |piece: &str| {
        form_urlencoded::parse(piece.as_bytes()).next().is_some_and(|(name, _)| OURS.contains(&name.as_ref()))
    };
    let mut pieces: Vec<String> =
        query.split('&').filter(|piece| !piece.is_empty() && !is_ours(piece)).map(str::to_owned).collect();
    let mut own = form_urlencoded::Serializer::new(String::new());
    own.extend_pairs(parameters);
    pieces.push(own.finish());
    format!("{base}?{}", pieces.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_own_query_stays_byte_for_byte() {
        let url = with_query("https://p.example/x?user_id=a%20b&z=%2f+&flag", &[("connector_id", "7")]);
        assert_eq!(url, "https://p.example/x?user_id=a%20b&z=%2f+&flag&connector_id=7");
        assert_eq!(with_query("https://p.example", &[("error", "a b")]), "https://p.example?error=a+b");
    }

    #[test]
    fn what_an_earlier_return_left_is_replaced() {
        let url = with_query("https://p.example/?connector%5Fid=old&error=x&a=1", &[("connector_id", "7")]);
        assert_eq!(url, "https://p.example/?a=1&connector_id=7");
    }
}
