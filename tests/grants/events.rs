//! The outbox: every kind of event once, in the order in which it took effect, for its organization.

use serde_json::{Value, json};
use testkit::consent::{Person, RETURN_URL, browse, consent_body};
use testkit::{Bench, Organization, text};

use crate::oauth::CONNECTORS;

testkit::both!(
    every_kind_of_event_is_written_once_and_in_order,
    events_are_read_on_from_where_one_was,
    events_belong_to_their_organization,
    many_at_once_leave_no_gap_and_no_number_twice,
);

const EVENTS: &str = "/api/v1/events";

async fn all(acme: &Organization) -> Vec<Value> {
    let page = acme.client.get(EVENTS).query(&[("limit", "100")]).expect(200).await;
    page["data"].as_array().expect("a list has data").clone()
}

fn kinds(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| text(event, "type")).collect()
}

async fn every_kind_of_event_is_written_once_and_in_order(bench: &Bench) {
    let acme = bench.organization().await;
    let app = acme.bring_app(&bench.shared().upstream).await;
    let post = async |id: &str, what: &str, body: Value| {
        acme.client.post(&format!("{CONNECTORS}/{id}/{what}")).json(body).expect(200).await
    };
    let given = acme.connect("globex").await;
    let settings = "/api/v1/organizations/settings";
    acme.client.put(settings).json(json!({ "confirm_connectors": true })).expect(200).await;
    let landing = Person::allowing().walk(&acme.consent_url(consent_body("globex")).await).await;
    let id = landing.connector_id();
    let confirmation = landing.get("confirmation").expect("it is to be confirmed");
    post(&id, "confirm", json!({ "confirmation": confirmation })).await;
    acme.client.put(settings).json(json!({ "confirm_connectors": false })).expect(200).await;
    for _ in 0..2 {
        post(&id, "disable", json!({ "reason": "for a while" })).await;
    }
    for _ in 0..2 {
        post(&id, "enable", json!({})).await;
    }
    app.remove().await;
    for _ in 0..3 {
        acme.execute(&id, "users", "list", json!({})).refused(424, "connector_reauth_required").await;
    }
    let again = json!({ "connector_id": id, "redirect_url": RETURN_URL });
    Person::allowing().walk(&acme.consent_url(again).await).await.connector_id();
    let late = Person::allowing().to_callback(&acme.consent_url(consent_body("globex")).await).await;
    let of_acme = format!("organization_id = {}", bench.shared().literal(&acme.id));
    bench.shared().sql(&format!("UPDATE consents SET expires_at = created_at WHERE {of_acme}")).await;
    browse(&late).await;
    for connector in [&id, &given] {
        acme.client.delete(&format!("{CONNECTORS}/{connector}")).expect(202).await;
    }

    let events = all(&acme).await;
    assert_eq!(
        kinds(&events),
        [
            "connector.created",
            "connector.created",
            "connector.confirmed",
            "connector.disabled",
            "connector.enabled",
            "connector.reauth_required",
            "connector.refreshed_again",
            "consent.expired",
            "connector.deleted",
            "connector.deleted",
        ]
    );
    let workspace = acme.customer_id("globex").await;
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], index + 1, "without gaps: {event}");
        assert_eq!(event["workspace_id"], workspace.as_str(), "{event}");
        assert!(
            event["id"].is_string() && event["created_at"].is_string() && event["data"].is_object(),
            "{event}"
        );
    }
    let of: Vec<_> = events.iter().map(|event| event["connector_id"].clone()).collect();
    let (id, given) = (json!(id), json!(given));
    assert_eq!(of[..7], [&given, &id, &id, &id, &id, &id, &id].map(Clone::clone));
    assert_eq!(of[7..], [Value::Null, id, given]);
    assert_eq!(events[3]["data"]["reason"], "for a while", "{}", events[3]);
    let told = json!(events).to_string();
    for secret in app.secrets().await {
        assert!(!told.contains(&secret), "`{secret}` is in {told}");
    }
    assert!(!told.contains(&confirmation), "{told}");
}

async fn events_are_read_on_from_where_one_was(bench: &Bench) {
    let acme = bench.organization().await;
    let empty = acme.client.get(EVENTS).expect(200).await;
    assert_eq!(empty, json!({ "data": [], "next_after": 0 }));
    for _ in 0..5 {
        acme.connect("globex").await;
    }
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let query = [("after", after.to_string()), ("limit", "2".to_owned())];
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = acme.client.get(EVENTS).query(&query).expect(200).await;
        let rows = page["data"].as_array().expect("a list has data").clone();
        assert!(rows.len() <= 2, "{page}");
        let next = page["next_after"].as_i64().expect("a number");
        if rows.is_empty() {
            assert_eq!(next, after, "the same again while there is nothing");
            break;
        }
        seen.extend(rows.iter().map(|row| row["sequence"].clone()));
        after = next;
    }
    assert_eq!(seen, [1, 2, 3, 4, 5].map(Value::from));
    acme.connect("globex").await;
    let query = [("after", "5")];
    assert_eq!(acme.client.get(EVENTS).query(&query).expect(200).await["next_after"], 6);
    let query = [("after", "9000000000")];
    assert_eq!(acme.client.get(EVENTS).query(&query).expect(200).await["data"], json!([]));
    for (name, value) in
        [("after", "-1"), ("after", "x"), ("after", "1.5"), ("limit", "0"), ("limit", "1000"), ("since", "1")]
    {
        acme.client.get(EVENTS).query(&[(name, value)]).refused(422, "invalid_request").await;
    }
}

async fn events_belong_to_their_organization(bench: &Bench) {
    let (acme, other) = (bench.organization().await, bench.organization().await);
    let id = acme.connect("globex").await;
    assert_eq!(all(&other).await, Vec::<Value>::new());
    other.connect("globex").await;
    let theirs = all(&other).await;
    assert_eq!((theirs.len(), &theirs[0]["sequence"]), (1, &json!(1)), "each counts for itself");
    assert!(!json!(theirs).to_string().contains(&id));
    acme.scoped("globex").await.get(EVENTS).refused(403, "forbidden").await;
}

async fn many_at_once_leave_no_gap_and_no_number_twice(bench: &Bench) {
    const AT_ONCE: usize = 24;
    let acme = bench.organization().await;
    acme.connect("globex").await;
    let calls: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let client = acme.client.clone();
            tokio::spawn(async move {
                let body = json!({
                    "workspace_name": "globex", "connector_type": "notion",
                    "credentials": { "token": testkit::sandbox_token::ACME },
                });
                client.post(CONNECTORS).json(body).expect(200).await;
            })
        })
        .collect();
    for call in calls {
        call.await.expect("each is made");
    }
    let numbers: Vec<_> = all(&acme).await.iter().map(|event| event["sequence"].as_u64()).collect();
    assert_eq!(numbers, (1..=AT_ONCE as u64 + 1).map(Some).collect::<Vec<_>>());
}
