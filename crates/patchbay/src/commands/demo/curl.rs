//! Writes a request as a `curl` line that a reader can paste into a shell.

use reqwest::Method;
use serde_json::Value;

use super::layout::whole;

/// What is sent.
pub(super) struct Request {
    pub(super) method: Method,
    /// With its query.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// Whether it carries the token, which the reader has in `$TOKEN`.
    pub(super) authorized: bool,
}

impl Request {
    pub(super) fn line(&self, base_url: &str) -> String {
        let mut parts = vec!["curl -sS".to_owned()];
        // With a body curl sends POST by itself, without one GET.
        if self.method != if self.body.is_some() { Method::POST } else { Method::GET } {
            parts[0].push_str(&format!(" -X {}", self.method));
        }
        parts[0].push_str(&format!(" {}", quoted(&format!("{base_url}{}", self.path))));
        if self.authorized {
            parts.push(r#"-H "Authorization: Bearer $TOKEN""#.to_owned());
        }
        if let Some(body) = &self.body {
            parts.push("-H 'Content-Type: application/json'".to_owned());
            parts.push(format!("-d {}", quoted(&whole(body))));
        }
        parts.join(" \\\n  ")
    }
}

/// As one word of a POSIX shell; plain words stay as they are.
pub(super) fn quoted(word: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_a_line_to_paste() {
        let request = Request {
            method: Method::POST,
            path: "/v1/things?a=1&b=2".to_owned(),
            body: Some(json!({ "name": "Ada's" })),
            authorized: true,
        };
        assert_eq!(
            request.line("http://127.0.0.1:8000"),
            r#"curl -sS 'http://127.0.0.1:8000/v1/things?a=1&b=2' \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{ "name": "Ada'\''s" }'"#
        );
    }

    #[test]
    fn the_method_is_named_when_curl_would_choose_another() {
        let line = |method, body| {
            Request { method, path: "/x".to_owned(), body, authorized: false }.line("http://h")
        };
        assert_eq!(line(Method::GET, None), "curl -sS http://h/x");
        assert_eq!(line(Method::DELETE, None), "curl -sS -X DELETE http://h/x");
        assert_eq!(line(Method::POST, None), "curl -sS -X POST http://h/x");
        assert!(line(Method::PUT, Some(json!({}))).starts_with("curl -sS -X PUT http://h/x \\\n"));
    }
}
