//! The consent URL: what it carries, and who cannot change it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth::{App, ClientAuth, OAuthError, Provider, begin, state_hash};
use sha2::{Digest, Sha256};
use url::Url;

use super::scripted::{CLIENT_ID, REDIRECT_URI, app, pairs, provider, text, url};

fn query(url: &Url) -> BTreeMap<String, String> {
    let mut query = BTreeMap::new();
    for (name, value) in url.query_pairs().into_owned() {
        assert!(query.insert(name.clone(), value).is_none(), "`{name}` stands twice in {url}");
    }
    query
}

fn names(query: &BTreeMap<String, String>) -> Vec<&str> {
    query.keys().map(String::as_str).collect()
}

fn refused(provider: &Provider, app: &App, extra: &[(&str, &str)]) -> String {
    match begin(provider, app, &pairs(extra)) {
        Err(OAuthError::Misconfigured(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_consent_url_names_the_app_and_asks_for_the_scopes() {
    let mut provider = provider();
    provider.scopes = vec!["read".to_owned(), "write".to_owned()];
    let begun = begin(&provider, &app(), &[]).unwrap();
    assert!(begun.consent_url.as_str().starts_with("https://provider.test/authorize?"));
    let query = query(&begun.consent_url);
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], CLIENT_ID);
    assert_eq!(query["redirect_uri"], REDIRECT_URI);
    assert_eq!(query["scope"], "read write");
    assert_eq!(query["state"], text(&begun.state));
}

#[test]
fn r15_every_consent_carries_s256_of_a_fresh_verifier_that_stays_here() {
    let mut seen = BTreeSet::new();
    for client_auth in [ClientAuth::Basic, ClientAuth::Body, ClientAuth::None] {
        let mut provider = provider();
        provider.client_auth = client_auth;
        let begun = begin(&provider, &app(), &[]).unwrap();
        let verifier = text(&begun.verifier);
        let unreserved = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        assert!((43..=128).contains(&verifier.len()) && verifier.chars().all(unreserved));
        let query = query(&begun.consent_url);
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["code_challenge"], URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
        assert!(!begun.consent_url.as_str().contains(verifier));
        assert!(seen.insert(verifier.to_owned()) && seen.insert(text(&begun.state).to_owned()));
    }
}

#[test]
fn r7_a_state_has_256_bits_and_is_kept_as_its_hash() {
    let begun = begin(&provider(), &app(), &[]).unwrap();
    let state = text(&begun.state);
    assert_eq!(URL_SAFE_NO_PAD.decode(state).unwrap().len(), 32);
    assert_eq!(state_hash(state), <[u8; 32]>::from(Sha256::digest(state)));
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let hex: String = state_hash("abc").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, abc);
}

#[test]
fn r6_a_state_of_any_length_and_content_has_a_hash_of_its_own() {
    let long = "x".repeat(100_000);
    let states = ["", "a", "b", "a\0", "\u{fffd}", &long];
    let hashes: BTreeSet<_> = states.iter().map(|state| state_hash(state)).collect();
    assert_eq!(hashes.len(), states.len());
}

#[test]
fn without_scopes_there_is_no_scope_parameter() {
    for scopes in [vec![], vec![String::new()], vec![" ".to_owned(), String::new()]] {
        let mut provider = provider();
        provider.scopes = scopes;
        let begun = begin(&provider, &app(), &[]).unwrap();
        assert!(!names(&query(&begun.consent_url)).contains(&"scope"));
    }
}

#[test]
fn the_definition_s_parameters_win_over_the_url_s_own_and_callers_add_theirs() {
    let mut provider = provider();
    provider.authorization_url = Some(url("https://provider.test/authorize?request=authorize&a=url&b=url"));
    provider.authorize_params = pairs(&[("b", "definition"), ("resource", "1")]);
    let extra = pairs(&[("audience", "caller & more"), ("user_scope", "a b")]);
    let query = query(&begin(&provider, &app(), &extra).unwrap().consent_url);
    assert_eq!(query["request"], "authorize");
    assert_eq!(query["a"], "url");
    assert_eq!(query["b"], "definition");
    assert_eq!(query["audience"], "caller & more");
    assert_eq!(query["user_scope"], "a b");
    assert_eq!(query["resource"], "1");
}

#[test]
fn r9_a_caller_cannot_replace_a_constant_of_the_definition() {
    let mut provider = provider();
    provider.authorize_params = pairs(&[("owner", "user"), ("access_type", "offline")]);
    for name in ["owner", "Owner", "access_type", "accessType", "access-type"] {
        let why = refused(&provider, &app(), &[("prompt", "x"), (name, "x")]);
        assert!(why.contains(&format!("`{name}`")) && why.contains("set by the definition"), "{why}");
    }
}

#[test]
fn a_parameter_can_be_repeated_within_one_list() {
    let extra = pairs(&[("audience", "https://a.test"), ("audience", "https://b.test")]);
    let begun = begin(&provider(), &app(), &extra).unwrap();
    let audiences = begun.consent_url.query_pairs().filter(|(name, _)| name == "audience").count();
    assert_eq!(audiences, 2);
}

#[test]
fn r9_nobody_replaces_what_the_protocol_sends() {
    let protocol = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ];
    for name in protocol {
        assert!(refused(&provider(), &app(), &[(name, "x")]).contains(name));
        let mut by_definition = provider();
        by_definition.authorize_params = pairs(&[(name, "x")]);
        assert!(refused(&by_definition, &app(), &[]).contains(name));
        let mut by_url = provider();
        by_url.authorization_url = Some(url(&format!("https://provider.test/authorize?{name}=x")));
        assert!(refused(&by_url, &app(), &[]).contains(name));
    }
    let for_definitions =
        ["response_mode", "resource", "registration", "claims", "id_token_hint", "request", "request_uri"];
    for name in for_definitions {
        assert!(refused(&provider(), &app(), &[(name, "x")]).contains(name));
        let mut by_definition = provider();
        by_definition.authorize_params = pairs(&[(name, "x")]);
        assert!(begin(&by_definition, &app(), &[]).is_ok(), "{name}");
    }
}

