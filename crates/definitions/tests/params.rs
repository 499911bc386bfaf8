//! What is checked of a call's params, and what is let through.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use definitions::{ConnectorDefinition, load};
use serde_json::{Value, json};

fn bookshelf() -> ConnectorDefinition {
    load("bookshelf.yaml", include_str!("fixtures/bookshelf.yaml")).unwrap()
}

/// The faults of a call as `code pointer`.
fn faults(entity: &str, action: &str, params: &Value) -> Vec<String> {
    let definition = bookshelf();
    let found = definition.action(entity, action).unwrap().check(params.as_object().unwrap());
    found.into_iter().map(|fault| format!("{} {}", fault.code, fault.pointer)).collect()
}

fn list(extra: (&str, Value)) -> Vec<String> {
    let mut params = json!({"shelf_id": "s"});
    params[extra.0] = extra.1;
    faults("books", "list", &params)
}

fn create(extra: (&str, Value)) -> Vec<String> {
    let mut params = json!({"shelf_id": "s", "title": "t"});
    params[extra.0] = extra.1;
    faults("books", "create", &params)
}

#[test]
fn required_path_and_query_parameters_are_missed_one_by_one() {
    assert_eq!(faults("books", "get", &json!({})), ["missing /id", "missing /edition"]);
    assert!(faults("books", "get", &json!({"id": 7, "edition": "first"})).is_empty());
}

#[test]
fn a_default_or_a_setting_stands_in_for_a_required_query_parameter() {
    assert!(faults("books", "list", &json!({"shelf_id": "s"})).is_empty());
    assert!(faults("books", "list", &json!({"shelf_id": "s", "sort": null, "since": null})).is_empty());
}

#[test]
fn blank_values_do_not_fill_a_path_or_a_required_query_parameter() {
    for blank in [json!(null), json!(""), json!("  ")] {
        assert_eq!(faults("books", "get", &json!({"id": blank, "edition": "1"})), ["blank /id"]);
        assert_eq!(faults("books", "get", &json!({"id": 1, "edition": blank})), ["blank /edition"]);
    }
    for blank in [json!([]), json!({})] {
        assert_eq!(faults("books", "get", &json!({"id": 1, "edition": blank})), ["blank /edition"]);
    }
}

#[test]
fn optional_parameters_may_be_null_and_unknown_ones_are_let_through() {
    assert!(list(("year", json!(null))).is_empty());
    assert!(list(("nobody_knows", json!({"a": 1}))).is_empty());
    assert!(list(("Shelf-Version", json!(null))).is_empty());
}

#[test]
fn a_path_takes_one_value() {
    for value in [json!([1]), json!({"a": 1})] {
        assert_eq!(faults("books", "list", &json!({"shelf_id": value})), ["type /shelf_id"]);
    }
    assert_eq!(faults("books", "get", &json!({"id": "seven", "edition": "1"})), ["type /id"]);
    assert!(faults("books", "get", &json!({"id": "7", "edition": 1})).is_empty());
}

#[test]
fn query_types_are_taken_as_text_would_be() {
    for good in [json!(5), json!("5"), json!(5.0), json!(" -5 ")] {
        assert!(list(("year", good.clone())).is_empty(), "{good}");
    }
    for bad in [json!("five"), json!(5.5), json!(true), json!([5]), json!({"year": 5})] {
        assert_eq!(list(("year", bad.clone())), ["type /year"], "{bad}");
    }
    for good in [json!(4.5), json!("4.5"), json!(4)] {
        assert!(list(("rating", good.clone())).is_empty(), "{good}");
    }
    for bad in [json!("good"), json!("NaN"), json!([4])] {
        assert_eq!(list(("rating", bad.clone())), ["type /rating"], "{bad}");
    }
    for good in [json!(true), json!("false")] {
        assert!(list(("lent", good.clone())).is_empty(), "{good}");
    }
    assert_eq!(list(("lent", json!("yes"))), ["type /lent"]);
    assert_eq!(list(("window", json!("today"))), ["type /window"]);
}

