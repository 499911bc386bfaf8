//! `$ref` inside a document: following it, and writing schemas out without it.

use serde_json::{Map, Value};

use crate::document::Node;

const REF: &str = "$ref";
/// References followed one after another.
const HOPS_MAX: usize = 32;
/// How deep a schema is written out for `describe`; what lies deeper keeps its type only.
const EXPANSION_DEPTH_MAX: usize = 10;
/// Values copied in writing out the schemas of one document; after that they stay shallow.
const EXPANSION_VALUES_MAX: usize = 50_000;
/// Keywords that stay when a schema is not written out any further.
const SHALLOW: [&str; 4] = ["type", "title", "description", "format"];

impl<'d> Node<'d> {
    /// The node itself, or what its `$ref` leads to; a fault when that leads nowhere.
    pub(crate) fn resolved(&self) -> Option<Node<'d>> {
        let mut node = self.clone();
        for _ in 0..HOPS_MAX {
            let Some(reference) = node.get(REF) else { return Some(node) };
            let target = reference.as_text()?;
            let Some(next) = target.strip_prefix('#').and_then(|pointer| self.document.at(pointer)) else {
                reference.fault(format!("`{target}` is not in this document"));
                return None;
            };
            node = next;
        }
        self.fault("this reference leads back to itself");
        None
    }

    /// A fault for every reference at or below this schema that leads nowhere.
    pub(crate) fn check_references(&self) {
        match self.value {
            Value::Object(_) => {
                if self.value.get(REF).is_some_and(Value::is_string) {
                    self.resolved();
                }
                for (key, child) in self.entries() {
                    if !key.starts_with("x-") && !matches!(key, "default" | "enum" | "example" | "examples") {
                        child.check_references();
                    }
                }
            }
            Value::Array(_) => self.items().iter().for_each(Node::check_references),
            _ => {}
        }
    }

    /// This schema without references and extensions. Where it contains itself, and below a fixed
    /// depth, only the type is kept, so that circular schemas end.
    pub(crate) fn expanded(&self) -> Value {
        self.expand(&mut Vec::new(), EXPANSION_DEPTH_MAX)
    }

    fn expand(&self, open: &mut Vec<String>, depth: usize) -> Value {
        let Some(target) = self.resolved() else { return Value::Object(Map::new()) };
        let deeper = depth > 0 && !open.contains(&target.pointer) && self.take_expansion(1);
        let Value::Object(schema) = target.value else { return target.value.clone() };
        let mut written = Map::new();
        open.push(target.pointer.clone());
        for key in schema.keys().filter(|key| !key.starts_with("x-")) {
            if !deeper && !SHALLOW.contains(&key.as_str()) {
                continue;
            }
            if let Some(child) = target.get(key) {
                written.insert(key.clone(), child.expand_keyword(key, open, depth.saturating_sub(1)));
            }
        }
        open.pop();
        if target.pointer != self.pointer
            && let Some(description) = self.text("description")
        {
            written.insert("description".to_owned(), description.into());
        }
        Value::Object(written)
    }

    /// The value of one keyword: schemas inside it are expanded, everything else is copied.
    fn expand_keyword(&self, keyword: &str, open: &mut Vec<String>, depth: usize) -> Value {
        match (keyword, self.value) {
            ("properties", Value::Object(_)) => self
                .entries()
                .into_iter()
                .map(|(name, schema)| (name.to_owned(), schema.expand(open, depth)))
                .collect(),
            ("items" | "additionalProperties" | "not", Value::Object(_)) => self.expand(open, depth),
            ("allOf" | "anyOf" | "oneOf", Value::Array(_)) => {
                self.items().iter().map(|schema| schema.expand(open, depth)).collect()
            }
            _ if self.take_expansion(count(self.value)) => self.value.clone(),
            _ => Value::Null,
        }
    }

    /// Takes `values` from what the document may still copy; false when it is used up.
    fn take_expansion(&self, values: usize) -> bool {
        let used = self.document.expanded.get().saturating_add(values);
        if used > EXPANSION_VALUES_MAX {
            return false;
        }
        self.document.expanded.set(used);
        true
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(count).sum::<usize>() + 1,
        Value::Object(map) => map.values().map(count).sum::<usize>() + 1,
        _ => 1,
    }
}
