//! Signed assertions in place of a client secret, read by another implementation.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Clock;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use oauth::{App, BodyFormat, ClientAuth, OAuthError, Provider, Revocable, SigningKey, client_credentials};
use serde_json::Value;

use super::scripted::{
    CLIENT_ID, CLIENT_SECRET, CODE, REFRESH_TOKEN, Scripted, VERIFIER, app, provider, secret, text, url,
};

const TOKEN: &str = r#"{"access_token":"at","token_type":"Bearer"}"#;
const ISSUER: &str = "https://provider.test";

static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static P256: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn rsa_pkcs8() -> String {
    let der: Pkcs8V1Der<'_> = RSA.as_der().unwrap();
    pem("PRIVATE KEY", der.as_ref())
}

fn p256_pkcs8() -> String {
    pem("PRIVATE KEY", P256.to_pkcs8v1().unwrap().as_ref())
}

fn signed_app(private_key_pem: &str) -> App {
    let key_id = Some("key-1".to_owned());
    App { signing_key: Some(SigningKey { key_id, private_key_pem: secret(private_key_pem) }), ..app() }
}

fn signing_provider() -> Provider {
    let mut provider = provider();
    provider.client_auth = ClientAuth::PrivateKeyJwt;
    provider.issuer = Some(ISSUER.to_owned());
    provider.revocation_url = Some(url("https://provider.test/revoke"));
    provider
}

