#![expect(clippy::disallowed_methods, reason = "the tests look into tokens")]

use jsonwebtoken::{EncodingKey, encode};
use serde_json::{Value, json};

use super::*;

fn tokens() -> Tokens {
    Tokens::new(TokenKeys::generate().0, "http://localhost:8000".to_owned())
}

fn claims() -> Value {
    json!({ "iss": "http://localhost:8000", "aud": AUDIENCE, "sub": Uuid::now_v7(), "iat": 1, "exp": 9_999_999_999_i64 })
}

fn header(tokens: &Tokens) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("application+jwt".to_owned());
    header.kid = Some(tokens.keys.active.kid.clone());
    header
}

#[test]
fn a_token_of_ours_is_read_back() {
    let tokens = tokens();
    let what = Verified {
        application: ApplicationId::new(),
        organization: Some(OrganizationId::new()),
        customer: Some(CustomerId::new()),
        expires_at: 77,
    };
    let token = tokens.sign(TokenKind::Scoped, &what, 1).unwrap();
    let read = tokens.verify(token.expose()).unwrap();
    assert_eq!(read.application, what.application);
    assert_eq!(read.organization, what.organization);
    assert_eq!(read.customer, what.customer);
    assert_eq!(read.expires_at, 77);
}

#[test]
fn an_older_key_still_checks_after_a_rollover() {
    let (old, old_text) = TokenKeys::generate();
    let (_, new_text) = TokenKeys::generate();
    let issuer = "http://localhost:8000".to_owned();
    let what =
        Verified { application: ApplicationId::new(), organization: None, customer: None, expires_at: 7 };
    let token = Tokens::new(old, issuer.clone()).sign(TokenKind::Application, &what, 1).unwrap();
    let both = Secret::new(format!("{},{}", new_text.expose(), old_text.expose()));
    let rolled = Tokens::new(TokenKeys::parse(&both).unwrap(), issuer);
    assert!(rolled.verify(token.expose()).is_ok());
}

#[test]
fn r57_claims_that_lack_something_are_refused() {
    let tokens = tokens();
    let good = encode(&header(&tokens), &claims(), &tokens.keys.active.key).unwrap();
    assert!(tokens.verify(&good).is_ok(), "the forgeries below differ in one thing each");
    for missing in ["iss", "aud", "exp", "sub"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(missing);
        let token = encode(&header(&tokens), &claims, &tokens.keys.active.key).unwrap();
        assert!(tokens.verify(&token).is_err(), "without {missing}");
    }
    for (name, value) in [("aud", "another"), ("iss", "http://evil.test")] {
        let mut claims = claims();
        claims[name] = value.into();
        let token = encode(&header(&tokens), &claims, &tokens.keys.active.key).unwrap();
        assert!(tokens.verify(&token).is_err(), "{name} = {value}");
    }
}

#[test]
fn r57_headers_that_point_elsewhere_are_refused() {
    let tokens = tokens();
    for kid in [None, Some("foreign"), Some("../../etc/passwd"), Some("' OR 1=1 --")] {
        let mut header = header(&tokens);
        header.kid = kid.map(str::to_owned);
        let token = encode(&header, &claims(), &tokens.keys.active.key).unwrap();
        assert!(tokens.verify(&token).is_err(), "kid {kid:?}");
    }
    for typ in [None, Some("JWT"), Some("scoped+jwt")] {
        let mut header = header(&tokens);
        header.typ = typ.map(str::to_owned);
        let token = encode(&header, &claims(), &tokens.keys.active.key).unwrap();
        assert!(tokens.verify(&token).is_err(), "typ {typ:?}");
    }
    let foreign = TokenKeys::generate().0;
    let token = encode(&header(&tokens), &claims(), &foreign.active.key).unwrap();
    assert!(tokens.verify(&token).is_err(), "signed with another key under our kid");
}

#[test]
fn r57_other_algorithms_are_refused() {
    let tokens = tokens();
    let mut header = header(&tokens);
    header.alg = Algorithm::HS256;
    let key = EncodingKey::from_secret(tokens.keys.active.kid.as_bytes());
    assert!(tokens.verify(&encode(&header, &claims(), &key).unwrap()).is_err());
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXBwbGljYXRpb24rand0In0.e30.";
    assert!(tokens.verify(none).is_err());
    assert!(tokens.verify(&"a".repeat(TOKEN_BYTES_MAX + 1)).is_err());
}

#[test]
fn example_keys_are_refused_and_not_shown() {
    let zeros = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [7; 32]);
    for text in ["", "short", zeros.as_str()] {
        let error = TokenKeys::parse(&Secret::new(text.to_owned())).err().unwrap().to_string();
        assert!(text.is_empty() || !error.contains(text), "{error}");
    }
}
