//! Lists, searches, counts and cursors hold an organization's own rows only.

use serde_json::{Value, json};
use testkit::{Bench, text};

testkit::both!(
    r52_lists_searches_and_counts_hold_own_rows_only,
    r52_settings_apps_and_jobs_are_an_organizations_own,
    r52_a_cursor_of_another_organization_is_refused,
);

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().expect("a list has data").iter().map(|row| text(row, "id")).collect()
}

async fn r52_lists_searches_and_counts_hold_own_rows_only(bench: &Bench) {
    let (acme, other) = (bench.organization().await, bench.organization().await);
    let name = format!("globex {}", uuid::Uuid::new_v4());
    let foreign = acme.connect(&name).await;
    acme.execute(&foreign, "", "describe", json!({})).expect(200).await;
    let own = other.connect(&name).await;
    other.execute(&own, "", "describe", json!({})).expect(200).await;

    let found = other.client.get("/api/v1/workspaces").query(&[("name_contains", &name)]).expect(200).await;
    assert_eq!(ids(&found).len(), 1, "{found}");
    assert!(
        found["data"].as_array().expect("rows").iter().all(|row| row["organization_id"] == other.id.as_str())
    );
    let stats = other.client.get("/api/v1/workspaces/stats").expect(200).await;
    assert_eq!(stats["total_count"], 2, "its own and its default: {stats}");
    let connectors = other.client.get("/api/v1/integrations/connectors").query(&[("workspace_name", &name)]);
    assert_eq!(ids(&connectors.expect(200).await), [own]);
    let executions = other.client.get("/api/v1/executions").expect(200).await;
    assert!(!executions.to_string().contains(&foreign) && !executions.to_string().contains(&acme.id));
}

async fn r52_settings_apps_and_jobs_are_an_organizations_own(bench: &Bench) {
    const SETTINGS: &str = "/api/v1/organizations/settings";
    const APP: &str = "/api/v1/oauth/credentials/connector_type/notion";
    let (acme, other) = (bench.organization().await, bench.organization().await);
    let before = other.client.get(SETTINGS).expect(200).await;
    let changed = json!({ "confirm_connectors": true, "return_origins": ["https://product.example"] });
    acme.client.put(SETTINGS).json(changed).expect(200).await;
    acme.bring_app(&bench.shared().upstream).await;
    assert_eq!(other.client.get(SETTINGS).expect(200).await, before);
    other.client.get(APP).refused(404, "oauth_app_not_found").await;
    other.client.delete(APP).answer(204).await;
    acme.client.get(APP).expect(200).await;
    // Naming the other organization does not make one its member.
    let posing = other.client.with_header("X-Organization-Id", &acme.id);
    for path in [SETTINGS, APP, "/api/v1/events", "/api/v1/oauth/redirect_uri?connector_type=notion"] {
        assert_eq!(posing.get(path).send().await.status, 403, "{path}");
    }
    posing.put(SETTINGS).json(json!({ "confirm_connectors": false })).answer(403).await;
    posing.delete(APP).answer(403).await;
    acme.client.get(APP).expect(200).await;
}

async fn r52_a_cursor_of_another_organization_is_refused(bench: &Bench) {
    let (acme, other) = (bench.organization().await, bench.organization().await);
    for number in 0..3 {
        acme.scoped(&format!("customer {number}")).await;
        other.scoped(&format!("customer {number}")).await;
    }
    let page = acme.client.get("/api/v1/workspaces?limit=1").expect(200).await;
    let next = text(&page, "next");
    let next = next.strip_prefix(acme.client.base()).unwrap_or(&next);
    acme.client.get(next).expect(200).await;
    let refused = other.client.get(next).send().await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(!refused.text.contains(&acme.id), "{refused:?}");
}
