//! A deletion takes the secret at once and the grant soon; the job tells how far it is.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Bench, Options, Organization, Patchbay, eventually, text};

use crate::oauth::{CONNECTORS, connectors_of};

testkit::both!(
    deleting_a_connector_revokes_its_grant_and_the_job_tells,
    what_cannot_be_revoked_is_told_as_not_supported,
    r34_a_revocation_that_fails_is_pending_and_made_up_for,
    r34_a_revocation_survives_a_restart,
    deleting_a_workspace_revokes_every_grant_in_it,
    deleting_an_organization_revokes_its_grants_and_destroys_its_keys,
    r34_a_deleted_organization_with_pending_revocations_is_done_later,
    a_job_is_for_whose_it_is,
);

const WAIT: Duration = Duration::from_secs(40);

async fn delete(acme: &Organization, id: &str) -> String {
    text(&acme.client.delete(&format!("{CONNECTORS}/{id}")).expect(202).await, "job_id")
}

async fn job(acme: &Organization, id: &str) -> Value {
    acme.client.get(&format!("/api/v1/jobs/{id}")).expect(200).await
}

/// The revocation of the job's only connector, once it is no longer pending.
async fn settled(acme: &Organization, id: &str) -> Value {
    eventually("the job is settled", WAIT, async || {
        let job = job(acme, id).await;
        assert_eq!(job["connectors"].as_array().map(Vec::len), Some(1), "{job}");
        (job["connectors"][0]["revocation"] != "pending").then(|| job["connectors"][0].clone())
    })
    .await
}

/// Attempts are made minutes apart; this one is due now.
async fn hurry(server: &Patchbay) {
    server.sql("UPDATE revocations SET next_at = 1 WHERE status = 'pending'").await;
}

fn down() -> Value {
    json!({ "always": true, "effect": { "kind": "unavailable" } })
}

async fn deleting_a_connector_revokes_its_grant_and_the_job_tells(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let id = acme.consent("globex").await;
    let kept = acme.consent("globex").await;
    let told = delete(&acme, &id).await;
    assert_eq!(connectors_of(&acme, "globex").await, 1, "it is gone at once");
    let done = job(&acme, &told).await;
    assert_eq!((&done["id"], &done["kind"]), (&json!(told), &json!("delete_connector")), "{done}");
    let result = settled(&acme, &told).await;
    assert_eq!((&result["connector_id"], &result["revocation"]), (&json!(id), &json!("revoked")), "{result}");
    let grants = app.grants().await;
    assert_eq!((&grants[0]["alive"], &grants[0]["cause"]), (&json!(false), &json!("revoked")), "{grants:?}");
    assert_eq!(grants[1]["alive"], true, "{grants:?}");
    assert_eq!(app.outcomes("revoke").await, ["revoked"], "once");
    acme.execute(&kept, "users", "list", json!({})).expect(200).await;
    acme.client.get(&format!("/api/v1/jobs/{}", uuid::Uuid::now_v7())).refused(404, "job_not_found").await;
}

async fn what_cannot_be_revoked_is_told_as_not_supported(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let job = delete(&acme, &id).await;
    let result = settled(&acme, &job).await;
    assert_eq!(
        (&result["connector_id"], &result["revocation"]),
        (&json!(id), &json!("not_supported")),
        "{result}"
    );
    let sent = bench.shared().upstream.requests_of(&id).await;
    assert!(sent.is_empty(), "a token that was given is not ours to revoke: {sent:?}");
}

async fn r34_a_revocation_that_fails_is_pending_and_made_up_for(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let app = acme.bring_app(&server.upstream).await;
    let id = acme.consent("globex").await;
    app.fault("revoke", down()).await;
    let job_id = delete(&acme, &id).await;
    // The local secret is gone at once, whatever the provider does.
    assert_eq!(connectors_of(&acme, "globex").await, 0);
    assert_eq!(server.count("SELECT COUNT(*) FROM credentials").await, 0);
    assert_eq!(server.count("SELECT COUNT(*) FROM connectors").await, 0);
    acme.execute(&id, "users", "list", json!({})).refused(404, "connector_not_found").await;
    eventually("an attempt was made", WAIT, async || (!app.asked("revoke").await.is_empty()).then_some(()))
        .await;
    let pending = eventually("the job tells why", WAIT, async || {
        let result = job(&acme, &job_id).await["connectors"][0].clone();
        result["detail"].is_string().then_some(result)
    })
    .await;
    assert_eq!(pending["revocation"], "pending", "{pending}");
    assert_eq!(app.grants().await[0]["alive"], true);
    let attempts = app.asked("revoke").await.len();
    assert!(attempts <= 2, "it is not hammered: {attempts}");

    server.upstream.control("DELETE", "faults", None).await;
    hurry(&server).await;
    assert_eq!(settled(&acme, &job_id).await["revocation"], "revoked");
    assert_eq!(app.grants().await[0]["cause"], "revoked");
    let left = server.count("SELECT COUNT(*) FROM revocations WHERE sealed IS NOT NULL").await;
    assert_eq!(left, 0, "what was kept for it is gone");
}