/// What the assertion in a form says, after its signature was checked.
fn verified(form: &[(String, String)], audience: &str) -> Value {
    let value = |name: &str| {
        let values: Vec<_> = form.iter().filter(|(known, _)| known == name).collect();
        assert_eq!(values.len(), 1, "{name} once: {form:?}");
        values[0].1.clone()
    };
    assert_eq!(value("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(value("client_id"), CLIENT_ID);
    let assertion = value("client_assertion");
    let header = jsonwebtoken::decode_header(&assertion).unwrap();
    assert_eq!(header.kid.as_deref(), Some("key-1"));
    let key = match header.alg {
        Algorithm::RS256 => DecodingKey::from_rsa_der(RSA.public_key().as_ref()),
        Algorithm::ES256 => DecodingKey::from_ec_der(P256.public_key().as_ref()),
        other => panic!("{other:?}"),
    };
    let mut validation = Validation::new(header.alg);
    validation.leeway = 0;
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[CLIENT_ID]);
    decode::<Value>(&assertion, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn r20_every_request_carries_an_assertion_of_its_own_for_one_audience() {
    let (provider, app) = (signing_provider(), signed_app(&rsa_pkcs8()));
    let token = secret(REFRESH_TOKEN);
    let mut seen = Vec::new();
    for call in ["exchange", "refresh", "client_credentials", "revoke"] {
        let provider_side = Scripted::json(200, TOKEN);
        match call {
            "exchange" => oauth::exchange(&provider_side, &provider, &app, &secret(CODE), &secret(VERIFIER))
                .await
                .map(|_| ()),
            "refresh" => oauth::refresh(&provider_side, &provider, &app, &token).await.map(|_| ()),
            "revoke" => oauth::revoke(&provider_side, &provider, &app, Revocable::RefreshToken(&token)).await,
            _ => client_credentials(&provider_side, &provider, &app).await.map(|_| ()),
        }
        .unwrap();
        let request = provider_side.only();
        assert!(!request.headers.contains_key("authorization"), "{call}");
        let form = request.form();
        assert!(form.iter().all(|(name, value)| name != "client_secret" && value != CLIENT_SECRET), "{call}");
        seen.push(verified(&form, ISSUER));
    }
    let now = Clock::system().now().seconds();
    for claims in &seen {
        assert_eq!(claims["aud"], ISSUER, "one text, and no list");
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(CLIENT_ID), Some(CLIENT_ID)));
        let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert!(exp - iat <= 300 && exp > now && (now - iat).abs() <= 60, "{claims}");
    }
    let ids: BTreeSet<_> = seen.iter().map(|claims| claims["jti"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), seen.len());
    assert!(ids.iter().all(|id| id.len() >= 20));
}

#[tokio::test]
async fn r20_without_an_issuer_the_token_url_alone_is_the_audience() {
    let mut provider = signing_provider();
    provider.issuer = None;
    let token = secret(REFRESH_TOKEN);
    let app = signed_app(&p256_pkcs8());
    let at_token = Scripted::json(200, TOKEN);
    oauth::refresh(&at_token, &provider, &app, &token).await.unwrap();
    let at_revocation = Scripted::json(200, "");
    oauth::revoke(&at_revocation, &provider, &app, Revocable::AccessToken(&token)).await.unwrap();
    for request in [at_token.only(), at_revocation.only()] {
        assert_eq!(
            verified(&request.form(), "https://provider.test/token")["aud"],
            "https://provider.test/token"
        );
    }
}

#[tokio::test]
async fn a_json_provider_gets_the_assertion_too() {
    let mut provider = signing_provider();
    provider.body_format = BodyFormat::Json;
    let provider_side = Scripted::json(200, TOKEN);
    let app = signed_app(&rsa_pkcs8());
    oauth::refresh(&provider_side, &provider, &app, &secret(REFRESH_TOKEN)).await.unwrap();
    let body: serde_json::Map<String, Value> = serde_json::from_str(&provider_side.only().body).unwrap();
    let form: Vec<_> =
        body.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    verified(&form, ISSUER);
}

#[test]
fn a_key_is_read_in_its_usual_forms_and_nothing_else_is_taken_for_one() {
    let check = |pem: &str| SigningKey { key_id: None, private_key_pem: secret(pem) }.check();
    let sec1: EcPrivateKeyRfc5915Der<'_> = P256.private_key().as_der().unwrap();
    let sec1 = pem("EC PRIVATE KEY", sec1.as_ref());
    let windows = rsa_pkcs8().replace('\n', "\r\n");
    for good in [&rsa_pkcs8(), &p256_pkcs8(), &sec1, &windows, &format!("\n{}\n\n", rsa_pkcs8())] {
        assert_eq!(check(good), Ok(()));
    }
    // Behind 26 bytes of envelope PKCS #8 holds the PKCS #1 form.
    let pkcs8: Pkcs8V1Der<'_> = RSA.as_der().unwrap();
    assert_eq!(check(&pem("RSA PRIVATE KEY", &pkcs8.as_ref()[26..])), Ok(()));

    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let bad = [
        String::new(),
        "canary-key".to_owned(),
        pem("PUBLIC KEY", RSA.public_key().as_ref()),
        pem("PRIVATE KEY", p384.to_pkcs8v1().unwrap().as_ref()),
        pem("PRIVATE KEY", b"canary-key"),
        pem("ENCRYPTED PRIVATE KEY", pkcs8.as_ref()),
        rsa_pkcs8().replacen("-----END", "-----BEGIN", 1),
        format!("{}{}", rsa_pkcs8(), p256_pkcs8()),
        rsa_pkcs8().replace("-----BEGIN PRIVATE KEY-----", ""),
    ];
    for pem in &bad {
        let error = check(pem).unwrap_err();
        assert!(matches!(&error, OAuthError::Misconfigured(why) if why.contains("private key in PEM")));
        assert!(!format!("{error:?}").contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn without_a_usable_key_nothing_is_sent() {
    for app in [app(), signed_app("canary-key")] {
        let provider_side = Scripted::new(Vec::new());
        let error = oauth::refresh(&provider_side, &signing_provider(), &app, &secret(REFRESH_TOKEN)).await;
        let error = error.unwrap_err();
        assert!(matches!(&error, OAuthError::Misconfigured(why) if why.contains("signing key")), "{error}");
        assert!(provider_side.seen().is_empty());
    }
}

#[tokio::test]
async fn r47_a_provider_that_repeats_the_assertion_does_not_get_it_into_an_error() {
    struct Echo;
    impl oauth::Transport for Echo {
        async fn send(
            &self,
            request: http::Request<Vec<u8>>,
            _: oauth::Limits,
        ) -> Result<http::Response<Vec<u8>>, oauth::TransportError> {
            let form = url::form_urlencoded::parse(request.body());
            let said: String = form.map(|(name, value)| format!("{name} is {value}; ")).collect();
            let body = serde_json::json!({"error": "invalid_client", "error_description": said}).to_string();
            Ok(super::scripted::answer(401, &[], body.as_bytes()))
        }
    }
    let app = signed_app(&p256_pkcs8());
    let error = oauth::refresh(&Echo, &signing_provider(), &app, &secret(REFRESH_TOKEN)).await.unwrap_err();
    let printed = format!("{error} {error:?} {app:?}");
    assert!(printed.contains("client_assertion is [redacted]"), "{printed}");
    assert!(!printed.contains("eyJ") && !printed.contains(REFRESH_TOKEN), "{printed}");
    assert!(!printed.contains(text(&app.signing_key.as_ref().unwrap().private_key_pem)));
}
