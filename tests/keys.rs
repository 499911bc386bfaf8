//! Key-encryption keys and sealed rows: what does not belong together does not open.

use serde_json::{Value, json};
use testkit::{Bench, Options, Organization, Patchbay};

testkit::both!(
    r35_a_credential_copied_onto_another_row_does_not_open,
    r46_deleting_an_organization_destroys_its_keys_and_credentials,
    r44_a_wrong_key_at_start_is_refused,
    r43_a_missing_key_at_start_is_refused,
);

async fn r35_a_credential_copied_onto_another_row_does_not_open(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let a = acme.connect("globex").await;
    let b = acme.connect_with("globex", testkit::sandbox_token::GLOBEX).await;
    for id in [&a, &b] {
        acme.execute(id, "users", "list", json!({})).expect(200).await;
    }
    // Both engines know a row by its place in the order of creation here: two rows, A before B.
    server
        .sql(
            "UPDATE credentials SET
             sealed = (SELECT sealed FROM credentials ORDER BY connector_id LIMIT 1),
             version = (SELECT version FROM credentials ORDER BY connector_id LIMIT 1)
         WHERE connector_id = (SELECT connector_id FROM credentials ORDER BY connector_id DESC LIMIT 1)",
        )
        .await;
    let problem = acme.execute(&b, "users", "list", json!({})).refused(500, "internal_error").await;
    for word in ["seal", "vault", "decrypt", "credential", "envelope", "row", "ntn_"] {
        assert!(!problem["detail"].to_string().to_lowercase().contains(word), "no detail leaves: {problem}");
    }
    let request_id = problem["request_id"].as_str().expect("the kit has checked it");
    assert!(
        server.log().lines().any(|line| line.contains(request_id) && line.contains("ERROR")),
        "it is logged"
    );
    assert_eq!(server.upstream.requests_of(&b).await.len(), 1, "nothing was sent with a stranger's token");
    acme.execute(&a, "users", "list", json!({})).expect(200).await;
}

async fn r46_deleting_an_organization_destroys_its_keys_and_credentials(bench: &Bench) {
    let server = bench.start(&Options::default()).await;
    let acme = Organization::create(&server).await;
    let other = Organization::create(&server).await;
    acme.connect("globex").await;
    let kept = other.connect("globex").await;
    let keys = server.count("SELECT COUNT(*) FROM data_keys").await;
    assert_eq!(server.count("SELECT COUNT(*) FROM credentials").await, 2);
    let deleted = server.command(&["organization", "delete", &acme.id, "--yes"]).await;
    assert!(deleted.status.success(), "{deleted:?}");
    assert_eq!(server.count("SELECT COUNT(*) FROM data_keys").await, keys - 1);
    assert_eq!(server.count("SELECT COUNT(*) FROM credentials").await, 1);
    assert_eq!(server.count("SELECT COUNT(*) FROM connectors").await, 1);
    other.execute(&kept, "users", "list", json!({})).expect(200).await;
    let list = server.command(&["organization", "list"]).await.json();
    assert!(!list.to_string().contains(&acme.id), "{list}");
    let again = server.command(&["organization", "delete", &acme.id, "--yes"]).await;
    assert!(!again.status.success(), "it is gone: {again:?}");
}

/// 32 random bytes in base64.
fn key() -> String {
    use base64::Engine;
    let bytes = [*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes()].concat();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Starts a second server on the store with other keys, which must refuse and name what is wrong.
async fn refuses_to_start(server: &Patchbay, keks: &str, words: &[&str]) {
    let printed =
        server.command_with(&["serve"], &[("PATCHBAY_KEKS", keks), ("PATCHBAY_BIND", "127.0.0.1:0")]).await;
    assert!(!printed.status.success(), "{printed:?}");
    for word in words {
        assert!(printed.stderr.contains(word), "says `{word}`: {printed:?}");
    }
    for part in keks.split([',', ':']).filter(|part| part.len() > 20) {
        assert!(
            !printed.stderr.contains(part) && !printed.stdout.contains(part),
            "shows no key: {printed:?}"
        );
    }
}

async fn r44_a_wrong_key_at_start_is_refused(bench: &Bench) {
    let (server, acme, id) = with_a_key(bench, &format!("k1:{}", key())).await;
    refuses_to_start(&server, &format!("k1:{}", key()), &["k1"]).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
}

async fn r43_a_missing_key_at_start_is_refused(bench: &Bench) {
    let first = format!("k1:{}", key());
    let (server, acme, id) = with_a_key(bench, &first).await;
    refuses_to_start(&server, &format!("k2:{}", key()), &["k1", "PATCHBAY_KEKS"]).await;
    let before: Value = acme.execute(&id, "users", "list", json!({})).expect(200).await;

    // Beside the old one a new key is welcome, and becomes the one that wraps.
    let both = format!("k2:{},{first}", key());
    let env = [("PATCHBAY_KEKS", both.as_str())];
    let made = server.command_with(&["organization", "create", "younger"], &env).await.json();
    assert!(made["id"].is_string(), "{made}");
    let after = acme.execute(&id, "users", "list", json!({})).expect(200).await;
    assert_eq!(before["result"], after["result"]);
}

async fn with_a_key(bench: &Bench, keks: &str) -> (Patchbay, Organization, String) {
    let server = bench.start(&Options::default().env("PATCHBAY_KEKS", keks)).await;
    let acme = Organization::create(&server).await;
    let id = acme.connect("globex").await;
    (server, acme, id)
}
