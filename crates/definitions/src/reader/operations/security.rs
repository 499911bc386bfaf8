//! `security` of an operation: which scopes a grant must have to run it.

use indexmap::IndexMap;

use crate::AuthScheme;
use crate::document::Node;
use crate::error::suggestion;
use crate::lookup::nearest;

/// Scheme → its alternatives, each a list of scopes. Empty where the operation asks for nothing: when it
/// says nothing, or lets callers in without any credential.
pub(super) fn read(operation: &Node<'_>, schemes: &[AuthScheme]) -> IndexMap<String, Vec<Vec<String>>> {
    let mut alternatives: IndexMap<String, Vec<Vec<String>>> = IndexMap::new();
    let requirements = operation.get("security").map(|node| node.items()).unwrap_or_default();
    let mut open = false;
    for requirement in requirements {
        let entries = requirement.entries();
        open |= entries.is_empty();
        for (name, node) in entries {
            let scopes = node.items();
            check_scheme(&node, name);
            let scheme = schemes.iter().find(|scheme| scheme.name == name);
            let Some(oauth) = scheme.and_then(|scheme| scheme.oauth.as_ref()) else { continue };
            let read = |scope: &Node<'_>| {
                let text = scope.as_text()?;
                check_scope(scope, text, &oauth.scopes);
                Some(text.to_owned())
            };
            alternatives.entry(name.to_owned()).or_default().push(scopes.iter().filter_map(read).collect());
        }
    }
    if open { IndexMap::new() } else { alternatives }
}

fn check_scheme(node: &Node<'_>, name: &str) {
    let components = node.document.root().get("components");
    let schemes = components.and_then(|components| components.get("securitySchemes"));
    if schemes.is_none_or(|schemes| schemes.get(name).is_none()) {
        node.fault(format!("there is no security scheme `{name}`"));
    }
}

/// Consent asks for the scopes of the flow, so another one would never be granted.
fn check_scope(node: &Node<'_>, scope: &str, known: &[String]) {
    if !known.iter().any(|declared| declared == scope) {
        let meant = suggestion(nearest(scope, known.iter().map(String::as_str)));
        node.fault(format!("`{scope}` is not among the scopes of the scheme{meant}"));
    }
}
