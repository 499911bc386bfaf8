//! `paths`: each operation becomes an action of an entity.

mod alias;
mod extraction;
mod security;

use indexmap::IndexMap;

use self::alias::Claim;
use super::body::{self, ReadBody};
use super::health::Candidate;
use super::parameter::Inputs;
use super::path;
use crate::action::{Action, ActionKind, BodyShape, Method};
use crate::connector::{Entity, Server};
use crate::document::Node;
use crate::error::suggestion;
use crate::extensions as x;
use crate::lookup::{RESERVED_ACTIONS, nearest};
use crate::{AuthScheme, PathTemplate};

const OPERATIONS_MAX: usize = 2_000;
/// In the order in which the operations of a path are read.
const METHODS: [(&str, Method); 5] = [
    ("get", Method::Get),
    ("post", Method::Post),
    ("put", Method::Put),
    ("delete", Method::Delete),
    ("patch", Method::Patch),
];
const PATH_ITEM_KEYS: [&str; 7] = ["get", "post", "put", "delete", "patch", "summary", "description"];
const KEYS: [&str; 10] = [
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "security",
    "deprecated",
];
const RESPONSE_KEYS: [&str; 4] = ["description", "headers", "content", "links"];

pub(super) struct Operations<'d> {
    pub(super) entities: IndexMap<String, Entity>,
    /// What could serve as a health check, in the order of the file.
    pub(super) candidates: Vec<Candidate>,
    /// Second names that operations ask for.
    claims: Vec<Claim<'d>>,
}

pub(super) fn read<'d>(root: &Node<'d>, server: Option<&Server>, schemes: &[AuthScheme]) -> Operations<'d> {
    let mut operations = Operations { entities: IndexMap::new(), candidates: Vec::new(), claims: Vec::new() };
    let Some(paths) = root.require("paths") else { return operations };
    let mut count = 0;
    for (key, item) in paths.entries() {
        item.known_keys(&PATH_ITEM_KEYS);
        for (word, method) in METHODS {
            let Some(node) = item.get(word) else { continue };
            count += 1;
            if count == OPERATIONS_MAX + 1 {
                paths.fault(format!("more than {OPERATIONS_MAX} operations"));
            }
            if count > OPERATIONS_MAX {
                return operations;
            }
            operations.read_one(&node, key, method, server, schemes);
        }
    }
    if count == 0 {
        paths.fault("at least one operation is needed");
    }
    operations.leave_path_params_out_of_bodies();
    operations.candidates.sort_by_key(|candidate| operations.entities.get_index_of(candidate.entity()));
    operations
}

impl<'d> Operations<'d> {
    /// A later operation of the same entity and action takes the place of an earlier one.
    fn read_one(
        &mut self,
        node: &Node<'d>,
        key: &str,
        method: Method,
        server: Option<&Server>,
        schemes: &[AuthScheme],
    ) -> Option<()> {
        node.known_keys(&KEYS);
        check_responses(node);
        let entity_name = read_entity(node);
        let kind = read_kind(node);
        let path = read_path(node, key);
        let mut inputs = Inputs::read(node, server);
        let mut unsupported = match kind {
            Some(ActionKind::Download) => Some("downloads are not supported yet"),
            _ => node.get(x::FILE_URL).map(|_| "downloads are not supported yet"),
        };
        let body = match node.get("requestBody").map(|body| body::read(&body, &mut inputs)) {
            Some(ReadBody::Body(body)) => Some(body),
            Some(ReadBody::Unsupported(reason)) => {
                unsupported = Some(reason);
                None
            }
            Some(ReadBody::None) | None => None,
        };
        let extractor = node.get(x::RECORD_EXTRACTOR).and_then(|node| extraction::json_path(&node));
        let record_transform = extraction::transform(node);
        let record_filter = extraction::filter(node);
        let meta = extraction::meta(node);
        let scope_alternatives = security::read(node, schemes);
        let (entity_name, kind, path) = (entity_name?, kind?, path?);
        check_path_params(node, &path, &inputs);
        let also_known_as = self.read_aliases(node, entity_name, kind);

        let entity = self.entities.entry(entity_name.to_owned()).or_insert_with(|| Entity {
            name: entity_name.to_owned(),
            actions: IndexMap::new(),
            unsupported: IndexMap::new(),
        });
        self.candidates.retain(|known| !known.is(entity_name, kind));
        if let Some(reason) = unsupported {
            entity.actions.shift_remove(&kind);
            entity.unsupported.insert(kind, reason.to_owned());
            return Some(());
        }
        entity.unsupported.shift_remove(&kind);
        self.candidates.push(Candidate::new(node, entity_name, kind, &mut inputs));
        let open = body.as_ref().is_some_and(|body| matches!(body.shape, BodyShape::AllParamsBut(_)));
        let description = node.text("description").unwrap_or_default();
        let action = Action {
            entity: entity_name.to_owned(),
            kind,
            method,
            path,
            summary: summary(node.text("summary"), description, kind, entity_name),
            description: description.to_owned(),
            also_known_as,
            params_schema: inputs.schema(open),
            query: inputs.query,
            headers: inputs.headers,
            body,
            extractor,
            record_transform,
            record_filter,
            meta,
            scope_alternatives,
            rules: inputs.rules,
        };
        entity.actions.insert(kind, action);
        Some(())
    }

