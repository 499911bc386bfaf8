//! Three outcomes kept apart: refused, unreachable, unknown; and what is nobody's but the operator's.

use std::time::Duration;

use oauth::{OAuthError, TransportError};

use super::scripted::{CLIENT_SECRET, REFRESH_TOKEN, Scripted, answer, provider, refresh};

async fn outcome(status: u16, headers: &[(&str, &str)], body: &str) -> OAuthError {
    let provider_side = Scripted::new(vec![Ok(answer(status, headers, body.as_bytes()))]);
    let error = refresh(&provider_side, &provider()).await.unwrap_err();
    assert_eq!(provider_side.seen().len(), 1, "one request, whatever comes back");
    error
}

#[tokio::test]
async fn r26_a_refusal_is_told_by_its_code_in_every_shape() {
    for (status, body, code, description) in [
        (400, r#"{"error":"invalid_grant"}"#, "invalid_grant", None),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Token expired."}"#,
            "invalid_grant",
            Some("Token expired."),
        ),
        (401, r#"{"error":"invalid_client"}"#, "invalid_client", None),
        // Notion's two shapes.
        (
            400,
            r#"{"object":"error","status":400,"code":"invalid_grant","message":"Gone."}"#,
            "invalid_grant",
            Some("Gone."),
        ),
        (
            401,
            r#"{"object":"error","status":401,"code":"unauthorized","message":"No."}"#,
            "unauthorized",
            Some("No."),
        ),
        // In a success.
        (200, r#"{"ok":false,"error":"invalid_refresh_token"}"#, "invalid_refresh_token", None),
        (
            200,
            r#"{"error":"bad_refresh_token","error_description":"Wrong."}"#,
            "bad_refresh_token",
            Some("Wrong."),
        ),
        (
            200,
            "error=bad_verification_code&error_description=It+expired.",
            "bad_verification_code",
            Some("It expired."),
        ),
        (200, r#"{"code":"invalid_grant","message":"Gone."}"#, "invalid_grant", Some("Gone.")),
        // As objects, lists, with other names and other statuses.
        (
            400,
            r#"{"error":{"type":"OAuthException","code":190,"message":"Gone."}}"#,
            "OAuthException",
            Some("Gone."),
        ),
        (400, r#"{"status":"BAD_REFRESH_TOKEN","message":"Gone."}"#, "BAD_REFRESH_TOKEN", Some("Gone.")),
        (400, r#"{"errors":[{"code":"gone","message":"Gone."}]}"#, "gone", Some("Gone.")),
        (
            403,
            r#"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#,
            "unauthorized_client",
            Some("refresh_token is invalid"),
        ),
        (404, r#"{"error":"invalid_grant"}"#, "invalid_grant", None),
        (400, "error=invalid_grant", "invalid_grant", None),
        // Without a code of its own.
        (400, r#"{"error":"The refresh token is gone"}"#, "http_400", Some("The refresh token is gone")),
        (400, "<html>Bad Request</html>", "http_400", None),
        (401, "", "http_401", None),
        (422, r#"{"message":"No."}"#, "http_422", Some("No.")),
    ] {
        let expected = OAuthError::Refused {
            status,
            code: code.to_owned(),
            description: description.map(str::to_owned),
        };
        assert_eq!(outcome(status, &[], body).await, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn r27_a_busy_or_broken_provider_is_unreachable() {
    let wait = [("retry-after", "120")];
    for (status, body) in [
        (408, ""),
        (429, r#"{"error":"rate_limited"}"#),
        (429, r#"{"error":"invalid_grant"}"#),
        (500, "<html>"),
        (502, ""),
        (503, r#"{"error":"temporarily_unavailable"}"#),
        (503, r#"{"error":"invalid_grant"}"#),
        (504, ""),
        (529, ""),
        (599, ""),
        // It says so in other ways.
        (400, r#"{"error":"temporarily_unavailable"}"#),
        (409, r#"{"object":"error","code":"conflict_error","message":"Try again."}"#),
        (200, r#"{"ok":false,"error":"ratelimited"}"#),
        (400, r#"{"error":"server_error"}"#),
        // A gate in front of it, which knows nothing of grants.
        (403, "<html>Blocked</html>"),
        (403, r#"{"message":"Forbidden"}"#),
        (451, ""),
    ] {
        let OAuthError::Unreachable { retry_after, reason } = outcome(status, &wait, body).await else {
            panic!("{status} {body}");
        };
        assert_eq!(retry_after, Some(Duration::from_secs(120)));
        assert!(reason.contains(&status.to_string()), "{reason}");
    }
    let OAuthError::Unreachable { retry_after, .. } = outcome(503, &[], "").await else { panic!() };
    assert_eq!(retry_after, None);
}

#[tokio::test]
async fn r25_no_answer_after_sending_is_unknown_and_before_it_unreachable() {
    for (fault, unknown) in [(TransportError::Unknown, true), (TransportError::NotSent, false)] {
        let provider_side = Scripted::new(vec![Err(fault)]);
        let error = refresh(&provider_side, &provider()).await.unwrap_err();
        match error {
            OAuthError::Unknown { .. } => assert!(unknown),
            OAuthError::Unreachable { retry_after: None, .. } => assert!(!unknown),
            other => panic!("{other}"),
        }
        assert_eq!(provider_side.seen().len(), 1, "never twice by itself");
    }
    // A status that is no answer.
    assert!(matches!(outcome(101, &[], "").await, OAuthError::Unknown { .. }));
}

#[tokio::test]
async fn what_only_the_operator_can_mend_is_told_apart() {
    let provider_side = Scripted::new(vec![Err(TransportError::Refused("10.0.0.1 is private".to_owned()))]);
    let error = refresh(&provider_side, &provider()).await.unwrap_err();
    assert!(
        matches!(&error, OAuthError::Misconfigured(why) if why.contains("10.0.0.1 is private")),
        "{error}"
    );
    for (status, body) in [
        (404, "<html>Not Found</html>"),
        (404, r#"{"error":"not_found"}"#),
        (404, r#"{"error":"Not Found"}"#),
        (405, ""),
        (415, "{}"),
    ] {
        let error = outcome(status, &[], body).await;
        assert!(
            matches!(&error, OAuthError::Misconfigured(why) if why.contains(&status.to_string())),
            "{error}"
        );
    }
}

#[tokio::test]
async fn r64_a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let error = outcome(status, &[("location", "https://evil.test/?key=hush")], "").await;
        let OAuthError::Misconfigured(why) = error else { panic!("{status}: {error}") };
        assert!(why.contains("redirect") && !why.contains("hush"), "{why}");
    }
}

#[tokio::test]
async fn a_description_is_one_short_printable_line_without_our_secrets() {
    let said = format!(
        r#"{{"error":"invalid_grant","error_description":"a\u0000\r\n\tb {REFRESH_TOKEN} {CLIENT_SECRET} \u202e{}"}}"#,
        "x".repeat(10_000)
    );
    let OAuthError::Refused { description: Some(description), .. } = outcome(400, &[], &said).await else {
        panic!()
    };
    assert!(description.starts_with("a b [redacted] [redacted] xxx"), "{description}");
    assert!(description.chars().count() <= 300);
}

#[tokio::test]
async fn a_code_is_a_word_or_no_code() {
    for odd in ["x y", "<b>", "x\\ny", &"x".repeat(65), "190", "-", "ünicode", ""] {
        let error = outcome(400, &[], &format!(r#"{{"error":"{odd}"}}"#)).await;
        assert!(matches!(&error, OAuthError::Refused { code, .. } if code == "http_400"), "{odd}: {error:?}");
    }
}
