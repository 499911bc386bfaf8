use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use super::problem::Problem;
use super::*;

const KEK: &str = "k1:ctw4msNIQYuTAaLhsMaHcrDoHLFqwQcs5P7J+kKh94s=";
const TOKEN_KEY: &str = "alDlAWQR/aHr9EaYMb0N2aVkC9jPF9sLU8zS1J0dGlc=";

fn read(variables: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::read(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

/// What is said about each variable that was refused.
fn refusals(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let problems = read(variables).err().expect("it should be refused");
    problems.0.into_iter().map(|problem| (problem.variable, problem.fault)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the tests look at what would be opened")]
fn database(config: &Config) -> &str {
    config.database_url.expose()
}

#[test]
fn an_empty_environment_runs_on_a_laptop() {
    let config = read(&[("HOME", "/root"), ("PATCHBAYS", "x")]).unwrap();
    assert_eq!(config.data_dir, Path::new("./patchbay-data"));
    assert_eq!(database(&config), "sqlite://./patchbay-data/patchbay.db");
    assert_eq!(config.bind.to_string(), "127.0.0.1:8000");
    assert!(!config.bind_given && config.is_local());
    assert_eq!(config.public_url(8000), "http://localhost:8000");
    assert!(config.egress_allow.is_empty() && config.upstream_gateway.is_none());
    assert_eq!((config.log.filter.as_str(), config.log.format), ("info", LogFormat::Text));
}

#[test]
fn every_variable_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let config = read(&[
        ("PATCHBAY_DATA_DIR", "/srv/odd ?%name"),
        ("PATCHBAY_BIND", "[::1]:9000"),
        ("PATCHBAY_PUBLIC_URL", "https://patchbay.example.com/base/"),
        ("PATCHBAY_KEKS", KEK),
        ("PATCHBAY_TOKEN_KEY", TOKEN_KEY),
        ("PATCHBAY_DEFINITIONS_DIR", folder.path().to_str().unwrap()),
        ("PATCHBAY_EGRESS_ALLOW", "127.0.0.0/8, 10.0.0.7,fd00::/8"),
        ("PATCHBAY_UPSTREAM_GATEWAY", "http://127.0.0.1:9100"),
        ("PATCHBAY_LOG", "info,store=debug"),
        ("PATCHBAY_LOG_FORMAT", "json"),
    ])
    .unwrap();
    assert_eq!(database(&config), "sqlite:///srv/odd %3f%25name/patchbay.db");
    assert_eq!((config.bind.port(), config.bind_given, config.is_local()), (9000, true, false));
    assert_eq!(config.public_url(1), "https://patchbay.example.com/base");
    assert_eq!(config.definitions_dir.as_deref(), Some(folder.path()));
    let networks: Vec<String> = config.egress_allow.iter().map(IpNet::to_string).collect();
    assert_eq!(networks, ["127.0.0.0/8", "10.0.0.7/32", "fd00::/8"]);
    assert_eq!(config.upstream_gateway.unwrap().as_str(), "http://127.0.0.1:9100/");
    assert_eq!((config.log.filter.as_str(), config.log.format), ("info,store=debug", LogFormat::Json));
}

#[test]
fn a_blank_value_counts_as_absent() {
    let config =
        read(&[("PATCHBAY_KEKS", ""), ("PATCHBAY_BIND", "  "), ("PATCHBAY_LOG_FORMAT", "")]).unwrap();
    assert!(config.keks.is_none() && !config.bind_given);
}

#[test]
fn every_problem_is_reported_together_with_a_way_out() {
    let refused = refusals(&[
        ("PATCHBAY_BIND", "8000"),
        ("PATCHBAY_DATABASE_URL", "mysql://root:marker-password@db/x"),
        ("PATCHBAY_DEFINITIONS_DIR", "/nowhere/at/all"),
        ("PATCHBAY_EGRESS_ALLOW", "10.0.0.0/8,internal"),
        ("PATCHBAY_KEKS", "k1:c2hvcnQ="),
        ("PATCHBAY_LOG", "store=loud"),
        ("PATCHBAY_LOG_FORMAT", "xml"),
        ("PATCHBAY_PUBLIC_URL", "localhost:8000"),
        ("PATCHBAY_TOKEN_KEY", "c2hvcnQ="),
        ("PATCHBAY_UPSTREAM_GATEWAY", "127.0.0.1:9000"),
    ]);
    let fault = |name: &str| {
        let found = refused.iter().find(|(variable, _)| variable == name);
        found.unwrap_or_else(|| panic!("{name} is not refused: {refused:?}")).1.clone()
    };
    assert_eq!(refused.len(), 10, "{refused:?}");
    assert!(fault("PATCHBAY_BIND").contains("127.0.0.1:8000"));
    assert!(fault("PATCHBAY_EGRESS_ALLOW").contains("`internal` is no network"));
    assert!(fault("PATCHBAY_KEKS").contains("has 5 bytes, not 32; `openssl rand -base64 32`"));
    assert!(fault("PATCHBAY_PUBLIC_URL").contains("https://"));
    assert!(fault("PATCHBAY_TOKEN_KEY").contains("openssl rand -base64 32"));
    assert!(!format!("{refused:?}").contains("marker-password"));
    let told = Problems(vec![Problem { variable: "PATCHBAY_BIND".to_owned(), fault: "no".to_owned() }]);
    assert_eq!(told.to_string(), "1 problem with the environment:\n\n  PATCHBAY_BIND: no");
}

#[test]
fn an_address_that_is_shown_holds_no_password() {
    for name in ["PATCHBAY_UPSTREAM_GATEWAY", "PATCHBAY_PUBLIC_URL"] {
        for url in [
            "http://u:marker-password@localhost:9000",
            "http://u@localhost",
            "http://localhost/?key=marker-password",
        ] {
            let refused = refusals(&[(name, url)]);
            assert!(
                refused[0].0 == name && refused[0].1.contains("no user, query or fragment"),
                "{refused:?}"
            );
            assert!(!format!("{refused:?}").contains("marker-password"), "{refused:?}");
        }
    }
}

#[test]
fn r45_generated_keys_are_refused_beyond_loopback() {
    for url in ["https://patchbay.example.com", "http://10.0.0.5:8000", "http://localhost.example.com"] {
        let refused = refusals(&[("PATCHBAY_PUBLIC_URL", url)]);
        let names: Vec<&str> = refused.iter().map(|(variable, _)| variable.as_str()).collect();
        assert_eq!(names, ["PATCHBAY_KEKS", "PATCHBAY_TOKEN_KEY"], "{url}");
        assert!(refused[0].1.contains("openssl rand -base64 32"), "{refused:?}");
        assert_eq!(refusals(&[("PATCHBAY_PUBLIC_URL", url), ("PATCHBAY_KEKS", KEK)]).len(), 1);
    }
    for url in ["http://localhost:8000", "http://127.0.0.9", "https://[::1]:8443", "http://app.localhost"] {
        assert!(read(&[("PATCHBAY_PUBLIC_URL", url)]).unwrap().is_local(), "{url}");
    }
}

#[test]
fn r45_an_example_key_is_refused() {
    let refused = refusals(&[("PATCHBAY_KEKS", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]);
    assert!(refused[0].1.contains("example"), "{refused:?}");
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_name() {
    for (unknown, meant) in [
        ("PATCHBAY_DATABSE_URL", "did you mean PATCHBAY_DATABASE_URL?"),
        ("PATCHBAY_KEK", "did you mean PATCHBAY_KEKS?"),
        ("PATCHBAY_LOGFORMAT", "did you mean PATCHBAY_LOG_FORMAT?"),
        ("PATCHBAY_NOTION_TOKEN", "did you mean NOTION_TOKEN?"),
        ("PATCHBAY_OAUTH_NOTION_CLIENTID", "did you mean PATCHBAY_OAUTH_NOTION_CLIENT_ID?"),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_SCOPE", "did you mean PATCHBAY_OAUTH_GOOGLE_DRIVE_SCOPES?"),
        ("PATCHBAY_OAUTH_CLIENT_ID", "did you mean PATCHBAY_OAUTH_<NAME>_CLIENT_ID?"),
        ("PATCHBAY_ZZZ", "those that are read: PATCHBAY_DATA_DIR, "),
    ] {
        let refused = refusals(&[(unknown, "x")]);
        assert_eq!(refused[0].0, unknown);
        assert!(refused[0].1.contains(meant), "{refused:?}");
    }
}

#[test]
fn a_trial_reaches_no_other_store_and_no_other_upstream() {
    let given = [
        ("PATCHBAY_DATA_DIR", "/srv/patchbay"),
        ("PATCHBAY_DATABASE_URL", "postgres://production/patchbay"),
        ("PATCHBAY_PUBLIC_URL", "https://patchbay.example.com"),
        ("PATCHBAY_KEKS", KEK),
        ("PATCHBAY_UPSTREAM_GATEWAY", "http://127.0.0.1:9100"),
        ("PATCHBAY_BIND", "127.0.0.1:9000"),
        ("PATCHBAY_OAUTH_NOTION_CLIENT_ID", "id without a secret"),
        ("PATCHBAY_OAUTH_SLACK_CLIENT_SECRET", "secret"),
        ("NOTION_CLIENT_ID", "another id"),
        ("NOTION_REDIRECT_URI", "nowhere"),
        ("NOTION_API_VERSION", "the newest"),
        ("NOTION_INTEGRATION_TOKEN", "ntn_marker"),
        ("PATCHBAY_FALLBACK_TOKEN_ORGANIZATIONS", "all"),
    ];
    let given = given.into_iter().map(|(name, value)| (name.into(), value.into()));
    let mut config = Config::for_trial(Path::new("/tmp/trial"), given).unwrap();
    let operator = config.take_operator();
    assert!(operator.apps.is_empty() && operator.settings.is_empty() && operator.fallback_tokens.is_empty());
    assert_eq!(operator.fallback_organizations, None);
    assert_eq!(database(&config), "sqlite:///tmp/trial/patchbay.db");
    assert!(config.is_local() && config.keks.is_none() && config.upstream_gateway.is_none());
    assert_eq!((config.bind.port(), config.log.filter.as_str()), (9000, "warn"));
}

#[test]
fn what_kubernetes_announces_is_no_misspelling() {
    let announced = [
        ("PATCHBAY_SERVICE_HOST", "10.0.0.1"),
        ("PATCHBAY_SERVICE_PORT", "8000"),
        ("PATCHBAY_SERVICE_PORT_HTTP", "8000"),
        ("PATCHBAY_PORT", "tcp://10.0.0.1:8000"),
        ("PATCHBAY_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
        ("PATCHBAY_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("PATCHBAY_DB_SERVICE_HOST", "10.0.0.2"),
    ];
    assert!(read(&announced).is_ok());
    assert_eq!(refusals(&[("PATCHBAY_PORT", "8000")]).len(), 1);
}

#[test]
fn generated_keys_are_private_and_stay_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("made/on/first/use");
    let given = [("PATCHBAY_DATA_DIR", data_dir.to_str().unwrap())];
    let made = vault::Vault::new(read(&given).unwrap().take_keyring().unwrap()).key_checks();
    let again = vault::Vault::new(read(&given).unwrap().take_keyring().unwrap()).key_checks();
    assert_eq!(made, again);
    read(&given).unwrap().take_token_keys().unwrap();
    let files: Vec<_> = data_dir.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in &files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    assert_eq!(data_dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);

    let exposed = data_dir.join("development-keks");
    std::fs::set_permissions(&exposed, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = read(&given).unwrap().take_keyring().unwrap_err().to_string();
    assert!(refused.contains("chmod 600"), "{refused}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named_with_its_variable() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let data_dir = file.path().join("data");
    let given = [("PATCHBAY_DATA_DIR", data_dir.to_str().unwrap())];
    let said = format!("cannot create `{}` (PATCHBAY_DATA_DIR): Not a directory", data_dir.display());
    let refused = read(&given).unwrap().take_keyring().unwrap_err().to_string();
    assert!(refused.starts_with(&said), "{refused}");
    let refused = read(&given).unwrap().make_place_for_database().unwrap_err().to_string();
    assert!(refused.starts_with(&said), "{refused}");
    let elsewhere = [given[0], ("PATCHBAY_DATABASE_URL", "postgres://db/patchbay")];
    assert!(read(&elsewhere).unwrap().make_place_for_database().is_ok(), "nothing is kept there");
}

#[test]
fn configured_keys_are_not_written_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let given = [
        ("PATCHBAY_DATA_DIR", folder.path().to_str().unwrap()),
        ("PATCHBAY_KEKS", KEK),
        ("PATCHBAY_TOKEN_KEY", TOKEN_KEY),
    ];
    let mut config = read(&given).unwrap();
    assert_eq!(config.take_keyring().unwrap().active_id(), "k1");
    config.take_token_keys().unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn the_example_file_names_every_variable_with_its_default() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/patchbay.env.example");
    let example = std::fs::read_to_string(file).unwrap();
    let mut comment = String::new();
    let mut named = BTreeSet::new();
    for line in example.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push_str(text);
        } else if let Some((name, value)) = line.split_once('=') {
            let known = VARIABLES.iter().find(|known| known.name == name);
            let known = known.unwrap_or_else(|| panic!("{name} is in the example and not read"));
            assert!(comment.contains(&format!("[default: {}]", known.default)), "{name}: {comment}");
            for alias in known.aliases {
                assert!(comment.contains(alias), "{alias} of {name}: {comment}");
            }
            assert!(value.is_empty() || value == known.default, "{name} has another value than its default");
            named.insert(name);
        } else {
            comment.clear();
        }
    }
    assert_eq!(named, VARIABLES.iter().map(|known| known.name).collect());
    let variables =
        example.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| !name.starts_with('#'));
    assert!(read(&variables.collect::<Vec<_>>()).is_ok(), "the example starts as it is");
}
