//! Which configurations of an OAuth app are taken, and what is said about the others.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use definitions::Catalog;

use super::*;

fn notion() -> Arc<ConnectorDefinition> {
    Catalog::embedded().find_by_name("notion").unwrap().clone()
}

fn taken(style: ClientAuthStyle, given: &Value) -> GrantApp {
    read(&notion(), style, given.as_object().unwrap().clone())
        .unwrap_or_else(|error| panic!("{given}: {error}"))
}

fn faults(style: ClientAuthStyle, given: &Value) -> Vec<FieldFault> {
    match read(&notion(), style, given.as_object().unwrap().clone()) {
        Err(Error::Invalid(faults)) => faults,
        Err(error) => panic!("{given} gave {error}"),
        Ok(_) => panic!("{given} was taken"),
    }
}

#[test]
fn an_app_with_a_secret_is_read() {
    let app = taken(ClientAuthStyle::Basic, &json!({"client_id": "id-1", "client_secret": "s3cret"}));
    assert_eq!(app.client_id, "id-1");
    assert_eq!(app.client_secret.as_ref().map(open), Some("s3cret"));
    assert!(app.private_key.is_none() && app.key_id.is_none());
}

#[test]
fn a_public_app_needs_no_secret() {
    let app = taken(ClientAuthStyle::None, &json!({"client_id": "id-1", "client_secret": null}));
    assert!(app.client_secret.is_none());
}

#[test]
fn what_is_sealed_reads_back() {
    let given = json!({"client_id": "id-1", "client_secret": "\"quo\\ted\" é \u{1F511}"});
    let app = taken(ClientAuthStyle::Body, &given);
    let bytes = plain(&app).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test looks at what gets sealed")]
    let bytes = bytes.expose();
    let again: GrantApp = serde_json::from_slice(bytes).unwrap();
    assert_eq!(again.client_id, app.client_id);
    assert_eq!(again.client_secret.as_ref().map(open), app.client_secret.as_ref().map(open));
}

#[test]
fn r47_a_fault_names_the_field_and_repeats_no_value() {
    let marker = "M4RK3R-value";
    for (given, field, code) in [
        (json!({"client_secret": marker}), "configuration.client_id", "missing"),
        (json!({"client_id": marker}), "configuration.client_secret", "missing"),
        (json!({"client_id": "  ", "client_secret": marker}), "configuration.client_id", "value_error"),
        (json!({"client_id": "a", "client_secret": ""}), "configuration.client_secret", "value_error"),
        (json!({"client_id": "a", "client_secret": [marker]}), "configuration.client_secret", "value_error"),
        (json!({"client_id": 7, "client_secret": marker}), "configuration.client_id", "value_error"),
        (
            json!({"client_id": "a", "client_secret": format!("{marker}\n")}),
            "configuration.client_secret",
            "value_error",
        ),
        (
            json!({"client_id": format!("{marker}\u{202e}"), "client_secret": "s"}),
            "configuration.client_id",
            "value_error",
        ),
        (
            json!({"client_id": "a", "client_secret": marker.repeat(1_000)}),
            "configuration.client_secret",
            "value_error",
        ),
    ] {
        let found = faults(ClientAuthStyle::Basic, &given);
        let [fault] = found.as_slice() else { panic!("{given}: {found:?}") };
        assert_eq!((fault.field.as_str(), fault.code), (field, code), "{given}");
        assert!(!fault.message.contains(marker), "{}", fault.message);
    }
}

#[test]
fn unknown_keys_are_refused_with_the_one_that_was_meant() {
    let given = json!({"client_id": "a", "client_secret": "b", "clientSecret": "c", "private_key": "d"});
    let found = faults(ClientAuthStyle::Basic, &given);
    let fields: Vec<_> = found.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["configuration.clientSecret", "configuration.private_key"]);
    assert!(found[0].message.contains("did you mean `client_secret`?"), "{}", found[0].message);
    assert!(found[1].message.ends_with("consists of client_id, client_secret"), "{}", found[1].message);
}

#[test]
fn a_signing_app_is_read_with_its_key() {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let body = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let app =
        taken(ClientAuthStyle::PrivateKeyJwt, &json!({"client_id": "a", "private_key": pem, "key_id": "k1"}));
    assert_eq!(app.private_key.as_ref().map(open), Some(pem.as_str()));
    assert_eq!((app.key_id.as_deref(), app.client_secret.is_none()), (Some("k1"), true));
}

#[test]
fn a_private_key_must_be_one() {
    for pem in ["not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let given = json!({"client_id": "a", "private_key": pem});
        let found = faults(ClientAuthStyle::PrivateKeyJwt, &given);
        let [fault] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(fault.field, "configuration.private_key");
        assert!(!fault.message.contains("AAAA"), "{}", fault.message);
    }
    let missing = faults(ClientAuthStyle::PrivateKeyJwt, &json!({"client_id": "a", "client_secret": "b"}));
    let fields: Vec<_> = missing.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["configuration.private_key", "configuration.client_secret"]);
}

#[test]
fn a_masked_client_id_tells_apps_apart_and_nothing_of_short_ones() {
    assert_eq!(masked("0123456789abcdef"), "0123••••••ef");
    assert_eq!(masked("0123456789a"), "••••••");
    assert_eq!(masked(""), "••••••");
}

#[test]
fn the_specification_lists_what_is_taken() {
    let schema = schema(&notion(), ClientAuthStyle::Basic);
    assert_eq!(schema["required"], json!(["client_id", "client_secret"]));
    assert_eq!(schema["properties"]["client_secret"]["writeOnly"], json!(true));
    assert_eq!(schema["additionalProperties"], json!(false));
}
