//! What a definition says about OAuth; where its URLs may lead is in `oauth_urls.rs`.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use definitions::{ClientAuthStyle, ConnectorDefinition, OAuthFlow, OAuthSettings, TokenBodyFormat, load};
use serde_json::{Map, json};

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

fn settings(yaml: &str) -> OAuthSettings {
    load("parcels.yaml", yaml).unwrap().auth_schemes.remove(0).oauth.unwrap().settings
}

#[test]
fn every_word_about_oauth_is_read() {
    let definition = parcels();
    let oauth = definition.auth_schemes[0].oauth.as_ref().unwrap();
    assert_eq!(oauth.flow, OAuthFlow::AuthorizationCode);
    let settings = &oauth.settings;
    assert_eq!(settings.issuer.as_deref(), Some("https://id.parcels.example/"), "as it is spelled");
    assert!(settings.issuer_in_callback);
    assert_eq!(settings.revocation_url.as_deref(), Some("https://{{ region }}.id.parcels.example/revoke"));
    assert_eq!(settings.scope_separator, ",");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(settings.authorize_params, [pair("owner", "user"), pair("prompt", "1")]);
    assert_eq!(settings.token_params, [pair("audience", "parcels")]);
    assert_eq!(settings.client_auth, Some(ClientAuthStyle::PrivateKeyJwt));
    assert_eq!(settings.body_format, TokenBodyFormat::Json);
    let lives = (settings.refresh_margin_s, settings.refresh_token_idle_s, settings.refresh_token_lifetime_s);
    assert_eq!(lives, (60, Some(5_184_000), Some(31_536_000)));
    let answer = json!({"owner": {"id": 7, "full name": "Ada"}, "emails": ["ada@parcels.example"]});
    let paths = [&settings.account.id, &settings.account.name, &settings.account.email];
    let found = paths.map(|path| path.as_ref().unwrap().first(&answer).unwrap());
    assert_eq!(found, [&json!(7), &json!("Ada"), &json!("ada@parcels.example")]);
}

#[test]
fn what_is_not_said_is_taken_from_the_older_word_or_its_default() {
    let start = PARCELS.find("      x-patchbay-oauth:").unwrap();
    let end = PARCELS.find("    key: {").unwrap();
    let without = |refresh: &str| format!("{}{refresh}{}", &PARCELS[..start], &PARCELS[end..]);
    let plain = settings(&without(""));
    assert_eq!((plain.client_auth, plain.body_format), (Some(ClientAuthStyle::Body), TokenBodyFormat::Form));
    assert_eq!((plain.scope_separator.as_str(), plain.refresh_margin_s), (" ", 300));
    assert_eq!((plain.issuer, plain.issuer_in_callback, plain.revocation_url), (None, false, None));
    assert_eq!((plain.refresh_token_idle_s, plain.refresh_token_lifetime_s), (None, None));
    assert!(plain.account.id.is_none() && plain.authorize_params.is_empty());
    let older =
        settings(&without("      x-airbyte-token-refresh: { auth_style: basic, body_format: json }\n"));
    assert_eq!((older.client_auth, older.body_format), (Some(ClientAuthStyle::Basic), TokenBodyFormat::Json));
    let public = settings(&without("      x-airbyte-token-refresh: { auth_style: none }\n"));
    assert_eq!(public.client_auth, Some(ClientAuthStyle::None));
    let both = changed(
        "      x-patchbay-oauth:",
        "      x-airbyte-token-refresh: { auth_style: basic, body_format: form }\n      x-patchbay-oauth:",
    );
    let both = settings(&both);
    assert_eq!(
        (both.client_auth, both.body_format),
        (Some(ClientAuthStyle::PrivateKeyJwt), TokenBodyFormat::Json)
    );
}

#[test]
fn a_scheme_with_an_issuer_needs_no_urls_and_leaves_authentication_to_the_metadata() {
    let discovered = changed(&format!("          authorizationUrl: {AUTHORIZE}\n"), "")
        .replacen("          tokenUrl: https://id.parcels.example/token\n", "", 1)
        .replacen("        client_auth: private_key_jwt\n", "", 1);
    let definition = load("parcels.yaml", &discovered).unwrap();
    assert_eq!(definition.consent_scheme().unwrap().name, "consent");
    let oauth = definition.auth_schemes[0].oauth.as_ref().unwrap();
    assert_eq!((&oauth.authorization_url, &oauth.token_url), (&None, &None));
    assert_eq!(oauth.settings.client_auth, None);
    let without_issuer = discovered.replacen(
        "        issuer: https://id.parcels.example/\n        issuer_in_callback: true\n",
        "",
        1,
    );
    assert!(load("parcels.yaml", &without_issuer).unwrap().consent_scheme().is_none(), "nobody to ask");
}

