//! What an operation says of its answer: where records are, how they change, what metadata is.

use crate::document::Node;
use crate::extensions as x;
use crate::reader::template;
use crate::{JsonPath, MetaSource};

pub(super) fn json_path(node: &Node<'_>) -> Option<JsonPath> {
    match JsonPath::parse(node.as_text()?) {
        Ok(path) => Some(path),
        Err(reason) => {
            node.fault(reason);
            None
        }
    }
}

pub(super) fn transform(node: &Node<'_>) -> Vec<(String, String)> {
    let entries = node.get(x::RECORD_TRANSFORM).map(|node| node.entries()).unwrap_or_default();
    let text = |node: &Node<'_>| template::text(node, &template::RECORD);
    entries.iter().filter_map(|(name, node)| Some(((*name).to_owned(), text(node)?))).collect()
}

pub(super) fn meta(node: &Node<'_>) -> Vec<(String, MetaSource)> {
    let entries = node.get(x::META_EXTRACTOR).map(|node| node.entries()).unwrap_or_default();
    entries.iter().filter_map(|(name, node)| Some(((*name).to_owned(), meta_source(node)?))).collect()
}

fn meta_source(node: &Node<'_>) -> Option<MetaSource> {
    let text = node.as_text()?;
    if let Some(relation) = text.strip_prefix("@link.") {
        return Some(MetaSource::Link(relation.to_owned()));
    }
    if let Some(header) = text.strip_prefix("@header.") {
        return Some(MetaSource::Header(header.to_owned()));
    }
    json_path(node).map(MetaSource::Body)
}

pub(super) fn filter(node: &Node<'_>) -> Option<String> {
    template::text(&node.get(x::RECORD_FILTER)?, &template::RECORD)
}
