use definitions::Catalog;
use executor::ExecutorConfig;

use super::*;
use crate::config::Config;

/// One with OAuth and a secret, one without OAuth, one whose apps have no secret, one whose apps sign.
const FILES: [(&str, &str); 4] = [
    ("google-drive", "{client_auth: body}"),
    ("plain-keys", ""),
    ("open-shelf", "{client_auth: none}"),
    ("signed-books", "{client_auth: private_key_jwt, issuer: https://auth.books.example}"),
];

fn catalog() -> Catalog {
    let folder = tempfile::tempdir().unwrap();
    for (number, (name, oauth)) in FILES.iter().enumerate() {
        let text = definition(name, number, oauth);
        std::fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    Catalog::with_dir(Some(folder.path())).unwrap()
}

fn definition(name: &str, number: usize, oauth: &str) -> String {
    let scheme = if oauth.is_empty() {
        "type: http\n      scheme: bearer".to_owned()
    } else {
        format!(
            "type: oauth2\n      x-patchbay-oauth: {oauth}\n      flows: {{authorizationCode: \
             {{authorizationUrl: https://auth.x.example/a, tokenUrl: https://auth.x.example/t, scopes: {{}}}}}}"
        )
    };
    let (slot, mapping) = if oauth.is_empty() {
        ("token", "token: ${token}")
    } else {
        ("access_token", "access_token: ${access_token}")
    };
    format!(
        r#"
openapi: 3.1.0
info:
  title: {name}
  version: 1.0.0
  x-airbyte-connector-name: {name}
  x-airbyte-connector-definition-id: 7d3c1f7e-0000-4000-8000-00000000a00{number}
  x-airbyte-external-documentation-urls: [{{type: api_reference, url: "https://x.example", title: Docs}}]
servers: [{{url: "https://api.x.example"}}]
security: [{{only: []}}]
components:
  securitySchemes:
    only:
      {scheme}
      x-airbyte-auth-config:
        type: object
        required: [{slot}]
        properties: {{{slot}: {{type: string, title: Token, description: The token}}}}
        auth_mapping:
          {mapping}
paths:
  /books:
    get:
      summary: List books
      x-airbyte-entity: books
      x-airbyte-action: list
      responses: {{"200": {{description: ok}}}}
"#
    )
}

fn resolve(variables: &[(&str, &str)]) -> Result<Operator, Problems> {
    let executor = Executor::new(ExecutorConfig::default()).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let mut config = Config::read(variables).expect("each variable is sound by itself");
    operator(config.take_operator(), &catalog(), &executor)
}

/// What is said about each variable that was refused.
fn refusals(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let problems = resolve(variables).err().expect("it should be refused").0;
    problems.into_iter().map(|problem| (problem.variable, problem.fault)).collect()
}

#[test]
fn apps_tokens_and_settings_find_their_definitions() {
    let operator = resolve(&[
        ("NOTION_OAUTH_CLIENT_ID", "id-1"),
        ("NOTION_OAUTH_CLIENT_SECRET", "secret_1"),
        ("NOTION_REDIRECT_URI", "http://localhost:8000/api/v1/auth/notion/connector/callback"),
        ("NOTION_VERSION", "2025-09-03"),
        ("NOTION_TOKEN", "ntn_x"),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_TOKEN_URL", "https://proxy.example/token"),
        ("PATCHBAY_OAUTH_OPEN_SHELF_CLIENT_ID", "public"),
        ("PATCHBAY_OAUTH_OPEN_SHELF_SCOPES", "read"),
    ])
    .unwrap();
    let names: Vec<&str> = operator.apps.keys().map(String::as_str).collect();
    assert_eq!(names, ["google-drive", "notion", "open-shelf"]);
    let notion = &operator.apps["notion"];
    assert_eq!(notion.client_id.as_deref(), Some("id-1"));
    assert!(notion.client_secret.is_some() && notion.scopes.is_none());
    let registered = notion.redirect_uri.as_deref();
    assert_eq!(registered, Some("http://localhost:8000/api/v1/auth/notion/connector/callback"));
    let drive = &operator.apps["google-drive"];
    assert!(drive.client_id.is_none() && drive.token_url.is_some());
    assert_eq!(operator.apps["open-shelf"].scopes, Some(vec!["read".to_owned()]));
    assert_eq!(operator.settings["notion"]["notion_version"], "2025-09-03");
    assert_eq!(operator.fallback_tokens.keys().collect::<Vec<_>>(), ["notion"]);
    assert_eq!(operator.fallback_organizations, FallbackOrganizations::FirstStart);
}

#[test]
fn an_unknown_definition_is_told_with_the_near_ones() {
    let refused = refusals(&[
        ("PATCHBAY_OAUTH_GOOGLEDRIVE_CLIENT_ID", "id"),
        ("PATCHBAY_OAUTH_GOOGLEDRIVE_CLIENT_SECRET", "marker"),
        ("PATCHBAY_OAUTH_ZZZZZZZZ_SCOPES", ""),
    ]);
    let both = "PATCHBAY_OAUTH_GOOGLEDRIVE_CLIENT_ID, PATCHBAY_OAUTH_GOOGLEDRIVE_CLIENT_SECRET";
    assert_eq!(refused[0].0, both);
    assert!(refused[0].1.contains("did you mean `google-drive`, that is GOOGLE_DRIVE"), "{refused:?}");
    assert!(
        refused[1].1.contains("GOOGLE_DRIVE, NOTION, OPEN_SHELF, PLAIN_KEYS, SIGNED_BOOKS"),
        "{refused:?}"
    );
    assert!(!format!("{refused:?}").contains("marker"));
}

#[test]
fn an_app_that_its_definition_has_no_use_for_is_told() {
    for (variable, told) in [
        ("PATCHBAY_OAUTH_PLAIN_KEYS_CLIENT_ID", "not connected by OAuth consent"),
        ("PATCHBAY_OAUTH_SIGNED_BOOKS_CLIENT_ID", "PUT /api/v1/oauth/credentials"),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_CLIENT_ID", "the client secret is missing"),
        ("NOTION_CLIENT_ID", "the client secret is missing"),
    ] {
        let refused = refusals(&[(variable, "id")]);
        assert!(refused.len() == 1 && refused[0].0 == variable && refused[0].1.contains(told), "{refused:?}");
    }
}

#[test]
fn a_redirect_uri_that_leads_to_no_callback_is_told() {
    for good in [
        "https://patchbay.example.com/api/v1/oauth/callback/notion",
        "https://patchbay.example.com/v1/oauth/callback/notion",
        "https://example.com/patchbay/api/v1/auth/notion/connector/callback?a=b",
        "http://127.0.0.1:8000/v1/auth/notion/connector/callback",
    ] {
        assert!(resolve(&[("NOTION_REDIRECT_URI", good)]).is_ok(), "{good}");
    }
    for bad in [
        "https://patchbay.example.com",
        "https://patchbay.example.com/api/v1/oauth/callback/notion/",
        "https://patchbay.example.com/api/v1/oauth/callback/google-drive",
        "https://patchbay.example.com/api/v1/auth/callback",
        "https://patchbay.example.com/oauth/callback/notion",
        "https://patchbay.example.com/?x=/api/v1/oauth/callback/notion",
    ] {
        let refused = refusals(&[("NOTION_REDIRECT_URI", bad)]);
        assert_eq!(refused[0].0, "NOTION_REDIRECT_URI", "{bad}");
        let routes = "/api/v1/oauth/callback/notion or /api/v1/auth/notion/connector/callback";
        assert!(refused[0].1.ends_with(routes), "{refused:?}");
    }
}

#[test]
fn an_endpoint_that_may_not_be_called_is_told_at_start() {
    let refused = refusals(&[
        ("NOTION_AUTHORIZE_URL", "http://auth.example.com/authorize"),
        ("NOTION_TOKEN_URL", "https://169.254.169.254/token"),
    ]);
    assert!(refused[0].1.contains("plain http"), "{refused:?}");
    assert!(refused[1].1.contains("not a public address"), "{refused:?}");
}