#[test]
fn consent_takes_the_first_scheme_that_has_a_page_for_it() {
    let scheme = |yaml: &str| load("f.yaml", yaml).unwrap().consent_scheme().map(|s| s.name.clone());
    assert_eq!(scheme(PARCELS).as_deref(), Some("consent"));
    assert_eq!(scheme(include_str!("fixtures/bookshelf.yaml")).as_deref(), Some("oauth"));
    assert_eq!(scheme(&changed("authorizationCode:", "clientCredentials:")), None);
    assert_eq!(scheme(&changed("authorizationCode:", "implicit:")), None);
    let by_assertion = changed(
        "      x-patchbay-oauth:",
        "      x-airbyte-token-refresh: { grant_type: jwt_bearer }\n      x-patchbay-oauth:",
    );
    assert_eq!(scheme(&by_assertion), None);
}

#[test]
fn every_wrong_value_is_a_fault_at_its_place() {
    for (from, to, pointer, reason) in [
        ("issuer: https://id", "issuer: ftp://id", "/issuer", "http or https"),
        ("example/\n", "example/?a=1\n", "/issuer", "no query"),
        ("example/\n", "example/#a\n", "/issuer", "no fragment"),
        ("issuer: https://id.", "issuer: https://me@id.", "/issuer", "no user"),
        ("issuer: https://id.", "issuer: https://{{region}}.", "/issuer", "without braces"),
        ("issuer: https://id.parcels.example/", "issuer: [a]", "/issuer", "a text"),
        ("callback: true", "callback: often", "/issuer_in_callback", "true or false"),
        ("        issuer: https://id.parcels.example/\n", "", "/issuer_in_callback", "needs `issuer`"),
        ("{{ region }}", "{{ regoin }}", "/revocation_url", "`regoin` is not known here"),
        ("{{ region }}", "{{ region * 9 }}", "/revocation_url", "not taken"),
        ("https://{{ region }}", "ftp://{{ region }}", "/revocation_url", "http or https"),
        ("id.parcels.example/revoke", "a@b.example/revoke", "/revocation_url", "no user"),
        ("example/revoke", "example/revoke#a", "/revocation_url", "no fragment"),
        ("separator: \",\"", "separator: x", "/scope_separator", "made of space"),
        ("separator: \",\"", "separator: \"\"", "/scope_separator", "made of space"),
        ("owner: user", "state: a", "/authorize_params/state", "belongs to the protocol"),
        ("owner: user", "request_uri: a", "/authorize_params/request_uri", "belongs to the protocol"),
        ("owner: user", "owner: [a]", "/authorize_params/owner", "a text"),
        ("owner: user", "owner: \"a\\nb\"", "/authorize_params/owner", "one line"),
        ("audience: parcels", "client_assertion: a", "/token_params/client_assertion", "protocol"),
        ("{ audience: parcels }", "audience", "/token_params", "must be a map"),
        ("private_key_jwt", "secret_post", "/client_auth", "basic, body, none, private_key_jwt"),
        ("body_format: json", "body_format: xml", "/body_format", "form, json"),
        ("margin_s: 60", "margin_s: -1", "/refresh_margin_s", "from 0 to 86400"),
        ("margin_s: 60", "margin_s: 1.5", "/refresh_margin_s", "whole number"),
        ("idle_s: 5184000", "idle_s: 1", "/refresh_token_idle_s", "from 60"),
        ("lifetime_s: 31536000", "lifetime_s: soon", "/refresh_token_lifetime_s", "whole number"),
        ("id: $.owner.id", "id: owner.id", "/account/id", "begins with `$`"),
        ("id: $.owner.id", "uid: $.owner.id", "/account/uid", "unknown key"),
        ("refresh_margin_s:", "refresh_margin:", "/refresh_margin", "unknown key"),
        ("refresh_margin_s:", "x-margin:", "/x-margin", "unknown key"),
    ] {
        let faults = load("parcels.yaml", &changed(from, to)).unwrap_err();
        let place = format!("/components/securitySchemes/consent/x-patchbay-oauth{pointer}");
        let told = faults.iter().any(|fault| fault.pointer == place && fault.reason.contains(reason));
        assert!(told, "{to}: {faults:#?}");
        assert_eq!(faults.len(), 1, "{to}: {faults:#?}");
    }
    let elsewhere = changed("scheme: bearer }", "scheme: bearer, x-patchbay-oauth: {} }");
    let faults = load("parcels.yaml", &elsewhere).unwrap_err();
    assert_eq!(faults[0].pointer, "/components/securitySchemes/key/x-patchbay-oauth");
}

