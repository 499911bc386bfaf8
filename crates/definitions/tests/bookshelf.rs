//! A definition with one of everything, and the model it becomes.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeSet;

use definitions::{
    Action, ActionKind, ArrayStyle, BodyEncoding, BodyShape, ConnectorDefinition, MappingPart, MetaSource,
    Method, PathPart, Placement, RetryAfterUnit, SchemeMatch, TemplateError, UnknownAction, load,
};
use domain::Timestamp;
use serde_json::{Value, json};

fn bookshelf() -> ConnectorDefinition {
    load("bookshelf.yaml", include_str!("fixtures/bookshelf.yaml")).unwrap()
}

fn action<'d>(definition: &'d ConnectorDefinition, entity: &str, action: &str) -> &'d Action {
    definition.action(entity, action).unwrap()
}

#[test]
fn the_head_says_who_the_connector_is() {
    let definition = bookshelf();
    assert_eq!((definition.name.as_str(), definition.title.as_str()), ("bookshelf", "Bookshelf"));
    assert_eq!(definition.version, "1.4.0");
    assert_eq!(definition.server.url, "https://{library}.bookshelf.example/v2");
    assert_eq!(definition.server.variables["shelf_version"].allowed, ["2031-05", "2030-01"]);
    assert_eq!(definition.scopes[0].config_key, "shelves");
    let check = definition.error_check.as_ref().unwrap();
    assert_eq!(
        (check.field.as_str(), &check.on_value, check.message_field.as_str()),
        ("ok", &json!(false), "reason")
    );
    let retry = &definition.retry;
    assert_eq!((retry.attempts_max, retry.initial_delay_ms, retry.delay_ms_max), (2, 250, 60_000));
    assert_eq!(retry.retry_after_unit, RetryAfterUnit::Milliseconds);
}

#[test]
fn entities_and_actions_stand_in_order_of_appearance() {
    let definition = bookshelf();
    assert_eq!(definition.entities.keys().collect::<Vec<_>>(), ["books", "authors", "loans"]);
    let books: Vec<_> = definition.entities["books"].actions.keys().map(|kind| kind.as_str()).collect();
    assert_eq!(books, ["list", "create", "get", "update"]);
}

#[test]
fn a_list_action_carries_all_that_its_request_needs() {
    let definition = bookshelf();
    let list = action(&definition, "books", "list");
    assert_eq!(list.method, Method::Get);
    assert_eq!(
        list.path.0,
        [
            PathPart::Literal("/shelves/".to_owned()),
            PathPart::Param("shelf_id".to_owned()),
            PathPart::Literal("/books".to_owned()),
        ]
    );
    let styles: Vec<_> =
        list.query.iter().map(|query| (query.name.as_str(), query.array_style, query.deep_object)).collect();
    assert_eq!(styles[0], ("tag", ArrayStyle::Comma, false));
    assert_eq!(styles[1], ("sort", ArrayStyle::Repeat, false));
    assert_eq!(styles[6], ("window", ArrayStyle::Repeat, true));
    assert_eq!(list.query[2].config_inject.as_ref().unwrap().source, "library");
    assert_eq!(list.headers[0].config_inject.as_ref().unwrap().source, "shelf_version");
    assert_eq!(list.headers[0].default, Some(json!("2031-05")));
    assert!(matches!(&list.meta[0].1, MetaSource::Link(relation) if relation == "next"));
    assert!(matches!(&list.meta[1].1, MetaSource::Header(name) if name == "x-left"));
    assert!(
        matches!(&list.meta[2].1, MetaSource::Body(path) if path.first(&json!({"paging": {"total": 3}})).is_some())
    );
}

#[test]
fn bodies_take_the_shape_of_their_schema() {
    let definition = bookshelf();
    let body = |entity, name| action(&definition, entity, name).body.as_ref().unwrap();
    let BodyShape::Fields(fields) = &body("books", "create").shape else { panic!("not fields") };
    let names: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.required)).collect();
    assert_eq!(
        names,
        [("title", true), ("tags", false), ("language", false), ("pages", false), ("author", false)]
    );
    assert_eq!(fields[2].default, Some(json!("en")));
    let update = body("books", "update");
    assert_eq!(update.encoding, BodyEncoding::Form);
    assert!(matches!(&update.shape, BodyShape::AllParamsBut(names) if *names == ["id", "shelf_id"]));
    assert!(
        matches!(&body("loans", "create").shape, BodyShape::ListOfOne(fields) if fields[0].name == "book_id")
    );
}

