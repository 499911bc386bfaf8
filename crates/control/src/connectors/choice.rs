//! Which definition a request means: by id, by type name or by template.

use std::sync::Arc;

use definitions::ConnectorDefinition;
use domain::DefinitionId;
use uuid::Uuid;

use crate::error::FieldFault;
use crate::{Control, Error};

/// Definitions named when one is not found.
const KNOWN_TOLD_MAX: usize = 100;

/// The three ways to name a definition. Every built-in one is enabled as a template under its own
/// id, so template and definition ids are the same.
#[derive(Debug, Default)]
pub struct DefinitionChoice {
    pub definition_id: Option<DefinitionId>,
    /// A slug or display name; case, `-`, `_`, space and `.` do not count.
    pub connector_type: Option<String>,
    pub source_template_id: Option<Uuid>,
}

impl DefinitionChoice {
    /// Whether any of the three is given.
    pub(crate) fn is_given(&self) -> bool {
        self.definition_id.is_some() || self.connector_type.is_some() || self.source_template_id.is_some()
    }
}

impl Control {
    /// The definition that a request names; several names must agree.
    ///
    /// # Errors
    /// [`Error::Invalid`] when none is given or they disagree, [`Error::UnknownDefinition`].
    pub(crate) fn chosen_definition(
        &self,
        choice: &DefinitionChoice,
    ) -> Result<Arc<ConnectorDefinition>, Error> {
        let ids = [choice.definition_id, choice.source_template_id.map(DefinitionId::from_uuid)];
        let mut chosen: Vec<Arc<ConnectorDefinition>> = Vec::new();
        for id in ids.into_iter().flatten() {
            chosen.push(self.definition(id)?);
        }
        if let Some(word) = &choice.connector_type {
            let found = self.catalog.find_by_name(word).cloned();
            chosen
                .push(found.ok_or_else(|| self.unknown_definition(format!("of type `{word}`"), Some(word)))?);
        }
        let mut chosen = chosen.into_iter();
        let first = chosen.next().ok_or_else(|| {
            Error::Invalid(vec![FieldFault::new(
                "body",
                "say which API to connect: give one of definition_id, connector_type or source_template_id",
            )])
        })?;
        if chosen.any(|other| other.id != first.id) {
            return Err(Error::invalid(
                "body",
                "definition_id, connector_type and source_template_id name different definitions; give one",
            ));
        }
        Ok(first)
    }

    /// A definition by its id.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`].
    pub fn definition(&self, id: DefinitionId) -> Result<Arc<ConnectorDefinition>, Error> {
        let found = self.catalog.definition(id).cloned();
        found.ok_or_else(|| self.missing_definition(id))
    }

    pub(crate) fn missing_definition(&self, id: DefinitionId) -> Error {
        self.unknown_definition(id.to_string(), None)
    }

    fn unknown_definition(&self, given: String, word: Option<&str>) -> Error {
        let nearest = word.and_then(|word| self.catalog.nearest_name(word)).map(str::to_owned);
        let known = self.catalog.iter().take(KNOWN_TOLD_MAX).map(|definition| definition.name.clone());
        Error::UnknownDefinition { given, nearest, known: known.collect() }
    }
}
