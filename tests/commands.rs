//! The operator's commands, as one types them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::{Bench, Options, Printed, run};

testkit::both!(
    organizations_and_applications_are_made_listed_and_ended,
    settings_of_an_organization_are_set_and_listed,
    an_application_may_do_what_the_operator_allows,
    a_migration_is_applied_once,
    generated_keys_are_for_the_owner_alone,
);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs one command without a server, in an environment of these variables only.
fn command(arguments: &[&str], env: &[(&str, &str)]) -> Printed {
    let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(run(env!("CARGO_BIN_EXE_patchbay"), arguments, &env))
}

async fn organizations_and_applications_are_made_listed_and_ended(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let made = server.command(&["organization", "create", "Acme & Söhne"]).await.json();
    let id = testkit::text(&made, "id");
    assert_eq!(made["name"], "Acme & Söhne");
    let listed = server.command(&["organization", "list"]).await.json();
    assert!(
        listed.as_array().is_some_and(|rows| rows.iter().any(|row| row["id"] == id.as_str())),
        "{listed}"
    );

    let application = ["application", "create", "--organization", &id, "--name", "agent"];
    let made = server.command(&application).await.json();
    let (client_id, secret) = (testkit::text(&made, "client_id"), testkit::text(&made, "client_secret"));
    assert!(secret.len() >= 43, "256 bits are 43 letters of base64: {}", secret.len());
    let listed = server.command(&["application", "list"]).await;
    assert!(!listed.stdout.contains(&secret) && !listed.stderr.contains(&secret), "shown once");
    assert!(listed.json().to_string().contains(&client_id));
    testkit::token(&server.client(), &client_id, &secret).await;

    let unknown = uuid::Uuid::new_v4().to_string();
    for wrong in [
        vec!["organization", "create", "  "],
        vec!["organization", "create"],
        vec!["organization", "delete", &unknown, "--yes"],
        vec!["organization", "delete", "not-an-id"],
        vec!["application", "create"],
        vec!["application", "create", "--organization", &unknown],
        vec!["application", "revoke", &unknown],
        vec!["nonsense"],
    ] {
        let printed = server.command(&wrong).await;
        assert!(!printed.status.success() && !printed.stderr.trim().is_empty(), "{wrong:?}: {printed:?}");
        assert!(
            printed.stdout.trim().is_empty(),
            "nothing that a script could take for an answer: {printed:?}"
        );
    }
    let revoked = server.command(&["application", "revoke", &client_id]).await;
    assert!(revoked.status.success(), "{revoked:?}");
    let deleted = server.command(&["organization", "delete", &id, "--yes"]).await;
    assert!(deleted.status.success(), "{deleted:?}");
}

async fn settings_of_an_organization_are_set_and_listed(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let made = server.command(&["organization", "create", "Acme"]).await.json();
    let id = testkit::text(&made, "id");
    let settings = async || {
        let listed = server.command(&["organization", "list"]).await.json();
        let own = listed.as_array().and_then(|rows| rows.iter().find(|row| row["id"] == id.as_str()));
        own.expect("it is listed")["settings"].clone()
    };
    assert_eq!(settings().await, json!({ "confirm_connectors": false, "return_origins": [] }));
    let (one, other) = ("https://app.example.com", "http://localhost:3000");
    for (arguments, expected) in [
        (vec!["--confirm-connectors", "true"], json!({ "confirm_connectors": true, "return_origins": [] })),
        (
            vec!["--return-origin", one, "--return-origin", other],
            json!({ "confirm_connectors": true, "return_origins": [one, other] }),
        ),
        (
            vec!["--confirm-connectors", "false", "--return-origin", one],
            json!({ "confirm_connectors": false, "return_origins": [one] }),
        ),
        (vec!["--any-return-origin"], json!({ "confirm_connectors": false, "return_origins": [] })),
    ] {
        let arguments = [vec!["organization", "set", &id], arguments].concat();
        let printed = server.command(&arguments).await.json();
        assert_eq!(printed["settings"], expected, "{arguments:?}");
        assert_eq!(settings().await, expected, "{arguments:?}");
    }
    let unknown = uuid::Uuid::new_v4().to_string();
    for wrong in [
        vec![id.as_str()],
        vec![&id, "--confirm-connectors", "perhaps"],
        vec![&id, "--return-origin", "https://app.example.com/path"],
        vec![&id, "--return-origin", one, "--any-return-origin"],
        vec![&unknown, "--any-return-origin"],
    ] {
        let printed = server.command(&[vec!["organization", "set"], wrong.clone()].concat()).await;
        assert!(!printed.status.success() && !printed.stderr.trim().is_empty(), "{wrong:?}: {printed:?}");
    }
    assert_eq!(settings().await, json!({ "confirm_connectors": false, "return_origins": [] }));
}

