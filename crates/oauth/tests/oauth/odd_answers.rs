//! Token answers as providers really send them: successes that RFC 6749 would not recognise.

use std::time::Duration;

use oauth::{OAuthError, TokenSet};
use serde_json::{Value, json};

use super::scripted::{REFRESH_TOKEN, Scripted, answer, exchange, provider, refresh, text};

const JSON: &str = "application/json";

async fn read(content_type: &str, body: &str) -> TokenSet {
    let provider_side =
        Scripted::new(vec![Ok(answer(200, &[("content-type", content_type)], body.as_bytes()))]);
    exchange(&provider_side, &provider()).await.unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// Access token, refresh token, token type, lifetime in seconds, scopes.
type Parts<'a> = (&'a str, Option<&'a str>, &'a str, Option<u64>, Option<Vec<&'a str>>);

fn parts(tokens: &TokenSet) -> Parts<'_> {
    (
        text(&tokens.access_token),
        tokens.refresh_token.as_ref().map(text),
        &tokens.token_type,
        tokens.expires_in.map(|lifetime| lifetime.as_secs()),
        tokens.scopes.as_ref().map(|scopes| scopes.iter().map(String::as_str).collect()),
    )
}

#[tokio::test]
async fn r17_an_odd_answer_is_read_for_what_it_means() {
    let full: Parts<'_> = ("at", Some("rt"), "bearer", Some(3600), Some(vec!["a", "b"]));
    let bare: Parts<'_> = ("at", None, "bearer", None, None);
    let cases: &[(&str, &str, &Parts<'_>)] = &[
        // As the standard has it, and as little as it can be.
        (
            JSON,
            r#"{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600,"scope":"a b"}"#,
            &full,
        ),
        (JSON, r#"{"access_token":"at"}"#, &bare),
        // Forms, whatever they are called.
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            "access_token=at&refresh_token=rt&token_type=bearer&expires_in=3600&scope=a%2Cb",
            &full,
        ),
        ("text/plain", "access_token=at&expires_in=&scope=\r\n", &bare),
        ("text/html; charset=utf-8", "access_token=at&token_type=bearer", &bare),
        (JSON, "access_token=at", &bare),
        // JSON, whatever it is called and however it is wrapped.
        ("text/html", r#" {"access_token":"at","token_type":"bearer"} "#, &bare),
        ("text/plain", "\u{feff}{\"access_token\":\"at\"}\n", &bare),
        ("", r#"{"access_token":"at"}"#, &bare),
        ("application/vnd.api+json", r#"{"access_token":"at"}"#, &bare),
        // Numbers as text, lists for texts, nulls and blanks for nothing.
        (
            JSON,
            r#"{"access_token":"at","refresh_token":"rt","token_type":"BEARER","expires_in":"3600","scope":["a","b"]}"#,
            &full,
        ),
        (
            JSON,
            r#"{"access_token":" at\n","refresh_token":"","token_type":null,"expires_in":null,"scope":null}"#,
            &bare,
        ),
        (
            JSON,
            r#"{"access_token":"at","refresh_token":null,"token_type":"","expires_in":"","scope":""}"#,
            &bare,
        ),
        (
            JSON,
            r#"{"access_token":"at","refresh_token":false,"token_type":7,"expires_in":[1],"scope":{}}"#,
            &("at", None, "7", None, None),
        ),
        // Lifetimes.
        (JSON, r#"{"access_token":"at","expires_in":3599.99}"#, &("at", None, "bearer", Some(3599), None)),
        (JSON, r#"{"access_token":"at","expires_in":0}"#, &bare),
        (JSON, r#"{"access_token":"at","expires_in":-1}"#, &bare),
        (JSON, r#"{"access_token":"at","expires_in":"never"}"#, &bare),
        (
            JSON,
            r#"{"access_token":"at","expires_in":99999999999999999999}"#,
            &("at", None, "bearer", Some(366 * 86_400), None),
        ),
        // Scopes.
        (JSON, r#"{"access_token":"at","scope":"a,b"}"#, &("at", None, "bearer", None, Some(vec!["a", "b"]))),
        (
            JSON,
            r#"{"access_token":"at","scopes":["a","b"]}"#,
            &("at", None, "bearer", None, Some(vec!["a", "b"])),
        ),
        (
            JSON,
            r#"{"access_token":"at","scope":"","scopes":"a  b "}"#,
            &("at", None, "bearer", None, Some(vec!["a", "b"])),
        ),
        // Spellings.
        (
            JSON,
            r#"{"accessToken":"at","refreshToken":"rt","tokenType":"bearer","expiresIn":3600,"scope":"a b"}"#,
            &full,
        ),
        // Other token types.
        (
            JSON,
            r#"{"access_token":"at","token_type":"Zoho-oauthtoken"}"#,
            &("at", None, "zoho-oauthtoken", None, None),
        ),
        // One level down.
        (
            JSON,
            r#"{"message":"success","data":{"access_token":"at","refresh_token":"rt","expires_in":3600,"scope":"a,b"}}"#,
            &full,
        ),
        (
            JSON,
            r#"{"ok":true,"access_token":"","authed_user":{"id":"U1","access_token":"at","token_type":"user"}}"#,
            &("at", None, "user", None, None),
        ),
        // A token wins over what else is said.
        (JSON, r#"{"access_token":"at","error":null,"code":"ok","message":"welcome"}"#, &bare),
        (JSON, r#"{"access_token":"at","error":"deprecated_endpoint"}"#, &bare),
        (JSON, r#"{"access_token":"first","access_token":"at"}"#, &bare),
    ];
    for (content_type, body, expected) in cases {
        let tokens = read(content_type, body).await;
        assert_eq!(&parts(&tokens), *expected, "{body}");
    }
}

#[tokio::test]
async fn any_success_status_is_a_success() {
    for status in [200, 201, 202, 203] {
        let provider_side = Scripted::json(status, r#"{"access_token":"at"}"#);
        assert!(exchange(&provider_side, &provider()).await.is_ok(), "{status}");
    }
}

#[tokio::test]
async fn r28_the_old_refresh_token_stays_unless_there_is_a_new_one() {
    for (body, expected) in [
        (r#"{"access_token":"at"}"#, REFRESH_TOKEN),
        (r#"{"access_token":"at","refresh_token":null}"#, REFRESH_TOKEN),
        (r#"{"access_token":"at","refresh_token":""}"#, REFRESH_TOKEN),
        (r#"{"access_token":"at","refresh_token":"rt-new"}"#, "rt-new"),
    ] {
        let tokens = refresh(&Scripted::json(200, body), &provider()).await.unwrap();
        assert_eq!(tokens.refresh_token.as_ref().map(text), Some(expected), "{body}");
    }
}

#[tokio::test]
async fn r29_an_absurd_lifetime_is_unknown_or_clamped() {
    let year = Duration::from_secs(366 * 86_400);
    for said in ["0", "-1", "\"0\"", "\"soon\"", "null", "315360000", "9223372036854775807"] {
        let body = format!(r#"{{"access_token":"at","expires_in":{said}}}"#);
        let lifetime = read(JSON, &body).await.expires_in;
        assert!(lifetime.is_none_or(|lifetime| lifetime == year), "{said}: {lifetime:?}");
    }
}

#[tokio::test]
async fn the_rest_of_the_answer_is_the_account() {
    let body = r#"{
        "access_token": "ntn_1", "token_type": "bearer", "refresh_token": null, "bot_id": "b1",
        "workspace_id": "w1", "workspace_name": "Acme", "workspace_icon": null,
        "owner": {"type": "user", "user": {"id": "u1", "person": {"email": "a@acme.test"}}},
        "duplicated_template_id": null, "request_id": "r1"
    }"#;
    let tokens = read(JSON, body).await;
    let account = json!({
        "bot_id": "b1",
        "workspace_id": "w1",
        "workspace_name": "Acme",
        "workspace_icon": null,
        "owner": {"type": "user", "user": {"id": "u1", "person": {"email": "a@acme.test"}}},
        "duplicated_template_id": null,
        "request_id": "r1",
    });
    assert_eq!(Value::Object(tokens.account), account);
    assert!(tokens.refresh_token.is_none() && tokens.expires_in.is_none() && tokens.scopes.is_none());
}

#[tokio::test]
async fn r47_the_account_has_no_token_by_name_or_by_value() {
    let body = r#"{
        "access_token": "at-0123456789", "refresh_token": "rt-0123456789", "id_token": "it-0123456789",
        "team": {"id": "T1"}, "authed_user": {"id": "U1", "access_token": "xoxp-other"},
        "at-0123456789": 1, "echo": "Bearer at-0123456789", "list": ["rt-0123456789", {"it-0123456789": "it-0123456789"}],
        "link": "https://a.test/?code=code-1f2e3d", "refresh_token_expires_in": 5184000
    }"#;
    let tokens = read(JSON, body).await;
    assert_eq!(tokens.id_token.as_ref().map(text), Some("it-0123456789"));
    let account = json!({
        "team": {"id": "T1"},
        "authed_user": {"id": "U1"},
        "[redacted]": 1,
        "echo": "Bearer [redacted]",
        "list": ["[redacted]", {"[redacted]": "[redacted]"}],
        "link": "https://a.test/?code=[redacted]",
        "refresh_token_expires_in": 5_184_000,
    });
    assert_eq!(Value::Object(tokens.account), account);
}

#[tokio::test]
async fn an_account_keeps_its_shape_when_the_token_stood_one_level_down() {
    let body = r##"{
        "ok": true, "team": {"id": "T1", "name": "Acme"},
        "authed_user": {"id": "U1", "access_token": "at-0123456789", "scope": "a"},
        "incoming_webhook": {"url": "https://hooks.test/secret"}
    }"##;
    let tokens = read(JSON, body).await;
    let account = json!({"ok": true, "team": {"id": "T1", "name": "Acme"}, "authed_user": {"id": "U1"}});
    assert_eq!(Value::Object(tokens.account), account);
}

#[tokio::test]
async fn r17_an_unreadable_success_is_an_unknown_outcome() {
    let huge = format!(r#"{{"access_token":"at","padding":"{}"}}"#, "x".repeat(10 * 1024 * 1024));
    let deep = format!(r#"{{"access_token":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let cases: &[&[u8]] = &[
        b"",
        b" ",
        b"{}",
        b"[]",
        b"null",
        b"true",
        b"\"access_token=at\"",
        b"OK",
        b"<!doctype html><html>access_token=at</html>",
        b"{\"access_token\":\"at\"",
        b"{\"access_token\":\"at\"}}",
        br#"[{"access_token":"at"}]"#,
        br#"{"access_token":""}"#,
        br#"{"access_token":null}"#,
        br#"{"access_token":{"value":"at"}}"#,
        br#"{"access_token":"a\r\nSet-Cookie: b"}"#,
        br#"{"access_token":0}"#,
        br#"{"ok":true}"#,
        br#"{"one":{"access_token":"at"},"two":{"access_token":"at"}}"#,
        br#"{"a":{"b":{"access_token":"at"}}}"#,
        b"\xff\xfea\0c\0",
        b"\x1f\x8b\x08\x00",
        huge.as_bytes(),
        deep.as_bytes(),
    ];
    for body in cases {
        let provider_side = Scripted::new(vec![Ok(answer(200, &[("content-type", JSON)], body))]);
        let error = exchange(&provider_side, &provider()).await.unwrap_err();
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        assert!(matches!(error, OAuthError::Unknown { .. }), "{shown}: {error}");
        assert_eq!(provider_side.seen().len(), 1, "sent once");
    }
}
