//! A state is used once, in time, and by whichever process the browser comes back to.

use std::time::Duration;

use serde_json::json;
use testkit::consent::{Landing, Person, at, browse, consent_body, parameter};
use testkit::{Bench, Database, Organization, eventually, run_claim, text};

use super::{assert_is_refusal, connectors_of};

testkit::both!(
    r1_a_used_state_is_refused_and_nothing_is_asked_again,
    r3_a_state_older_than_ten_minutes_is_refused_and_recorded,
    r3_a_consent_that_nobody_finished_is_swept_away,
    r4_a_consent_survives_a_restart_and_another_replica,
    a_consent_ends_with_the_application_that_began_it,
    r5_a_state_of_one_organization_is_nothing_to_another,
);

/// Times that one callback is delivered twice.
const ROUNDS: usize = 15;

async fn r1_a_used_state_is_refused_and_nothing_is_asked_again(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    Landing::of(browse(&callback).await).connector_id();
    for _ in 0..3 {
        assert_is_refusal(&browse(&callback).await);
    }
    // Nor with a code that was never used.
    let again = Person::allowing().to_callback(&url).await;
    assert_ne!(parameter(&again, "code"), parameter(&callback, "code"));
    assert_is_refusal(&browse(&again).await);
    assert_eq!(app.outcomes("token").await, ["issued"], "one token request");
    assert_eq!(connectors_of(&acme, "globex").await, 1);
}

#[test]
fn r2_a_callback_delivered_twice_at_once_to_two_replicas_makes_one_connector() {
    run_claim(env!("CARGO_BIN_EXE_patchbay"), Database::Postgres, async |bench: &Bench| {
        let first = bench.start(&testkit::Options::default()).await;
        let second = first.twin().await;
        let acme = Organization::create(&first).await;
        let app = acme.bring_app(&first.upstream).await;
        for round in 1..=ROUNDS {
            // Every other time the provider is slow, so that the one is still at it when the other comes.
            if round % 2 == 0 {
                app.fault("token", json!({ "effect": { "kind": "slow_first_byte", "delay_ms": 200 } })).await;
            }
            let url = acme.consent_url(consent_body("globex")).await;
            let callback = Person::allowing().to_callback(&url).await;
            let elsewhere = at(&callback, &second);
            let (here, there) = tokio::join!(browse(&callback), browse(&elsewhere));
            let (winner, loser) = if here.status == 303 { (here, there) } else { (there, here) };
            Landing::of(winner).connector_id();
            assert_is_refusal(&loser);
            assert_eq!(connectors_of(&acme, "globex").await, round, "one connector a round");
            assert_eq!(app.asked("token").await.len(), round, "one token request a round");
        }
        assert!(app.grants().await.iter().all(|grant| grant["alive"] == true), "no code was used twice");
    });
}

async fn r3_a_state_older_than_ten_minutes_is_refused_and_recorded(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    let of_acme = format!("organization_id = {}", bench.shared().literal(&acme.id));
    let lasts = format!("SELECT expires_at - created_at FROM consents WHERE {of_acme}");
    assert_eq!(bench.shared().count(&lasts).await, 10 * 60 * 1_000_000, "ten minutes");
    bench.shared().sql(&format!("UPDATE consents SET expires_at = created_at WHERE {of_acme}")).await;
    let page = browse(&callback).await;
    assert_is_refusal(&page);
    assert!(page.text.contains("ten minutes"), "{}", page.text);
    let events = acme.client.get("/api/v1/events").expect(200).await;
    let kinds: Vec<_> =
        events["data"].as_array().expect("a list").iter().map(|event| text(event, "type")).collect();
    assert_eq!(kinds, ["consent.expired"], "{events}");
    assert_eq!(app.asked("token").await.len(), 0);
    assert_eq!(connectors_of(&acme, "globex").await, 0);
}

async fn r3_a_consent_that_nobody_finished_is_swept_away(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    acme.consent_url(consent_body("globex")).await;
    acme.consent_url(consent_body("initech")).await;
    let of_acme = format!("organization_id = {}", bench.shared().literal(&acme.id));
    let rows = format!("SELECT COUNT(*) FROM consents WHERE {of_acme}");
    assert_eq!(bench.shared().count(&rows).await, 2);
    let initech = bench.shared().literal(&acme.customer_id("initech").await);
    bench.shared().sql(&format!("UPDATE consents SET expires_at = 1 WHERE customer_id = {initech}")).await;
    eventually("the sweeper takes the old row", Duration::from_secs(120), async || {
        (bench.shared().count(&rows).await == 1).then_some(())
    })
    .await;
}

async fn r4_a_consent_survives_a_restart_and_another_replica(bench: &Bench) {
    let mut first = bench.start(&testkit::Options::default()).await;
    let second = first.twin().await;
    let acme = Organization::create(&first).await;
    acme.bring_app(&first.upstream).await;
    let callback =
        async || Person::allowing().to_callback(&acme.consent_url(consent_body("globex")).await).await;
    let elsewhere = callback().await;
    Landing::of(browse(&at(&elsewhere, &second)).await).connector_id();

    let (stopped, killed) = (callback().await, callback().await);
    first.terminate().await;
    first.restart().await;
    Landing::of(browse(&stopped).await).connector_id();
    first.kill();
    first.restart().await;
    Landing::of(browse(&killed).await).connector_id();
    assert_eq!(connectors_of(&acme, "globex").await, 3);
}

async fn a_consent_ends_with_the_application_that_began_it(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    let revoked = bench.shared().command(&["application", "revoke", &acme.client_id]).await;
    assert!(revoked.status.success(), "{revoked:?}");
    assert_is_refusal(&browse(&callback).await);
    assert_eq!(app.asked("token").await.len(), 0);
    let rows = format!(
        "SELECT COUNT(*) FROM connectors WHERE organization_id = {}",
        bench.shared().literal(&acme.id)
    );
    assert_eq!(bench.shared().count(&rows).await, 0);
}

async fn r5_a_state_of_one_organization_is_nothing_to_another(bench: &Bench) {
    let (acme, other) = (bench.organization().await, bench.organization().await);
    let (app, theirs) =
        (acme.bring_app(&bench.shared().upstream).await, other.bring_app(&bench.shared().upstream).await);
    let callback =
        async || Person::allowing().to_callback(&acme.consent_url(consent_body("globex")).await).await;
    // At the other's own redirect URI.
    let swapped = callback().await.replace(&acme.id, &other.id);
    assert_is_refusal(&browse(&swapped).await);
    assert_eq!(app.asked("token").await.len() + theirs.asked("token").await.len(), 0);
    // With the other's token, which is not looked at: the connector is whose consent it was.
    let at_home = callback().await;
    let path = at_home.strip_prefix(other.client.base()).expect("the callback is ours");
    let answer = other.client.get(path).answer(303).await;
    assert!(answer.header("Location").is_some_and(|to| to.contains("connector_id=")), "{answer:?}");
    assert_eq!(connectors_of(&acme, "globex").await, 1);
    assert_eq!(connectors_of(&other, "globex").await, 0);
    let events = other.client.get("/api/v1/events").expect(200).await;
    assert_eq!(events["data"], json!([]));
}