#[test]
fn r9_another_spelling_of_a_protocol_parameter_is_refused_to_callers() {
    for name in [
        "redirectUri",
        "REDIRECT_URI",
        "redirect-uri",
        "redirecturi",
        "Client_Id",
        "clientID",
        "response-type",
        "ResponseMode",
        "code_challenge-method",
        "_state_",
        "requestURI",
        "idTokenHint",
    ] {
        let why = refused(&provider(), &app(), &[(name, "x")]);
        assert!(why.contains(&format!("`{name}`")), "{name}: {why}");
    }
}

#[test]
fn r9_a_caller_s_parameter_has_a_plain_name() {
    let long = "a".repeat(65);
    for name in
        ["", "scope[]", "redirect.uri", "redirect uri", "state\0", "a&state", "stat\u{435}", " state", &long]
    {
        assert!(refused(&provider(), &app(), &[(name, "x")]).contains("the name of a parameter"), "{name:?}");
    }
    let longest = "a".repeat(64);
    assert!(
        begin(&provider(), &app(), &pairs(&[(&longest, "x"), ("login_hint", "a@b"), ("X-1", "")])).is_ok()
    );
}

#[test]
fn what_cannot_lead_to_consent_is_refused_at_the_start() {
    for bad in
        ["javascript:alert(1)", "data:text/html,x", "https://u:p@provider.test/", "https://provider.test/#f"]
    {
        let mut provider = provider();
        provider.authorization_url = Some(url(bad));
        assert!(refused(&provider, &app(), &[]).contains("authorization URL"), "{bad}");
    }
    let mut without = provider();
    without.authorization_url = None;
    assert!(refused(&without, &app(), &[]).contains("no authorization URL"));
    let nobody = App { client_id: String::new(), ..app() };
    assert!(refused(&provider(), &nobody, &[]).contains("client id"));
    let nowhere = App { redirect_uri: "/callback".to_owned(), ..app() };
    assert!(refused(&provider(), &nowhere, &[]).contains("redirect URI"));
}

#[test]
fn the_redirect_uri_is_sent_exactly_as_it_is_registered() {
    for registered in
        ["http://localhost:8000/api/v1/auth/notion/connector/callback", "https://A.test:443/b/../c"]
    {
        let app = App { redirect_uri: registered.to_owned(), ..app() };
        let query = query(&begin(&provider(), &app, &[]).unwrap().consent_url);
        assert_eq!(query["redirect_uri"], registered);
    }
}
