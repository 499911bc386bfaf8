//! Who may choose the host: of an OAuth URL for the operator's app, and of the server a consented token
//! goes to.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use definitions::{Catalog, ConnectorDefinition, OAuthUrlFault, load};
use serde_json::{Map, Value, json};

const PARCELS: &str = include_str!("fixtures/parcels.yaml");
const AUTHORIZE: &str = "https://{{ shop }}.shops.parcels.example/authorize?kind=parcel";
const SERVER: &str = "\"{instance_url}/v1/{depot_path}\"";
const VARIABLE: &str = "{ default: \"https://login.parcels.example\" }";

fn changed(changes: &[(&str, &str)]) -> ConnectorDefinition {
    let mut yaml = PARCELS.to_owned();
    for (from, to) in changes {
        assert!(yaml.contains(from), "the fixture no longer says {from}");
        yaml = yaml.replacen(from, to, 1);
    }
    load("parcels.yaml", &yaml).unwrap()
}

fn settings(given: Value) -> Map<String, Value> {
    let Value::Object(given) = given else { panic!("settings are an object") };
    given
}

/// The URL that `template` makes for an app of the tenant, and for the operator's.
fn both(template: &str, given: Value) -> [Result<String, OAuthUrlFault>; 2] {
    let definition = changed(&[(AUTHORIZE, &format!("\"{template}\""))]);
    let given = settings(given);
    [definition.oauth_url(template, &given), definition.trusted_oauth_url(template, &given)]
        .map(|made| made.map(String::from))
}

#[test]
fn r9_a_pattern_alone_does_not_send_the_operator_s_secret_to_a_host() {
    let host = json!({"own_host": "a.parcels.example", "site": "https://evil.test", "region": "eu.west"});
    for (template, variable) in [
        ("https://{{ own_host }}/token", "own_host"),
        ("https://id.{{ own_host }}/token", "own_host"),
        ("https://{{ own_host }}:8443/token", "own_host"),
        ("https://{{ region }}.{{ own_host }}/token", "own_host"),
        ("{{ site }}/token", "site"),
    ] {
        let [own, trusted] = both(template, host.clone());
        assert!(own.is_ok(), "{template}: {own:?}");
        let fault = trusted.unwrap_err();
        assert_eq!(fault.variable.as_deref(), Some(variable), "{template}");
        assert!(fault.message.contains("organization's own OAuth app"), "{fault}");
        assert!(!fault.message.contains("evil"), "the value is not quoted");
    }
}

#[test]
fn r9_the_operator_s_app_goes_where_the_definition_itself_says() {
    for (template, given, url) in [
        ("https://id.parcels.example/{{ shelf }}", json!({"shelf": "a/b"}), "https://id.parcels.example/a/b"),
        (AUTHORIZE, json!({"shop": "acme"}), "https://acme.shops.parcels.example/authorize?kind=parcel"),
        ("https://{{ own_host }}.b.example/", json!({"own_host": "a.parcels.example"}), {
            "https://a.parcels.example.b.example/"
        }),
        ("https://id.{{ region }}/a", json!({"region": "eu.west"}), "https://id.eu.west/a"),
        ("https://{{ any_host }}/a", json!({}), "https://parcels.example/a"),
        ("https://{{ any_host }}/a", json!({"any_host": "parcels.example"}), "https://parcels.example/a"),
        ("https://{{ any_host | lower }}/a", json!({"any_host": "PARCELS.example"}), {
            "https://parcels.example/a"
        }),
    ] {
        let [own, trusted] = both(template, given);
        assert_eq!(trusted.as_deref(), Ok(url), "{template}");
        assert_eq!(own, trusted);
    }
}

#[test]
fn what_no_app_may_be_sent_to_is_told_as_it_is() {
    for (template, given) in [
        (AUTHORIZE, json!({"shop": "evil.test/"})),
        (AUTHORIZE, json!({})),
        ("https://{{ any_host }}/a", json!({"any_host": "evil.test"})),
        ("https://{{ own_host }}/a", json!({"own_host": "evil.test"})),
        ("https://{{ own_host }}/a", json!({"own_host": "{own_host}"})),
    ] {
        let [own, trusted] = both(template, given);
        assert_eq!(own.as_ref().unwrap_err(), trusted.as_ref().unwrap_err(), "{template}");
        assert!(!own.unwrap_err().message.contains("own OAuth app"));
    }
}

fn checked(server: &str, variable: &str, given: Value) -> Result<(), (String, String)> {
    changed(&[(SERVER, server), (VARIABLE, variable)]).check_host_settings(&settings(given))
}

