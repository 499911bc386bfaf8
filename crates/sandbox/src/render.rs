//! Objects as JSON, in the form of the version that was asked for.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock::iso;
use crate::file_host;
use crate::state::{Access, Kind, Object, State};
use crate::users::partial;
use crate::version::Version;

/// For whom and in which version something is rendered.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) state: &'a State,
    pub(crate) access: Access,
    pub(crate) version: Version,
}

impl View<'_> {
    /// The object as its own endpoint gives it.
    pub(crate) fn object(self, object: &Object) -> Value {
        match object.kind {
            Kind::Page => self.page(object, &[]),
            Kind::Block => self.block(object),
            Kind::Database => self.database(object),
            Kind::DataSource => self.data_source(object),
        }
    }

    /// A block; a page or database is seen as its `child_page` or `child_database` block.
    pub(crate) fn block(self, object: &Object) -> Value {
        let mut block = self.common(object, "block");
        let (kind, body) = match object.kind {
            Kind::Block => {
                let kind = object.body["type"].as_str().unwrap_or("unsupported");
                (kind, object.body.get(kind).cloned().unwrap_or_else(|| json!({})))
            }
            Kind::Page => ("child_page", json!({ "title": self.state.title(object) })),
            Kind::Database | Kind::DataSource => {
                ("child_database", json!({ "title": self.state.title(object) }))
            }
        };
        // Renamed with the newest version.
        let kind =
            if kind == "meeting_notes" && self.version < Version::V2026 { "transcription" } else { kind };
        block.insert("has_children".to_owned(), self.state.has_children(object).into());
        block.insert("type".to_owned(), kind.into());
        block.insert(kind.to_owned(), body);
        self.signed(block)
    }

    /// A page with its properties, or only those whose ids are in `chosen`.
    pub(crate) fn page(self, page: &Object, chosen: &[String]) -> Value {
        let mut json = self.common(page, "page");
        json.insert("is_archived".to_owned(), page.body.get("is_archived").cloned().unwrap_or(json!(false)));
        json.insert("is_locked".to_owned(), page.body.get("is_locked").cloned().unwrap_or(json!(false)));
        self.add_appearance(&mut json, page);
        json.insert("properties".to_owned(), self.properties(page, chosen));
        self.signed(json)
    }

    /// A database: a container of data sources, or under the oldest version its one table.
    pub(crate) fn database(self, database: &Object) -> Value {
        let mut json = self.common(database, "database");
        self.add_titles(&mut json, database);
        json.insert("is_locked".to_owned(), database.body.get("is_locked").cloned().unwrap_or(json!(false)));
        self.add_appearance(&mut json, database);
        let sources = self.state.living_children(database);
        let sources = sources.iter().filter_map(|id| self.state.objects.get(id));
        if self.version == Version::V2022 {
            let schema = sources.map(|source| self.schema(source)).next();
            json.insert("properties".to_owned(), schema.unwrap_or_else(|| json!({})));
        } else {
            let sources = sources.map(|source| json!({ "id": source.id, "name": self.state.title(source) }));
            json.insert("data_sources".to_owned(), sources.collect());
        }
        self.signed(json)
    }

    /// A data source with its schema.
    pub(crate) fn data_source(self, source: &Object) -> Value {
        let mut json = self.common(source, "data_source");
        self.add_titles(&mut json, source);
        self.add_appearance(&mut json, source);
        let database = source.parent.and_then(|id| self.state.objects.get(&id));
        let above = database.map_or(Value::Null, |database| self.parent(database));
        json.insert("database_parent".to_owned(), above);
        json.insert("properties".to_owned(), self.schema(source));
        self.signed(json)
    }

    /// The schema by name; before data sources a relation named its database only.
    fn schema(self, source: &Object) -> Value {
        let mut schema = source.body.get("schema").cloned().unwrap_or_else(|| json!({}));
        if self.version == Version::V2022 {
            let properties = schema.as_object_mut().into_iter().flat_map(Map::values_mut);
            for relation in properties.filter_map(|property| property.get_mut("relation")?.as_object_mut()) {
                relation.remove("data_source_id");
            }
        }
        schema
    }

    fn common(self, object: &Object, noun: &str) -> Map<String, Value> {
        let mut json = Map::new();
        json.insert("object".to_owned(), noun.into());
        json.insert("id".to_owned(), json!(object.id));
        json.insert("parent".to_owned(), self.parent(object));
        json.insert("created_time".to_owned(), iso(object.created).into());
        json.insert("last_edited_time".to_owned(), iso(object.edited).into());
        json.insert("created_by".to_owned(), partial(object.created_by));
        json.insert("last_edited_by".to_owned(), partial(object.edited_by));
        json.insert("in_trash".to_owned(), object.in_trash.into());
        if self.version < Version::V2026 {
            json.insert("archived".to_owned(), object.in_trash.into());
        }
        json
    }

    fn parent(self, object: &Object) -> Value {
        let Some(parent) = object.parent.and_then(|id| self.state.objects.get(&id)) else {
            return json!({ "type": "workspace", "workspace": true });
        };
        match parent.kind {
            Kind::Page => json!({ "type": "page_id", "page_id": parent.id }),
            Kind::Block => json!({ "type": "block_id", "block_id": parent.id }),
            Kind::Database => json!({ "type": "database_id", "database_id": parent.id }),
            Kind::DataSource if self.version == Version::V2022 => {
                json!({ "type": "database_id", "database_id": parent.parent })
            }
            Kind::DataSource => {
                json!({ "type": "data_source_id", "data_source_id": parent.id, "database_id": parent.parent })
            }
        }
    }

    fn add_titles(self, json: &mut Map<String, Value>, object: &Object) {
        for name in ["title", "description"] {
            json.insert(name.to_owned(), object.body.get(name).cloned().unwrap_or_else(|| json!([])));
        }
        json.insert("is_inline".to_owned(), object.body.get("is_inline").cloned().unwrap_or(json!(false)));
    }

    fn add_appearance(self, json: &mut Map<String, Value>, object: &Object) {
        for name in ["icon", "cover", "public_url"] {
            json.insert(name.to_owned(), object.body.get(name).cloned().unwrap_or(Value::Null));
        }
        json.insert("url".to_owned(), format!("https://www.notion.so/{}", object.id.simple()).into());
    }

    /// Gives every file that is kept here a fresh signed URL.
    pub(crate) fn signed(self, json: Map<String, Value>) -> Value {
        let mut json = Value::Object(json);
        file_host::sign_all(&mut json, &self.state.base_url, self.state.clock.now());
        json
    }
}

impl State {
    /// The plain title of a page, database or data source.
    pub(crate) fn title(&self, object: &Object) -> String {
        let title = match object.kind {
            Kind::Page => object.body.get("values").map(|values| &values["title"]),
            Kind::Block | Kind::Database | Kind::DataSource => object.body.get("title"),
        };
        title.map(crate::rich_text::plain).unwrap_or_default()
    }

    fn has_children(&self, object: &Object) -> bool {
        let living = |id: &Uuid| self.objects.get(id).is_some_and(|child| !child.in_trash);
        let synced = || self.synced_original(object).is_some_and(|original| !original.children.is_empty());
        // What a database holds are not blocks.
        object.kind != Kind::Database && object.children.iter().any(living) || synced()
    }

    /// What a synced copy shows.
    pub(crate) fn synced_original(&self, block: &Object) -> Option<&Object> {
        let id = block.body.get("synced_block")?["synced_from"]["block_id"].as_str()?;
        self.objects.get(&crate::call::parse_id(id)?)
    }
}
