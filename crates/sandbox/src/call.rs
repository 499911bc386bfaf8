//! One request after routing and checks: what a handler works with.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::refusal::Refusal;
use crate::state::{Access, State};
use crate::version::Version;

/// A checked request and the state it works on.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) access: Access,
    pub(crate) version: Version,
    /// The variable segments of the path, decoded, in order.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    /// The JSON body; empty when there was none.
    pub(crate) body: Map<String, Value>,
    pub(crate) raw_body: &'a bytes::Bytes,
    pub(crate) content_type: &'a str,
}

/// What a handler gives.
pub(crate) type Answer = Result<Value, Refusal>;

impl Call<'_> {
    /// The variable segment `index` as an id; `name` is what the message calls it.
    pub(crate) fn id(&self, index: usize, name: &str) -> Result<Uuid, Refusal> {
        let text = self.segments.get(index).map_or("", String::as_str);
        parse_id(text).ok_or_else(|| not_an_id(&format!("path.{name}"), text))
    }

    /// The first query parameter of that name, when it is not empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query_all(name).next().filter(|value| !value.is_empty())
    }

    /// Every value of a repeatable query parameter, also in the form `name[]`.
    pub(crate) fn query_all<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        let bracketed = format!("{name}[]");
        let name = name.to_owned();
        let mine = move |key: &str| key == name || key == bracketed;
        self.query.iter().filter(move |(key, _)| mine(key)).map(|(_, value)| value.as_str())
    }

    /// A query parameter that must be an id.
    pub(crate) fn query_id(&self, name: &str) -> Result<Option<Uuid>, Refusal> {
        let read = |text| parse_id(text).ok_or_else(|| not_an_id(&format!("query.{name}"), text));
        self.query(name).map(read).transpose()
    }

    /// A body member, when it is there and not null.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// `in_trash`, or what it was called before.
    pub(crate) fn in_trash(&self) -> Option<bool> {
        let old = || self.body.get("archived").filter(|_| self.version < Version::V2026);
        self.body.get("in_trash").or_else(old).and_then(Value::as_bool)
    }
}

/// With and without dashes.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    let known = matches!(text.len(), 32 | 36);
    known.then(|| Uuid::try_parse(text).ok()).flatten()
}

/// The id in `value[name]`.
pub(crate) fn id_in(value: &Value, name: &str) -> Result<Option<Uuid>, Refusal> {
    let Some(given) = value.get(name).filter(|given| !given.is_null()) else { return Ok(None) };
    let text = given.as_str().unwrap_or_default();
    parse_id(text).map(Some).ok_or_else(|| not_an_id(&format!("body.{name}"), text))
}

/// The answer to a wrong id, in the words of the real service.
pub(crate) fn not_an_id(place: &str, text: &str) -> Refusal {
    let part = place.split('.').next().unwrap_or(place);
    Refusal::validation(format!(
        "{part} failed validation: {place} should be a valid uuid, instead was `\"{text}\"`."
    ))
}
