//! JSON that an upstream sent, read into no more values than memory has room for.
//!
//! A value takes some seventy bytes and an object some hundred more, while `0,` takes two in the
//! text: a limit on the text alone lets memory grow a hundredfold. The depth is limited by
//! `serde_json` itself.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// In one answer; every scalar, list and object is one.
const VALUES_MAX: usize = 1_000_000;

/// Neither quotes the text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the answer is not valid JSON (line {line}, column {column})")]
    Malformed { line: usize, column: usize },
    #[error("the answer has more than {0} values")]
    TooMany(usize),
}

/// Reads `text`, which must be one JSON value.
pub(crate) fn read(text: &[u8]) -> Result<Value, Unreadable> {
    read_up_to(text, VALUES_MAX)
}

fn read_up_to(text: &[u8], values_max: usize) -> Result<Value, Unreadable> {
    // None: one more than allowed came.
    let left = Cell::new(Some(values_max));
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Counting(&left).deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| match left.get() {
        None => Unreadable::TooMany(values_max),
        Some(_) => Unreadable::Malformed { line: error.line(), column: error.column() },
    })
}

/// Makes a value and counts it among those of the same text.
#[derive(Clone, Copy)]
struct Counting<'c>(&'c Cell<Option<usize>>);

impl<'de> DeserializeSeed<'de> for Counting<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.set(self.0.get().and_then(|left| left.checked_sub(1)));
        if self.0.get().is_none() {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counting<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            object.insert(name, members.next_value_seed(self)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_read_as_serde_json_reads_it() {
        for text in [
            r#"{"z": [1, -2, 18446744073709551615, 0.1, 1e300, -0.0], "a": {"b": null, "c": true}, "é\n\u00e9": "\ud83d\ude00"}"#,
            r#" "text" "#,
            r#"{"twice": 1, "other": 2, "twice": 3}"#,
            "[]",
            "false",
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            let got = read(text.as_bytes()).unwrap();
            assert_eq!(got.to_string(), expected.to_string(), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_value_is_named_by_its_place() {
        for (text, line, column) in [("", 1, 0), ("[1,\n 2", 2, 2), ("{} {}", 1, 4), ("[1e999]", 1, 6)] {
            assert_eq!(read(text.as_bytes()), Err(Unreadable::Malformed { line, column }), "{text}");
        }
        assert!(matches!(read("[".repeat(200).as_bytes()), Err(Unreadable::Malformed { .. })));
        assert!(matches!(read(b"\"\xFF\""), Err(Unreadable::Malformed { .. })));
    }

    #[test]
    fn r68_many_small_values_in_a_short_text_are_refused() {
        // The outermost list is one as well.
        for (text, values) in [("0", 1), ("[0,0,0]", 4), (r#"{"a":[],"b":[{}],"c":{"d":null}}"#, 6)] {
            assert!(read_up_to(text.as_bytes(), values).is_ok(), "{text}");
            assert_eq!(read_up_to(text.as_bytes(), values - 1), Err(Unreadable::TooMany(values - 1)));
        }
    }
}
