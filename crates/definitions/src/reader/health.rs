//! Which call tells whether a connector works.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::parameter::Inputs;
use crate::action::{Action, ActionKind};
use crate::connector::{Entity, HealthCheck, VisibilityCheck};
use crate::document::Node;
use crate::extensions as x;

/// An operation that could be the health check.
pub(super) struct Candidate {
    entity: String,
    kind: ActionKind,
    preferred: bool,
    /// Whether all it needs is known without a caller.
    callable: bool,
    params: Map<String, Value>,
}

impl Candidate {
    pub(super) fn new(node: &Node<'_>, entity: &str, kind: ActionKind, inputs: &mut Inputs) -> Self {
        let mut params = std::mem::take(&mut inputs.probe);
        let limited = inputs.query.iter().any(|query| query.name == "limit");
        if kind == ActionKind::List && limited {
            params.insert("limit".to_owned(), 1.into());
        }
        let preferred = node.flag(x::PREFERRED_FOR_CHECK);
        Self { entity: entity.to_owned(), kind, preferred, callable: !inputs.needs_caller, params }
    }

    pub(super) fn entity(&self) -> &str {
        &self.entity
    }

    pub(super) fn is(&self, entity: &str, kind: ActionKind) -> bool {
        self.entity == entity && self.kind == kind
    }
}

/// The preferred operation, else the first list that needs nothing.
pub(super) fn choose(
    candidates: &[Candidate],
    visibility: Option<VisibilityCheck>,
    entities: Option<Vec<String>>,
) -> Option<HealthCheck> {
    let preferred = candidates.iter().find(|candidate| candidate.preferred);
    let chosen = preferred.or_else(|| {
        candidates.iter().find(|candidate| candidate.kind == ActionKind::List && candidate.callable)
    })?;
    Some(HealthCheck {
        entity: chosen.entity.clone(),
        action: chosen.kind,
        params: chosen.params.clone(),
        visibility,
        entities,
    })
}

/// The entities a check asks; a fault for each that cannot be asked without knowing anything.
pub(super) fn read_entities(node: &Node<'_>, entities: &IndexMap<String, Entity>) -> Vec<String> {
    let mut names = Vec::new();
    for item in node.items() {
        let Some(name) = item.as_text() else { continue };
        let list = entities.get(name).and_then(|entity| entity.actions.get(&ActionKind::List));
        if !list.is_some_and(Action::needs_no_params) {
            item.fault(format!("there is no entity `{name}` with a list that needs no params"));
        } else if names.iter().any(|known| known == name) {
            item.fault(format!("`{name}` is named twice"));
        } else {
            names.push(name.to_owned());
        }
    }
    names
}

pub(super) fn read_visibility(
    node: &Node<'_>,
    entities: &IndexMap<String, Entity>,
) -> Option<VisibilityCheck> {
    node.known_keys(&["entity", "action", "params", "message"]);
    let entity = node.require_text("entity");
    let word = node.require_text("action");
    let message = node.require_text("message");
    let params = node.get("params").map(|params| {
        params.entries();
        params.value.as_object().cloned().unwrap_or_default()
    });
    let (entity, word) = (entity?, word?);
    let action = ActionKind::parse(word);
    let params = params.unwrap_or_default();
    match entities.get(entity).and_then(|found| found.actions.get(&action?)) {
        Some(offered) => offered.check(&params).into_iter().for_each(|fault| node.fault(fault.message)),
        None => node.fault(format!("there is no action `{word}` of an entity `{entity}`")),
    }
    Some(VisibilityCheck { entity: entity.to_owned(), action: action?, params, message: message?.to_owned() })
}
