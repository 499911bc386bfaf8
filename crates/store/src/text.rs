//! Texts that come from outside: what both engines can hold, and how they are searched.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::corrupt;
use crate::{Result, StoreError};

/// The longest name a row holds: far above what a person types, and below the 2,700 bytes or so
/// that PostgreSQL allows in an index.
const NAME_BYTES_MAX: usize = 2_048;

/// Whether a row can hold this name; when none can, a search for it finds nothing.
///
/// PostgreSQL keeps no NUL character in a text, and would answer the whole statement with an error.
pub(crate) fn is_storable(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX && !name.contains('\0')
}

/// Refuses a name that no row can hold; `what` says which.
pub(crate) fn storable(what: &'static str, name: &str) -> Result<()> {
    if is_storable(name) { Ok(()) } else { Err(StoreError::Unstorable(what)) }
}

/// A text with every NUL character replaced, for the log, which must not fail because of one.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// A document as text. Text, because SQLite would read a bare number in a JSON column as a number.
pub(crate) fn document<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("maps from text and lists of words are always JSON")
}

/// Reads back what [`document`] wrote into a column of a table's `row`.
pub(crate) fn read_document<T: DeserializeOwned>(
    text: &str,
    (table, column): (&'static str, &str),
    row: Uuid,
) -> Result<T> {
    serde_json::from_str(text).map_err(|_| corrupt(table, column, row))
}

/// The form in which names are compared without regard to case.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// A `LIKE … ESCAPE '\'` pattern that matches what contains `needle`, letter for letter.
pub(crate) fn containing(needle: &str) -> String {
    let mut pattern = String::with_capacity(needle.len() + 2);
    pattern.push('%');
    for letter in needle.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_needle_are_letters() {
        assert_eq!(containing(r"50%_\"), r"%50\%\_\\%");
    }

    #[test]
    fn a_nul_or_an_endless_name_is_not_storable() {
        assert!(is_storable("Größe 1"));
        assert!(!is_storable("a\0b"));
        assert!(!is_storable(&"x".repeat(NAME_BYTES_MAX + 1)));
        assert_eq!(without_nul("a\0b"), "a\u{fffd}b");
    }
}
