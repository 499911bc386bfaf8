//! Base URLs. Whole requests are compared in `tests/golden`.

use definitions::ConnectorDefinition;
use serde_json::json;

use super::*;

fn definition(server: &str, variables: &str) -> ConnectorDefinition {
    let yaml = format!(
        r#"
openapi: 3.1.0
info:
  title: Base
  version: 1.0.0
  x-airbyte-connector-name: base
  x-airbyte-connector-definition-id: 7d3c1f7e-0000-4000-8000-00000000b00d
  x-airbyte-external-documentation-urls: [{{type: api_reference, title: Docs, url: "https://docs.base.example"}}]
servers: [{{url: "{server}", variables: {variables}}}]
security: [{{token: []}}]
components:
  securitySchemes:
    token:
      type: http
      scheme: bearer
      x-airbyte-auth-config:
        {{type: object, required: [token], properties: {{token: {{type: string}}}}, auth_mapping: {{token: "${{token}}"}}}}
paths:
  /x:
    get:
      summary: List things
      x-airbyte-entity: things
      x-airbyte-action: list
      responses: {{"200": {{description: ok}}}}
"#
    );
    definitions::load("base.yaml", &yaml).unwrap()
}

fn url(server: &str, variables: &str, settings: Value) -> Result<String, EgressError> {
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    base_url(&definition(server, variables), &settings)
}

#[test]
fn settings_win_over_defaults_and_slashes_at_the_end_go() {
    let server = "https://{a}.x.example/{b}/";
    let variables = "{a: {default: one}, b: {default: v1}}";
    assert_eq!(url(server, variables, json!({})).unwrap(), "https://one.x.example/v1");
    assert_eq!(url(server, variables, json!({"a": "two", "b": 3})).unwrap(), "https://two.x.example/3");
    assert_eq!(url(server, variables, json!({"a": "", "b": null})).unwrap(), "https://one.x.example/v1");
}

#[test]
fn a_whole_origin_may_be_a_value() {
    let variables = "{origin: {default: 'https://a.example'}}";
    let own = url("{origin}", variables, json!({"origin": "https://b.example:8443/sub/"}));
    assert_eq!(own.unwrap(), "https://b.example:8443/sub");
    let host = url("https://{origin}/api", variables, json!({"origin": "git.example/sub"}));
    assert_eq!(host.unwrap(), "https://git.example/sub/api");
}

#[test]
fn a_value_stays_in_its_place() {
    let variables = "{a: {default: one}}";
    for value in ["evil.example/", "evil.example#", "evil.example?", "u@evil.example", "x\\", "a b", "a\nb"] {
        let refused = url("https://{a}.x.example", variables, json!({"a": value}));
        assert!(matches!(refused, Err(EgressError::BadVariable { .. })), "{value:?}: {refused:?}");
    }
}

#[test]
fn a_value_outside_the_enumeration_is_refused() {
    let variables = "{dc: {default: eu, enum: [eu, us]}}";
    assert!(url("https://x.{dc}", variables, json!({"dc": "us"})).is_ok());
    let refused = url("https://x.{dc}", variables, json!({"dc": "evil.example"}));
    assert!(matches!(refused, Err(EgressError::BadVariable { .. })));
}

#[test]
fn a_variable_without_a_value_is_named() {
    let missing = url("https://{a}.x.example", "{a: {default: '{a}'}}", json!({}));
    assert_eq!(missing, Err(EgressError::MissingVariable("a".to_owned())));
}
