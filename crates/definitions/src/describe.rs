//! What a definition offers, as JSON: the answer to a `describe` call.

use serde_json::{Map, Value, json};

use crate::connector::Entity;
use crate::{Action, ConnectorDefinition};

impl ConnectorDefinition {
    /// The connector with its entities, their actions and the params each takes.
    #[must_use]
    pub fn describe(&self) -> Value {
        self.describe_for(|_, _| true)
    }

    /// The same, with those actions alone that `allowed` answers yes for, given the entity and whether
    /// the action writes. Entities of which nothing is left are left out.
    #[must_use]
    pub fn describe_for(&self, allowed: impl Fn(&str, bool) -> bool) -> Value {
        let documentation: Vec<_> = self
            .documentation
            .iter()
            .map(|page| json!({"title": page.title, "type": page.kind, "url": page.url}))
            .collect();
        json!({
            "connector": self.name,
            "title": self.title,
            "description": self.description,
            "documentation": documentation,
            "example_questions": self.example_questions,
            "entities": self.entities.values().filter_map(|entity| entity.describe(&allowed)).collect::<Vec<_>>(),
        })
    }

    /// One entity of it; none when there is no such entity.
    #[must_use]
    pub fn describe_entity(&self, entity: &str) -> Option<Value> {
        self.entities.get(entity)?.describe(&|_, _| true)
    }
}

impl Entity {
    fn describe(&self, allowed: &impl Fn(&str, bool) -> bool) -> Option<Value> {
        let actions = self.actions.values().filter(|action| allowed(&self.name, action.writes()));
        let actions: Vec<_> = actions.map(Action::describe).collect();
        let unsupported = self.unsupported.iter().filter(|(kind, _)| allowed(&self.name, kind.writes()));
        let unsupported: Map<_, _> =
            unsupported.map(|(kind, reason)| (kind.as_str().to_owned(), json!(reason))).collect();
        if actions.is_empty() && unsupported.is_empty() {
            return None;
        }
        let mut description = json!({"entity": self.name, "actions": actions});
        if !unsupported.is_empty() {
            description["unsupported"] = unsupported.into();
        }
        Some(description)
    }
}

impl Action {
    fn describe(&self) -> Value {
        let mut description = json!({
            "action": self.kind.as_str(),
            "summary": self.summary,
            "description": self.description,
            "writes": self.writes(),
            "params": self.params_schema,
        });
        if !self.also_known_as.is_empty() {
            description["also_known_as"] = json!(self.also_known_as);
        }
        description
    }
}
