use serde_json::json;

use super::*;

fn kept(said: Value) -> Value {
    let Value::Object(members) = said else { panic!("an answer is an object") };
    Value::Object(without_secrets(members))
}

#[test]
fn r47_nothing_named_like_a_secret_is_kept_at_any_depth() {
    let said = json!({
        "team": {"id": "T1", "name": "Acme"},
        "authed_user": {"id": "U1", "access_token": "xoxp-1", "refreshToken": "xoxe-1"},
        "bot": [{"bot_access_token": "xoxb-1", "id": "B1"}],
        "incoming_webhook": {"url": "https://hooks.test/T1/secret", "channel": "#a"},
        "refresh_token_expires_in": 86_400,
        "x_refresh_token_expires_in": "86400",
        "has_refresh_token": true,
        "tokens": ["a", "b"],
        "token_expires": {"token": "a"},
        "scoped_token": "s",
        "credentials": {"value": "v"},
        "extra": {"auth": {"bearer": "b"}, "auth.bearer": "b", "signing_key": "k", "key_id": "1"},
        "signing_secret": "s",
        "Api-Key": "k",
        "session_jwt": "j",
        "duplicated_template_id": null,
    });
    let expected = json!({
        "team": {"id": "T1", "name": "Acme"},
        "authed_user": {"id": "U1"},
        "bot": [{"id": "B1"}],
        "refresh_token_expires_in": 86_400,
        "x_refresh_token_expires_in": "86400",
        "has_refresh_token": true,
        "extra": {"key_id": "1"},
        "duplicated_template_id": null,
    });
    assert_eq!(kept(said), expected);
}

#[test]
fn r47_nothing_that_looks_like_a_token_is_kept_whatever_its_name() {
    let (jwt, long) = ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln", "0123456789".repeat(4));
    let mut said = json!({"id": long, "user": {"about": jwt, "name": "A"}, "list": ["a", jwt, [long]]});
    said[jwt] = json!(1);
    assert_eq!(kept(said), json!({"user": {"name": "A"}, "list": ["a", []]}));
}

#[test]
fn an_answer_about_a_workspace_is_kept_whole() {
    let icon = "https://s3-us-west-2.amazonaws.com/public.test/0195f3c4-8f5e-7c3a-9d2e-3b1f0a6c7d8e/icon.png";
    let said = json!({
        "bot_id": "0195f3c4-8f5e-7c3a-9d2e-3b1f0a6c7d8e",
        "workspace_id": "0195f3c48f5e7c3a9d2e3b1f0a6c7d8e",
        "workspace_name": "Acme",
        "workspace_icon": icon,
        "owner": {
            "type": "user",
            "user": {
                "object": "user",
                "id": "0195f3c4-8f5e-7c3a-9d2e-3b1f0a6c7d8e",
                "name": "Ann",
                "avatar_url": format!("https://lh3.test/a/{}=s100", "ACg8ocJ-".repeat(8)),
                "type": "person",
                "person": {"email": "ann@acme.test"},
            },
        },
        "duplicated_template_id": null,
        "request_id": "0195f3c4-8f5e-7c3a-9d2e-3b1f0a6c7d8e",
        "instance_url": "https://acme.my.crm.example",
        "api_domain": "https://www.crm.example",
        "realmId": "9341453011111111",
        "id": "https://login.crm.example/id/00Dx0000000BV7z/005x00000012Q9P",
    });
    assert_eq!(kept(said.clone()), said);
}
