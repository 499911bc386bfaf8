//! The small JSONPath dialect of connector definitions.

/// `$`, `.name`, `['name']`, `[n]`, `[*]`; parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
    All,
}
