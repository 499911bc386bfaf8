//! Planted secrets are searched for in everything that can be printed.

use std::error::Error;
use std::fmt::Write;

use oauth::{App, OAuthError, Revocable, TransportError, begin, client_credentials, revoke};

use super::scripted::{REDIRECT_URI, Scripted, answer, provider, secret, text, url};

const PLANTED: [&str; 7] = [
    "canary-client-secret",
    "canary-code",
    "canary-verifier-0123456789-0123456789-0123456789",
    "canary-old-refresh",
    "canary-access",
    "canary-new-refresh",
    "canary-id-token",
];

fn app() -> App {
    App {
        client_id: "client-id".to_owned(),
        client_secret: Some(secret(PLANTED[0])),
        redirect_uri: REDIRECT_URI.to_owned(),
        signing_key: None,
    }
}

/// All that a log could get hold of.
fn printed(error: &OAuthError) -> String {
    let mut printed = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        write!(printed, " {inner} {inner:?}").unwrap();
        source = inner.source();
    }
    printed
}

/// Answers with secrets in every place that ends up in an error, or could.
fn answers() -> Vec<(u16, String)> {
    let all = PLANTED.join(" ");
    let json = |status| {
        [
            // What the package's parse error would print whole.
            (status, format!(r#"{{"access_token":{{"x":"{all}"}}}}"#)),
            (status, format!(r#"{{"access_token":"{}","expires_in":1e3,"token_type""#, PLANTED[4])),
            (status, format!(r#"{{"refresh_token":"{}"}}"#, PLANTED[5])),
            (status, format!("<html>{all}</html>")),
            (status, all.clone()),
        ]
    };
    let ours = PLANTED[..4].join(" ");
    let refusals = [
        format!(r#"{{"error":"invalid_grant","error_description":"no {ours}"}}"#),
        format!(r#"{{"error":"no {ours}"}}"#),
        format!(r#"{{"error":"{}"}}"#, PLANTED[0]),
        format!(r#"{{"error":"{}"}}"#, PLANTED[1]),
        format!(r#"{{"error":"{}"}}"#, PLANTED[3]),
        format!(r#"{{"error":{{"code":"{}","message":"{ours}"}}}}"#, PLANTED[0]),
        format!("error=no&error_description={}", ours.replace(' ', "+")),
    ];
    let mut answers = Vec::new();
    for status in [200, 301, 400, 403, 404, 429, 500] {
        answers.extend(json(status));
        answers.extend(refusals.iter().map(|body| (status, body.clone())));
    }
    answers
}

#[tokio::test]
async fn r47_no_error_prints_a_secret_or_an_answer() {
    let mut provider = provider();
    provider.revocation_url = Some(url("https://provider.test/revoke"));
    let (code, verifier, old) = (secret(PLANTED[1]), secret(PLANTED[2]), secret(PLANTED[3]));
    let mut failures = 0;
    for (status, body) in answers() {
        let script = || {
            let answer = || Ok(answer(status, &[("location", PLANTED[4])], body.as_bytes()));
            // Discovery asks twice.
            Scripted::new(vec![answer(), answer()])
        };
        let errors = [
            oauth::exchange(&script(), &provider, &app(), &code, &verifier).await.err(),
            oauth::refresh(&script(), &provider, &app(), &old).await.err(),
            client_credentials(&script(), &provider, &app()).await.err(),
            revoke(&script(), &provider, &app(), Revocable::RefreshToken(&old)).await.err(),
            oauth::discover(&script(), "https://provider.test").await.err(),
        ];
        // Each request knows its own secrets; those of the other flows never were in it.
        let own: [&[&str]; 5] = [
            &[PLANTED[0], PLANTED[1], PLANTED[2], PLANTED[4], PLANTED[5]],
            &[PLANTED[0], PLANTED[3], PLANTED[4], PLANTED[5]],
            &[PLANTED[0], PLANTED[4], PLANTED[5]],
            &[PLANTED[0], PLANTED[3], PLANTED[4], PLANTED[5]],
            &PLANTED,
        ];
        for (error, own) in errors.iter().zip(own) {
            let Some(error) = error else { continue };
            failures += 1;
            let printed = printed(error);
            for planted in own {
                assert!(!printed.contains(planted), "{status} {body}: {printed}");
            }
            assert!(!printed.contains("<html>"), "{printed}");
        }
    }
    assert!(failures > 200, "{failures}");
}

#[tokio::test]
async fn r47_a_token_set_does_not_print_its_tokens_or_its_account() {
    let body = format!(
        r#"{{"access_token":"{}","refresh_token":"{}","id_token":"{}","name":"Ada","echo":"{}"}}"#,
        PLANTED[4], PLANTED[5], PLANTED[6], PLANTED[4]
    );
    let tokens =
        oauth::refresh(&Scripted::json(200, &body), &provider(), &app(), &secret(PLANTED[3])).await.unwrap();
    assert_eq!(text(&tokens.access_token), PLANTED[4]);
    let printed = format!("{tokens:?} {tokens:#?} {:?}", tokens.account);
    for planted in PLANTED {
        assert!(!printed.contains(planted), "{printed}");
    }
    assert!(!format!("{tokens:?}").contains("Ada"));
}

#[test]
fn r47_what_is_kept_between_the_steps_does_not_print() {
    let begun = begin(&provider(), &app(), &[]).unwrap();
    let token = secret(PLANTED[3]);
    let printed = format!("{begun:?} {begun:#?} {:?} {:?}", app(), Revocable::RefreshToken(&token));
    for hidden in PLANTED.iter().copied().chain([text(&begun.state), text(&begun.verifier)]) {
        assert!(!printed.contains(hidden), "{printed}");
    }
}

#[tokio::test]
async fn r47_a_refused_address_is_named_and_nothing_of_the_request() {
    let script = vec![Err(TransportError::Refused("`localhost` is not public".to_owned()))];
    let error =
        oauth::refresh(&Scripted::new(script), &provider(), &app(), &secret(PLANTED[3])).await.unwrap_err();
    assert_eq!(error.to_string(), "the token endpoint must not be called: `localhost` is not public");
}