#[test]
fn the_urls_of_a_flow_are_urls_of_endpoints() {
    for url in ["https://me@id.parcels.example/token", "https://", "https://id.parcels.example/#a"] {
        let faults = load("f.yaml", &changed("https://id.parcels.example/token", url)).unwrap_err();
        assert_eq!(
            faults[0].pointer, "/components/securitySchemes/consent/flows/authorizationCode/tokenUrl",
            "{url}"
        );
    }
}

#[test]
fn a_pattern_compiles_and_takes_what_its_definition_proposes() {
    for (pattern, reason) in [
        ("(", "not a usable regular expression"),
        ("a)|(?:b", "not a usable regular expression"),
        ("(a{1,900}){1,900}", "not a usable regular expression"),
        ("b", "`a` does not match the pattern `b`"),
    ] {
        let yaml = changed("\"[a-z/.%]+\"", &format!("\"{pattern}\""));
        let faults = load("parcels.yaml", &yaml).unwrap_err();
        assert!(faults[0].pointer.starts_with("/servers/0/variables/shelf"), "{faults:?}");
        assert!(faults[0].reason.contains(reason), "{faults:?}");
    }
    let definition = parcels();
    let variable = &definition.server.variables["own_host"];
    assert!(variable.check("a.parcels.example").is_ok());
    assert!(variable.check("a.parcels.example.evil.test").unwrap_err().starts_with("must match"));
    assert!(definition.server.variables["region"].check("asia").unwrap_err().contains("eu, us"));
}

#[test]
fn r18_scopes_of_an_operation_are_missed_for_the_nearest_alternative() {
    let definition = parcels();
    let missing = |entity, action, scheme, granted: &[&str]| {
        let granted: Vec<String> = granted.iter().map(|scope| (*scope).to_owned()).collect();
        definition.action(entity, action).unwrap().missing_scopes(scheme, &granted)
    };
    let create = |granted: &[&str]| missing("parcels", "create", "consent", granted);
    assert_eq!(create(&["ship"]), None);
    assert_eq!(create(&["read", "write", "ship"]), None);
    assert_eq!(create(&["read", "write"]).unwrap(), ["ship"]);
    assert_eq!(create(&[]).unwrap(), ["ship"]);
    assert_eq!(create(&["SHIP", "ship "]).unwrap(), ["ship"], "compared as they are spelled");
    assert_eq!(missing("parcels", "create", "key", &[]), None);
    assert_eq!(missing("parcels", "search", "consent", &[]), None, "open to everybody");
    assert_eq!(missing("parcels", "list", "consent", &[]), None, "the file does not say");
    assert_eq!(missing("kept", "list", "consent", &[]), None, "the file does not say");
}

#[test]
fn security_names_schemes_and_scopes_of_the_file() {
    for (to, pointer, reason) in [
        ("{ consnet: [read] }", "/security/0/consnet", "no security scheme"),
        ("{ consent: [reed] }", "/security/0/consent/0", "did you mean `read`?"),
        ("{ consent: read }", "/security/0/consent", "must be a list"),
        ("{ consent: [1] }", "/security/0/consent/0", "must be a text"),
    ] {
        let faults = load("parcels.yaml", &changed("{ consent: [read] }", to)).unwrap_err();
        assert_eq!(faults[0].pointer, format!("/paths/~1parcels~1open/get{pointer}"));
        assert!(faults[0].reason.contains(reason), "{faults:?}");
    }
}

#[test]
fn the_shipped_notion_definition_walks_consent() {
    let catalog = definitions::Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    let scheme = notion.consent_scheme().unwrap();
    assert_eq!(scheme.required, ["client_id", "client_secret", "access_token"]);
    assert!(scheme.properties.contains_key("refresh_token"));
    let oauth = scheme.oauth.as_ref().unwrap();
    let settings = &oauth.settings;
    assert_eq!((settings.client_auth, settings.body_format), {
        (Some(ClientAuthStyle::Basic), TokenBodyFormat::Json)
    });
    assert_eq!(settings.authorize_params, [("owner".to_owned(), "user".to_owned())]);
    assert!(oauth.scopes.is_empty() && settings.issuer.is_none());
    let revoke = notion.oauth_url(settings.revocation_url.as_ref().unwrap(), &Map::new()).unwrap();
    assert_eq!(revoke.as_str(), "https://api.notion.com/v1/oauth/revoke");
    let answer = json!({
        "workspace_id": "w", "workspace_name": "Acme",
        "owner": {"type": "user", "user": {"person": {"email": "ada@acme.example"}}},
    });
    let account = &settings.account;
    let found = [&account.id, &account.name, &account.email]
        .map(|path| path.as_ref().and_then(|path| path.first(&answer)?.as_str()));
    assert_eq!(found, [Some("w"), Some("Acme"), Some("ada@acme.example")]);
}
