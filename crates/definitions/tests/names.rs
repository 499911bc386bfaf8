//! Second names of actions, what an unknown one is answered with, and what a limited caller is shown.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use definitions::{Action, ActionKind, Catalog, ConnectorDefinition, Fault, UnknownAction, load};
use serde_json::{Value, json};

const BOOKSHELF: &str = include_str!("fixtures/bookshelf.yaml");

fn bookshelf() -> ConnectorDefinition {
    load("bookshelf.yaml", BOOKSHELF).unwrap()
}

fn changed(from: &str, to: &str) -> Result<ConnectorDefinition, Vec<Fault>> {
    assert!(BOOKSHELF.contains(from), "the fixture no longer says {from}");
    load("b.yaml", &BOOKSHELF.replacen(from, to, 1))
}

/// The one fault of the bookshelf with a text in it replaced.
fn fault(from: &str, to: &str) -> String {
    let faults = changed(from, to).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}

fn meant(action: &Action) -> (&str, ActionKind) {
    (&action.entity, action.kind)
}

#[test]
fn a_second_name_leads_to_the_same_action() {
    let definition = bookshelf();
    for (entity, word) in [("loans", "authorize"), ("loans", "end"), ("books", "bring_back")] {
        assert_eq!(meant(definition.action(entity, word).unwrap()), ("loans", ActionKind::Authorize));
    }
    for word in ["search", "api_search"] {
        assert_eq!(meant(definition.action("books", word).unwrap()), ("authors", ActionKind::Search));
    }
    let described = definition.describe_entity("loans").unwrap();
    assert_eq!(described["actions"][2]["also_known_as"], json!(["books bring_back", "loans end"]));
    assert!(described["actions"][0].get("also_known_as").is_none());
}

#[test]
fn an_operation_that_takes_the_place_of_another_takes_its_second_names_away() {
    let again = "  /again:\n    post: { x-airbyte-entity: loans, x-airbyte-action: authorize }\n";
    let definition = load("b.yaml", &format!("{BOOKSHELF}{again}")).unwrap();
    assert!(definition.action("loans", "end").is_err());
    assert!(definition.action("loans", "authorize").is_ok());
}

#[test]
fn a_second_name_must_be_free_and_well_formed() {
    let named = |name: &str| fault("books bring_back", name);
    assert!(named("books get").contains("also-known-as/0: `books` has an action `get` of its own"));
    assert!(named("books download").contains("of its own"), "declared, though it cannot be run");
    assert!(named("books search").contains("already a name of"));
    assert!(named("loans end").contains("already a name of `loans` `authorize`"));
    for name in
        ["bring_back", "\"\"", "\" back\"", "\"* back\"", "books context_store_search", "books describe"]
    {
        assert!(named(name).contains("must be an entity, one space and a word"), "{name}");
    }
}

#[test]
fn what_a_word_means_of_another_entity_is_hinted_at() {
    let unknown = |definition: &ConnectorDefinition, entity: &str, word: &str| {
        let UnknownAction::Action { nearest, known, hint, .. } = definition.action(entity, word).unwrap_err()
        else {
            panic!("{entity} {word}")
        };
        (nearest, known, hint)
    };
    let definition = bookshelf();
    let (nearest, known, hint) = unknown(&definition, "books", "bringback");
    assert_eq!((nearest.as_deref(), hint), (Some("bring_back"), Some("`loans` `authorize`".to_owned())));
    assert_eq!(known, ["list", "create", "get", "update", "search", "bring_back"]);
    let (_, known, hint) = unknown(&definition, "authors", "Bring-Back");
    assert_eq!((known, hint), (vec!["search".to_owned()], Some("`loans` `authorize`".to_owned())));
    let text = definition.action("authors", "bring_back").unwrap_err().to_string();
    assert!(text.ends_with("actions: search; see also `loans` `authorize`"), "{text}");
    assert_eq!(unknown(&definition, "authors", "paint").2, None);

    let catalog = Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    assert_eq!(unknown(notion, "databases", "query").2.as_deref(), Some("`data_source_rows` `list`"));
}

#[test]
fn notion_is_called_by_the_names_of_its_own_client() {
    let catalog = Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    for (entity, word, expected) in [
        ("users", "me", ("me", ActionKind::Get)),
        ("pages", "move", ("page_moves", ActionKind::Create)),
        ("pages", "search", ("pages", ActionKind::List)),
        ("pages", "property", ("page_properties", ActionKind::Get)),
        ("pages", "markdown", ("page_markdown", ActionKind::Get)),
        ("pages", "update_markdown", ("page_markdown", ActionKind::Update)),
        ("data_sources", "query", ("data_source_rows", ActionKind::List)),
        ("file_uploads", "complete", ("file_upload_completions", ActionKind::Create)),
    ] {
        assert_eq!(meant(notion.action(entity, word).unwrap()), expected);
    }
}

