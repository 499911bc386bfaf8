//! Building seeded objects: a minute passes between one and the next.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::rich_text::{texts, typed};
use crate::state::{Kind, Object, State};

/// 2026-01-05T09:00:00Z.
const BEGINNING_S: i64 = 1_767_603_600;

/// Adds objects to one workspace.
pub(super) struct Builder<'s> {
    pub(super) state: &'s mut State,
    workspace: Uuid,
    by: Uuid,
    minute: i64,
    numbered: u128,
}

impl<'s> Builder<'s> {
    pub(super) fn new(state: &'s mut State, workspace: Uuid, by: Uuid) -> Self {
        Self { state, workspace, by, minute: 0, numbered: 0 }
    }

    /// An id that no constant has, the same in every sandbox.
    pub(super) fn id(&mut self) -> Uuid {
        self.numbered += 1;
        // Within the workspace's own range: its first six bytes, and a kind of `0f`.
        Uuid::from_u128((self.workspace.as_u128() & !0xffff_ffff_ffff) | 0x0f00_0000_0000 | self.numbered)
    }

    /// A minute after the one before.
    pub(super) fn now(&mut self) -> Timestamp {
        self.minute += 1;
        let beginning = Timestamp::from_second(BEGINNING_S).unwrap_or(Timestamp::UNIX_EPOCH);
        beginning.saturating_add(SignedDuration::from_mins(self.minute)).unwrap_or(beginning)
    }

    pub(super) fn page(&mut self, id: Uuid, parent: Option<Uuid>, title: &str) -> Uuid {
        let body = json!({
            "values": { "title": texts(title) }, "icon": typed("emoji", json!("📄")),
        });
        self.object(id, Kind::Page, parent, body)
    }

    pub(super) fn row(&mut self, id: Uuid, source: Uuid, values: Value) -> Uuid {
        let body = std::iter::once(("values".to_owned(), values)).collect();
        self.object(id, Kind::Page, Some(source), body)
    }

    pub(super) fn database(&mut self, id: Uuid, parent: Uuid, title: &str) -> Uuid {
        let description = texts("Kept by the operations team.");
        self.object(
            id,
            Kind::Database,
            Some(parent),
            json!({ "title": texts(title), "description": description }),
        )
    }

    pub(super) fn source(
        &mut self,
        id: Uuid,
        database: Uuid,
        title: &str,
        schema: Map<String, Value>,
    ) -> Uuid {
        let mut body = Map::new();
        body.insert("title".to_owned(), texts(title));
        body.insert("schema".to_owned(), Value::Object(schema));
        self.object(id, Kind::DataSource, Some(database), Value::Object(body))
    }

    pub(super) fn block(&mut self, parent: Uuid, kind: &str, body: Value) -> Uuid {
        let id = self.id();
        self.named_block(id, parent, kind, body)
    }

    pub(super) fn named_block(&mut self, id: Uuid, parent: Uuid, kind: &str, body: Value) -> Uuid {
        self.object(id, Kind::Block, Some(parent), typed(kind, body))
    }

    /// A block of the text types, without children.
    pub(super) fn text(&mut self, parent: Uuid, kind: &str, text: &str) -> Uuid {
        self.block(parent, kind, json!({ "rich_text": texts(text), "color": "default" }))
    }

    /// Hides an object and all that is made below it from now on from connections.
    pub(super) fn hide(&mut self, id: Uuid) {
        self.state.object_mut(id).shared = false;
    }

    fn object(&mut self, id: Uuid, kind: Kind, parent: Option<Uuid>, body: Value) -> Uuid {
        let now = self.now();
        let shared = parent.and_then(|id| self.state.objects.get(&id)).is_none_or(|parent| parent.shared);
        let Value::Object(body) = body else { unreachable!("every caller builds an object") };
        let object = Object {
            id,
            kind,
            workspace: self.workspace,
            parent,
            shared,
            in_trash: false,
            created: now,
            created_by: self.by,
            edited: now,
            edited_by: self.by,
            body,
            children: Vec::new(),
        };
        self.state.insert(object, None)
    }
}