    /// A body that takes every param leaves out what any path of its entity names: a record's id,
    /// passed to `create` as well as to `update`, is never a field of the record.
    fn leave_path_params_out_of_bodies(&mut self) {
        for entity in self.entities.values_mut() {
            let in_paths: Vec<String> = entity
                .actions
                .values()
                .flat_map(|action| path::names(&action.path))
                .map(str::to_owned)
                .collect();
            let bodies = entity.actions.values_mut().filter_map(|action| action.body.as_mut());
            for body in bodies {
                if let BodyShape::AllParamsBut(names) = &mut body.shape {
                    names.extend(in_paths.iter().cloned());
                    names.sort();
                    names.dedup();
                }
            }
        }
    }
}

fn read_entity<'d>(node: &Node<'d>) -> Option<&'d str> {
    let name = node.require_text(x::ENTITY)?;
    if name == "*" || name.len() > 128 || name.chars().any(char::is_control) {
        node.fault(format!("`{}` is not the name of an entity", x::ENTITY));
        return None;
    }
    Some(name)
}

fn read_kind(node: &Node<'_>) -> Option<ActionKind> {
    let word = node.require_text(x::ACTION)?;
    let kind = ActionKind::parse(word);
    if RESERVED_ACTIONS.contains(&word) {
        node.fault(format!("the action `{word}` is reserved for the context store"));
    } else if kind.is_none() {
        let words = ActionKind::ALL.map(ActionKind::as_str);
        let meant = suggestion(nearest(word, words));
        node.fault(format!("`{word}` is not an action{meant}; actions: {}", words.join(", ")));
    }
    kind
}

fn read_path(node: &Node<'_>, key: &str) -> Option<PathTemplate> {
    match node.get(x::PATH_OVERRIDE) {
        Some(chosen) => path::read(&chosen, chosen.require_text("path")?),
        None => path::read(node, key),
    }
}

fn check_path_params(node: &Node<'_>, path: &PathTemplate, inputs: &Inputs) {
    for name in path::names(path).filter(|name| !inputs.path_names.iter().any(|declared| declared == name)) {
        node.fault(format!("the path names `{name}`, which is not declared as a path parameter"));
    }
    for declared in
        inputs.path_names.iter().filter(|declared| !path::names(path).any(|name| name == **declared))
    {
        node.fault(format!("the path parameter `{declared}` does not stand in the path"));
    }
}

fn check_responses(node: &Node<'_>) {
    for (_, response) in node.get("responses").map(|node| node.entries()).unwrap_or_default() {
        response.known_keys(&RESPONSE_KEYS);
        if let Some(content) = response.get("content") {
            content
                .entries()
                .iter()
                .filter_map(|(_, media)| media.get("schema"))
                .for_each(|s| s.check_references());
        }
    }
}

fn summary(given: Option<&str>, description: &str, kind: ActionKind, entity: &str) -> String {
    let line = given.unwrap_or(description).lines().next().unwrap_or_default().trim();
    if line.is_empty() { format!("{} {entity}", kind.as_str()) } else { line.to_owned() }
}
