//! Token requests as they leave, for every way of authenticating and writing them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oauth::{App, BodyFormat, ClientAuth, OAuthError, client_credentials};
use serde_json::{Value, json};

use super::scripted::{
    CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, REFRESH_TOKEN, Scripted, VERIFIER, app, exchange, pairs,
    provider, refresh, text, url,
};

const TOKEN: &str = r#"{"access_token":"at","token_type":"Bearer"}"#;

fn sorted(form: &[(String, String)]) -> Vec<(String, String)> {
    let names: BTreeMap<_, _> = form.iter().cloned().collect();
    assert_eq!(names.len(), form.len(), "each parameter once: {form:?}");
    names.into_iter().collect()
}

#[tokio::test]
async fn a_code_is_exchanged_with_basic_authentication() {
    let provider_side = Scripted::json(200, TOKEN);
    let tokens = exchange(&provider_side, &provider()).await.unwrap();
    assert_eq!(text(&tokens.access_token), "at");
    let seen = provider_side.only();
    assert_eq!((seen.method.as_str(), seen.url.as_str()), ("POST", "https://provider.test/token"));
    assert_eq!(seen.headers["accept"], "application/json");
    assert_eq!(seen.headers["content-type"], "application/x-www-form-urlencoded");
    // RFC 6749, 2.3.1: both parts are form-encoded first.
    let pair = STANDARD.encode("client-id:client-secret%2F%2B+%C3%BC");
    assert_eq!(seen.headers["authorization"], format!("Basic {pair}"));
    assert!(seen.authorization_is_sensitive, "a log of headers must not print it");
    let sent = [
        ("code", CODE),
        ("code_verifier", VERIFIER),
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
    ];
    assert_eq!(sorted(&seen.form()), pairs(&sent));
}

#[tokio::test]
async fn an_app_can_authenticate_in_the_body_or_not_at_all() {
    for (client_auth, has_secret, sends_secret) in [
        (ClientAuth::Body, true, true),
        (ClientAuth::Body, false, false),
        (ClientAuth::None, true, false),
        (ClientAuth::None, false, false),
        // A public app: its id must still be known.
        (ClientAuth::Basic, false, false),
    ] {
        let mut provider = provider();
        provider.client_auth = client_auth;
        let mut app = app();
        if !has_secret {
            app.client_secret = None;
        }
        let provider_side = Scripted::json(200, TOKEN);
        let token = super::scripted::secret(REFRESH_TOKEN);
        oauth::refresh(&provider_side, &provider, &app, &token).await.unwrap();
        let seen = provider_side.only();
        assert!(!seen.headers.contains_key("authorization"));
        let mut sent = vec![("client_id", CLIENT_ID)];
        if sends_secret {
            sent.push(("client_secret", CLIENT_SECRET));
        }
        sent.extend([("grant_type", "refresh_token"), ("refresh_token", REFRESH_TOKEN)]);
        assert_eq!(sorted(&seen.form()), pairs(&sent), "{client_auth:?}, secret: {has_secret}");
    }
}

#[tokio::test]
async fn a_json_provider_gets_json() {
    let mut provider = provider();
    provider.body_format = BodyFormat::Json;
    let provider_side = Scripted::json(200, TOKEN);
    exchange(&provider_side, &provider).await.unwrap();
    let seen = provider_side.only();
    assert_eq!(seen.headers["content-type"], "application/json");
    assert!(seen.headers["authorization"].starts_with("Basic "));
    let sent = json!({
        "grant_type": "authorization_code",
        "code": CODE,
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT_URI,
    });
    assert_eq!(serde_json::from_str::<Value>(&seen.body).unwrap(), sent);

    provider.client_auth = ClientAuth::Body;
    let provider_side = Scripted::json(200, TOKEN);
    refresh(&provider_side, &provider).await.unwrap();
    let sent = json!({
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    });
    assert_eq!(serde_json::from_str::<Value>(&provider_side.only().body).unwrap(), sent);
}

