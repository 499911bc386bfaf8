//! Document → model: reads a definition file part by part, noting every fault on the way.
//!
//! A part that is faulty is left out and reading goes on, so that one pass finds all faults; the
//! model is used only when there are none.

mod auth;
mod body;
mod header;
mod health;
mod info;
mod operations;
mod parameter;
mod path;
mod retry;
mod schema;
mod server;
mod settings;
mod template;

use crate::document::{Document, Node};
use crate::{ConnectorDefinition, Fault, extensions};

const ROOT_KEYS: [&str; 9] = [
    "openapi",
    "info",
    "jsonSchemaDialect",
    "servers",
    "security",
    "components",
    "paths",
    "tags",
    "externalDocs",
];

/// Reads a connector definition: an OpenAPI 3.1 document in YAML. `file_name` is for the faults.
///
/// # Errors
/// Every fault found in it.
pub fn load(file_name: &str, yaml: &str) -> Result<ConnectorDefinition, Vec<Fault>> {
    let document = Document::parse(file_name, yaml).map_err(|fault| vec![fault])?;
    let definition = read(&document);
    let faults = document.faults();
    match definition {
        Some(mut definition) if faults.is_empty() => {
            definition.templates = document.templates.take();
            Ok(definition)
        }
        Some(_) => Err(faults),
        None => {
            debug_assert!(!faults.is_empty(), "a definition is not left out without a fault");
            Err(faults)
        }
    }
}

fn read(document: &Document) -> Option<ConnectorDefinition> {
    let root = document.root();
    root.known_keys(&ROOT_KEYS);
    if let Some(version) = root.require("openapi")
        && !version.as_scalar_text().is_some_and(|text| text == "3.1" || text.starts_with("3.1."))
    {
        version.fault("only OpenAPI 3.1 is taken");
    }
    let server = server::read(&root);
    let auth_schemes = auth::read(&root, server.as_ref());
    let operations = operations::read(&root, server.as_ref(), &auth_schemes);
    if let Some(schemas) = root.get("components").and_then(|components| components.get("schemas")) {
        schemas.entries().iter().for_each(|(_, schema)| schema.check_references());
    }
    let info_node = root.require("info")?;
    let info = info::read(&info_node);
    let visibility = info_node
        .get(extensions::VISIBILITY_CHECK)
        .and_then(|node| health::read_visibility(&node, &operations.entities));
    let check_entities = info_node
        .get(extensions::CHECK_ENTITIES)
        .map(|node| health::read_entities(&node, &operations.entities));
    let health_check = health::choose(&operations.candidates, visibility, check_entities);
    if health_check.is_none() {
        for node in [extensions::VISIBILITY_CHECK, extensions::CHECK_ENTITIES]
            .iter()
            .filter_map(|key| info_node.get(key))
        {
            node.fault("needs an operation that can be called as a health check");
        }
    }
    let aliases = operations.aliases();
    let (info, server) = (info?, server?);
    let settings = settings::read(&info_node, &info.scopes, &operations.entities, &server);
    Some(ConnectorDefinition {
        id: info.id,
        name: info.name,
        title: info.title,
        version: info.version,
        description: info.description,
        documentation: info.documentation,
        server,
        auth_schemes,
        entities: operations.entities,
        scopes: info.scopes,
        error_check: info.error_check,
        retry: info.retry,
        health_check,
        example_questions: info.example_questions,
        constants: info.constants,
        settings,
        aliases,
        templates: Default::default(),
    })
}

/// Calls `read` on the node under `key`, when there is one.
fn optional<'d, T>(node: &Node<'d>, key: &str, read: impl FnOnce(&Node<'d>) -> Option<T>) -> Option<T> {
    node.get(key).and_then(|found| read(&found))
}
