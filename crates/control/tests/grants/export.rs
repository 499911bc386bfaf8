//! The stored credential in clear.

use control::Error;
use domain::{ConnectorStatus, ExecutionStatus, Permission};
use serde_json::{Value, json};
use uuid::Uuid;

use super::bed::{Bed, exposed};

async fn exported(bed: &Bed, id: domain::ConnectorId) -> Result<Value, Error> {
    let caller = bed.caller(vec![Permission::CredentialsRead]).await;
    let exported = bed.control.export_credential(&caller, bed.tenant, id, Uuid::now_v7()).await?;
    Ok(serde_json::to_value(&exported).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_permission_nothing_is_read() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let refused = bed.control.export_credential(&bed.caller, bed.tenant, id, Uuid::now_v7()).await;
    let Err(error @ Error::PermissionMissing(_)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), "permission_missing");
    assert!(error.to_string().contains("patchbay application create --allow credentials:read"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scoped_token_of_a_permitted_application_reads_nothing() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let caller = bed.caller(vec![Permission::CredentialsRead]).await;
    let token = bed.control.issue_scoped_token(&caller, &bed.tenant, "globex").await.unwrap();
    let scoped = bed.control.caller(exposed(&token)).await.unwrap();
    let tenant = scoped.tenant(None).unwrap();
    let refused = bed.control.export_credential(&scoped, tenant, id, Uuid::now_v7()).await;
    assert!(matches!(refused, Err(Error::PermissionMissing(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_exported_with_what_came_with_it_and_without_the_app_s_secret() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let shown = exported(&bed, id).await.unwrap();
    let granted = bed.granted().await;
    assert_eq!(shown["auth_scheme"], "oauth");
    assert_eq!(shown["access_token"], granted["access_tokens"][0]);
    assert_eq!(shown["refresh_token"], granted["refresh_tokens"][0]);
    assert_eq!(shown["token_type"], "bearer");
    assert_eq!((&shown["expires_in"], &shown["expires_at"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["workspace_name"], "Acme");
    assert_eq!(shown["workspace_id"], "ac3e0000-0000-4000-8000-000000000001");
    assert_eq!(shown["raw"]["access_token"], shown["access_token"]);
    assert_eq!(shown["raw"]["workspace_id"], shown["workspace_id"]);
    assert!(shown["raw"]["bot_id"].is_string());
    assert_eq!(shown["values"], Value::Null);
    assert!(!shown.to_string().contains(&bed.app.client_secret), "the app's secret is in it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_grant_is_exported_by_the_names_of_its_scheme() {
    let bed = Bed::new().await;
    let id = bed.with_token().await;
    let shown = exported(&bed, id).await.unwrap();
    assert_eq!(shown["auth_scheme"], "internal_token");
    assert_eq!(shown["values"], json!({ "token": testkit::sandbox_token::ACME }));
    assert_eq!((&shown["access_token"], &shown["raw"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_is_renewed_before_it_is_handed_out() {
    let bed = Bed::new().await;
    bed.app.set(json!({ "expires_in": 3_600 })).await;
    let id = bed.connected().await;
    let first = exported(&bed, id).await.unwrap();
    assert_eq!(first["expires_in"], 3_600);
    bed.clock.advance_ms(3_601_000);
    let second = exported(&bed, id).await.unwrap();
    assert_ne!(second["access_token"], first["access_token"]);
    assert_eq!(second["expires_in"], 3_600);
    let granted = bed.granted().await;
    // In no order.
    assert!(granted["access_tokens"].as_array().unwrap().contains(&second["access_token"]), "{granted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_export_and_each_refused_one_is_in_the_execution_log() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    exported(&bed, id).await.unwrap();
    bed.control.disable_connector(&bed.tenant, id, None).await.unwrap();
    let refused = exported(&bed, id).await;
    assert!(
        matches!(refused, Err(Error::NotActive { status: ConnectorStatus::Disabled, .. })),
        "{refused:?}"
    );
    let filter = domain::ExecutionFilter::default();
    let logged = bed.control.executions(&bed.tenant, &filter, 10, None).await.unwrap().items;
    let lines: Vec<_> = logged
        .iter()
        .map(|line| (line.entity.as_str(), line.action.as_str(), line.status, line.error_code.as_deref()))
        .collect();
    assert_eq!(
        lines,
        [
            ("credentials", "read", ExecutionStatus::Failed, Some("connector_disabled")),
            ("credentials", "read", ExecutionStatus::Succeeded, None),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_connector_s_credential_is_not_handed_out() {
    let bed = Bed::new().await;
    bed.confirm_connectors().await;
    let id = bed.connected().await;
    let refused = exported(&bed, id).await;
    assert!(
        matches!(refused, Err(Error::NotActive { status: ConnectorStatus::PendingConfirmation, .. })),
        "{refused:?}"
    );
}
