//! The path: each value percent-encoded inside its own segment.

use definitions::{ParamFault, PathPart, PathTemplate};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

use super::{ENCODED, blank, fault, is_blank, missing, text};

/// Fills the template. A value can hold `/`, `?` or a line break: all are encoded. What encoding
/// cannot disarm is a segment that comes out as `.` or `..`, because URL parsers resolve it.
pub(super) fn path(
    template: &PathTemplate,
    params: &Map<String, Value>,
    faults: &mut Vec<ParamFault>,
) -> String {
    let mut path = String::new();
    // The last param that went into the segment under way, to blame if the segment is refused.
    let mut blamed: Option<&str> = None;
    for part in &template.0 {
        match part {
            PathPart::Literal(literal) => {
                for (index, piece) in literal.split('/').enumerate() {
                    if index > 0 {
                        refuse_dots(&path, blamed.take(), faults);
                        path.push('/');
                    }
                    path.push_str(piece);
                }
            }
            PathPart::Param(name) => {
                blamed = Some(name);
                match params.get(name) {
                    None => faults.push(missing(name)),
                    Some(value) if is_blank(value) => faults.push(blank(name)),
                    Some(value) => path.extend(utf8_percent_encode(&text(value), ENCODED)),
                }
            }
        }
    }
    refuse_dots(&path, blamed, faults);
    path
}

fn refuse_dots(path: &str, blamed: Option<&str>, faults: &mut Vec<ParamFault>) {
    let Some(name) = blamed else { return };
    if matches!(path.rsplit('/').next(), Some("." | "..")) {
        faults.push(fault(name, "path", format!("`{name}` must not be a relative path segment")));
    }
}
