//! What can be wrong with a definition file, and with a call that names something in it.

use std::fmt;

/// One fault of a definition file. A file's faults are reported together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// JSON pointer (RFC 6901) to the faulty place; empty when it is the file itself.
    pub pointer: String,
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        f.write_str(&self.reason)
    }
}

/// A call that names an entity or an action which the definition does not offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownAction {
    #[error("no entity `{given}`{}; entities: {}", suggestion(nearest.as_deref()), known.join(", "))]
    Entity { given: String, nearest: Option<String>, known: Vec<String> },
    #[error("entity `{entity}` has no action `{given}`{}; actions: {}{}", suggestion(nearest.as_deref()), known.join(", "), see(hint.as_deref()))]
    Action {
        entity: String,
        given: String,
        nearest: Option<String>,
        /// Second names that a call takes are among them.
        known: Vec<String>,
        /// The entity and action that do such a thing elsewhere: ``"`data_source_rows` `list`"``.
        hint: Option<String>,
    },
    /// This release cannot run it: the definition declares it, or its name is reserved.
    #[error("`{action}` of `{entity}` cannot be run: {reason}")]
    Unsupported { entity: String, action: String, reason: String },
}

pub(crate) fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

fn see(hint: Option<&str>) -> String {
    hint.map(|hint| format!("; see also {hint}")).unwrap_or_default()
}

/// An OAuth URL of a definition that cannot be made with a connector's settings. It quotes no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OAuthUrlFault {
    /// The setting to change, when it is one.
    pub variable: Option<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A template of a definition that could not be rendered. Nothing of the context is in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Values the template needs were not there; an empty text is never put in their place.
    #[error("a template needs {0}, which is missing")]
    Missing(String),
    /// It ran for too long, or made too long a text.
    #[error("a template went over its limit of {0}")]
    Limit(&'static str),
    /// It does not belong to this definition, or an operation in it failed.
    #[error("a template failed: {0}")]
    Failed(String),
}
