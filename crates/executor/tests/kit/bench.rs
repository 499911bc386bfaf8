//! A small definition, a credential and an executor, ready to call a local upstream.

use std::collections::BTreeMap;
use std::time::Duration;

use definitions::ConnectorDefinition;
use domain::{ConnectorId, Credential, Secret};
use executor::{Call, Executor, ExecutorConfig, Failure, FailureKind, Reply};
use serde_json::{Map, Value};
use tokio::time::Instant;

pub(crate) const TOKEN: &str = "tok_3f9a/71c+secret";

/// Waits are short, so that the tests are.
const DEFINITION: &str = r##"
openapi: 3.1.0
info:
  title: Shelf
  version: 1.0.0
  x-airbyte-connector-name: shelf
  x-airbyte-connector-definition-id: 7d3c1f7e-0000-4000-8000-00000000b00c
  x-airbyte-external-documentation-urls: [{type: api_reference, url: "https://docs.shelf.example", title: Docs}]
  x-patchbay-final-when: [{path: $.reason, values: [blocked]}]
  x-airbyte-retry-config:
    initial_delay_seconds: 0.02
    max_delay_seconds: 0.05
servers: [{url: "{origin}/v1", variables: {origin: {default: "https://shelf.example"}}}]
security: [{token: []}]
components:
  securitySchemes:
    token:
      type: http
      scheme: bearer
      x-airbyte-auth-config:
        type: object
        required: [token]
        properties: {token: {type: string, title: Token, description: The token}}
        auth_mapping: {token: "${token}"}
paths:
  /books:
    get:
      summary: List books
      x-airbyte-entity: books
      x-airbyte-action: list
      x-airbyte-record-extractor: $.items
      responses: {"200": {description: ok}}
    post:
      summary: Create a book
      x-airbyte-entity: books
      x-airbyte-action: create
      requestBody:
        content: {application/json: {schema: {type: object, properties: {title: {type: string}}}}}
      responses: {"200": {description: ok}}
  /books/{id}/pages:
    get:
      summary: Get the pages of a book
      x-airbyte-entity: pages
      x-airbyte-action: get
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
"##;

pub(crate) struct Bench {
    pub(crate) executor: Executor,
    pub(crate) definition: ConnectorDefinition,
    pub(crate) settings: Map<String, Value>,
    pub(crate) deadline: Duration,
}

impl Bench {
    /// Calls `origin`; only loopback is allowed beside public addresses.
    pub(crate) fn new(origin: &str) -> Self {
        Self::with_allowed(origin, &["127.0.0.0/8"])
    }

    pub(crate) fn with_allowed(origin: &str, networks: &[&str]) -> Self {
        let egress_allow = networks.iter().map(|network| network.parse().expect("a network")).collect();
        let config = ExecutorConfig { egress_allow, gateway: None, user_agent: "patchbay-test".to_owned() };
        let mut settings = Map::new();
        settings.insert("origin".to_owned(), origin.into());
        Self {
            executor: Executor::new(config).expect("clients can be made"),
            definition: definitions::load("shelf.yaml", DEFINITION).expect("a good definition"),
            settings,
            deadline: Duration::from_secs(20),
        }
    }

    pub(crate) fn within(mut self, ms: u64) -> Self {
        self.deadline = Duration::from_millis(ms);
        self
    }

    pub(crate) async fn list(&self) -> Result<Reply, Failure> {
        self.run("books", "list", &Map::new()).await
    }

    pub(crate) async fn create(&self) -> Result<Reply, Failure> {
        let params = Map::from_iter([("title".to_owned(), Value::from("T"))]);
        self.run("books", "create", &params).await
    }

    pub(crate) async fn run(
        &self,
        entity: &str,
        action: &str,
        params: &Map<String, Value>,
    ) -> Result<Reply, Failure> {
        let values = BTreeMap::from([("token".to_owned(), Secret::new(TOKEN.to_owned()))]);
        let credential = Credential::new("token".to_owned(), values);
        let call = Call {
            definition: &self.definition,
            action: self.definition.action(entity, action).expect("a declared action"),
            params,
            credential: &credential,
            settings: &self.settings,
            connector: ConnectorId::new(),
            deadline: Instant::now() + self.deadline,
        };
        self.executor.run(call).await
    }
}

/// The failure of a call that must not succeed.
pub(crate) fn kind(outcome: Result<Reply, Failure>) -> FailureKind {
    outcome.expect_err("the call must fail").kind
}