#[tokio::test]
async fn client_credentials_ask_for_the_scopes() {
    let mut provider = provider();
    provider.authorization_url = None;
    provider.scopes = vec!["a".to_owned(), "b".to_owned()];
    provider.scope_separator = ",".to_owned();
    let app = App { redirect_uri: String::new(), ..app() };
    let provider_side = Scripted::json(200, TOKEN);
    let tokens = client_credentials(&provider_side, &provider, &app).await.unwrap();
    assert!(tokens.refresh_token.is_none());
    let sent = pairs(&[("grant_type", "client_credentials"), ("scope", "a,b")]);
    assert_eq!(sorted(&provider_side.only().form()), sent);
}

#[tokio::test]
async fn the_definition_s_token_parameters_are_sent_and_win() {
    let mut provider = provider();
    provider.token_params = pairs(&[("grant_type", "account_credentials"), ("account_id", "a 1")]);
    let provider_side = Scripted::json(200, TOKEN);
    client_credentials(&provider_side, &provider, &app()).await.unwrap();
    let sent = pairs(&[("account_id", "a 1"), ("grant_type", "account_credentials")]);
    assert_eq!(sorted(&provider_side.only().form()), sent);

    provider.token_params = pairs(&[("audience", "x")]);
    for call in ["exchange", "refresh"] {
        let provider_side = Scripted::json(200, TOKEN);
        match call {
            "exchange" => exchange(&provider_side, &provider).await.unwrap(),
            _ => refresh(&provider_side, &provider).await.unwrap(),
        };
        assert!(provider_side.only().form().contains(&pairs(&[("audience", "x")])[0]), "{call}");
    }
}

#[tokio::test]
async fn token_parameters_cannot_replace_the_code_or_a_secret() {
    for name in [
        "code",
        "code_verifier",
        "redirect_uri",
        "refresh_token",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ] {
        let mut provider = provider();
        provider.token_params = pairs(&[(name, "x")]);
        let provider_side = Scripted::new(Vec::new());
        let error = exchange(&provider_side, &provider).await.unwrap_err();
        assert!(matches!(&error, OAuthError::Misconfigured(why) if why.contains(name)), "{error}");
        assert!(provider_side.seen().is_empty());
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_before_anything_is_sent() {
    for bad in
        ["ftp://provider.test/token", "https://u:p@provider.test/token", "https://provider.test/#token"]
    {
        let mut provider = provider();
        provider.token_url = url(bad);
        let provider_side = Scripted::new(Vec::new());
        let error = refresh(&provider_side, &provider).await.unwrap_err();
        assert!(matches!(error, OAuthError::Misconfigured(_)), "{bad}: {error}");
        assert!(provider_side.seen().is_empty());
    }
}

#[tokio::test]
async fn the_token_url_keeps_its_own_query() {
    let mut provider = provider();
    provider.token_url = url("http://127.0.0.1:9000/token.php?request=token");
    let provider_side = Scripted::json(200, TOKEN);
    refresh(&provider_side, &provider).await.unwrap();
    assert_eq!(provider_side.only().url, "http://127.0.0.1:9000/token.php?request=token");
}

#[tokio::test]
async fn r17_every_request_states_its_limits() {
    let provider_side = Scripted::json(200, TOKEN);
    refresh(&provider_side, &provider()).await.unwrap();
    let limits = provider_side.only().limits;
    assert!(limits.body_bytes_max <= 1024 * 1024 && limits.timeout.as_secs() <= 30);
}

#[test]
fn a_flow_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let (provider_side, provider, app) = (Scripted::new(Vec::new()), provider(), app());
    let token = super::scripted::secret(REFRESH_TOKEN);
    is_send(oauth::exchange(&provider_side, &provider, &app, &token, &token));
    is_send(oauth::refresh(&provider_side, &provider, &app, &token));
    is_send(client_credentials(&provider_side, &provider, &app));
    is_send(oauth::revoke(&provider_side, &provider, &app, oauth::Revocable::AccessToken(&token)));
    is_send(oauth::discover(&provider_side, "https://provider.test"));
}
