//! Who finishes a consent need not be who began it: a link sent to a victim. An organization that
//! confirms its connectors is safe from it.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::consent::{Landing, Person, RETURN_URL, browse, consent_body};
use testkit::{Bench, Organization, ProviderApp, eventually, text};

use super::{CONNECTORS, connectors_of, detail};

testkit::both!(
    r10_an_unconfirmed_connector_is_of_no_use_to_whoever_began_it,
    r10_a_connector_is_confirmed_once_by_the_value_that_came_back,
    r10_an_unconfirmed_connector_is_revoked_and_removed_after_a_quarter_of_an_hour,
    r10_an_unconfirmed_reconnect_keeps_the_connector_and_not_the_grant,
    r10_a_grant_that_came_while_the_connector_was_disabled_is_given_back,
    r10_without_the_setting_a_connector_is_usable_at_once,
);

const SWEPT_WITHIN: Duration = Duration::from_secs(120);

/// An organization that confirms, and its app.
async fn confirming(bench: &Bench) -> (Organization, ProviderApp) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let settings = json!({ "confirm_connectors": true });
    let now = acme.client.put("/api/v1/organizations/settings").json(settings).expect(200).await;
    assert_eq!(now, json!({ "confirm_connectors": true, "return_origins": [] }));
    (acme, app)
}

async fn consented(acme: &Organization, body: Value) -> (String, String) {
    let landing: Landing = Person::allowing().walk(&acme.consent_url(body).await).await;
    let confirmation = landing.get("confirmation").expect("a confirmation came back");
    assert!(confirmation.len() >= 43, "{confirmation}");
    (landing.connector_id(), confirmation)
}

fn confirm(acme: &Organization, connector: &str, confirmation: &str) -> testkit::Request {
    let path = format!("{CONNECTORS}/{connector}/confirm");
    acme.client.post(&path).json(json!({ "confirmation": confirmation }))
}

/// The quarter of an hour is over.
async fn expire(bench: &Bench, connector: &str) {
    let server = bench.shared();
    let id = server.literal(connector);
    let lasts = format!("SELECT confirm_before - created_at FROM connectors WHERE id = {id}");
    let micros = server.count(&lasts).await;
    assert!((14 * 60_000_000..=16 * 60_000_000).contains(&micros) || micros > 0, "{micros}");
    server.sql(&format!("UPDATE connectors SET confirm_before = 1 WHERE id = {id}")).await;
}

async fn r10_an_unconfirmed_connector_is_of_no_use_to_whoever_began_it(bench: &Bench) {
    let (acme, app) = confirming(bench).await;
    let (id, confirmation) = consented(&acme, consent_body("attacker")).await;
    let pending = detail(&acme, &id).await;
    assert_eq!(pending["status"], "pending_confirmation", "{pending}");
    assert!(pending["status_reason"].is_string(), "{pending}");

    let refusal =
        acme.execute(&id, "users", "list", json!({})).refused(424, "connector_pending_confirmation").await;
    assert!(text(&refusal, "message").contains("confirm"), "it names the way out: {refusal}");
    let page = json!({ "parent": { "workspace": true }, "properties": {} });
    acme.execute(&id, "pages", "create", page).refused(424, "connector_pending_confirmation").await;
    let path = format!("{CONNECTORS}/{id}");
    for (method, door) in [("POST", "check"), ("POST", "enable"), ("POST", "disable"), ("GET", "credentials")]
    {
        let request = acme.client.request(method, &format!("{path}/{door}"));
        let answer = if method == "POST" { request.json(json!({})) } else { request }.send().await;
        assert!(
            (400..500).contains(&answer.status)
                || answer.text.contains("confirm") && answer.json["status"] != "active",
            "{door}: {answer:?}"
        );
    }
    let mut again = consent_body("attacker");
    again["connector_id"] = id.clone().into();
    again.as_object_mut().expect("a body is an object").remove("connector_type");
    acme.initiate(again).send().await;

    // The attacker's own browser holds a scoped token at most, and guesses.
    let scoped = acme.scoped("attacker").await;
    let body = json!({ "confirmation": confirmation });
    scoped.post(&format!("{path}/confirm")).json(body).refused(403, "forbidden").await;
    let mut altered = confirmation.clone();
    altered.replace_range(0..1, if confirmation.starts_with('A') { "B" } else { "A" });
    for guess in [altered.as_str(), "", &confirmation[1..], "0", &"A".repeat(43), &"A".repeat(100_000)] {
        let answer = confirm(&acme, &id, guess).send().await;
        assert!(matches!(answer.status, 403 | 413 | 422), "{answer:?}");
    }
    confirm(&acme, &id, &altered).refused(403, "confirmation_refused").await;
    assert_eq!(detail(&acme, &id).await["status"], "pending_confirmation");
    let sent = bench.shared().upstream.requests_of(&id).await;
    assert!(sent.is_empty(), "nothing was sent for it: {sent:?}");
    assert_eq!(app.outcomes("token").await, ["issued"]);
}

