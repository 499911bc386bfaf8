//! Paths: split once at their placeholders.

use crate::document::Node;
use crate::{PathPart, PathTemplate};

/// `/v1/blocks/{block_id}/children` as parts; a fault when it is no plain path.
pub(super) fn read(node: &Node<'_>, text: &str) -> Option<PathTemplate> {
    if !text.starts_with('/') {
        node.fault("a path begins with `/`");
        return None;
    }
    if text.contains(['?', '#', '\\']) || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        node.fault("a path holds no `?`, `#`, `\\`, space or control character; put the real one in x-airbyte-path-override");
        return None;
    }
    if text.split('/').any(|segment| matches!(segment, "." | "..")) {
        node.fault("a path holds no `.` or `..` segment");
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let inside = after.split_once('}').filter(|(name, _)| is_placeholder(name));
        let Some((name, tail)) = inside.filter(|_| !literal.contains('}')) else {
            node.fault("braces in a path hold the name of a parameter");
            return None;
        };
        if !literal.is_empty() {
            parts.push(PathPart::Literal(literal.to_owned()));
        }
        parts.push(PathPart::Param(name.to_owned()));
        rest = tail;
    }
    if rest.contains('}') {
        node.fault("braces in a path hold the name of a parameter");
        return None;
    }
    if !rest.is_empty() {
        parts.push(PathPart::Literal(rest.to_owned()));
    }
    Some(PathTemplate(parts))
}

fn is_placeholder(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The names in a path, in order.
pub(super) fn names(path: &PathTemplate) -> impl Iterator<Item = &str> {
    path.0.iter().filter_map(|part| match part {
        PathPart::Param(name) => Some(name.as_str()),
        PathPart::Literal(_) => None,
    })
}
