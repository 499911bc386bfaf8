//! Definitions of the tests' own: providers that are odd or hostile, and what the shipped ones do not
//! use.

use tempfile::TempDir;
use testkit::{Bench, Options, Patchbay};

/// A definition that is connected by consent, and whose API is the sandbox's.
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// The last byte of its id.
    pub(crate) number: u8,
    /// Where its authorization page and its endpoints are.
    pub(crate) provider: &'static str,
    /// A YAML mapping.
    pub(crate) scopes: &'static str,
    /// `x-patchbay-oauth`, a YAML mapping.
    pub(crate) oauth: &'static str,
    /// How the app proves itself, and the body of token requests.
    pub(crate) token_refresh: &'static str,
    /// `variables` of the server, a YAML mapping.
    pub(crate) variables: &'static str,
    /// Scopes that listing users needs, a YAML list.
    pub(crate) needs: &'static str,
}

/// The sandbox's provider, as the Notion definition sees it.
pub(crate) const LIKE_NOTION: Definition = Definition {
    name: "like-notion",
    number: 0xb0,
    provider: "https://api.notion.com/v1/oauth",
    scopes: "{}",
    oauth: "{authorize_params: {owner: user}, account: {id: $.workspace_id, name: $.workspace_name}}",
    token_refresh: "{auth_style: basic, body_format: json}",
    variables: "{}",
    needs: "[]",
};

impl Definition {
    pub(crate) fn id(&self) -> String {
        format!("7d3c1f7e-0000-4000-8000-0000000000{:02x}", self.number)
    }

    fn yaml(&self) -> String {
        let Self { name, provider, scopes, oauth, token_refresh, variables, needs, .. } = self;
        let id = self.id();
        format!(
            r#"
openapi: 3.1.0
info:
  title: Test {name}
  version: 1.0.0
  x-airbyte-connector-name: {name}
  x-airbyte-connector-definition-id: {id}
  x-airbyte-external-documentation-urls: [{{type: api_reference, title: It, url: "https://docs.test.example"}}]
servers: [{{url: "https://api.notion.com", variables: {variables}}}]
security: [{{oauth: []}}]
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: {provider}/authorize
          tokenUrl: {provider}/token
          refreshUrl: {provider}/token
          scopes: {scopes}
      x-airbyte-token-refresh: {token_refresh}
      x-patchbay-oauth: {oauth}
      x-airbyte-auth-config:
        title: OAuth
        type: object
        required: [client_id, client_secret, access_token]
        properties:
          client_id: {{type: string}}
          client_secret: {{type: string}}
          access_token: {{type: string}}
          refresh_token: {{type: string}}
        auth_mapping:
          client_id: ${{client_id}}
          client_secret: ${{client_secret}}
          access_token: ${{access_token}}
          refresh_token: ${{refresh_token}}
paths:
  /v1/users:
    get:
      summary: List users
      security: [{{oauth: {needs}}}]
      x-airbyte-entity: users
      x-airbyte-action: list
      x-airbyte-record-extractor: $.results
      parameters:
        - {{name: Notion-Version, in: header, required: true, schema: {{type: string, default: "2026-03-11"}}}}
      responses: {{"200": {{description: OK}}}}
  /v1/users/me:
    get:
      summary: Who am I
      security: [{{oauth: []}}]
      x-airbyte-entity: me
      x-airbyte-action: get
      x-airbyte-preferred-for-check: true
      parameters:
        - {{name: Notion-Version, in: header, required: true, schema: {{type: string, default: "2026-03-11"}}}}
      responses: {{"200": {{description: OK}}}}
"#
        )
    }
}

/// A definition that knows no consent.
pub(crate) const KEY_ONLY: &str = r#"
openapi: 3.1.0
info:
  title: Key only
  version: 1.0.0
  x-airbyte-connector-name: key-only
  x-airbyte-connector-definition-id: 7d3c1f7e-0000-4000-8000-0000000000af
  x-airbyte-external-documentation-urls: [{type: api_reference, title: It, url: "https://docs.test.example"}]
servers: [{url: "https://key-only.example"}]
security: [{key: []}]
components:
  securitySchemes:
    key:
      type: http
      scheme: bearer
      x-airbyte-auth-config:
        {title: Secret key, type: object, required: [token], properties: {token: {type: string}}, auth_mapping: {token: "${token}"}}
paths:
  /things:
    get:
      summary: List things
      x-airbyte-entity: things
      x-airbyte-action: list
      x-airbyte-preferred-for-check: true
      responses: {"200": {description: OK}}
"#;

/// A server that knows these definitions too; the folder must live as long as it.
pub(crate) async fn serve(bench: &Bench, definitions: &[Definition]) -> (TempDir, Patchbay) {
    serve_with(bench, definitions, Options::default()).await
}

/// As [`serve`], with more of an environment.
pub(crate) async fn serve_with(
    bench: &Bench,
    definitions: &[Definition],
    options: Options,
) -> (TempDir, Patchbay) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("the folder takes a file");
    };
    for definition in definitions {
        write(&format!("{}.yaml", definition.name), &definition.yaml());
    }
    write("key-only.yaml", KEY_ONLY);
    let path = folder.path().display().to_string();
    let server = bench.start(&options.env("PATCHBAY_DEFINITIONS_DIR", &path)).await;
    (folder, server)
}
