//! Whose OAuth app a consent goes by.

use std::collections::BTreeMap;

use control::{DefinitionChoice, Error, Operator, OperatorApp};
use domain::Secret;
use serde_json::json;
use testkit::ProviderApp;

use super::bed::{Bed, begin, connector_id, notion, object, parameter};

fn operator(app: OperatorApp) -> Operator {
    Operator { apps: BTreeMap::from([("notion".to_owned(), app)]), ..Operator::default() }
}

fn operators_app(redirect_uri: Option<&str>) -> OperatorApp {
    OperatorApp {
        client_id: Some("operators-client".to_owned()),
        client_secret: Some(Secret::new("operators-secret".to_owned())),
        redirect_uri: redirect_uri.map(str::to_owned),
        ..OperatorApp::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_the_organization_s_own_app_goes_before_the_operator_s() {
    let bed = Bed::with_operator(operator(operators_app(None))).await;
    let url = bed.consent_url(begin()).await.unwrap();
    assert_eq!(parameter(&url, "client_id").as_deref(), Some(bed.app.client_id.as_str()));
    let own = format!("http://localhost:8000/api/v1/oauth/callback/notion/{}", bed.organization.id);
    assert_eq!(parameter(&url, "redirect_uri"), Some(own.clone()));

    let uris = bed.control.redirect_uris(&bed.tenant, &notion()).unwrap();
    assert_eq!(uris.organization_app, own);
    assert_eq!(uris.operator_app, "http://localhost:8000/api/v1/oauth/callback/notion");
    assert!(uris.operator_app_configured);

    bed.control.delete_oauth_app(&bed.tenant, "Notion").await.unwrap();
    let url = bed.consent_url(begin()).await.unwrap();
    assert_eq!(parameter(&url, "client_id").as_deref(), Some("operators-client"));
    assert_eq!(parameter(&url, "redirect_uri"), Some(uris.operator_app));
    // It was there, and is not any more; both are fine.
    bed.control.delete_oauth_app(&bed.tenant, "notion").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_s_exact_redirect_uri_is_sent_as_it_stands() {
    let exact = "http://localhost:8000/api/v1/auth/notion/connector/callback";
    let bed = Bed::with_operator(operator(operators_app(Some(exact)))).await;
    bed.control.delete_oauth_app(&bed.tenant, "notion").await.unwrap();
    let url = bed.consent_url(begin()).await.unwrap();
    assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some(exact));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_app_the_ways_to_supply_one_are_told() {
    let bed = Bed::new().await;
    bed.control.delete_oauth_app(&bed.tenant, "notion").await.unwrap();
    let refused = bed.consent_url(begin()).await;
    let Err(error @ Error::OAuthAppMissing(_)) = refused else { panic!("{refused:?}") };
    let text = error.to_string();
    for way in [
        "PATCHBAY_OAUTH_NOTION_CLIENT_ID",
        "PATCHBAY_OAUTH_NOTION_CLIENT_SECRET",
        "PUT /api/v1/oauth/credentials",
        "\"connector_type\": \"notion\"",
    ] {
        assert!(text.contains(way), "{text}");
    }
    let missing = bed.control.oauth_app(&bed.tenant, notion()).await;
    let Err(error @ Error::NotFound { .. }) = missing else { panic!("{missing:?}") };
    assert_eq!(error.code(), "oauth_app_not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replacing_an_app_breaks_no_connector_made_with_it() {
    let bed = Bed::new().await;
    bed.app.set(json!({ "expires_in": 3_600 })).await;
    let id = bed.connected().await;
    let first = bed.control.oauth_app(&bed.tenant, notion()).await.unwrap();
    bed.clock.advance_ms(3_601_000);
    let other = ProviderApp::register(&bed.upstream).await;
    bed.bring(&other).await;
    let second = bed.control.oauth_app(&bed.tenant, notion()).await.unwrap();
    assert_eq!((second.id, second.created_at), (first.id, first.created_at));
    assert!(second.updated_at > first.updated_at);
    assert_ne!(second.client_id_masked, other.client_id);
    // The seal of the first does not fit the row any more.
    let stored = bed.control.store().oauth_app(&bed.tenant, second.definition.id).await.unwrap().unwrap();
    assert_eq!(stored.version, 2);

    // Its refresh goes by the first app still, whose token it is.
    let caller = bed.caller(vec![domain::Permission::CredentialsRead]).await;
    bed.control.export_credential(&caller, bed.tenant, id, uuid::Uuid::now_v7()).await.unwrap();
    assert_eq!(bed.app.outcomes("token").await, ["issued", "refreshed"]);
    // The next consent goes by the second.
    connector_id(&bed.consent(begin()).await);
    assert_eq!(other.outcomes("token").await, ["issued"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_configuration_leaves_the_app_as_it_was() {
    let bed = Bed::new().await;
    let before = bed.control.oauth_app(&bed.tenant, notion()).await.unwrap();
    bed.clock.advance_ms(1_000);
    let wrong = object(&json!({ "client_id": "other-client-id", "clientSecret": "s" }));
    let refused = bed.control.put_oauth_app(&bed.tenant, notion(), wrong).await;
    assert!(matches!(refused, Err(Error::Invalid(ref faults)) if faults.len() == 2), "{refused:?}");
    let after = bed.control.oauth_app(&bed.tenant, notion()).await.unwrap();
    assert_eq!((after.updated_at, after.client_id_masked), (before.updated_at, before.client_id_masked));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_replacements_leave_one_whole_app() {
    let bed = Bed::new().await;
    let put = async |number: u32| {
        let given = json!({ "client_id": format!("client-number-{number:04}"), "client_secret": format!("{number}") });
        bed.control.put_oauth_app(&bed.tenant, notion(), object(&given)).await
    };
    let (a, b, c) = tokio::join!(put(1), put(2), put(3));
    assert!([a, b, c].iter().all(Result::is_ok));
    // What is stored opens: its version is the one it was sealed for.
    let url = bed.consent_url(begin()).await.unwrap();
    assert!(parameter(&url, "client_id").unwrap().starts_with("client-number-000"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_definition_is_told_with_the_known_ones() {
    let bed = Bed::new().await;
    let choice =
        DefinitionChoice { connector_type: Some("notoin".to_owned()), ..DefinitionChoice::default() };
    let refused = bed.control.app_specification(&choice);
    let Err(error @ Error::UnknownDefinition { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("did you mean `notion`?"), "{error}");
}