async fn an_application_may_do_what_the_operator_allows(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let made = server.command(&["organization", "create", "Acme"]).await.json();
    let id = testkit::text(&made, "id");
    let create = ["application", "create", "--organization", &id];
    let plain = server.command(&create).await.json();
    assert_eq!(plain["allowed"], json!([]));
    let allow = ["--allow", "credentials:read"];
    let trusted = server.command(&[&create[..], &allow, &allow].concat()).await.json();
    assert_eq!(trusted["allowed"], json!(["credentials:read"]));
    let listed = server.command(&["application", "list"]).await.json();
    let row = |client_id: &Value| {
        let found = listed.as_array().and_then(|rows| rows.iter().find(|row| row["client_id"] == *client_id));
        found.expect("it is listed")["allowed"].clone()
    };
    assert_eq!(row(&plain["client_id"]), json!([]));
    assert_eq!(row(&trusted["client_id"]), json!(["credentials:read"]));
    let refused = server.command(&[&create[..], &["--allow", "credentials:write"]].concat()).await;
    assert!(!refused.status.success() && refused.stderr.contains("credentials:read"), "{refused:?}");
}

async fn a_migration_is_applied_once(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    for _ in 0..2 {
        let printed = server.command(&["migrate"]).await;
        assert!(printed.status.success(), "{printed:?}");
    }
    server.client().get("/health/ready").expect(200).await;
}

async fn generated_keys_are_for_the_owner_alone(bench: &Bench) {
    use std::os::unix::fs::PermissionsExt;
    let server = bench.start(&Options::default()).await;
    let mut keys = 0;
    for entry in std::fs::read_dir(server.data_dir()).expect("the data folder is readable").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("key") || name.contains("kek") {
            keys += 1;
            let mode = entry.metadata().expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
        }
    }
    assert!(keys >= 1, "keys were generated into the data folder");
}

#[test]
fn the_document_in_the_repository_is_the_one_the_code_makes() {
    let printed = command(&["openapi"], &[]);
    assert!(printed.status.success(), "{printed:?}");
    let kept = std::fs::read_to_string(repository().join("openapi/patchbay.yaml")).expect("it is there");
    assert_eq!(
        kept.trim(),
        printed.stdout.trim(),
        "run: cargo run -p patchbay -- openapi > openapi/patchbay.yaml"
    );
}

#[test]
fn a_sound_definition_passes_the_check() {
    let notion = repository().join("openapi/connectors/notion.yaml");
    let printed = command(&["definition", "check", &notion.display().to_string()], &[]);
    assert!(printed.status.success(), "{printed:?}");
}

#[test]
fn every_fault_of_a_definition_is_named_with_file_pointer_and_reason() {
    let folder = tempfile::tempdir().expect("the temporary directory is writable");
    let notion =
        std::fs::read_to_string(repository().join("openapi/connectors/notion.yaml")).expect("it is there");
    let faults = [
        ("syntax.yaml", "openapi: [".to_owned()),
        ("version.yaml", notion.replacen("openapi: 3.1", "openapi: 2.0", 1)),
        ("id.yaml", notion.replacen("6e00b415-b02e-4160-bf02-58176a0ae687", "not-an-id", 1)),
        ("twice.yaml", format!("{notion}\nopenapi: 3.1.0\n")),
        ("empty.yaml", String::new()),
    ];
    let mut arguments = vec!["definition".to_owned(), "check".to_owned()];
    for (name, text) in &faults {
        assert_ne!(text, &notion, "{name} is a faulty one");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the folder is writable");
        arguments.push(path.display().to_string());
    }
    arguments.push(folder.path().join("missing.yaml").display().to_string());
    let printed = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    assert_eq!(printed.status.code(), Some(1), "{printed:?}");
    let said = format!("{}{}", printed.stdout, printed.stderr);
    for name in faults.iter().map(|(name, _)| *name).chain(["missing.yaml"]) {
        assert!(said.contains(name), "names {name}: {said}");
    }
    let id = said.lines().find(|line| line.contains("id.yaml")).expect("the id is a fault");
    assert!(id.contains("/info/x-airbyte-connector-definition-id"), "with a JSON pointer: {id}");
}

