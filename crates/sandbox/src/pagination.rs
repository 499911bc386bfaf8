//! Lists in pages of at most 100, with opaque cursors that only fit their own list.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::refusal::Refusal;

/// Default and maximum of `page_size`.
const PAGE_SIZE_MAX: usize = 100;
/// Check sum, id of the next item, and its place, for when it is gone meanwhile.
const CURSOR_BYTES: usize = 8 + 16 + 8;

/// Which slice of a list is asked for.
pub(crate) struct Paging {
    list: u64,
    pub(crate) size: usize,
    cursor: Option<(Uuid, usize)>,
}

/// One page: which items, and the cursor of the page after it.
pub(crate) struct Slice {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) next_cursor: Option<String>,
}

impl Paging {
    /// From the query of a GET. `list` names the list the cursor must belong to.
    pub(crate) fn from_query(call: &Call<'_>, list: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::validation("query failed validation: query.page_size should be a number.");
        let size =
            call.query("page_size").map(|text| text.parse::<u64>().map_err(|_| wrong())).transpose()?;
        Self::new(call, list, size, call.query("start_cursor"))
    }

    /// From the body of a POST.
    pub(crate) fn from_body(call: &Call<'_>, list: &str) -> Result<Self, Refusal> {
        let wrong =
            |name| Refusal::validation(format!("body failed validation: body.{name} has the wrong type."));
        let size = call
            .member("page_size")
            .map(|size| size.as_u64().ok_or_else(|| wrong("page_size")))
            .transpose()?;
        let cursor = call.member("start_cursor");
        let cursor = cursor.map(|cursor| cursor.as_str().ok_or_else(|| wrong("start_cursor"))).transpose()?;
        Self::new(call, list, size, cursor)
    }

    fn new(call: &Call<'_>, list: &str, size: Option<u64>, cursor: Option<&str>) -> Result<Self, Refusal> {
        let size = size.map_or(Ok(PAGE_SIZE_MAX), usize::try_from).unwrap_or(usize::MAX);
        if size == 0 || size > PAGE_SIZE_MAX {
            return Err(Refusal::validation(format!(
                "page_size should be at least 1 and at most {PAGE_SIZE_MAX}, instead was `{size}`."
            )));
        }
        let list = hash(&(call.access.workspace, call.access.bot, list));
        let unknown =
            |text: &str| Refusal::validation(format!("The start_cursor provided is invalid: {text}"));
        let cursor = cursor.map(|text| decode(list, text).ok_or_else(|| unknown(text))).transpose()?;
        Ok(Self { list, size, cursor })
    }

    /// The asked slice of `ids`, the whole list.
    pub(crate) fn slice(&self, ids: &[Uuid]) -> Slice {
        let start = self.cursor.map_or(0, |(id, place)| {
            let stayed = ids.get(place) == Some(&id);
            if stayed { place } else { ids.iter().position(|other| *other == id).unwrap_or(place) }
        });
        let start = start.min(ids.len());
        let end = start.saturating_add(self.size).min(ids.len());
        let next_cursor = ids.get(end).map(|id| encode(self.list, *id, end));
        Slice { ids: ids[start..end].to_vec(), next_cursor }
    }

    /// The asked slice of items that have no ids, as places.
    pub(crate) fn places(&self, count: usize) -> (std::ops::Range<usize>, Option<String>) {
        let start = self.cursor.map_or(0, |(_, place)| place).min(count);
        let end = start.saturating_add(self.size).min(count);
        (start..end, (end < count).then(|| encode(self.list, Uuid::nil(), end)))
    }
}

/// The envelope of a list; `kind` is its `type`.
pub(crate) fn list(kind: &str, results: Vec<Value>, next_cursor: Option<String>) -> Value {
    let mut answer = Map::new();
    answer.insert("object".to_owned(), "list".into());
    answer.insert("results".to_owned(), Value::Array(results));
    answer.insert("has_more".to_owned(), next_cursor.is_some().into());
    answer.insert("next_cursor".to_owned(), next_cursor.into());
    answer.insert("type".to_owned(), kind.into());
    answer.insert(kind.to_owned(), json!({}));
    Value::Object(answer)
}

fn encode(list: u64, id: Uuid, place: usize) -> String {
    let place = place as u64;
    let mut bytes = Vec::with_capacity(CURSOR_BYTES);
    bytes.extend(hash(&(list, id, place)).to_be_bytes());
    bytes.extend(id.as_bytes());
    bytes.extend(place.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(list: u64, text: &str) -> Option<(Uuid, usize)> {
    let bytes: [u8; CURSOR_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (check, rest) = bytes.split_first_chunk::<8>()?;
    let (id, place) = rest.split_first_chunk::<16>()?;
    let (id, place) = (Uuid::from_bytes(*id), u64::from_be_bytes(place.try_into().ok()?));
    let mine = hash(&(list, id, place)) == u64::from_be_bytes(*check);
    mine.then_some((id, usize::try_from(place).ok()?))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
