//! Everything the sandbox remembers: objects, users, tokens, uploads.
//!
//! Seeded by `seed.rs`, read and changed by the modules named after the nouns, and rendered by
//! `render.rs`. It lives behind one mutex that is held for synchronous work only.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::clock::Clock;
use crate::comments::Comment;
use crate::file_uploads::Upload;
use crate::oauth::{GrantId, OAuth};
use crate::refusal::Refusal;
use crate::users::User;
use crate::views::{View, ViewQuery};

/// What an [`Object`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Page,
    Block,
    Database,
    DataSource,
}

impl Kind {
    /// The word for it in messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Block => "block",
            Self::Database => "database",
            Self::DataSource => "data source",
        }
    }
}

/// A page, block, database or data source: one node of a workspace's tree.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) workspace: Uuid,
    /// None at the top of the workspace.
    pub(crate) parent: Option<Uuid>,
    /// Whether the workspace's connections were given access to it.
    pub(crate) shared: bool,
    pub(crate) in_trash: bool,
    pub(crate) created: Timestamp,
    pub(crate) created_by: Uuid,
    pub(crate) edited: Timestamp,
    pub(crate) edited_by: Uuid,
    /// What the kind adds: a block's type object, a page's values, a data source's schema.
    pub(crate) body: Map<String, Value>,
    /// Blocks and pages of a page or block, data sources of a database, rows of a data source.
    pub(crate) children: Vec<Uuid>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capabilities {
    pub(crate) read: bool,
    pub(crate) update: bool,
    pub(crate) insert: bool,
    pub(crate) read_comments: bool,
    pub(crate) insert_comments: bool,
    pub(crate) users: bool,
    pub(crate) emails: bool,
}

impl Capabilities {
    pub(crate) const ALL: Self = Self {
        read: true,
        update: true,
        insert: true,
        read_comments: true,
        insert_comments: true,
        users: true,
        emails: true,
    };
}

/// Who a token is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    pub(crate) workspace: Uuid,
    pub(crate) bot: Uuid,
    pub(crate) capabilities: Capabilities,
    pub(crate) sees: Sees,
}

/// Which of its workspace's shared objects a token sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    All,
    Nothing,
    /// What was chosen when this grant was given, and all below it.
    Chosen(GrantId),
}

/// Limits that the control door sets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Rows one query gives at most, over all its pages.
    pub(crate) row_limit: usize,
    /// Requests a token has per minute; none without a limiter.
    pub(crate) requests_per_minute: Option<u32>,
}

/// As the real service: one query gives at most this many rows.
const ROW_LIMIT: usize = 10_000;

impl Default for Settings {
    fn default() -> Self {
        Self { row_limit: ROW_LIMIT, requests_per_minute: None }
    }
}

/// The content of all workspaces.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) base_url: String,
    pub(crate) settings: Settings,
    pub(crate) objects: HashMap<Uuid, Object>,
    /// Pages, databases and data sources in the order they were made: the order of search.
    pub(crate) sequence: Vec<Uuid>,
    pub(crate) users: Vec<User>,
    pub(crate) tokens: HashMap<String, Access>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) uploads: Vec<Upload>,
    pub(crate) views: Vec<View>,
    pub(crate) view_queries: Vec<ViewQuery>,
    /// Files that answers point to by key.
    pub(crate) files: HashMap<String, (String, bytes::Bytes)>,
    pub(crate) oauth: OAuth,
}

impl State {
    /// The object, if the token may see it; trashed ones too.
    pub(crate) fn visible(&self, access: Access, id: Uuid) -> Option<&Object> {
        let object = self.objects.get(&id)?;
        let shared = object.shared && object.workspace == access.workspace;
        let seen = shared
            && match access.sees {
                Sees::All => true,
                Sees::Nothing => false,
                Sees::Chosen(grant) => self.is_within(object, self.oauth.grants.chosen(grant)),
            };
        seen.then_some(object)
    }

    /// Whether the object or one above it is among `chosen`.
    fn is_within(&self, object: &Object, chosen: &[Uuid]) -> bool {
        let above = |object: &&Object| object.parent.and_then(|id| self.objects.get(&id));
        std::iter::successors(Some(object), above).any(|object| chosen.contains(&object.id))
    }

    /// Lets a token see what it has put at the top of its workspace.
    pub(crate) fn keep_in_sight(&mut self, access: Access, id: Uuid) {
        let is_top = self.objects.get(&id).is_some_and(|object| object.parent.is_none());
        if let (Sees::Chosen(grant), true) = (access.sees, is_top) {
            self.oauth.grants.choose(grant, id);
        }
    }

    /// The object of one of these kinds, or the answer that there is none.
    pub(crate) fn require(&self, access: Access, id: Uuid, kinds: &[Kind]) -> Result<&Object, Refusal> {
        let found = self.visible(access, id).filter(|object| kinds.contains(&object.kind));
        found.ok_or_else(|| Refusal::not_found(kinds.first().map_or("object", |kind| kind.noun()), id))
    }

    /// As [`State::require`], for something that is to be changed, so not trashed.
    pub(crate) fn require_living(
        &self,
        access: Access,
        id: Uuid,
        kinds: &[Kind],
    ) -> Result<&Object, Refusal> {
        let object = self.require(access, id, kinds)?;
        if object.in_trash {
            return Err(Refusal::validation(
                "Can't edit block that is archived. You must unarchive the block before editing.",
            ));
        }
        Ok(object)
    }

    /// The object of that id, after [`State::require`] found it.
    pub(crate) fn object_mut(&mut self, id: Uuid) -> &mut Object {
        self.objects.get_mut(&id).expect("the caller has just found it")
    }

    /// Marks the object as edited by the token's bot.
    pub(crate) fn touch(&mut self, access: Access, id: Uuid) -> &mut Object {
        let now = crate::clock::to_minute(self.clock.now());
        let object = self.object_mut(id);
        object.edited = now;
        object.edited_by = access.bot;
        object
    }

    /// A new object of the token's workspace; [`State::insert`] puts it into the tree.
    pub(crate) fn draft(
        &self,
        access: Access,
        kind: Kind,
        parent: Option<Uuid>,
        body: Map<String, Value>,
    ) -> Object {
        let now = crate::clock::to_minute(self.clock.now());
        Object {
            id: Uuid::new_v4(),
            kind,
            workspace: access.workspace,
            parent,
            shared: true,
            in_trash: false,
            created: now,
            created_by: access.bot,
            edited: now,
            edited_by: access.bot,
            body,
            children: Vec::new(),
        }
    }

    /// Adds an object and makes it its parent's child, at `index` or at the end.
    pub(crate) fn insert(&mut self, object: Object, index: Option<usize>) -> Uuid {
        let id = object.id;
        if let Some(parent) = object.parent.and_then(|parent| self.objects.get_mut(&parent)) {
            let index = index.unwrap_or(parent.children.len()).min(parent.children.len());
            parent.children.insert(index, id);
        }
        if object.kind != Kind::Block {
            self.sequence.push(id);
        }
        self.objects.insert(id, object);
        id
    }

    /// Children that are not in the trash.
    pub(crate) fn living_children(&self, object: &Object) -> Vec<Uuid> {
        let living = |id: &&Uuid| self.objects.get(id).is_some_and(|child| !child.in_trash);
        object.children.iter().filter(living).copied().collect()
    }
}