#[test]
fn r45_every_problem_of_the_configuration_is_reported_at_once() {
    let folder = tempfile::tempdir().expect("the temporary directory is writable");
    let data_dir = folder.path().join("data").display().to_string();
    let short = "k1:c2hvcnQta2V5LW9ubHktMTYtYg==";
    let printed = command(
        &["serve"],
        &[
            ("PATCHBAY_DATA_DIR", &data_dir),
            ("PATCHBAY_BIND", "nowhere"),
            ("PATCHBAY_DATABASE_URL", "mysql://root:database-password@localhost/x"),
            ("PATCHBAY_KEKS", short),
            ("PATCHBAY_LOG_FORMAT", "xml"),
            ("PATCHBAY_EGRESS_ALLOW", "everything"),
            ("PATCHBAY_UPSTREAM_GATEWAY", "not a url"),
            ("PATCHBAY_DEFINITIONS_DIR", "/no/such/folder"),
            ("PATCHBAY_PUBLIC_URL", "https://patchbay.example.com"),
            ("PATCHBAY_DATABSE_URL", "typing-error"),
        ],
    );
    assert!(!printed.status.success(), "{printed:?}");
    for name in [
        "BIND",
        "DATABASE_URL",
        "KEKS",
        "LOG_FORMAT",
        "EGRESS_ALLOW",
        "UPSTREAM_GATEWAY",
        "DEFINITIONS_DIR",
        "TOKEN_KEY",
        "DATABSE_URL",
    ] {
        assert!(printed.stderr.contains(&format!("PATCHBAY_{name}")), "names {name}: {}", printed.stderr);
    }
    for secret in ["database-password", "c2hvcnQta2V5LW9ubHktMTYtYg"] {
        assert!(!printed.stderr.contains(secret), "shows no secret: {}", printed.stderr);
    }
    assert!(!Path::new(&data_dir).exists(), "and nothing was made");
}

#[test]
fn an_oauth_app_for_no_definition_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().expect("the temporary directory is writable");
    let data_dir = folder.path().join("data").display().to_string();
    let printed = command(
        &["serve"],
        &[
            ("PATCHBAY_DATA_DIR", &data_dir),
            ("PATCHBAY_OAUTH_NOTOIN_CLIENT_ID", "id"),
            ("PATCHBAY_OAUTH_NOTOIN_CLIENT_SECRET", "client-secret"),
            ("NOTION_REDIRECT_URI", "http://localhost:8000/callback"),
        ],
    );
    assert_eq!(printed.status.code(), Some(2), "{printed:?}");
    for told in ["PATCHBAY_OAUTH_NOTOIN_CLIENT_ID", "`notion`", "NOTION_REDIRECT_URI", "/connector/callback"]
    {
        assert!(printed.stderr.contains(told), "{told}: {}", printed.stderr);
    }
    assert!(!printed.stderr.contains("client-secret"), "shows no secret: {}", printed.stderr);
    assert!(!Path::new(&data_dir).exists(), "and nothing was made");
}

#[test]
fn r45_example_and_generated_keys_are_refused_where_others_reach_the_server() {
    let folder = tempfile::tempdir().expect("the temporary directory is writable");
    let data_dir = folder.path().display().to_string();
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (keks, token_key) in
        [(None, None), (Some(format!("k1:{zeros}")), Some(zeros)), (Some("k1:".to_owned()), None)]
    {
        let mut env = vec![
            ("PATCHBAY_DATA_DIR", data_dir.as_str()),
            ("PATCHBAY_PUBLIC_URL", "https://patchbay.example.com"),
        ];
        env.extend(keks.as_deref().map(|keks| ("PATCHBAY_KEKS", keks)));
        env.extend(token_key.map(|key| ("PATCHBAY_TOKEN_KEY", key)));
        let printed = command(&["serve"], &env);
        assert!(!printed.status.success(), "{printed:?}");
        assert!(
            printed.stderr.contains("PATCHBAY_KEKS") && printed.stderr.contains("PATCHBAY_TOKEN_KEY"),
            "{printed:?}"
        );
    }
}

#[test]
fn help_says_what_there_is() {
    let printed = command(&["--help"], &[]);
    assert!(printed.status.success());
    for word in ["serve", "demo", "organization", "application", "migrate", "definition", "openapi"] {
        assert!(printed.stdout.contains(word), "{word}: {}", printed.stdout);
    }
    let version: Value = command(&["--version"], &[]).stdout.into();
    assert!(version.to_string().contains(env!("CARGO_PKG_VERSION")), "{version}");
}