#[test]
fn writing_is_told_by_kind_and_method() {
    let definition = bookshelf();
    let writes = |entity, name| action(&definition, entity, name).writes();
    assert!(writes("books", "create") && writes("books", "update") && writes("loans", "authorize"));
    assert!(!writes("books", "list") && !writes("authors", "search"), "a POST that searches changes nothing");
}

#[test]
fn what_cannot_be_run_yet_is_listed_with_its_reason() {
    let definition = bookshelf();
    let refused = |entity, name| match definition.action(entity, name).unwrap_err() {
        UnknownAction::Unsupported { reason, .. } => reason,
        other => panic!("{other}"),
    };
    assert!(refused("books", "download").contains("downloads"));
    assert!(refused("authors", "list").contains("GraphQL"));
    assert!(refused("covers", "get").contains("downloads"), "under its second name too");
    assert!(definition.entities["authors"].unsupported.contains_key(&ActionKind::List));
    assert_eq!(definition.describe_entity("authors").unwrap()["actions"][0]["action"], "search");
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let definition = bookshelf();
    let UnknownAction::Entity { nearest, known, .. } = definition.action("book", "list").unwrap_err() else {
        panic!()
    };
    assert_eq!((nearest.as_deref(), known.len()), (Some("books"), 3));
    let UnknownAction::Entity { nearest, .. } = definition.action("qqq", "list").unwrap_err() else {
        panic!()
    };
    assert_eq!(nearest, None);
    let unknown = definition.action("books", "udpate").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "entity `books` has no action `udpate`, did you mean `update`?; actions: list, create, get, update, search, bring_back"
    );
}

#[test]
fn schemes_place_and_map_their_values() {
    let definition = bookshelf();
    let oauth = definition.scheme("oauth").unwrap();
    let endpoints = oauth.oauth.as_ref().unwrap();
    assert_eq!(
        oauth.placement,
        Placement::OAuth { header: "Authorization".to_owned(), prefix: "Bearer".to_owned() }
    );
    assert_eq!(
        (endpoints.token_refresh.auth_style.as_str(), endpoints.token_refresh.body_format.as_str()),
        ("basic", "form")
    );
    assert_eq!(
        (endpoints.scopes.as_slice(), endpoints.token_extract.as_slice()),
        (&["read".to_owned()][..], &["library".to_owned()][..])
    );
    assert!(oauth.properties["client_secret"].secret && !oauth.properties["client_id"].secret);
    let key = definition.scheme("key").unwrap();
    assert_eq!(key.placement, Placement::Header("X-Shelf-Key".to_owned()));
    assert_eq!(
        key.mapping["api_key"].0,
        [
            MappingPart::Literal("Shelf ".to_owned()),
            MappingPart::Property("api_key".to_owned()),
            MappingPart::Literal("!".to_owned()),
        ]
    );
}

