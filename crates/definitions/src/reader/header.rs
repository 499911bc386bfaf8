//! Headers a definition may set, and those it may not.

use crate::document::Node;

/// What the transport, or Patchbay itself, writes: a definition could split requests, change the
/// host or forge a trace with them.
const FORBIDDEN: [&str; 19] = [
    "accept-encoding",
    "baggage",
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
    "x-request-id",
];
const FORBIDDEN_STARTS: [&str; 2] = ["proxy-", "x-forwarded-"];

/// The header name, when it is one that a definition may set.
pub(super) fn name(node: &Node<'_>, name: &str) -> Option<String> {
    // The characters of a token, RFC 9110 section 5.6.2.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > 128 || !name.bytes().all(is_token) {
        node.fault("not a header name");
        return None;
    }
    let lower = name.to_ascii_lowercase();
    if FORBIDDEN.contains(&lower.as_str()) || FORBIDDEN_STARTS.iter().any(|start| lower.starts_with(start)) {
        node.fault(format!("a definition may not set the header `{name}`"));
        return None;
    }
    Some(name.to_owned())
}

/// A fault when constant text would end the header it stands in.
pub(super) fn value(node: &Node<'_>, text: &str) {
    if text.contains(['\r', '\n', '\0']) {
        node.fault("line breaks and NUL are not taken in a header");
    }
}