async fn r10_a_connector_is_confirmed_once_by_the_value_that_came_back(bench: &Bench) {
    let (acme, _app) = confirming(bench).await;
    let (id, confirmation) = consented(&acme, consent_body("globex")).await;
    let (other_id, other_confirmation) = consented(&acme, consent_body("globex")).await;
    confirm(&acme, &id, &other_confirmation).refused(403, "confirmation_refused").await;
    let stranger = bench.organization().await;
    confirm(&stranger, &id, &confirmation).refused(404, "connector_not_found").await;

    let confirmed = confirm(&acme, &id, &confirmation).expect(200).await;
    assert_eq!((&confirmed["id"], &confirmed["status"]), (&json!(id), &json!("active")), "{confirmed}");
    assert_eq!(confirmed["status_reason"], Value::Null, "{confirmed}");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    confirm(&acme, &id, &confirmation).refused(403, "confirmation_refused").await;
    assert_eq!(detail(&acme, &other_id).await["status"], "pending_confirmation");
    assert!(!bench.shared().stored().await.contains(&confirmation), "only its hash is kept");
    // Confirming is for good: the time limit is lifted.
    let left = format!(
        "SELECT COUNT(*) FROM connectors WHERE id = {} AND confirm_before IS NULL AND confirmation_hash IS NULL",
        bench.shared().literal(&id)
    );
    assert_eq!(bench.shared().count(&left).await, 1);
}

async fn r10_an_unconfirmed_connector_is_revoked_and_removed_after_a_quarter_of_an_hour(bench: &Bench) {
    let (acme, app) = confirming(bench).await;
    let (id, confirmation) = consented(&acme, consent_body("globex")).await;
    expire(bench, &id).await;
    let late = confirm(&acme, &id, &confirmation).send().await;
    assert!(matches!(late.status, 403 | 404), "too late, whether or not it is swept: {late:?}");
    eventually("the sweeper removes it", SWEPT_WITHIN, async || {
        (connectors_of(&acme, "globex").await == 0).then_some(())
    })
    .await;
    acme.client.get(&format!("{CONNECTORS}/{id}")).refused(404, "connector_not_found").await;
    let secret =
        format!("SELECT COUNT(*) FROM credentials WHERE connector_id = {}", bench.shared().literal(&id));
    assert_eq!(bench.shared().count(&secret).await, 0);
    eventually("its grant is revoked", SWEPT_WITHIN, async || {
        (app.grants().await[0]["cause"] == "revoked").then_some(())
    })
    .await;
    assert_eq!(app.outcomes("revoke").await, ["revoked"]);
}

async fn r10_an_unconfirmed_reconnect_keeps_the_connector_and_not_the_grant(bench: &Bench) {
    let (acme, _app) = confirming(bench).await;
    let (id, confirmation) = consented(&acme, consent_body("globex")).await;
    confirm(&acme, &id, &confirmation).expect(200).await;
    let again = json!({ "connector_id": id, "redirect_url": RETURN_URL });
    let (same, _never_sent) = consented(&acme, again).await;
    assert_eq!(same, id);
    acme.execute(&id, "users", "list", json!({})).refused(424, "connector_pending_confirmation").await;
    expire(bench, &id).await;
    eventually("it needs consent again", SWEPT_WITHIN, async || {
        (detail(&acme, &id).await["status"] == "reauth_required").then_some(())
    })
    .await;
    acme.execute(&id, "users", "list", json!({})).refused(424, "connector_reauth_required").await;
}

async fn r10_a_grant_that_came_while_the_connector_was_disabled_is_given_back(bench: &Bench) {
    let (acme, app) = confirming(bench).await;
    let (id, confirmation) = consented(&acme, consent_body("globex")).await;
    confirm(&acme, &id, &confirmation).expect(200).await;
    let again = json!({ "connector_id": id, "redirect_url": RETURN_URL });
    let callback = Person::allowing().to_callback(&acme.consent_url(again).await).await;
    let path = format!("{CONNECTORS}/{id}");
    acme.client.post(&format!("{path}/disable")).json(json!({})).expect(200).await;
    let landing = Landing::of(browse(&callback).await);
    assert_eq!(landing.get("error").as_deref(), Some("creation_failed"), "{}", landing.url);
    assert_eq!(landing.get("confirmation"), None, "{}", landing.url);
    // Enabling does not make usable what nobody confirmed: it goes on with the grant it had.
    acme.client.post(&format!("{path}/enable")).json(json!({})).expect(200).await;
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    eventually("the new grant is given back", SWEPT_WITHIN, async || {
        let grants = app.grants().await;
        assert_eq!(grants[0]["alive"], true, "{grants:?}");
        (grants[1]["cause"] == "revoked").then_some(())
    })
    .await;
}

async fn r10_without_the_setting_a_connector_is_usable_at_once(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let settings = acme.client.get("/api/v1/organizations/settings").expect(200).await;
    assert_eq!(settings["confirm_connectors"], false, "off by default: {settings}");
    let landing = Person::allowing().walk(&acme.consent_url(consent_body("globex")).await).await;
    assert_eq!(landing.get("confirmation"), None);
    let id = landing.connector_id();
    assert_eq!(detail(&acme, &id).await["status"], "active");
    confirm(&acme, &id, "anything").refused(403, "confirmation_refused").await;
}
