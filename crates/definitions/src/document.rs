//! One definition file being read: its YAML as a value, and the faults found so far.
//!
//! [`crate::reader`] walks the value by [`Node`]s, each of which knows its JSON pointer, so that a
//! file's faults come out together and each names its place.

use std::cell::{Cell, RefCell};

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;

use crate::Fault;
use crate::template::Templates;

/// Largest file taken.
pub(crate) const FILE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Deepest nesting of maps and lists taken.
const DEPTH_MAX: usize = 64;
/// Most scalars, maps and lists taken, aliases followed.
const NODES_MAX: usize = 100_000;
/// Most of these that may come from following aliases.
const REPLAYED_MAX: usize = 20_000;
/// Faults reported of one file.
const FAULTS_MAX: usize = 200;

pub(crate) struct Document {
    file: String,
    root: Value,
    faults: RefCell<Vec<Fault>>,
    pub(crate) templates: RefCell<Templates>,
    /// Values copied while schemas were expanded; see [`crate::resolve`].
    pub(crate) expanded: Cell<usize>,
}

/// A place in the document.
#[derive(Clone)]
pub(crate) struct Node<'d> {
    pub(crate) document: &'d Document,
    pub(crate) value: &'d Value,
    pub(crate) pointer: String,
}

impl Document {
    pub(crate) fn parse(file: &str, yaml: &str) -> Result<Self, Fault> {
        let fault = |reason: String| Fault { file: file.to_owned(), pointer: String::new(), reason };
        if yaml.len() > FILE_BYTES_MAX {
            return Err(fault(format!("larger than {FILE_BYTES_MAX} bytes")));
        }
        let root: Value = serde_saphyr::from_str_with_options(yaml, options())
            .map_err(|error| fault(format!("not usable YAML: {error}")))?;
        if !root.is_object() {
            return Err(fault("not a map of keys to values".to_owned()));
        }
        Ok(Self {
            file: file.to_owned(),
            root,
            faults: RefCell::default(),
            templates: RefCell::default(),
            expanded: Cell::new(0),
        })
    }

    pub(crate) fn root(&self) -> Node<'_> {
        Node { document: self, value: &self.root, pointer: String::new() }
    }

    /// The place a JSON pointer names, if there is one.
    pub(crate) fn at(&self, pointer: &str) -> Option<Node<'_>> {
        let value = self.root.pointer(pointer)?;
        Some(Node { document: self, value, pointer: pointer.to_owned() })
    }

    /// What was found wrong; empty means that the file is good.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.faults.borrow().clone()
    }
}

/// The YAML 1.2 reading of scalars: `no` and `on` are texts.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_documents: 1,
            max_merge_keys: 100,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: REPLAYED_MAX,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

impl<'d> Node<'d> {
    pub(crate) fn fault(&self, reason: impl Into<String>) {
        let mut faults = self.document.faults.borrow_mut();
        if faults.len() < FAULTS_MAX {
            faults.push(Fault {
                file: self.document.file.clone(),
                pointer: self.pointer.clone(),
                reason: reason.into(),
            });
        }
    }

    /// The value under `key`; null and absent are the same.
    pub(crate) fn get(&self, key: &str) -> Option<Node<'d>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(self.child(key, value))
    }

    /// The same, and a fault when there is none.
    pub(crate) fn require(&self, key: &str) -> Option<Node<'d>> {
        let found = self.get(key);
        if found.is_none() {
            self.fault(format!("`{key}` is missing"));
        }
        found
    }

    /// The members of a map, in file order; a fault when it is none.
    pub(crate) fn entries(&self) -> Vec<(&'d str, Node<'d>)> {
        let Some(map) = self.value.as_object() else {
            self.fault("must be a map");
            return Vec::new();
        };
        map.iter().map(|(key, value)| (key.as_str(), self.child(key, value))).collect()
    }

    /// The elements of a list; a fault when it is none.
    pub(crate) fn items(&self) -> Vec<Node<'d>> {
        let Some(list) = self.value.as_array() else {
            self.fault("must be a list");
            return Vec::new();
        };
        list.iter().enumerate().map(|(index, value)| self.child(&index.to_string(), value)).collect()
    }

    /// A text; a fault when it is something else.
    pub(crate) fn as_text(&self) -> Option<&'d str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.fault("must be a text");
        }
        text
    }

    /// A text, or the text form of a number or truth value.
    pub(crate) fn as_scalar_text(&self) -> Option<String> {
        let text = scalar_text(self.value);
        if text.is_none() {
            self.fault("must be a text, a number or a truth value");
        }
        text
    }

    pub(crate) fn text(&self, key: &str) -> Option<&'d str> {
        self.get(key)?.as_text()
    }

    pub(crate) fn require_text(&self, key: &str) -> Option<&'d str> {
        let node = self.require(key)?;
        let text = node.as_text()?;
        if text.trim().is_empty() {
            node.fault("must not be blank");
            return None;
        }
        Some(text)
    }

    /// A list of texts, empty when absent.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        let items = self.get(key).map(|node| node.items()).unwrap_or_default();
        items.iter().filter_map(Node::as_scalar_text).collect()
    }

    /// A truth value, false when absent.
    pub(crate) fn flag(&self, key: &str) -> bool {
        let Some(node) = self.get(key) else { return false };
        let flag = node.value.as_bool();
        if flag.is_none() {
            node.fault("must be true or false");
        }
        flag.unwrap_or_default()
    }

    /// A fault for every key that is neither known nor an extension.
    pub(crate) fn known_keys(&self, known: &[&str]) {
        for (key, node) in self.entries() {
            if !key.starts_with("x-") && !known.contains(&key) {
                node.fault(format!("unknown key `{key}`"));
            }
        }
    }

    /// The same, for what is ours alone: there an extension is unknown too.
    pub(crate) fn only_keys(&self, known: &[&str]) {
        for (key, node) in self.entries() {
            if !known.contains(&key) {
                node.fault(format!("unknown key `{key}`; known: {}", known.join(", ")));
            }
        }
    }

    fn child(&self, key: &str, value: &'d Value) -> Node<'d> {
        let pointer = format!("{}/{}", self.pointer, escaped(key));
        Node { document: self.document, value, pointer }
    }
}

/// A key as one token of a JSON pointer (RFC 6901).
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The text form of a scalar; none for lists, maps and null.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
