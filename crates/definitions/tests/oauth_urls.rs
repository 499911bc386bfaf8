//! Where the OAuth URLs of a definition may lead, and what a token answer may set.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use definitions::{ConnectorDefinition, load};
use serde_json::{Map, Value, json};

const PARCELS: &str = include_str!("fixtures/parcels.yaml");
const AUTHORIZE: &str = "https://{{ shop }}.shops.parcels.example/authorize?kind=parcel";

fn parcels() -> ConnectorDefinition {
    load("parcels.yaml", PARCELS).unwrap()
}

/// The file with one text in it replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(PARCELS.contains(from), "the fixture no longer says {from}");
    PARCELS.replacen(from, to, 1)
}

/// What the authorization URL becomes when it is `template`: the URL, or `variable: message`.
fn made(template: &str, given: Value) -> String {
    let definition = load("parcels.yaml", &changed(AUTHORIZE, &format!("\"{template}\""))).unwrap();
    let Value::Object(given) = given else { panic!("settings are an object") };
    match definition.oauth_url(template, &given) {
        Ok(url) => url.to_string(),
        Err(fault) => format!("{}: {}", fault.variable.as_deref().unwrap_or("-"), fault.message),
    }
}

#[test]
fn settings_fill_the_url_and_defaults_stand_in() {
    assert_eq!(
        made(AUTHORIZE, json!({"shop": "acme-1"})),
        "https://acme-1.shops.parcels.example/authorize?kind=parcel"
    );
    assert_eq!(made("https://{{ region }}.id.parcels.example", json!({})), "https://eu.id.parcels.example/");
    assert_eq!(made("https://id.parcels.example/{{ depot_path }}", json!({"depot_path": 7})), {
        "https://id.parcels.example/7"
    });
    assert_eq!(made("http://{{ shop }}.parcels.example:81/a", json!({"shop": "a"})), {
        "http://a.parcels.example:81/a"
    });
    assert_eq!(
        made("https://{{ shop | lower }}.parcels.example/", json!({"shop": "ACME"})),
        "https://acme.parcels.example/"
    );
    for absent in [json!({}), json!({"shop": " "}), json!({"shop": null}), json!({"shop": ["a"]})] {
        assert!(made(AUTHORIZE, absent).starts_with("shop: `shop` is missing"));
    }
    let foreign = parcels().oauth_url("https://{{ 1 }}.parcels.example", &Map::new()).unwrap_err();
    assert!(foreign.message.contains("not a template of this definition"), "{foreign}");
}

#[test]
fn r9_a_value_that_would_change_the_host_is_refused() {
    for value in [
        "evil.test/",
        "evil.test",
        "evil.test?",
        "evil.test#",
        "a@evil.test",
        "evil.test:1",
        "evil.test\\",
        "a.b",
        "%2e",
        "evil。test",
        "é",
        "a b",
        "a\n",
        "..",
        "",
        ".",
    ] {
        let refused = made(AUTHORIZE, json!({"shop": value}));
        assert!(refused.starts_with("shop: `shop` "), "{value:?}: {refused}");
        assert!(value.is_empty() || !refused.contains("evil"), "the value is not quoted: {refused}");
    }
    let long = "a".repeat(64);
    assert!(made(AUTHORIZE, json!({"shop": long})).starts_with("shop: "));
    let computed = made("https://{{ own_host | upper }}/a", json!({"own_host": "a.parcels.example"}));
    assert!(computed.starts_with("own_host: "), "a rule is about the value, not about what is computed");
}

#[test]
fn r9_a_variable_that_decides_the_host_needs_a_pattern_or_an_enumeration() {
    for template in [
        "https://{{ shop }}/token",
        "https://{{ shop }}.com/token",
        "https://{{ shop }}.co.uk/token",
        "https://id.{{ shop }}/token",
        "https://id.{{ shop }}parcels.example/token",
        "https://{{ shop }}:8443/token",
        "https://{{ depot_path }}.{{ shop }}",
        "{{ shop }}/token",
    ] {
        let refused = made(template, json!({"shop": "acme", "depot_path": "b"}));
        assert!(refused.contains("x-patchbay-pattern"), "{template}: {refused}");
    }
    let own = |value: &str| made("https://{{ own_host }}/token", json!({"own_host": value}));
    assert_eq!(own("eu.west.parcels.example"), "https://eu.west.parcels.example/token");
    for value in ["evil.test", "evilparcels.example", "a.parcels.example.evil.test", "a.parcels.example/"] {
        assert!(own(value).starts_with("own_host: `own_host` must match"), "{value}");
    }
    assert_eq!(made("https://id.{{ region }}/a", json!({"region": "eu.west"})), "https://id.eu.west/a");
    assert!(made("https://id.{{ region }}/a", json!({"region": "asia"})).starts_with("region: "));
    let any = |value: Value| made("https://{{ any_host }}/token", value);
    assert_eq!(any(json!({})), "https://parcels.example/token", "the default is the definition's own");
    assert!(any(json!({"any_host": "evil.test"})).starts_with("any_host: "));
}

