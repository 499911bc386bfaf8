//! That nothing of the store is left out of these claims.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The text of every file of a folder and of the folders in it.
fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
        } else {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}

#[test]
fn every_method_of_the_store_is_called_here() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let methods: BTreeSet<String> = texts(&package.join("src"))
        .iter()
        .flat_map(|text| text.split("pub async fn ").skip(1))
        .map(|rest| rest.split('(').next().unwrap().to_owned())
        .collect();
    assert!(methods.len() >= 65, "the scan finds the methods: {methods:?}");
    let claims = texts(&package.join("tests/conformance")).concat();
    let untried: Vec<&String> = methods
        .iter()
        .filter(|method| {
            !claims.contains(&format!("store.{method}(")) && !claims.contains(&format!("Store::{method}("))
        })
        .collect();
    assert!(untried.is_empty(), "no claim calls {untried:?}");
}
