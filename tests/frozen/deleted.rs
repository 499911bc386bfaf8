//! A connector is deleted while its tokens are being renewed.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Bench, Organization, eventually, text};
use tokio::task::JoinSet;

use super::{begin, ended};
use crate::oauth::{CONNECTORS, connectors_of, expire};
use crate::refresh::hold;

testkit::both!(r33_what_a_refresh_brings_for_a_deleted_connector_is_revoked);

const AT_ONCE: usize = 6;
const WAIT: Duration = Duration::from_secs(15);

async fn r33_what_a_refresh_brings_for_a_deleted_connector_is_revoked(bench: &Bench) {
    // Whether the deletion's own attempt to revoke succeeds, or the late token set is the first to.
    for first_attempt_fails in [false, true] {
        let acme = bench.organization().await;
        let server = bench.shared();
        let app = acme.bring_app(&server.upstream).await;
        let mut ids = Vec::new();
        for _ in 0..AT_ONCE {
            ids.push(acme.consent("globex").await);
        }
        for id in &ids {
            expire(server, &app, id).await;
        }
        let gate = format!("deleted {}", acme.id);
        hold(&app, &gate, "after", AT_ONCE).await;
        let mut calls = JoinSet::new();
        begin(&mut calls, &acme.client, &ids);
        eventually("all refreshes are under way", WAIT, async || {
            (server.upstream.waiting_at(&gate).await == AT_ONCE as u64).then_some(())
        })
        .await;
        if first_attempt_fails {
            app.fault("revoke", json!({ "times": AT_ONCE, "effect": { "kind": "unavailable" } })).await;
        }
        let mut jobs = Vec::new();
        for id in &ids {
            let deleted = acme.client.delete(&format!("{CONNECTORS}/{id}")).expect(202).await;
            jobs.push(text(&deleted, "job_id"));
        }
        assert_eq!(connectors_of(&acme, "globex").await, 0, "it is gone at once");
        eventually("what was stored was tried", WAIT, async || {
            (app.asked("revoke").await.len() == AT_ONCE).then_some(())
        })
        .await;
        let alive = if first_attempt_fails { AT_ONCE } else { 0 };
        assert_eq!(app.summary().await["alive"], alive);

        server.upstream.open_gate(&gate, false).await;
        assert_eq!(ended(calls).await, [(404, AT_ONCE)].into());
        for (id, job) in ids.iter().zip(&jobs) {
            assert_eq!(revocation(&acme, job).await["connector_id"], id.as_str());
        }
        let summary = app.summary().await;
        let rounds = format!("rounds={AT_ONCE} lost={}", summary["alive"]);
        println!("r33, {:?}, fails first {first_attempt_fails}: {rounds} {summary}", bench.database());
        assert_eq!(summary["dead_by"], json!({ "revoked": AT_ONCE }), "{summary}");
        assert_eq!(app.asked("revoke").await.len(), 2 * AT_ONCE, "the late token set was given back as well");
        let rows: Vec<String> = ids.iter().map(|id| server.literal(id)).collect();
        let of_them = format!("connector_id IN ({})", rows.join(", "));
        for left in [
            format!("connectors WHERE id IN ({})", rows.join(", ")),
            format!("credentials WHERE {of_them}"),
            format!("revocations WHERE {of_them} AND sealed IS NOT NULL"),
        ] {
            assert_eq!(server.count(&format!("SELECT COUNT(*) FROM {left}")).await, 0, "{left}");
        }
    }
}

/// What became of the job's only connector, once the late token set was given back too.
async fn revocation(acme: &Organization, job: &str) -> Value {
    eventually("the job says revoked", WAIT, async || {
        let job = acme.client.get(&format!("/api/v1/jobs/{job}")).expect(200).await;
        let results = job["connectors"].as_array().expect("a job lists connectors").clone();
        let [result] = results.as_slice() else { panic!("{job}") };
        (result["revocation"] == "revoked").then(|| result.clone())
    })
    .await
}
