//! Discovery: where the document is looked for, and when it is not believed.

use oauth::{ClientAuth, Metadata, OAuthError, TransportError, discover};
use serde_json::{Value, json};

use super::scripted::{Scripted, answer, url};

const ISSUER: &str = "https://provider.test/tenant";

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.provider.test/authorize",
        "token_endpoint": "https://login.provider.test/token",
        "revocation_endpoint": "https://login.provider.test/revoke",
        "scopes_supported": ["openid"],
        "authorization_response_iss_parameter_supported": true,
        "code_challenge_methods_supported": ["S256"],
        "something_else": {"a": 1},
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut document = document();
    document[name] = value;
    document
}

async fn discover_from(document: &Value) -> Result<Metadata, OAuthError> {
    discover(&Scripted::json(200, &document.to_string()), ISSUER).await
}

#[tokio::test]
async fn a_document_becomes_a_provider() {
    let provider_side = Scripted::json(200, &document().to_string());
    let provider = discover(&provider_side, ISSUER).await.unwrap().into_provider().unwrap();
    assert_eq!(provider.authorization_url, Some(url("https://login.provider.test/authorize")));
    assert_eq!(provider.token_url, url("https://login.provider.test/token"));
    assert_eq!(provider.revocation_url, Some(url("https://login.provider.test/revoke")));
    assert_eq!(provider.issuer.as_deref(), Some(ISSUER));
    assert!(provider.issuer_in_callback);
    assert_eq!(provider.client_auth, ClientAuth::Basic);
    let seen = provider_side.only();
    let at = "https://provider.test/.well-known/oauth-authorization-server/tenant";
    assert_eq!((seen.method.as_str(), seen.url.as_str(), seen.body.as_str()), ("GET", at, ""));
    assert_eq!(seen.headers["accept"], "application/json");
}

#[tokio::test]
async fn the_openid_address_is_tried_second() {
    for (issuer, first, second) in [
        (
            ISSUER,
            "https://provider.test/.well-known/oauth-authorization-server/tenant",
            "https://provider.test/tenant/.well-known/openid-configuration",
        ),
        (
            "https://provider.test",
            "https://provider.test/.well-known/oauth-authorization-server",
            "https://provider.test/.well-known/openid-configuration",
        ),
        (
            "https://provider.test/",
            "https://provider.test/.well-known/oauth-authorization-server",
            "https://provider.test/.well-known/openid-configuration",
        ),
    ] {
        for nothing_here in [answer(404, &[], b""), answer(200, &[], b"<html>"), answer(302, &[], b"")] {
            let mut document = document();
            document["issuer"] = issuer.into();
            let document = answer(200, &[], document.to_string().as_bytes());
            let provider_side = Scripted::new(vec![Ok(nothing_here), Ok(document)]);
            assert_eq!(discover(&provider_side, issuer).await.unwrap().issuer, issuer);
            let tried: Vec<String> = provider_side.seen().into_iter().map(|seen| seen.url).collect();
            assert_eq!(tried, [first, second]);
        }
    }
}

#[tokio::test]
async fn r12_a_document_about_another_issuer_is_not_believed() {
    for other in ["https://evil.test", "https://provider.test/tenant/", "https://PROVIDER.test/tenant", ""] {
        let provider_side = Scripted::json(200, &with("issuer", other.into()).to_string());
        let error = discover(&provider_side, ISSUER).await.unwrap_err();
        assert!(
            matches!(&error, OAuthError::Misconfigured(why) if why.contains("another issuer")),
            "{error}"
        );
        assert_eq!(provider_side.seen().len(), 1, "and nothing else is tried");
    }
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_one_is_not_believed() {
    for (name, bad) in [
        ("token_endpoint", "http://login.provider.test/token"),
        ("token_endpoint", "https://u:p@login.provider.test/token"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("revocation_endpoint", "ftp://login.provider.test/revoke"),
    ] {
        let error = discover_from(&with(name, bad.into())).await.unwrap_err();
        assert!(matches!(error, OAuthError::Misconfigured(_)), "{bad}: {error}");
    }
}

#[tokio::test]
async fn the_first_way_to_authenticate_that_both_know_is_chosen() {
    for (methods, chosen) in [
        (json!(["client_secret_post", "client_secret_basic"]), Some(ClientAuth::Basic)),
        (json!(["private_key_jwt", "client_secret_post"]), Some(ClientAuth::Body)),
        (json!(["none"]), Some(ClientAuth::None)),
        (json!(null), Some(ClientAuth::Basic)),
        (json!(["private_key_jwt", "tls_client_auth"]), Some(ClientAuth::PrivateKeyJwt)),
        (json!(["client_secret_jwt", "tls_client_auth"]), None),
    ] {
        let metadata =
            discover_from(&with("token_endpoint_auth_methods_supported", methods.clone())).await.unwrap();
        let provider = metadata.into_provider();
        assert_eq!(provider.ok().map(|provider| provider.client_auth), chosen, "{methods}");
    }
}

#[tokio::test]
async fn a_document_that_is_none_is_reported_as_such() {
    let huge = json!({"issuer": ISSUER, "padding": "x".repeat(1024 * 1024)}).to_string();
    for (script, words) in [
        (vec![answer(404, &[], b""), answer(404, &[], b"")], "publishes no metadata"),
        (vec![answer(200, &[], b"{}"), answer(200, &[], b"[]")], "publishes no metadata"),
        (vec![answer(200, &[], huge.as_bytes())], "too large"),
    ] {
        let provider_side = Scripted::new(script.into_iter().map(Ok).collect());
        let error = discover(&provider_side, ISSUER).await.unwrap_err();
        assert!(matches!(&error, OAuthError::Misconfigured(why) if why.contains(words)), "{error}");
    }
}

#[tokio::test]
async fn reading_can_always_be_repeated() {
    for script in [
        Ok(answer(503, &[("retry-after", "1")], b"")),
        Ok(answer(500, &[], b"")),
        Err(TransportError::NotSent),
        Err(TransportError::Unknown),
    ] {
        let error = discover(&Scripted::new(vec![script]), ISSUER).await.unwrap_err();
        assert!(matches!(error, OAuthError::Unreachable { .. }), "{error}");
    }
}

#[tokio::test]
async fn r12_what_is_no_issuer_is_not_asked() {
    for bad in [
        "",
        "provider.test",
        "file:///etc",
        "https://provider.test?x=1",
        "https://provider.test#x",
        "https://u@provider.test",
    ] {
        let provider_side = Scripted::new(Vec::new());
        let error = discover(&provider_side, bad).await.unwrap_err();
        assert!(matches!(error, OAuthError::Misconfigured(_)), "{bad}: {error}");
        assert!(provider_side.seen().is_empty());
    }
}
