//! Template texts: compiled where they stand, so that a fault names its place.

use crate::document::Node;
use crate::template::is_template;

/// Names a template may use that speaks of an upstream's record.
pub(super) const RECORD: [&str; 2] = ["record", "config"];
/// Names a scoping template may use.
pub(super) const SCOPE: [&str; 3] = ["value", "config", "param"];
/// Names the template of a default or a health check may use, beside its functions.
pub(super) const VALUE: [&str; 1] = ["config"];

/// The text of `node`, checked to compile with the names in `known` when it is a template.
pub(super) fn text(node: &Node<'_>, known: &[&str]) -> Option<String> {
    let text = node.as_scalar_text()?;
    check(node, &text, known);
    Some(text)
}

/// Compiles the templates in a default or probe value: a text, or texts in a list.
pub(super) fn value(node: &Node<'_>) {
    if let Some(text) = node.value.as_str() {
        check(node, text, &VALUE);
    } else if node.value.is_array() {
        node.items().iter().for_each(value);
    }
}

fn check(node: &Node<'_>, text: &str, known: &[&str]) {
    if !is_template(text) {
        return;
    }
    let added = node.document.templates.borrow_mut().add(text, known);
    if let Err(reason) = added {
        node.fault(reason);
    }
}