#[test]
fn the_names_of_the_context_store_are_answered_with_what_there_is() {
    let refused = |definition: &ConnectorDefinition, entity: &str, word: &str| {
        let Err(UnknownAction::Unsupported { reason, .. }) = definition.action(entity, word) else {
            panic!("{entity} {word}")
        };
        reason
    };
    let none = "there is no context store in this release";
    let definition = bookshelf();
    for word in ["context_store_search", "context_store_sql_query"] {
        let books = refused(&definition, "books", word);
        assert_eq!(books, format!("{none}; use `search` of the entity `authors`, or `list`"));
        assert_eq!(refused(&definition, "authors", word), format!("{none}; use `search`"));
    }
    let catalog = Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    let elsewhere = format!("{none}; use `search` of the entity `search`");
    assert_eq!(refused(notion, "comments", "context_store_search"), format!("{elsewhere}, or `list`"));
    assert_eq!(refused(notion, "me", "context_store_search"), elsewhere);
}

#[test]
fn a_caller_of_limited_reach_is_shown_what_it_reaches() {
    let definition = bookshelf();
    assert_eq!(definition.describe_for(|_, _| true), definition.describe());
    let names = |described: &Value| -> Vec<(String, Vec<String>)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let entities = described["entities"].as_array().unwrap().iter();
        entities
            .map(|entity| {
                let actions = entity["actions"].as_array().unwrap().iter();
                (text(&entity["entity"]), actions.map(|action| text(&action["action"])).collect())
            })
            .collect()
    };
    let reads = definition.describe_for(|entity, writes| entity != "authors" && !writes);
    assert_eq!(
        names(&reads),
        [
            ("books".to_owned(), vec!["list".to_owned(), "get".to_owned()]),
            ("loans".to_owned(), vec!["list".to_owned()]),
        ]
    );
    assert!(reads["entities"][0]["unsupported"]["download"].is_string());
    let writes = definition.describe_for(|_, writes| writes);
    assert_eq!(names(&writes)[0].1, ["create", "update"]);
    assert!(writes["entities"][0].get("unsupported").is_none(), "a download reads");
    assert_eq!(names(&definition.describe_for(|_, _| false)), []);
}

#[test]
fn settings_are_what_a_connector_may_be_given_beside_server_variables() {
    let definition = bookshelf();
    assert_eq!(
        definition.settings.iter().collect::<Vec<_>>(),
        [(&"shelves".to_owned(), &"Fills what a call leaves out of `shelf_id`.".to_owned())]
    );
    let more = changed(
        "properties: { shelves: { type: array } }",
        "properties: { shelves: { title: Shelves, type: array }, since: { description: The first year. } }",
    );
    let more = more.unwrap().settings;
    assert_eq!((more["shelves"].as_str(), more["since"].as_str()), ("Shelves", "The first year."));
    let keyed = changed("config_key: shelves", "config_key: racks").unwrap().settings;
    assert_eq!(keyed.keys().collect::<Vec<_>>(), ["shelves", "racks"]);
    let injected = changed("config-inject: { source: library, map", "config-inject: { source: shelves, map");
    assert_eq!(injected.unwrap().settings["shelves"], "Fills what a call leaves out of `shelf_id`, `since`.");
}

#[test]
fn a_check_asks_only_entities_whose_list_needs_nothing() {
    let entities = |to: &str| changed("x-patchbay-check-entities: [loans]", to);
    assert_eq!(entities("x-none: 1").unwrap().health_check.unwrap().entities, None);
    for name in ["books", "authors", "nobody"] {
        let fault = fault("check-entities: [loans]", &format!("check-entities: [loans, {name}]"));
        assert!(
            fault.contains(&format!(
                "/info/x-patchbay-check-entities/1: there is no entity `{name}` with a list"
            )),
            "{fault}"
        );
    }
    assert!(fault("check-entities: [loans]", "check-entities: [loans, loans]").contains("named twice"));
    let catalog = Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    let asked = notion.health_check.as_ref().unwrap().entities.as_ref().unwrap();
    assert_eq!(asked, &["users", "pages", "data_sources"]);
}

#[test]
fn a_word_that_is_no_action_is_answered_with_those_that_are() {
    let fault = fault("x-airbyte-action: authorize", "x-airbyte-action: authorise");
    let expected = "`authorise` is not an action, did you mean `authorize`?; actions: list, get, create, \
                    update, delete, search, download, authorize";
    assert!(fault.ends_with(expected), "{fault}");
}
