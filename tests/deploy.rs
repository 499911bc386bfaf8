//! The files under `deploy/` are tried, so that they cannot rot.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use testkit::{Bench, Database, Options, Organization, run_claim};

#[test]
fn the_example_environment_serves_on_postgres_and_executes_a_call() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let mut options = Options::default();
        for (name, value) in example() {
            // What stands for a place or a key of the operator's is the kit's own.
            let ours =
                ["DATA_DIR", "DATABASE_URL", "BIND", "UPSTREAM_GATEWAY", "KEKS", "TOKEN_KEY", "PUBLIC_URL"];
            if !ours.iter().any(|suffix| name == format!("PATCHBAY_{suffix}")) {
                options = options.env(&name, &value);
            }
        }
        let options = options
            .env("PATCHBAY_PUBLIC_URL", "https://patchbay.example.com")
            .env("PATCHBAY_KEKS", "k1:uXGh1cwTgVNAE0MytOCJxpLbuV0xm7dpXIrZyE8GGuE=")
            .env("PATCHBAY_TOKEN_KEY", "0C7HhOjVeIcdbtqs0y1uTZqRuWA3bW2ahgKjEVvTI3Y=");
        let server = bench.start(&options).await;
        let acme = Organization::create(&server).await;
        let id = acme.connect("globex").await;
        let answer = acme.execute(&id, "users", "list", json!({})).expect(200).await;
        assert!(answer["result"].as_array().is_some_and(|users| !users.is_empty()), "{answer}");
        assert!(!server.data_dir().join("patchbay.db").exists(), "it is Postgres that was used");
    });
}

#[test]
fn the_example_environment_names_every_variable_of_the_help() {
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_patchbay")).arg("--help").env_clear().output();
    let help = String::from_utf8(help.expect("the program runs").stdout).expect("help is text");
    let words = help.split(|letter: char| !(letter.is_ascii_uppercase() || letter == '_'));
    let known: std::collections::BTreeSet<&str> =
        words.filter(|word| word.starts_with("PATCHBAY_")).collect();
    assert!(known.len() > 8, "{known:?}");
    // Those with names of other programs are compared beside the code that reads them.
    let ours = |name: &String| name.starts_with("PATCHBAY_");
    let named: std::collections::BTreeSet<String> = example().into_keys().filter(ours).collect();
    assert_eq!(named.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(), known);
}

/// The variables of the example file with their values.
fn example() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/patchbay.env.example");
    let text = std::fs::read_to_string(path).expect("the example is there");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("no assignment: {line}"));
        (name.to_owned(), value.to_owned())
    };
    lines.map(pair).collect()
}
