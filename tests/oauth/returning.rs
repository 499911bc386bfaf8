//! What the product receives at the end: a connector that names and describes its account, or an error
//! it can act on.

use serde_json::{Value, json};
use testkit::consent::{Person, RETURN_URL, browse, consent_body, parameter};
use testkit::{Bench, sandbox_token, text};

use super::{CONNECTORS, assert_is_refusal, connectors_of, detail};

testkit::both!(
    a_connector_is_named_after_its_account,
    the_account_is_readable_and_holds_no_token,
    the_callers_own_query_comes_back_byte_for_byte,
    r13_a_person_who_declines_is_brought_back_with_the_reason,
    an_error_of_the_provider_is_passed_on_and_cannot_do_harm,
    a_failed_exchange_is_told_to_the_product,
    a_person_shares_what_they_choose,
    a_callback_without_code_and_error_is_a_failure,
);

async fn a_connector_is_named_after_its_account(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    let grant = app.grants().await.remove(0);
    let workspace = grant["workspace_id"].as_str().expect("a grant is of a workspace").to_owned();
    let made = detail(&acme, &id).await;
    assert_eq!(made["name"], made["account"]["name"], "{made}");
    assert_eq!(made["account"]["id"], workspace.as_str(), "{made}");

    // Names that cannot be one stand back for the usual.
    for odd in [json!(""), json!("  "), json!(7), json!(null), json!({ "a": 1 })] {
        app.set(json!({ "extra": { "workspace_name": odd } })).await;
        let made = detail(&acme, &acme.consent("globex").await).await;
        assert_eq!(made["name"], "Notion - globex", "{odd}: {made}");
    }
    app.set(json!({ "extra": { "workspace_name": "n\u{202e}ame\n".repeat(2_000) } })).await;
    let made = detail(&acme, &acme.consent("globex").await).await;
    let name = text(&made, "name");
    assert!(name.chars().count() <= 255 && !name.contains('\n'), "{name}");
}

async fn the_account_is_readable_and_holds_no_token(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    app.set(json!({ "extra": { "id_token": "an-id-token", "client_secret": "a-repeated-secret" } })).await;
    let id = acme.consent("globex").await;
    let inspected = acme.client.get(&format!("{CONNECTORS}/{id}/inspect")).expect(200).await;
    let made = detail(&acme, &id).await;
    assert_eq!(inspected["account"], made["account"]);
    let account = made["account"].as_object().expect("an account is an object");
    for key in ["id", "name", "workspace_id", "workspace_name", "workspace_icon", "bot_id", "owner"] {
        assert!(account.contains_key(key), "{key} in {made}");
    }
    assert_eq!(account.get("duplicated_template_id"), Some(&Value::Null), "{made}");
    assert_eq!(account["owner"]["user"]["person"]["email"], account["email"], "{made}");
    let answers = format!("{made}{inspected}");
    for secret in app.secrets().await.iter().map(String::as_str).chain(["an-id-token", "a-repeated-secret"]) {
        assert!(!answers.contains(secret), "`{secret}` is in {answers}");
    }
    for key in ["access_token", "refresh_token", "id_token", "client_secret"] {
        assert!(!account.contains_key(key), "{key} in {made}");
    }
    // A connector without consent has none, and says so.
    let given = detail(&acme, &acme.connect_with("globex", sandbox_token::ACME).await).await;
    assert_eq!((&given["account"], &given["credential_source"]), (&Value::Null, &json!("given")), "{given}");
}

async fn the_callers_own_query_comes_back_byte_for_byte(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    for (asked, kept) in [
        ("https://product.example/x?user_id=7", "https://product.example/x?user_id=7&"),
        (
            "https://product.example/x?a=%20b+c&empty=&flag&u=%C3%BC&a=2&q=%3D%26&s=;",
            "https://product.example/x?a=%20b+c&empty=&flag&u=%C3%BC&a=2&q=%3D%26&s=;&",
        ),
        ("https://product.example/x?q='it''s'&r=(a,b)*!~", "https://product.example/x?q='it''s'&r=(a,b)*!~&"),
        ("https://product.example/x?", "https://product.example/x?"),
        (
            "https://product.example/x?connector_id=stale&user_id=7&error=old&error_description=old",
            "https://product.example/x?user_id=7&",
        ),
        ("https://product.example/x?connector%5Fid=stale&confirmation=c", "https://product.example/x?"),
        (
            "http://localhost:3000/x?code=theirs&state=theirs",
            "http://localhost:3000/x?code=theirs&state=theirs&",
        ),
    ] {
        let mut body = consent_body("globex");
        body["redirect_url"] = asked.into();
        let landing = Person::allowing().walk(&acme.consent_url(body.clone()).await).await;
        assert_eq!(landing.url, format!("{kept}connector_id={}", landing.connector_id()), "{asked}");
        let landing = Person::denying().walk(&acme.consent_url(body).await).await;
        assert!(landing.url.starts_with(&format!("{kept}error=access_denied&")), "{asked}: {}", landing.url);
        assert_eq!(landing.get("connector_id"), None, "{asked}: {}", landing.url);
    }
}

