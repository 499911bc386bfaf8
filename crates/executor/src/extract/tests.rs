//! When a body counts as JSON, and that nobody else waits for it. What records become is compared in
//! `tests/golden`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{ConnectorId, Credential};
use reqwest::header::HeaderValue;
use serde_json::json;
use tokio::time::Instant;

use super::*;

const DEFINITION: &str = r#"
openapi: 3.1.0
info:
  title: Notes
  version: 1.0.0
  x-airbyte-connector-name: notes
  x-airbyte-connector-definition-id: 7d3c1f7e-0000-4000-8000-00000000b00f
  x-airbyte-external-documentation-urls: [{type: api_reference, title: Docs, url: "https://docs.notes.example"}]
servers: [{url: "https://notes.example"}]
security: [{token: []}]
components:
  securitySchemes:
    token:
      type: http
      scheme: bearer
      x-airbyte-auth-config:
        {type: object, required: [token], properties: {token: {type: string}}, auth_mapping: {token: "${token}"}}
paths:
  /notes:
    get:
      summary: List notes
      x-airbyte-entity: notes
      x-airbyte-action: list
      x-airbyte-record-extractor: $.items
      x-airbyte-record-filter: "{{ record.value > 1 }}"
      responses: {"200": {description: ok}}
"#;

fn read(content_type: Option<&'static str>, body: &[u8]) -> Result<Value, String> {
    let mut headers = HeaderMap::new();
    if let Some(kind) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    super::read(body, markup(&headers))
}

#[test]
fn json_is_read_under_any_type_but_a_page() {
    for kind in [None, Some("application/json"), Some("text/plain"), Some("application/vnd.api+json; v=1")] {
        assert_eq!(read(kind, b"{\"a\": 1}").unwrap(), json!({"a": 1}), "{kind:?}");
    }
    assert_eq!(read(None, b"\xEF\xBB\xBF[1]").unwrap(), json!([1]));
    for kind in ["text/html", "Application/XML; charset=utf-8", "text/xml"] {
        assert!(read(Some(kind), b"{}").is_err(), "{kind}");
    }
}

#[test]
fn a_blank_body_is_an_empty_object_whatever_its_type() {
    for kind in [None, Some("text/html"), Some("application/json")] {
        assert_eq!(read(kind, b" \r\n").unwrap(), json!({}), "{kind:?}");
    }
}

#[test]
fn a_bad_body_is_named_by_place_and_not_quoted() {
    let message = read(None, b"{\"a\":\n hush-hush}").unwrap_err();
    assert_eq!(message, "the answer is not valid JSON (line 2, column 2)");
    let deep = "[".repeat(100_000);
    assert!(read(None, deep.as_bytes()).is_err());
}

/// Does something in a call that lists notes, when `time` is left.
async fn in_a_call<T>(time: Duration, work: impl AsyncFnOnce(&Call<'_>) -> T) -> T {
    let definition = definitions::load("notes.yaml", DEFINITION).unwrap();
    let no_values = Map::new();
    let call = Call {
        definition: &definition,
        action: definition.action("notes", "list").unwrap(),
        params: &no_values,
        credential: &Credential::new("token".to_owned(), BTreeMap::new()),
        settings: &no_values,
        connector: ConnectorId::new(),
        deadline: Instant::now() + time,
    };
    work(&call).await
}

fn answer(body: impl Into<Bytes>) -> Answer {
    Answer { status: 200, headers: HeaderMap::new(), body: body.into(), complete: true }
}

#[tokio::test]
async fn a_long_body_is_read_until_the_deadline() {
    let long = answer(format!("[{}2]", "0,".repeat(500_000)));
    in_a_call(Duration::ZERO, async |call| {
        assert!(matches!(parse(call, &long).await, Err(Unread::Late)));
        // No record is in it, so that only throwing it away takes time.
        let body = json!({"other": vec![Value::Null; 500_000]});
        assert!(matches!(extract(call, &long, body).await, Err(Unread::Late)));
    })
    .await;
}

/// The records of a list of numbers.
async fn judged(count: usize, time: Duration) -> Result<Value, Unread> {
    let body = json!({"items": (0..count).collect::<Vec<_>>()});
    in_a_call(time, async |call| Ok(extract(call, &answer("short"), body).await?.0)).await
}

#[tokio::test]
async fn records_are_judged_until_the_deadline() {
    let kept = judged(100, Duration::from_mins(1)).await.unwrap();
    assert_eq!((kept.as_array().unwrap().len(), &kept[0]), (98, &json!({"value": 2})));
    assert!(matches!(judged(100, Duration::ZERO).await, Err(Unread::Late)));
}

#[tokio::test]
async fn others_get_their_turn_between_records() {
    let mut turns = 0;
    let others = async {
        loop {
            turns += 1;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        kept = judged(100, Duration::from_mins(1)) => assert!(kept.is_ok()),
        () = others => {}
    }
    assert!(turns > 0);
}
