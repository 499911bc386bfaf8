//! Forged tokens, one flaw each, against a server whose signing key the test knows.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::{Bench, Client, Options, Organization};

testkit::both!(r57_a_token_with_any_one_flaw_is_refused, r57_an_altered_token_is_refused);

/// RFC 8410 section 7: what stands before the 32 bytes of an Ed25519 private key in PKCS #8.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A server with a key the test chose, and a good token of it taken apart.
struct Forge {
    client: Client,
    seed: [u8; 32],
    header: Value,
    claims: Value,
}

impl Forge {
    async fn new(client: &Client, seed: [u8; 32], token: &str) -> Self {
        let part = |index: usize| {
            let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).expect("a token has three parts"));
            serde_json::from_slice::<Value>(&bytes.expect("it is base64")).expect("it is JSON")
        };
        Self { client: client.anonymous(), seed, header: part(0), claims: part(1) }
    }

    /// A token of these parts, signed with the server's own key.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let key = EncodingKey::from_ed_der(&[PKCS8_PREFIX.as_slice(), &self.seed].concat());
        signed(header, claims, Algorithm::EdDSA, &key)
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.sign(&self.header, &claims)
    }

    fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().expect("claims are an object").remove(name);
        self.sign(&self.header, &claims)
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.sign(&header, &self.claims)
    }

    async fn accepts(&self, token: &str) -> bool {
        let answer = self.client.with_bearer(token).get("/api/v1/workspaces").send().await;
        assert!(matches!(answer.status, 200 | 401), "{answer:?}");
        answer.status == 200
    }

    async fn refuses(&self, what: &str, token: &str) {
        assert!(!self.accepts(token).await, "{what}: {token}");
    }
}

/// Signs header and claims as they are, where the package would write its own header.
fn signed(header: &Value, claims: &Value, algorithm: Algorithm, key: &EncodingKey) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("the key fits");
    format!("{message}.{signature}")
}

async fn forge(bench: &Bench) -> (testkit::Patchbay, Forge) {
    let seed: [u8; 32] = std::array::from_fn(|at| uuid::Uuid::new_v4().as_bytes()[at % 16]);
    let server = bench.start(&Options::default().env("PATCHBAY_TOKEN_KEY", &STANDARD.encode(seed))).await;
    let acme = Organization::create(&server).await;
    let token = testkit::token(&server.client(), &acme.client_id, &acme.client_secret).await;
    let forge = Forge::new(&server.client(), seed, &token).await;
    assert!(forge.accepts(&token).await);
    let again = forge.sign(&forge.header, &forge.claims);
    assert!(forge.accepts(&again).await, "the forgeries differ from a good token in one thing each");
    (server, forge)
}

async fn r57_a_token_with_any_one_flaw_is_refused(bench: &Bench) {
    let (_server, forge) = forge(bench).await;
    let issued = forge.claims["exp"].as_i64().expect("it expires") - 900;

    for claim in ["iss", "aud", "exp"] {
        forge.refuses(&format!("without {claim}"), &forge.without_claim(claim)).await;
    }
    for (claim, value) in [
        ("aud", json!("another-service")),
        ("aud", json!([])),
        ("iss", json!("https://evil.test")),
        ("iss", json!("")),
        ("exp", json!(issued - 61)),
        ("exp", json!(0)),
        ("exp", json!("never")),
        ("sub", json!(uuid::Uuid::new_v4())),
        ("customer", json!(uuid::Uuid::new_v4())),
    ] {
        forge.refuses(&format!("{claim} {value}"), &forge.with_claim(claim, value)).await;
    }
    for kid in [
        json!("foreign"),
        json!("../../../etc/passwd"),
        json!("/dev/null"),
        json!("x' OR '1'='1"),
        json!("https://evil.test/jwks.json"),
        json!(""),
        json!(7),
        Value::Null,
    ] {
        forge.refuses(&format!("kid {kid}"), &forge.with_header("kid", kid)).await;
    }
    for typ in
        [json!("JWT"), json!("scoped+jwt"), json!("consent+jwt"), json!("at+jwt"), json!(""), Value::Null]
    {
        forge.refuses(&format!("typ {typ}"), &forge.with_header("typ", typ)).await;
    }

    // A key the token brings along, or points to.
    let own = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("any 32 bytes are a key");
    let jwk =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(own.public_key().as_ref()) });
    let stranger = EncodingKey::from_ed_der(&[PKCS8_PREFIX.as_slice(), &[9; 32]].concat());
    for (name, value) in
        [("jwk", jwk), ("jku", json!("https://evil.test/jwks.json")), ("x5u", json!("https://evil.test/"))]
    {
        let mut header = forge.header.clone();
        header[name] = value;
        let token = signed(&header, &forge.claims, Algorithm::EdDSA, &stranger);
        forge.refuses(&format!("a key in {name}"), &token).await;
    }
    let foreign = signed(&forge.header, &forge.claims, Algorithm::EdDSA, &stranger);
    forge.refuses("another key under our kid", &foreign).await;
}

async fn r57_an_altered_token_is_refused(bench: &Bench) {
    let (_server, forge) = forge(bench).await;
    let good = forge.sign(&forge.header, &forge.claims);

    // No signature, under each spelling of the algorithm.
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let mut header = forge.header.clone();
        header["alg"] = algorithm.into();
        let bare = format!("{}.{}", encode(&header), encode(&forge.claims));
        let signature = good.rsplit('.').next().expect("it has a signature");
        for token in [format!("{bare}."), bare.clone(), format!("{bare}.{signature}")] {
            forge.refuses(&format!("alg {algorithm}"), &token).await;
        }
    }

    // The public key taken for a shared secret, in each form it may be known in.
    let public = Ed25519KeyPair::from_seed_unchecked(&forge.seed).expect("any 32 bytes are a key");
    let public = public.public_key().as_ref().to_vec();
    let der = [[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00].as_slice(), &public]
        .concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    for (algorithm, name) in [(Algorithm::HS256, "HS256"), (Algorithm::HS512, "HS512")] {
        let mut header = forge.header.clone();
        header["alg"] = name.into();
        for secret in [public.as_slice(), der.as_slice(), pem.as_bytes(), forge.seed.as_slice(), b"", b"x"] {
            let token = signed(&header, &forge.claims, algorithm, &EncodingKey::from_secret(secret));
            forge.refuses(&format!("{name} with a public secret"), &token).await;
        }
    }

    // A part of another token, a part missing, a character changed.
    let parts: Vec<&str> = good.split('.').collect();
    let later = forge.with_claim("exp", json!(forge.claims["exp"].as_i64().map(|at| at + 1)));
    let later: Vec<&str> = later.split('.').collect();
    for token in [
        format!("{}.{}.{}", parts[0], later[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}.x"),
        format!("{good}="),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 2]),
        "..".to_owned(),
        "a".repeat(6_000),
    ] {
        forge.refuses("altered", &token).await;
    }
    let header = Header::new(Algorithm::EdDSA);
    let plain = serde_json::to_value(&header).expect("a header is JSON");
    forge.refuses("without kid", &forge.sign(&plain, &forge.claims)).await;
}
