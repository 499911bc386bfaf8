//! Tokens narrowed to one customer: enough for an end customer's browser, and no more.

use serde_json::{Value, json};
use testkit::{Bench, Client, execute_path, text};

testkit::both!(
    a_scoped_token_names_its_customer,
    a_scoped_token_works_with_its_own_connectors,
    r54_a_scoped_token_does_not_reach_its_siblings,
    r54_a_scoped_token_does_not_reach_the_organization,
    every_spelling_of_the_customer_is_understood,
    an_older_path_mints_the_same_token,
);

const SCOPED: &str = "/api/v1/account/applications/scoped-token";
const INFO: &str = "/api/v1/account/applications/scoped-token/info";
const CONNECTORS: &str = "/api/v1/integrations/connectors";

fn body(customer: &str) -> Value {
    json!({ "workspace_name": customer, "connector_type": "notion", "credentials": { "token": "ntn_sandbox_acme" } })
}

async fn listed(client: &Client, query: &[(&str, &str)]) -> Vec<String> {
    let list = client.get(CONNECTORS).query(query).expect(200).await;
    list["data"].as_array().expect("a list has data").iter().map(|row| text(row, "id")).collect()
}

async fn a_scoped_token_names_its_customer(bench: &Bench) {
    let acme = bench.organization().await;
    let scoped = acme.scoped("globex").await;
    let info = scoped.get(INFO).expect(200).await;
    assert_eq!(info["organization_id"], acme.id.as_str());
    assert_eq!(info["workspace_name"], "globex");
    assert_eq!(info["workspace_id"], acme.customer_id("globex").await.as_str());
    acme.client.get(INFO).refused(403, "forbidden").await;
    acme.client.anonymous().get(INFO).refused(401, "unauthorized").await;
}

async fn a_scoped_token_works_with_its_own_connectors(bench: &Bench) {
    let acme = bench.organization().await;
    let before = acme.connect("globex").await;
    let scoped = acme.scoped("globex").await;
    let made = text(&scoped.post(CONNECTORS).json(body("globex")).expect(200).await, "id");
    let mut own = listed(&scoped, &[]).await;
    own.sort();
    assert_eq!(own, [before.clone(), made.clone()], "its customer is implied");
    assert_eq!(listed(&scoped, &[("customer_name", "globex")]).await.len(), 2);
    for id in [&before, &made] {
        scoped.get(&format!("{CONNECTORS}/{id}")).expect(200).await;
        let call = json!({ "entity": "users", "action": "list" });
        scoped.post(&execute_path(id)).json(call).expect(200).await;
    }
    assert_eq!(
        listed(&acme.client, &[("workspace_name", "globex")]).await.len(),
        2,
        "the organization sees them"
    );
}

async fn r54_a_scoped_token_does_not_reach_its_siblings(bench: &Bench) {
    let acme = bench.organization().await;
    let sibling = acme.connect("initech").await;
    let own = acme.connect("globex").await;
    let scoped = acme.scoped("globex").await;
    let path = format!("{CONNECTORS}/{sibling}");
    scoped.get(&path).refused(404, "connector_not_found").await;
    scoped.get(&format!("{path}/inspect")).refused(404, "connector_not_found").await;
    // Changing and deleting are the organization's, whoever owns the connector.
    scoped.put(&path).json(json!({ "name": "taken" })).refused(403, "forbidden").await;
    scoped.post(&format!("{path}/check")).json(json!({})).refused(404, "connector_not_found").await;
    let call = json!({ "entity": "users", "action": "list" });
    scoped.post(&format!("{path}/execute")).json(call).refused(404, "connector_not_found").await;
    scoped.delete(&path).refused(403, "forbidden").await;
    acme.client.get(&path).expect(200).await;

    let initech = acme.customer_id("initech").await;
    for query in
        [("workspace_name", "initech"), ("workspace_id", initech.as_str()), ("customer_name", "nobody")]
    {
        let answer = scoped.get(CONNECTORS).query(&[query]).send().await;
        let none = answer.json["data"] == json!([]);
        assert!(none || matches!(answer.status, 403 | 404), "{query:?}: {answer:?}");
    }
    for customer in ["initech", "somebody-new"] {
        scoped.post(CONNECTORS).json(body(customer)).refused(403, "forbidden").await;
    }
    let all = acme.client.get("/api/v1/workspaces").expect(200).await;
    assert!(!all.to_string().contains("somebody-new"), "nothing was made: {all}");
    assert_eq!(listed(&acme.client, &[("workspace_name", "initech")]).await, [sibling]);
    assert_eq!(listed(&scoped, &[]).await, [own]);
}

async fn r54_a_scoped_token_does_not_reach_the_organization(bench: &Bench) {
    let acme = bench.organization().await;
    let connector = acme.connect("initech").await;
    acme.execute(&connector, "users", "list", json!({})).expect(200).await;
    let scoped = acme.scoped("globex").await;
    let own = acme.customer_id("globex").await;
    let other = acme.customer_id("initech").await;
    for name in ["globex", "initech", "somebody-new"] {
        scoped.post(SCOPED).json(json!({ "workspace_name": name })).refused(403, "forbidden").await;
    }
    scoped.get("/api/v1/workspaces").refused(403, "forbidden").await;
    scoped.get("/api/v1/workspaces/stats").refused(403, "forbidden").await;
    for id in [&own, &other] {
        let path = format!("/api/v1/workspaces/{id}");
        let read = scoped.get(&path).send().await;
        assert!(matches!(read.status, 403 | 404), "{read:?}");
        let renamed = scoped.put(&path).json(json!({ "name": "mine" })).send().await;
        assert!(matches!(renamed.status, 403 | 404), "{renamed:?}");
        let deleted = scoped.delete(&path).send().await;
        assert!(matches!(deleted.status, 403 | 404), "{deleted:?}");
    }
    let executions = scoped.get("/api/v1/executions").send().await;
    assert!(
        executions.status == 403 || executions.json["data"] == json!([]),
        "not a sibling's log: {executions:?}"
    );
    acme.client.get(&format!("/api/v1/workspaces/{own}")).expect(200).await;
}

async fn every_spelling_of_the_customer_is_understood(bench: &Bench) {
    let acme = bench.organization().await;
    for key in ["workspace_name", "customer_name", "external_user_id"] {
        let answer = acme.client.post(SCOPED).json(json!({ key: "globex" })).expect(200).await;
        let info = acme.client.with_bearer(&text(&answer, "token")).get(INFO).expect(200).await;
        assert_eq!(info["workspace_name"], "globex", "{key}");
    }
    let region = json!({ "workspace_name": "initech", "region_id": "645a183f-b12b-4c6e-8ad3-99e165603450" });
    acme.client.post(SCOPED).json(region).expect(200).await;
    for body in [json!({}), json!({ "workspace_name": " " }), json!({ "workspace_name": 7 })] {
        acme.client.post(SCOPED).json(body).refused(422, "invalid_request").await;
    }
    acme.client
        .anonymous()
        .post(SCOPED)
        .json(json!({ "workspace_name": "x" }))
        .refused(401, "unauthorized")
        .await;
}

async fn an_older_path_mints_the_same_token(bench: &Bench) {
    let acme = bench.organization().await;
    let body = json!({ "workspace_name": "globex" });
    let answer = acme.client.post("/api/v1/embedded/scoped-token").json(body).expect(200).await;
    acme.client.with_bearer(&text(&answer, "token")).get(INFO).expect(200).await;
}