#[test]
fn r9_scheme_user_and_port_are_the_definition_s() {
    let site = |value: &str| made("{{ site }}/token", json!({"site": value}));
    assert_eq!(site("https://a.parcels.example"), "https://a.parcels.example/token");
    for value in [
        "https://a@evil.test",
        "https://a.example:444",
        "https://a.example/?",
        "https://a.example#",
        "https://",
        "https:///evil.test",
        "https://a..example",
        "https://a.example/..",
    ] {
        let refused = site(value);
        assert!(refused.contains("must ") || refused.starts_with("-: "), "{value}: {refused}");
    }
    assert!(site("http://a.example").starts_with("site: `site` must match"));
    for template in ["https://a.parcels.example:{{ shop }}/", "https://a.b:{{ shop }}@parcels.example/"] {
        let loaded = load("f.yaml", &changed(AUTHORIZE, &format!("\"{template}\"")));
        let refused = loaded.map_or_else(
            |_| true,
            |definition| {
                let given = json!({"shop": "1"});
                definition.oauth_url(template, given.as_object().unwrap()).is_err()
            },
        );
        assert!(refused, "{template}");
    }
}

#[test]
fn a_value_in_the_path_stays_one_segment() {
    let path = |value: &str| {
        made("https://id.parcels.example/t/{{ depot_path }}/token", json!({"depot_path": value}))
    };
    assert_eq!(path("6f1c-a"), "https://id.parcels.example/t/6f1c-a/token");
    for value in ["a/b", "..", ".", "a?b", "a#b", "a\\b", "%2e%2e", "a&b", "a b", "a=b"] {
        assert!(path(value).starts_with("depot_path: `depot_path` must not "), "{value}");
    }
    let shelf = |value: &str| made("https://id.parcels.example/t/{{ shelf }}/token", json!({"shelf": value}));
    assert_eq!(shelf("a/b"), "https://id.parcels.example/t/a/b/token", "its pattern takes it");
    for value in ["..", "a/../b", "%2e%2e", "."] {
        assert!(
            shelf(value).contains("leads out of its folder") || shelf(value).contains("match"),
            "{value}"
        );
    }
}

#[test]
fn r9_a_token_answer_cannot_move_the_connector() {
    let definition = parcels();
    let extracted = |name: &str, value: &str| definition.extracted_setting(name, value);
    for value in ["https://login.parcels.example", "https://a.b.parcels.example", "https://parcels.example"] {
        assert_eq!(extracted("instance_url", value), Ok(()), "{value}");
    }
    for value in [
        "https://evil.test",
        "https://evilparcels.example",
        "https://parcels.example.evil.test",
        "https://parcels.example@evil.test",
        "https://a.parcels.example:444",
        "http://a.parcels.example",
        "https://evil.test/a.parcels.example",
        "https://evil.test\\.parcels.example",
        "a.parcels.example",
        "https://.parcels.example",
        "https://a.parcels.example?",
        "//a.parcels.example",
        "",
        "https://",
    ] {
        assert!(extracted("instance_url", value).is_err(), "{value}");
    }
    assert_eq!(extracted("depot_path", "north"), Ok(()));
    assert!(extracted("depot_path", "..").is_err() && extracted("depot_path", "a/b").is_err());
    assert_eq!(extracted("depot", "North 7"), Ok(()), "not part of any URL");
    assert!(extracted("depot", "a\r\nHost: evil.test").is_err());
    assert!(extracted("region", "eu").unwrap_err().contains("not among the fields"));
}

#[test]
fn r9_a_token_answer_fills_one_label_or_what_a_pattern_takes() {
    let with = |server: &str, variable: &str| {
        changed("\"{instance_url}/v1/{depot_path}\"", server).replacen(
            "{ default: \"https://login.parcels.example\" }",
            variable,
            1,
        )
    };
    let check = |yaml: &str, value: &str| {
        load("f.yaml", yaml).unwrap().extracted_setting("instance_url", value).is_ok()
    };
    let label = with("https://{instance_url}.parcels.example/", "{ default: main }");
    assert!(check(&label, "north-1") && !check(&label, "a.b") && !check(&label, "evil.test/"));
    let host = with("https://{instance_url}/v1", "{ default: login.parcels.example }");
    assert!(check(&host, "eu.parcels.example") && !check(&host, "evil.test") && !check(&host, "localhost"));
    let apex = with("https://{instance_url}/v1", "{ default: parcels.example }");
    assert!(check(&apex, "eu.parcels.example") && !check(&apex, "eu.example"));
    let unnamed = with("https://{instance_url}/v1", "{ default: \"\" }");
    assert!(!check(&unnamed, "parcels.example") && !check(&unnamed, "localhost"));
    let pattern = with(
        "https://{instance_url}/v1",
        "{ default: \"\", x-patchbay-pattern: '[a-z]+\\.parcels\\.example' }",
    );
    assert!(check(&pattern, "eu.parcels.example") && !check(&pattern, "eu.evil.example"));
    let list = with("https://{instance_url}/v1", "{ default: a.example, enum: [a.example, b.example] }");
    assert!(check(&list, "b.example") && !check(&list, "c.example"));
}
