//! The shape of the repository, held by a test: who may depend on whom, where each package lives,
//! how long a file may be, and what may not stand in it.
//!
//! The tables are the ones of the README's map; changing them is a decision, and is reviewed as one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Crate, and the crates of ours it may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("vault", &["domain"]),
    ("definitions", &["domain"]),
    ("context", &["domain"]),
    ("oauth", &["domain"]),
    ("executor", &["domain", "definitions"]),
    ("store", &["domain", "context"]),
    ("control", &["domain", "vault", "definitions", "context", "oauth", "executor", "store"]),
    ("mcp", &["domain", "definitions", "control"]),
    ("worker", &["domain", "control"]),
    ("sandbox", &[]),
    ("console", &[]),
    ("api", &["domain", "definitions", "store", "control", "mcp"]),
    ("patchbay", EVERY_CRATE),
    // Not part of the program: it starts the sandbox for the end-to-end tests.
    ("testkit", &["sandbox"]),
];

const EVERY_CRATE: &[&str] = &[
    "domain",
    "vault",
    "definitions",
    "context",
    "oauth",
    "executor",
    "store",
    "control",
    "mcp",
    "worker",
    "sandbox",
    "console",
    "api",
];

/// External package, and the crates it may be used in.
const HOMES: &[(&str, &[&str])] = &[
    ("actix-web", &["api", "console", "sandbox", "patchbay"]),
    ("actix-http", &["api"]),
    ("actix-service", &["api"]),
    ("tracing-actix-web", &["api"]),
    ("utoipa", &["domain", "api"]),
    ("utoipa-actix-web", &["api"]),
    ("utoipa-swagger-ui", &["api"]),
    ("sqlx", &["store"]),
    // The program is a client of itself: it asks its own health, and walks the demo.
    ("reqwest", &["executor", "patchbay"]),
    ("oauth2", &["oauth"]),
    ("jsonwebtoken", &["control"]),
    ("aes-gcm", &["vault"]),
    ("hkdf", &["vault"]),
    ("serde-saphyr", &["definitions"]),
    ("jsonschema", &["definitions"]),
    ("minijinja", &["definitions", "executor"]),
    ("regex-lite", &["definitions"]),
    ("tokio-util", &["control"]),
    // The sandbox can also be run by itself, for clients that are not ours.
    ("clap", &["patchbay", "sandbox"]),
    ("rmcp", &["mcp"]),
];

/// Longest source file, in lines.
const LINES_MAX: usize = 400;

/// Names that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &["utils", "common", "helpers", "manager", "types", "mod"];

/// What stands beside each other at the top; hidden files and what a build or run leaves apart.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "README.md",
    "crates",
    "deploy",
    "migrations",
    "openapi",
    "rust-toolchain.toml",
    "tests",
];

#[test]
fn dependencies_point_down_the_crate_graph() {
    for package in packages() {
        let name = package.name.as_str();
        let allowed = EDGES
            .iter()
            .find(|(crate_name, _)| *crate_name == name)
            .unwrap_or_else(|| panic!("crate `{name}` is not in the table of edges"))
            .1;
        for dependency in normal_dependencies(&package).filter(|dependency| dependency.path.is_some()) {
            let target = dependency.name.as_str();
            assert!(allowed.contains(&target), "`{name}` must not depend on `{target}`");
        }
    }
}

#[test]
fn external_packages_have_one_home() {
    for package in packages().iter().filter(|package| package.name.as_str() != "testkit") {
        let name = package.name.as_str();
        for dependency in normal_dependencies(package) {
            let home = HOMES.iter().find(|(external, _)| *external == dependency.name);
            if let Some((external, homes)) = home {
                assert!(homes.contains(&name), "`{external}` belongs in {homes:?}, not in `{name}`");
            }
        }
    }
}

#[test]
fn no_source_file_is_too_long() {
    let root = root();
    for path in sources(&root.join("crates")).into_iter().chain(sources(&root.join("tests"))) {
        let lines = read(&path).lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines; split it by meaning", path.display());
    }
}

#[test]
fn every_source_file_says_where_it_stands() {
    for path in program_sources() {
        let text = read(&path);
        assert!(text.starts_with("//!"), "{} has no `//!` head", path.display());
    }
}

#[test]
fn nothing_is_left_undone_or_unwrapped_in_the_program() {
    let forbidden = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!(".unwrap", "()")];
    for path in program_sources() {
        for (number, line) in program_lines(&read(&path)) {
            for word in forbidden {
                assert!(!line.contains(word), "{}:{number} has `{word}`", path.display());
            }
        }
    }
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let root = root();
    let forbidden = [concat!("#[", "allow("), concat!("#![", "allow(")];
    for path in sources(&root.join("crates")).into_iter().chain(sources(&root.join("tests"))) {
        let text = read(&path);
        for word in forbidden {
            assert!(!text.contains(word), "{} has `{word}`: use `expect` with a reason", path.display());
        }
    }
}

#[test]
fn files_are_named_for_what_they_hold() {
    for path in sources(&root().join("crates")) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        assert!(!EMPTY_NAMES.contains(&stem), "{} says nothing about its content", path.display());
    }
}

#[test]
fn the_top_level_is_the_one_the_readme_draws() {
    let left_behind = ["target", "patchbay-data"];
    for entry in std::fs::read_dir(root()).expect("the repository is readable").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = TOP_LEVEL.contains(&name.as_str()) || left_behind.contains(&name.as_str());
        assert!(known || name.starts_with('.'), "`{name}` does not belong at the top level");
    }
}

fn root() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    path.canonicalize().expect("the repository is where it was built")
}

/// The workspace's own packages.
fn packages() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    let metadata = command.exec().expect("cargo reads its own workspace");
    assert!(!metadata.packages.is_empty(), "a workspace without packages proves nothing");
    metadata.packages
}

fn normal_dependencies(package: &Package) -> impl Iterator<Item = &cargo_metadata::Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal)
}

/// Files people write and read, below `folder`: not data, not what a package manager fetched.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let fetched: BTreeSet<&str> = ["node_modules", "target", "__pycache__", "snapshots"].into();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the repository is readable").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !fetched.contains(name.as_str()) && !name.starts_with('.') {
                found.extend(sources(&path));
            }
            continue;
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, None | Some("rs" | "py" | "js" | "mjs" | "ts" | "sh")) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Rust files of the program that are not wholly tests.
fn program_sources() -> Vec<PathBuf> {
    let mut files = sources(&root().join("crates"));
    files.retain(|path| {
        let rust = path.extension().is_some_and(|extension| extension == "rs");
        let tests =
            path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        rust && !tests && path.components().any(|part| part.as_os_str() == "src")
    });
    assert!(!files.is_empty(), "a program without files proves nothing");
    files
}

/// Numbered lines up to the test module, which stands last in a file, without comments.
fn program_lines(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim_start().starts_with("mod "));
    let program = &lines[..tests.unwrap_or(lines.len())];
    let numbered = program.iter().enumerate().map(|(at, line)| (at + 1, *line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//")).collect()
}