#[test]
fn enumerated_values_are_checked_in_query_and_body_and_in_lists() {
    assert_eq!(list(("sort", json!("colour"))), ["enum /sort"]);
    assert!(list(("sort", json!("year"))).is_empty());
    assert_eq!(list(("tag", json!("old"))), ["type /tag"], "a list is asked for");
    assert_eq!(list(("tag", json!(["old", "new", "rare", "odd"]))), ["enum /tag/1", "enum /tag/3"]);
    assert_eq!(create(("tags", json!(["new"]))), ["enum /tags/0"]);
}

#[test]
fn body_properties_keep_their_structure() {
    assert_eq!(create(("author", json!("Ada"))), ["type /author"]);
    assert_eq!(create(("author", json!([1]))), ["type /author"]);
    assert!(create(("author", json!({"name": "Ada"}))).is_empty());
    assert_eq!(create(("tags", json!("old"))), ["type /tags"]);
    assert_eq!(create(("title", json!({"a": 1}))), ["type /title"]);
    assert!(create(("title", json!(1984))).is_empty(), "a text may be any single value");
    assert!(create(("pages", json!("320"))).is_empty());
    assert_eq!(create(("pages", json!("many"))), ["type /pages"]);
}

#[test]
fn required_body_fields_are_asked_for_by_presence_on_create_and_update_alone() {
    assert_eq!(faults("books", "create", &json!({"shelf_id": "s"})), ["missing /title"]);
    assert!(
        faults("books", "create", &json!({"shelf_id": "s", "title": null})).is_empty(),
        "null is present"
    );
    assert!(faults("books", "create", &json!({"shelf_id": "s", "title": ""})).is_empty());
    assert!(faults("loans", "create", &json!({})).is_empty());
}

#[test]
fn a_message_names_the_parameter_and_what_is_right_but_not_what_was_given() {
    let definition = bookshelf();
    let params = json!({"shelf_id": ["marker"], "sort": "marker", "year": "marker", "tag": ["marker"]});
    let found = definition.action("books", "list").unwrap().check(params.as_object().unwrap());
    let messages: Vec<_> = found.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`shelf_id` must be a text",
            "element 0 of `tag` must be one of `old`, `rare`",
            "`sort` must be one of `title`, `year`",
            "`year` must be an integer",
        ]
    );
}

#[test]
fn a_name_with_a_slash_is_escaped_in_its_pointer() {
    let yaml = include_str!("fixtures/bookshelf.yaml").replacen("name: year,", "name: \"a/b~c\",", 1);
    let definition = load("b.yaml", &yaml).unwrap();
    let params = json!({"shelf_id": "s", "a/b~c": "x"});
    let found = definition.action("books", "list").unwrap().check(params.as_object().unwrap());
    assert_eq!(found[0].pointer, "/a~1b~0c");
}

#[test]
fn numbers_of_query_and_body_stay_in_their_range() {
    for good in [json!(-3000), json!(2100), json!(1984.0), json!("2101"), json!(null)] {
        assert!(list(("year", good.clone())).is_empty(), "{good}");
    }
    for bad in [json!(-3001), json!(2101), json!(u64::MAX), json!(1e300)] {
        assert_eq!(list(("year", bad.clone())), ["range /year"], "{bad}");
    }
    assert!(list(("rating", json!(0.5))).is_empty());
    assert_eq!(list(("rating", json!(0.4))), ["range /rating"]);
    assert!(create(("pages", json!(9_999))).is_empty());
    assert_eq!(create(("pages", json!(10_000))), ["range /pages"]);
    let definition = bookshelf();
    let told = |entity, action, params: Value| {
        definition.action(entity, action).unwrap().check(params.as_object().unwrap())[0].message.clone()
    };
    let listed = |name: &str| told("books", "list", json!({"shelf_id": "s", name: -9_999}));
    assert_eq!(listed("year"), "`year` must be from -3000 to 2100");
    assert_eq!(listed("rating"), "`rating` must be 0.5 or more");
    let created = told("books", "create", json!({"shelf_id": "s", "title": "t", "pages": 12_345}));
    assert_eq!(created, "`pages` must be 9999 or less");
}

#[test]
fn a_bound_that_is_no_number_is_a_fault_of_the_file() {
    let yaml = include_str!("fixtures/bookshelf.yaml").replacen("minimum: -3000", "minimum: \"-3000\"", 1);
    let faults = load("b.yaml", &yaml).unwrap_err();
    assert!(faults[0].to_string().ends_with("/schema/minimum: must be a number"), "{faults:?}");
}
