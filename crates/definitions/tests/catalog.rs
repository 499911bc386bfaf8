//! The catalog: what is shipped, what a folder adds, and how a definition is found.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use definitions::{Catalog, load};

const BOOKSHELF: &str = include_str!("fixtures/bookshelf.yaml");
const CONNECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/connectors");

/// The bookshelf under another id and name.
fn other(id: u32, name: &str) -> String {
    BOOKSHELF
        .replacen("0b00c5e1-f000-4000-8000-00000000b00c", &format!("0b00c5e1-f000-4000-8000-{id:012}"), 1)
        .replacen("x-airbyte-connector-name: bookshelf", &format!("x-airbyte-connector-name: {name}"), 1)
}

fn reasons(dir: &Path) -> Vec<String> {
    Catalog::with_dir(Some(dir)).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_shipped_file_loads_and_is_named_for_its_connector() {
    let mut shipped = BTreeSet::new();
    for entry in fs::read_dir(CONNECTORS).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let faults = |faults: Vec<definitions::Fault>| {
            faults.iter().map(|fault| format!("{fault}\n")).collect::<String>()
        };
        let definition = load(file, &fs::read_to_string(&path).unwrap())
            .map_err(faults)
            .unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(file, format!("{}.yaml", definition.name));
        shipped.insert(definition.name);
    }
    let embedded: BTreeSet<_> =
        Catalog::embedded().iter().map(|definition| definition.name.clone()).collect();
    assert_eq!(embedded, shipped);
}

#[test]
fn every_shipped_health_check_is_a_call_its_definition_accepts() {
    for definition in Catalog::embedded().iter() {
        let check = definition.health_check.as_ref().unwrap();
        let calls = [(&check.entity, check.action, &check.params)].into_iter();
        let visibility = check.visibility.as_ref().map(|check| (&check.entity, check.action, &check.params));
        for (entity, action, params) in calls.chain(visibility) {
            let faults = definition.action(entity, action.as_str()).unwrap().check(params);
            assert!(faults.is_empty(), "{}: {faults:?}", definition.name);
        }
    }
}

#[test]
fn a_folder_adds_definitions_in_both_layouts() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("first.yaml"), other(1, "first")).unwrap();
    fs::create_dir(dir.path().join("second")).unwrap();
    fs::write(dir.path().join("second/connector.yaml"), other(2, "second-one")).unwrap();
    fs::write(dir.path().join("notes.txt"), "not a definition").unwrap();
    let catalog = Catalog::with_dir(Some(dir.path())).unwrap();
    let embedded = Catalog::embedded().iter().count();
    assert_eq!(catalog.iter().count(), embedded + 2);
    for word in ["second-one", "Second One", "secondOne", "SECOND_ONE", "second.one"] {
        assert_eq!(catalog.find_by_name(word).unwrap().name, "second-one", "{word}");
    }
    assert_eq!(catalog.find_by_name("Bookshelf").unwrap().title, "Bookshelf");
    assert_eq!(catalog.nearest_name("secnd-one"), Some("second-one"));
    assert_eq!(catalog.nearest_name("zzzz"), None);
    assert!(catalog.find_by_name("third").is_none());
    let first = catalog.find_by_name("first").unwrap();
    assert_eq!(catalog.definition(first.id).unwrap().name, "first");
}

#[test]
fn an_id_or_a_name_is_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), other(1, "same-name")).unwrap();
    fs::write(dir.path().join("b.yaml"), other(2, "samename")).unwrap();
    fs::write(dir.path().join("c.yaml"), other(1, "other")).unwrap();
    let reasons = reasons(dir.path());
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].contains("b.yaml: /info: the name `samename` is that of"), "{reasons:?}");
    assert!(reasons[1].contains("c.yaml: /info: the id 0b00c5e1"), "{reasons:?}");
}

#[test]
fn the_id_of_an_embedded_definition_overrides_it_and_its_name_alone_does_not() {
    let embedded = Catalog::embedded();
    let shipped = embedded.iter().next().unwrap();
    let with_id = |id: &str| {
        BOOKSHELF.replacen("0b00c5e1-f000-4000-8000-00000000b00c", id, 1).replacen(
            "x-airbyte-connector-name: bookshelf",
            &format!("x-airbyte-connector-name: {}", shipped.name),
            1,
        )
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.yaml");
    fs::write(&file, with_id(&shipped.id.to_string())).unwrap();
    let catalog = Catalog::with_dir(Some(dir.path())).unwrap();
    assert_eq!(catalog.iter().count(), embedded.iter().count());
    assert!(catalog.definition(shipped.id).unwrap().entities.contains_key("books"));
    fs::write(&file, with_id("0b00c5e1-f000-4000-8000-000000000009")).unwrap();
    assert!(reasons(dir.path())[0].contains("is that of an embedded definition"));
}

#[test]
fn every_fault_of_every_file_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), "openapi: 2.0.0").unwrap();
    fs::write(dir.path().join("b.yaml"), b"\xff\xfe").unwrap();
    fs::write(dir.path().join("c.yaml"), vec![b' '; 2 * 1024 * 1024 + 1]).unwrap();
    let reasons = reasons(dir.path());
    for (file, reason) in [("a.yaml: /openapi: ", "3.1"), ("b.yaml: ", "UTF-8"), ("c.yaml: ", "larger than")]
    {
        assert!(
            reasons.iter().any(|told| told.contains(file) && told.contains(reason)),
            "{file} {reasons:?}"
        );
    }
    assert!(Catalog::with_dir(Some(&dir.path().join("nowhere"))).is_err());
}
