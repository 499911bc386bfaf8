//! What a definition offers, as JSON: the answer to a `describe` call.

use serde_json::{Map, Value, json};

use crate::connector::Entity;
use crate::{Action, ConnectorDefinition};

impl ConnectorDefinition {
    /// The connector with its entities, their actions and the params each takes.
    #[must_use]
    pub fn describe(&self) -> Value {
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
            "entities": self.entities.values().map(Entity::describe).collect::<Vec<_>>(),
        })
    }

    /// One entity of it; none when there is no such entity.
    #[must_use]
    pub fn describe_entity(&self, entity: &str) -> Option<Value> {
        self.entities.get(entity).map(Entity::describe)
    }
}

impl Entity {
    fn describe(&self) -> Value {
        let mut description = json!({
            "entity": self.name,
            "actions": self.actions.values().map(Action::describe).collect::<Vec<_>>(),
        });
        if !self.unsupported.is_empty() {
            let reasons =
                self.unsupported.iter().map(|(kind, reason)| (kind.as_str().to_owned(), json!(reason)));
            description["unsupported"] = reasons.collect::<Map<_, _>>().into();
        }
        description
    }
}

impl Action {
    fn describe(&self) -> Value {
        json!({
            "action": self.kind.as_str(),
            "summary": self.summary,
            "description": self.description,
            "writes": self.writes(),
            "params": self.params_schema,
        })
    }
}
