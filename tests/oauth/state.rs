//! The state itself: what is not one, and what the database knows of it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use testkit::Bench;
use testkit::consent::{Landing, Person, browse, browse_at_length, consent_body, parameter};

use super::{assert_is_refusal, connectors_of};

testkit::both!(
    r6_a_state_that_is_none_gets_a_page_and_uses_up_nothing,
    r7_the_database_holds_nothing_that_completes_a_consent,
    r15_every_consent_has_a_fresh_verifier_that_the_browser_never_sees,
);

async fn r6_a_state_that_is_none_gets_a_page_and_uses_up_nothing(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    let (path, state, code) = (
        callback.split('?').next().expect("a callback has a path"),
        parameter(&callback, "state"),
        parameter(&callback, "code"),
    );
    let mut queries = vec![
        String::new(),
        "?".to_owned(),
        format!("?code={code}"),
        format!("?state=&code={code}"),
        format!("?state={state}&state={state}&code={code}"),
        format!("?state={state}&state=other&code={code}"),
        format!("?state=other&state={state}&code={code}"),
        format!("?state={state}&st%61te={state}&code={code}"),
        format!("?state[]={state}&code={code}"),
        format!("?State={state}&code={code}"),
        format!("?state={state}%00&code={code}"),
        format!("?state={state}%20&code={code}"),
        format!("?state={state}a&code={code}"),
        format!("?state={}&code={code}", &state[1..]),
        format!("?state={}&code={code}", state.to_uppercase()),
        format!("?state=%FF%FE&code={code}"),
        format!("?state=%&code={code}"),
        format!("?state={state}&code={code}&code={code}"),
        format!("?state={state}&error=access_denied&error=other"),
        format!("?state={}&code={code}", "a".repeat(60_000)),
        format!("?state={state}&code={}", "c".repeat(60_000)),
    ];
    // Each of its bits.
    let bytes = URL_SAFE_NO_PAD.decode(&state).expect("a state is base64url");
    assert!(bytes.len() >= 32, "{} bytes of randomness", bytes.len());
    for bit in [0, 1, 7, 8, 100, bytes.len() * 8 - 1] {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        queries.push(format!("?state={}&code={code}", URL_SAFE_NO_PAD.encode(changed)));
    }
    for query in queries {
        let page = browse(&format!("{path}{query}")).await;
        assert_eq!(page.status, 400, "{}: {}", &query[..query.len().min(200)], page.text);
        assert_is_refusal(&page);
        assert!(!page.text.contains(&state) && !page.text.contains(&code), "{}", page.text);
    }
    for long in [
        format!("{path}?state={}&code={code}", "a".repeat(100_000)),
        format!("{path}?state={state}&code={}", "c".repeat(100_000)),
    ] {
        let (status, answer) = browse_at_length(&long).await;
        assert_eq!(status, 400, "{}", &answer[..answer.len().min(500)]);
    }
    assert_eq!(app.asked("token").await.len(), 0);
    // The true one is still good.
    Landing::of(browse(&callback).await).connector_id();
    assert_eq!(connectors_of(&acme, "globex").await, 1);
}

async fn r7_the_database_holds_nothing_that_completes_a_consent(bench: &Bench) {
    let server = bench.shared();
    let acme = bench.organization().await;
    let app = acme.bring_app(&server.upstream).await;
    let mut body = consent_body("globex");
    body["redirect_url"] = "https://product.example/?searched=for-and-found".into();
    let url = acme.consent_url(body).await;
    let dump = server.stored().await;
    let callback = Person::allowing().to_callback(&url).await;
    let state = parameter(&callback, "state");
    // What is kept of the state is of no use as one.
    let hash = digest(&SHA256, state.as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    for kept in [URL_SAFE_NO_PAD.encode(hash.as_ref()), hex] {
        assert_is_refusal(&browse(&callback.replace(&state, &kept)).await);
    }
    Landing::of(browse(&callback).await).connector_id();
    let verifier = verifiers(server, &app.client_id).await.remove(0);

    assert!(dump.contains("searched=for-and-found"), "the dump is searched");
    let state_bytes = URL_SAFE_NO_PAD.decode(&state).expect("a state is base64url");
    for secret in [state.as_bytes(), &state_bytes, verifier.as_bytes(), app.client_secret.as_bytes()] {
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain = String::from_utf8_lossy(secret).into_owned();
        for form in [plain, hex.to_uppercase(), hex, URL_SAFE_NO_PAD.encode(secret)] {
            assert!(!dump.contains(&form), "`{form}` is in the database");
        }
    }
}

async fn r15_every_consent_has_a_fresh_verifier_that_the_browser_never_sees(bench: &Bench) {
    let server = bench.shared();
    let acme = bench.organization().await;
    let app = acme.bring_app(&server.upstream).await;
    let mut challenges = Vec::new();
    let mut seen = String::new();
    for round in 0..3 {
        // A provider that knows nothing of it works as well.
        app.set(serde_json::json!({ "pkce": round < 2 })).await;
        let url = acme.consent_url(consent_body("globex")).await;
        assert_eq!(parameter(&url, "code_challenge_method"), "S256");
        challenges.push(parameter(&url, "code_challenge"));
        let landing = Person::allowing().walk(&url).await;
        landing.connector_id();
        seen.push_str(&format!("{url} {} {}", landing.page.headers_text(), landing.page.text));
    }
    let verifiers = verifiers(server, &app.client_id).await;
    assert_eq!(verifiers.len(), 3);
    for (challenge, verifier) in challenges.iter().zip(&verifiers) {
        assert!(verifier.len() >= 43, "{verifier}");
        assert_eq!(*challenge, URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())));
        assert!(!seen.contains(verifier), "the browser saw it");
        assert!(!server.log().contains(verifier), "the log has it");
    }
    let mut distinct = verifiers.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "{verifiers:?}");
}

/// The verifiers that were sent to the token endpoint by one app, in order.
async fn verifiers(server: &testkit::Patchbay, client_id: &str) -> Vec<String> {
    let credentials = base64::engine::general_purpose::STANDARD;
    let is_its = |header: &str| {
        let pair =
            header.strip_prefix("Basic ").and_then(|text| credentials.decode(text).ok()).unwrap_or_default();
        String::from_utf8_lossy(&pair).starts_with(client_id)
    };
    let answer = server.upstream.control("GET", "requests?path=/v1/oauth/token", None).await;
    let requests = answer["requests"].as_array().expect("the door lists requests").iter();
    let own = requests.filter(|request| request["headers"]["authorization"].as_str().is_some_and(is_its));
    let body = |request: &Value| {
        let body: Value = serde_json::from_str(request["body"].as_str()?).ok()?;
        body["code_verifier"].as_str().map(str::to_owned)
    };
    own.filter_map(body).collect()
}