async fn r13_a_person_who_declines_is_brought_back_with_the_reason(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::denying().to_callback(&url).await;
    let page = browse(&callback).await;
    let landing = testkit::consent::Landing::of(page);
    assert_eq!(landing.get("error").as_deref(), Some("access_denied"));
    assert!(landing.get("error_description").is_some_and(|text| !text.is_empty()), "{}", landing.url);
    assert!(landing.url.starts_with(RETURN_URL), "{}", landing.url);
    // The state is used up; there is nothing to try again.
    assert_is_refusal(&browse(&callback).await);
    let allowed = callback.replace("error=access_denied", "code=anything");
    assert_is_refusal(&browse(&allowed).await);
    assert_eq!(app.asked("token").await.len(), 0);
    assert_eq!(connectors_of(&acme, "globex").await, 0);
}

async fn an_error_of_the_provider_is_passed_on_and_cannot_do_harm(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let long = "x".repeat(5_000);
    for (error, description, passed) in [
        ("server_error", "down for maintenance", "server_error"),
        ("consent_required", "tell & ask <b>again</b>", "consent_required"),
        ("<script>alert(1)</script>", "\"><script>alert(1)</script>\r\nX-Evil: 1\u{202e}", "invalid_error"),
        (long.as_str(), long.as_str(), "invalid_error"),
    ] {
        let callback = json!({ "error": error, "error_description": description });
        app.set(json!({ "consent": "cancel", "callback": callback })).await;
        let landing = Person::denying().walk(&acme.consent_url(consent_body("globex")).await).await;
        assert_eq!(landing.get("error").as_deref(), Some(passed), "{}", landing.url);
        let told = landing.get("error_description").expect("an error is described");
        assert!(told.chars().count() <= 300 && !told.contains(['\r', '\n', '\u{202e}']), "{told:?}");
        assert!(
            !landing.page.text.contains("<script") && !landing.page.text.contains("<b>"),
            "{}",
            landing.page.text
        );
        assert_eq!(landing.page.header("X-Evil"), None);
    }
    assert_eq!(app.asked("token").await.len(), 0);
}

async fn a_failed_exchange_is_told_to_the_product(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    // The code is not the provider's.
    let forged = callback.replace(&parameter(&callback, "code"), "a-forged-code");
    let landing = testkit::consent::Landing::of(browse(&forged).await);
    assert_eq!(landing.get("error").as_deref(), Some("token_exchange_failed"), "{}", landing.url);
    let told = landing.get("error_description").expect("an error is described");
    assert!(told.contains("invalid_grant") && !told.contains("a-forged-code"), "{told}");
    assert_eq!(app.asked("token").await.len(), 1, "it was tried once");
    assert_is_refusal(&browse(&callback).await);

    // The organization's secret is wrong: the product is told what its operator needs.
    app.change_secret("rotated-at-the-provider").await;
    let landing = Person::allowing().walk(&acme.consent_url(consent_body("globex")).await).await;
    let told = landing.get("error_description").expect("an error is described");
    assert_eq!(landing.get("error").as_deref(), Some("token_exchange_failed"), "{}", landing.url);
    assert!(told.contains("invalid_client") && !told.contains(&app.client_secret), "{told}");
    assert_eq!(connectors_of(&acme, "globex").await, 0);
}

async fn a_person_shares_what_they_choose(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let id = Person::allowing().sharing(&[]).walk(&url).await.connector_id();
    let found = acme.execute(&id, "search", "search", json!({})).expect(200).await;
    assert_eq!(found["result"], json!([]), "{found}");
    let checked = acme.client.post(&format!("{CONNECTORS}/{id}/check")).json(json!({})).expect(200).await;
    assert!(checked.to_string().contains("nothing is shared"), "{checked}");
}

async fn a_callback_without_code_and_error_is_a_failure(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    app.set(json!({ "callback": { "code": null } })).await;
    let landing = Person::allowing().walk(&acme.consent_url(consent_body("globex")).await).await;
    assert_eq!(landing.get("error").as_deref(), Some("token_exchange_failed"), "{}", landing.url);
    assert_eq!(app.asked("token").await.len(), 0);
}