async fn r34_a_revocation_survives_a_restart(bench: &Bench) {
    let mut server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let app = acme.bring_app(&server.upstream).await;
    let id = acme.consent("globex").await;
    app.fault("revoke", down()).await;
    let job_id = delete(&acme, &id).await;
    server.kill();
    server.upstream.control("DELETE", "faults", None).await;
    hurry(&server).await;
    server.restart().await;
    assert_eq!(settled(&acme, &job_id).await["revocation"], "revoked");
    assert_eq!(app.grants().await[0]["cause"], "revoked");
}

async fn deleting_a_workspace_revokes_every_grant_in_it(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let consented = [acme.consent("globex").await, acme.consent("globex").await];
    let given = acme.connect("globex").await;
    let other = acme.consent("initech").await;
    let workspace = acme.customer_id("globex").await;
    let deleted = acme.client.delete(&format!("/api/v1/workspaces/{workspace}")).expect(200).await;
    assert_eq!(deleted["id"], workspace.as_str(), "{deleted}");
    let job_id = text(&deleted, "job_id");
    let done = eventually("the job is settled", WAIT, async || {
        let job = job(&acme, &job_id).await;
        (!job["connectors"].to_string().contains("pending")).then_some(job)
    })
    .await;
    assert_eq!(done["kind"], "delete_workspace", "{done}");
    let results = done["connectors"].as_array().expect("a job lists connectors");
    assert_eq!(results.len(), 3, "{done}");
    for result in results {
        let id = text(result, "connector_id");
        let expected = if id == given { "not_supported" } else { "revoked" };
        assert!(id == given || consented.contains(&id), "{done}");
        assert_eq!(result["revocation"], expected, "{done}");
    }
    let alive: Vec<_> = app.grants().await.iter().map(|grant| grant["alive"].clone()).collect();
    assert_eq!(alive, [json!(false), json!(false), json!(true)]);
    acme.execute(&other, "users", "list", json!({})).expect(200).await;
}

async fn deleting_an_organization_revokes_its_grants_and_destroys_its_keys(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let (acme, other) = (Organization::create(&server).await, Organization::create(&server).await);
    let (app, theirs) = (acme.bring_app(&server.upstream).await, other.bring_app(&server.upstream).await);
    let ids = [acme.consent("globex").await, acme.consent("initech").await];
    let kept = other.consent("globex").await;
    acme.consent_url(testkit::consent::consent_body("globex")).await;
    let refused = server.command(&["organization", "delete", &acme.id]).await;
    assert!(!refused.status.success(), "it asks first");
    let printed = server.command(&["organization", "delete", &acme.id, "--yes"]).await.json();
    for id in &ids {
        assert!(printed.to_string().contains(id.as_str()), "{printed}");
    }
    assert!(!printed.to_string().contains("pending"), "{printed}");
    assert!(app.grants().await.iter().all(|grant| grant["cause"] == "revoked"), "{:?}", app.grants().await);
    let of_acme = format!("WHERE organization_id = {}", server.literal(&acme.id));
    for table in ["connectors", "oauth_apps", "consents", "data_keys"] {
        assert_eq!(server.count(&format!("SELECT COUNT(*) FROM {table} {of_acme}")).await, 0, "{table}");
    }
    assert_eq!(theirs.grants().await[0]["alive"], true);
    other.execute(&kept, "users", "list", json!({})).expect(200).await;
    eventually("its token is no longer good", WAIT, async || {
        let answer = acme.client.get("/api/v1/events").send().await;
        matches!(answer.status, 401 | 403).then_some(())
    })
    .await;
}

async fn r34_a_deleted_organization_with_pending_revocations_is_done_later(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let app = acme.bring_app(&server.upstream).await;
    acme.consent("globex").await;
    let keys = format!("SELECT COUNT(*) FROM data_keys WHERE organization_id = {}", server.literal(&acme.id));
    let old_key =
        format!("SELECT MAX(version) FROM data_keys WHERE organization_id = {}", server.literal(&acme.id));
    let before = server.count(&old_key).await;
    app.fault("revoke", down()).await;
    let printed = server.command(&["organization", "delete", &acme.id, "--yes"]).await.json();
    assert!(printed.to_string().contains("pending"), "{printed}");
    assert_eq!(server.count("SELECT COUNT(*) FROM credentials").await, 0);
    assert_eq!(server.count(&keys).await, 1, "one key, for what is still to do");
    assert!(server.count(&old_key).await > before, "and it is a fresh one, which no backup holds");
    server.upstream.control("DELETE", "faults", None).await;
    hurry(&server).await;
    eventually("its grant is revoked", WAIT, async || {
        (app.grants().await[0]["cause"] == "revoked").then_some(())
    })
    .await;
    eventually("its last key goes too", WAIT, async || (server.count(&keys).await == 0).then_some(())).await;
}

async fn a_job_is_for_whose_it_is(bench: &Bench) {
    let acme = bench.organization().await;
    let (mine, theirs) = (acme.connect("globex").await, acme.connect("initech").await);
    let (mine, theirs) = (delete(&acme, &mine).await, delete(&acme, &theirs).await);
    let scoped = acme.scoped("globex").await;
    scoped.get(&format!("/api/v1/jobs/{mine}")).expect(200).await;
    scoped.get(&format!("/api/v1/jobs/{theirs}")).refused(404, "job_not_found").await;
    let stranger = bench.organization().await;
    stranger.client.get(&format!("/api/v1/jobs/{mine}")).refused(404, "job_not_found").await;
    acme.client.get("/api/v1/jobs/no-id").refused(422, "invalid_request").await;
}
