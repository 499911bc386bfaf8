//! Revocation: the request, and which answers mean that the token is gone.

use oauth::{BodyFormat, OAuthError, Provider, Revocable, TransportError, revoke};
use serde_json::{Value, json};

use super::scripted::{Scripted, answer, app, pairs, provider, secret, url};

const TOKEN: &str = "token-to-revoke";

fn with_revocation() -> Provider {
    let mut provider = provider();
    provider.revocation_url = Some(url("https://provider.test/revoke"));
    provider
}

async fn revoke_at(provider_side: &Scripted, provider: &Provider) -> Result<(), OAuthError> {
    revoke(provider_side, provider, &app(), Revocable::RefreshToken(&secret(TOKEN))).await
}

#[tokio::test]
async fn a_token_is_revoked_with_the_app_s_authentication() {
    let provider_side = Scripted::json(200, "");
    revoke_at(&provider_side, &with_revocation()).await.unwrap();
    let seen = provider_side.only();
    assert_eq!((seen.method.as_str(), seen.url.as_str()), ("POST", "https://provider.test/revoke"));
    assert!(seen.headers["authorization"].starts_with("Basic ") && seen.authorization_is_sensitive);
    assert_eq!(seen.form(), pairs(&[("token", TOKEN), ("token_type_hint", "refresh_token")]));

    let provider_side = Scripted::json(200, "");
    let token = secret(TOKEN);
    revoke(&provider_side, &with_revocation(), &app(), Revocable::AccessToken(&token)).await.unwrap();
    assert!(provider_side.only().body.ends_with("token_type_hint=access_token"));
}

#[tokio::test]
async fn a_json_provider_gets_the_token_and_nothing_else() {
    let mut provider = with_revocation();
    provider.body_format = BodyFormat::Json;
    let provider_side = Scripted::json(200, r#"{"request_id":"r1"}"#);
    revoke_at(&provider_side, &provider).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&provider_side.only().body).unwrap(), json!({"token": TOKEN}));
}

#[tokio::test]
async fn the_transport_decides_about_plain_http() {
    let mut provider = with_revocation();
    provider.revocation_url = Some(url("http://127.0.0.1:9000/revoke?x=1"));
    let provider_side = Scripted::json(200, "");
    revoke_at(&provider_side, &provider).await.unwrap();
    assert_eq!(provider_side.only().url, "http://127.0.0.1:9000/revoke?x=1");
}

#[tokio::test]
async fn r34_every_answer_that_says_the_token_is_gone_is_a_success() {
    for (status, body) in [
        (200, ""),
        (200, "{}"),
        (200, "<html>OK</html>"),
        (204, ""),
        (200, r#"{"error":null}"#),
        (200, r#"{"ok":false,"error":"token_revoked"}"#),
        (400, r#"{"error":"invalid_token","error_description":"Token expired or revoked"}"#),
    ] {
        let outcome = revoke_at(&Scripted::json(status, body), &with_revocation()).await;
        assert_eq!(outcome, Ok(()), "{status} {body}");
    }
}

#[tokio::test]
async fn r34_every_other_answer_is_not() {
    for status in [429, 500, 502, 503] {
        let headers = [("retry-after", "7")];
        let provider_side = Scripted::new(vec![Ok(answer(status, &headers, b""))]);
        let outcome = revoke_at(&provider_side, &with_revocation()).await;
        assert!(matches!(outcome, Err(OAuthError::Unreachable { retry_after: Some(_), .. })), "{status}");
    }
    for (status, body, code) in [
        (400, r#"{"error":"unsupported_token_type"}"#, "unsupported_token_type"),
        (401, r#"{"error":"invalid_client"}"#, "invalid_client"),
        (200, r#"{"ok":false,"error":"not_authed"}"#, "not_authed"),
    ] {
        let outcome = revoke_at(&Scripted::json(status, body), &with_revocation()).await;
        assert!(
            matches!(&outcome, Err(OAuthError::Refused { code: said, .. }) if said == code),
            "{outcome:?}"
        );
    }
    for (fault, unknown) in [(TransportError::NotSent, false), (TransportError::Unknown, true)] {
        let outcome = revoke_at(&Scripted::new(vec![Err(fault)]), &with_revocation()).await;
        assert_eq!(matches!(outcome, Err(OAuthError::Unknown { .. })), unknown);
        assert!(outcome.is_err());
    }
    let outcome = revoke_at(&Scripted::json(404, ""), &with_revocation()).await;
    assert!(matches!(outcome, Err(OAuthError::Misconfigured(_))));
    let outcome = revoke_at(&Scripted::new(Vec::new()), &provider()).await;
    assert!(matches!(outcome, Err(OAuthError::Misconfigured(_))), "no revocation URL");
}