#[test]
fn r9_who_begins_a_consent_cannot_choose_where_its_token_goes() {
    let parcels = changed(&[]);
    let check = |value: Value| parcels.check_host_settings(&settings(json!({"instance_url": value})));
    for value in
        ["https://login.parcels.example", "https://a.b.parcels.example", "https://parcels.example", " "]
    {
        assert_eq!(check(json!(value)), Ok(()), "{value}");
    }
    assert_eq!(check(Value::Null), Ok(()));
    for value in [
        json!("https://evil.test"),
        json!("https://evilparcels.example"),
        json!("https://parcels.example@evil.test"),
        json!("https://parcels.example.evil.test"),
        json!("https://evil.test\\.parcels.example"),
        json!("https://a.parcels.example:444"),
        json!("http://a.parcels.example"),
        json!("evil.test"),
        json!("{x}.evil.test"),
        json!(["https://evil.test"]),
        json!({"a": 1}),
        json!(7),
        json!(true),
    ] {
        let (variable, message) = check(value.clone()).unwrap_err();
        assert_eq!(variable, "instance_url", "{value}");
        assert!(message.contains("`instance_url`") || message.contains("the address"), "{message}");
        assert!(!message.contains("evil"), "the value is not quoted: {message}");
    }
}

#[test]
fn r9_the_host_takes_one_label_or_what_the_definition_vouches_for() {
    let label = |value: &str| {
        let given = json!({"instance_url": value});
        checked("https://{instance_url}.parcels.example/v1", "{ default: main }", given).is_ok()
    };
    assert!(label("main") && label("north-1") && !label("a.b") && !label("evil.test/") && !label("a#"));
    let host = |variable: &str, value: &str| {
        checked("https://{instance_url}/v1", variable, json!({"instance_url": value})).is_ok()
    };
    let login = "{ default: login.parcels.example }";
    assert!(host(login, "eu.parcels.example") && !host(login, "evil.test") && !host(login, "a.b:1"));
    let none = "{ default: \"{instance_url}\" }";
    assert!(host(none, "{instance_url}"), "a default that stands for none");
    assert!(!host(none, "parcels.example") && !host(none, "localhost"));
    let list = "{ default: a.example, enum: [a.example, b.example] }";
    assert!(host(list, "b.example") && !host(list, "c.example"));
    let pattern = "{ default: \"\", x-patchbay-pattern: '[a-z]+\\.parcels\\.example' }";
    assert!(host(pattern, "eu.parcels.example") && !host(pattern, "eu.evil.example"));
    let sold = |value: &str| {
        let given = json!({"instance_url": value});
        checked("https://api.{instance_url}", "{ default: co.uk }", given).is_ok()
    };
    assert!(sold("co.uk") && !sold("evil.co.uk"), "names below it are sold to anyone");
}

#[test]
fn r9_a_domain_in_the_middle_of_a_label_is_another_domain() {
    let check = |value: &str| {
        let given = json!({"instance_url": value});
        checked("https://login-{instance_url}/v1", "{ default: eu.parcels.example }", given)
    };
    assert_eq!(check("eu.parcels.example"), Ok(()));
    assert!(check("parcels.example").is_err(), "`login-parcels.example` may be anyone's");
}

#[test]
fn r9_variables_of_one_host_are_looked_at_together() {
    let check =
        |given: Value| checked("https://{shop}.{instance_url}/{depot_path}", "{ default: main }", given);
    for given in [
        json!({"shop": "a"}),
        json!({"instance_url": "example"}),
        json!({"shop": "evil", "instance_url": "test"}),
    ] {
        assert!(check(given.clone()).is_err(), "{given}");
    }
    let tail = |given: Value| checked("https://{shop}.{instance_url}", "{ default: p.example }", given);
    assert_eq!(tail(json!({"shop": "a", "instance_url": "b.p.example"})), Ok(()));
    assert_eq!(tail(json!({"shop": "a", "instance_url": "evil"})).unwrap_err().0, "instance_url");
    assert_eq!(tail(json!({"shop": "a.b", "instance_url": "p.example"})).unwrap_err().0, "shop");
}

#[test]
fn other_settings_are_not_looked_at() {
    let given = json!({"depot_path": "a/../b", "any_host": "evil.test", "region": "asia", "depot": ["x"]});
    assert_eq!(changed(&[]).check_host_settings(&settings(given)), Ok(()));
    let catalog = Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    let given = json!({"notion_version": "https://evil.test", "instance_url": "https://evil.test"});
    assert_eq!(notion.check_host_settings(&settings(given)), Ok(()));
}