#[test]
fn a_scheme_is_matched_by_the_keys_given() {
    let definition = bookshelf();
    let matched =
        |keys: &[&'static str]| definition.match_scheme(&keys.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(matched(&["api_key"]), SchemeMatch::One("key"));
    assert_eq!(matched(&["refresh_token", "client_id"]), SchemeMatch::One("oauth"));
    assert_eq!(matched(&["api_key", "option_title", "auth_type"]), SchemeMatch::One("key"));
    assert_eq!(matched(&["api_key", "refresh_token"]), SchemeMatch::None);
    assert_eq!(matched(&["client_id"]), SchemeMatch::None);
    assert_eq!(matched(&[]), SchemeMatch::None);
    assert!(matches!(matched(&["key_file"]), SchemeMatch::Unsupported { scheme: "robot", .. }));
}

#[test]
fn of_several_schemes_the_one_that_requires_most_is_meant() {
    let both = include_str!("fixtures/bookshelf.yaml").replacen(
        "        properties: { api_key: { type: string } }\n        auth_mapping: { api_key: \"Shelf ${api_key}!\" }",
        "        properties: { refresh_token: { type: string }, client_id: { type: string } }\n        auth_mapping: { api_key: \"${refresh_token} ${client_id}\" }",
        1,
    );
    let with = |required: &str| load("b.yaml", &both.replacen("required: [api_key]", required, 1)).unwrap();
    let keys = BTreeSet::from(["refresh_token", "client_id"]);
    assert_eq!(with("required: [refresh_token, client_id]").match_scheme(&keys), SchemeMatch::One("key"));
    assert_eq!(
        with("required: [refresh_token]").match_scheme(&keys),
        SchemeMatch::Several(vec!["oauth", "key"])
    );
}

#[test]
fn the_health_check_is_the_first_list_that_needs_nothing() {
    let definition = bookshelf();
    let check = definition.health_check.as_ref().unwrap();
    assert_eq!((check.entity.as_str(), check.action), ("loans", ActionKind::List));
    assert_eq!(check.visibility.as_ref().unwrap().entity, "authors");
    let now: Timestamp = "2026-03-08T10:00:00Z".parse().unwrap();
    assert_eq!(
        Value::Object(definition.health_params(now).unwrap()),
        json!({"limit": 1, "after": "2026-03-01", "kinds": ["2019", "open"]})
    );
    assert_eq!(check.entities.as_deref(), Some(&["loans".to_owned()][..]));
    let preferred = include_str!("fixtures/bookshelf.yaml").replacen(
        "x-airbyte-action: api_search",
        "x-airbyte-action: search\n      x-airbyte-preferred-for-check: true",
        1,
    );
    let check = load("b.yaml", &preferred).unwrap().health_check.unwrap();
    assert_eq!((check.entity.as_str(), check.action), ("authors", ActionKind::Search));
}

#[test]
fn templates_of_the_file_render_and_others_do_not() {
    let definition = bookshelf();
    let header = &definition.scheme("oauth").unwrap().additional_headers;
    assert_eq!(definition.render(&header[0].1, &json!({"branch": "north"})).unwrap(), "north");
    assert_eq!(definition.render(&header[1].1, &json!({})).unwrap(), "reader");
    let filter = action(&definition, "books", "list").record_filter.as_ref().unwrap();
    assert_eq!(definition.render(filter, &json!({"record": {"hidden": true}})).unwrap(), "False");
    let missing = definition.render(filter, &json!({"record": {}})).unwrap_err();
    assert_eq!(missing, TemplateError::Missing("a value inside `record`".to_owned()));
    assert!(matches!(definition.render("{{ 7 }}", &json!({})), Err(TemplateError::Failed(_))));
}

#[test]
fn describe_gives_schemas_without_references_and_without_end() {
    let definition = bookshelf();
    let described = definition.describe();
    assert_eq!(described["connector"], "bookshelf");
    let params = &described["entities"][0]["actions"][1]["params"];
    assert_eq!(params["required"], json!(["shelf_id", "title"]));
    let author = &params["properties"]["author"];
    assert_eq!(author["description"], "Who wrote it.");
    assert_eq!(author["properties"]["name"], json!({"type": "string"}));
    assert_eq!(author["properties"]["teacher"], json!({"type": "object"}), "a circle ends");
    assert!(!described.to_string().contains("$ref"));
    let list = &described["entities"][0]["actions"][0]["params"];
    assert_eq!(
        list["properties"]["Shelf-Version"]["description"],
        "Set by the connector's setting `shelf_version`."
    );
    assert_eq!(list["required"], json!(["shelf_id"]), "defaults and settings stand in for the others");
    assert_eq!(
        list["properties"]["sort"],
        json!({"type": "string", "default": "title", "enum": ["title", "year"]})
    );
    let update = &described["entities"][0]["actions"][3]["params"];
    assert_eq!(update["additionalProperties"], true);
    assert!(definition.describe_entity("none").is_none());
}

#[test]
fn a_later_operation_takes_the_place_of_an_earlier_one() {
    let again = "  /again:\n    get:\n      x-airbyte-entity: loans\n      x-airbyte-action: list\n";
    let definition = load("b.yaml", &format!("{}{again}", include_str!("fixtures/bookshelf.yaml"))).unwrap();
    let list = action(&definition, "loans", "list");
    assert_eq!(list.path.0, [PathPart::Literal("/again".to_owned())]);
    assert!(definition.health_check.unwrap().params.is_empty());
}
