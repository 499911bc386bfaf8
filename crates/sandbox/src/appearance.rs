//! Icons and covers in requests.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::file_uploads;
use crate::refusal::Refusal;

/// Reads `icon` and `cover` of the body into `changes`; null takes one away.
pub(crate) fn read(call: &mut Call<'_>, changes: &mut Map<String, Value>) -> Result<(), Refusal> {
    for name in ["icon", "cover"] {
        let Some(given) = call.body.get(name).cloned() else { continue };
        let kinds: &[&str] = match name {
            "icon" => &["emoji", "external", "custom_emoji", "icon", "file", "file_upload"],
            _ => &["external", "file", "file_upload"],
        };
        if given.is_null() {
            changes.insert(name.to_owned(), Value::Null);
            continue;
        }
        let kind = kinds.iter().find(|kind| given.get(**kind).is_some());
        let unknown =
            || Refusal::validation(format!("body failed validation: body.{name} is of no known type."));
        let kind = kind.ok_or_else(unknown)?;
        let mut value = crate::rich_text::typed(kind, given[*kind].clone());
        file_uploads::attach_all(call.state, call.access, &mut value)?;
        changes.insert(name.to_owned(), value);
    }
    Ok(())
}
