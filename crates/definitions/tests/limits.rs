//! Hostile files: refused in under a second, whatever is in them (requirement 70).

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use definitions::load;

const GOOD: &str = include_str!("fixtures/bookshelf.yaml");

/// The reason for which `yaml` is refused, which must come quickly.
fn refused(yaml: &str) -> String {
    let begun = Instant::now();
    let faults = load("hostile.yaml", yaml).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(1), "took {:?}", begun.elapsed());
    faults[0].to_string()
}

#[test]
fn r70_an_alias_bomb_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        writeln!(bomb, "a{level}: &a{level} [{}]", [alias.as_str(); 10].join(", ")).unwrap();
    }
    assert!(refused(&bomb).contains("not usable YAML"));
}

#[test]
fn r70_many_aliases_of_one_big_anchor_are_refused() {
    let list = vec!["x"; 1_000].join(", ");
    let aliases = vec!["*a"; 5_000].join(", ");
    assert!(refused(&format!("a: &a [{list}]\nb: [{aliases}]\n")).contains("not usable YAML"));
}

#[test]
fn r70_deep_nesting_is_refused() {
    assert!(refused(&"[".repeat(100_000)).contains("not usable YAML"));
    assert!(refused(&"{a: ".repeat(100_000)).contains("not usable YAML"));
    let mut block = String::new();
    for depth in 0..1_000 {
        writeln!(block, "{}a:", " ".repeat(depth)).unwrap();
    }
    assert!(refused(&block).contains("not usable YAML"));
}

#[test]
fn r70_duplicate_keys_are_refused() {
    assert!(
        refused(&GOOD.replacen("  version: 1.4.0\n", "  version: 1.4.0\n  version: 1.4.1\n", 1))
            .contains("duplicate")
    );
}

#[test]
fn r70_a_file_of_50_megabytes_is_refused() {
    assert!(refused(&"a: aaaaaaaaaaaaaaaa\n".repeat(50 * 1024 * 1024 / 20)).contains("larger than"));
}

#[test]
fn r70_what_is_not_one_map_is_refused() {
    for yaml in ["", "- a", "text", "a: 1\n---\nb: 2\n", "a: [", "\u{0}"] {
        refused(yaml);
    }
}

#[test]
fn more_operations_than_the_limit_are_refused() {
    let mut yaml = GOOD.to_owned();
    for index in 0..2_000 {
        let operation = "{ x-airbyte-entity: e, x-airbyte-action: list }";
        writeln!(yaml, "  /extra/{index}: {{ get: {operation} }}").unwrap();
    }
    let faults = load("long.yaml", &yaml).unwrap_err();
    assert!(faults[0].reason.contains("more than 2000 operations"), "{}", faults[0]);
}

#[test]
fn schemas_that_multiply_by_reference_stay_small() {
    let mut schemas = String::from("  schemas:\n    L0: { type: string }\n");
    for level in 1..=30 {
        let properties: Vec<_> = (0..10)
            .map(|index| format!("p{index}: {{ $ref: \"#/components/schemas/L{}\" }}", level - 1))
            .collect();
        writeln!(schemas, "    L{level}: {{ type: object, properties: {{ {} }} }}", properties.join(", "))
            .unwrap();
    }
    let yaml = GOOD.replacen("  schemas:\n", &schemas, 1).replacen(
        "$ref: \"#/components/schemas/Author\", description",
        "$ref: \"#/components/schemas/L30\", description",
        1,
    );
    let begun = Instant::now();
    let definition = load("wide.yaml", &yaml).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
    assert!(definition.describe().to_string().len() < 8 * 1024 * 1024);
}
