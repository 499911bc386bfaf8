//! What a connector's `replication_config` may hold.

use indexmap::IndexMap;

use crate::action::ConfigInject;
use crate::connector::{Entity, Scope, Server};
use crate::document::Node;
use crate::extensions as x;

/// Every setting with a word on it: the file's own, else which params it fills.
pub(super) fn read(
    info: &Node<'_>,
    scopes: &[Scope],
    entities: &IndexMap<String, Entity>,
    server: &Server,
) -> IndexMap<String, String> {
    let mut settings: IndexMap<String, String> = IndexMap::new();
    let declared = info.get(x::REPLICATION_CONFIG).and_then(|config| config.get("properties"));
    for (name, property) in declared.map(|node| node.entries()).unwrap_or_default() {
        let about = property.text("description").or_else(|| property.text("title"));
        settings.insert(name.to_owned(), about.unwrap_or_default().trim().to_owned());
    }
    let mut fills: IndexMap<&str, Vec<&str>> = IndexMap::new();
    let mut fill = |setting, param| {
        let params: &mut Vec<_> = fills.entry(setting).or_default();
        if !params.contains(&param) {
            params.push(param);
        }
    };
    for scope in scopes {
        fill(scope.config_key.as_str(), scope.param.as_str());
    }
    let actions = || entities.values().flat_map(|entity| entity.actions.values());
    let queries = actions().flat_map(|action| &action.query).map(|query| (&query.config_inject, &query.name));
    let headers =
        actions().flat_map(|action| &action.headers).map(|header| (&header.config_inject, &header.name));
    for (inject, param) in queries.chain(headers) {
        if let Some(ConfigInject { source, .. }) = inject {
            fill(source, param);
        }
    }
    for (setting, params) in fills {
        if server.variables.contains_key(setting) && !settings.contains_key(setting) {
            continue;
        }
        let about = settings.entry(setting.to_owned()).or_default();
        if about.is_empty() {
            *about = format!("Fills what a call leaves out of `{}`.", params.join("`, `"));
        }
    }
    settings
}
