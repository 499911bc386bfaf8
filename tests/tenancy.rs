//! One organization never reaches another: tried on every route of the served document, so that a
//! new route is tried without anyone remembering to.

mod document;
mod lists;

use serde_json::{Value, json};
use testkit::{Bench, Organization, eventually, text};

use document::{Operation, operations};

testkit::both!(
    r49_a_foreign_id_is_not_found_on_any_route,
    r49_no_route_but_the_open_ones_answers_without_a_token,
    r50_a_foreign_id_in_a_body_or_query_links_nothing,
    r51_fields_that_are_ours_to_set_are_never_applied,
    r53_names_are_unique_within_an_organization_only,
);

const WORKSPACES: &str = "/api/v1/workspaces";
const CONNECTORS: &str = "/api/v1/integrations/connectors";

/// An organization with one thing of each kind.
struct Owner {
    organization: Organization,
    customer: String,
    connector: String,
    execution: String,
    job: String,
}

impl Owner {
    async fn create(bench: &Bench) -> Self {
        let organization = bench.organization().await;
        let connector = organization.connect("globex").await;
        organization.execute(&connector, "users", "list", json!({})).expect(200).await;
        let client = &organization.client;
        let execution = eventually("the call is recorded", std::time::Duration::from_secs(5), async || {
            let list = client.get("/api/v1/executions").expect(200).await;
            list["data"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
        let customer = organization.customer_id("globex").await;
        let gone = organization.connect("globex").await;
        let deleted = client.delete(&format!("{CONNECTORS}/{gone}")).expect(202).await;
        Self { job: text(&deleted, "job_id"), organization, customer, connector, execution }
    }

    /// This owner's thing that a path parameter names; none for parameters that are nobody's.
    fn id_for(&self, operation: &Operation, parameter: &str) -> Option<&str> {
        match parameter {
            "connector_id" => Some(&self.connector),
            "workspace_id" => Some(&self.customer),
            "execution_id" => Some(&self.execution),
            "job_id" => Some(&self.job),
            "definition_id" | "definition" | "connector_type" | "organization_id" => None,
            other => panic!("say whose `{other}` is, for {} {}", operation.method, operation.path),
        }
    }

    /// All that can be seen of it.
    async fn everything(&self) -> Vec<Value> {
        let client = &self.organization.client;
        let mut seen = Vec::new();
        for path in [
            WORKSPACES.to_owned(),
            format!("{WORKSPACES}/{}", self.customer),
            format!("{CONNECTORS}?workspace_name=globex"),
            format!("{CONNECTORS}/{}", self.connector),
            format!("/api/v1/executions/{}", self.execution),
            format!("/api/v1/jobs/{}", self.job),
            "/api/v1/events".to_owned(),
            "/api/v1/organizations/settings".to_owned(),
            "/api/v1/oauth/redirect_uri?connector_type=notion".to_owned(),
        ] {
            seen.push(client.get(&path).expect(200).await);
        }
        seen
    }
}

/// The problem without what differs from request to request.
fn comparable(mut problem: Value, id: &str) -> String {
    problem.as_object_mut().expect("a problem is an object").remove("request_id");
    problem.to_string().replace(id, "<id>")
}

async fn r49_a_foreign_id_is_not_found_on_any_route(bench: &Bench) {
    let owner = Owner::create(bench).await;
    let mut intruder = bench.organization().await;
    intruder.client = intruder.allowed(bench.shared(), "credentials:read").await;
    let before = owner.everything().await;
    let mut tried = 0;
    for operation in operations(&intruder.client).await {
        let owned: Option<Vec<_>> = operation
            .parameters
            .iter()
            .map(|name| owner.id_for(&operation, name).map(|id| (name, id)))
            .collect();
        let Some(owned) = owned.filter(|owned| !owned.is_empty()) else { continue };
        let mut foreign = operation.path.clone();
        let mut unknown = operation.path.clone();
        let stranger = uuid::Uuid::now_v7().to_string();
        for (name, id) in &owned {
            foreign = foreign.replace(&format!("{{{name}}}"), id);
            unknown = unknown.replace(&format!("{{{name}}}"), &stranger);
        }
        let ask = async |path: &str| {
            let request = intruder.client.request(&operation.method, path);
            let request = match operation.body() {
                Some(body) => request.json(body),
                None => request,
            };
            request.send().await
        };
        let (of_foreign, of_unknown) = (ask(&foreign).await, ask(&unknown).await);
        let route = format!("{} {}", operation.method, operation.path);
        assert_eq!(of_unknown.status, 404, "{route} with an unknown id: {of_unknown:?}");
        assert_eq!(of_foreign.status, 404, "{route} with a foreign id: {of_foreign:?}");
        let (_, id) = owned[0];
        assert_eq!(
            comparable(of_foreign.json, id),
            comparable(of_unknown.json, &stranger),
            "{route} tells them apart"
        );
        tried += 1;
    }
    assert!(tried >= 10, "only {tried} routes were tried");
    assert_eq!(owner.everything().await, before, "nothing was changed");
}

async fn r49_no_route_but_the_open_ones_answers_without_a_token(bench: &Bench) {
    let owner = Owner::create(bench).await;
    let anonymous = owner.organization.client.anonymous();
    for operation in operations(&anonymous).await {
        let open = operation.path.starts_with("/health")
            || operation.path.ends_with("/applications/token")
            || is_callback(&operation.path);
        assert_eq!(operation.needs_no_token, open, "{} {}", operation.method, operation.path);
        if open {
            continue;
        }
        let mut path = operation.path.clone();
        for name in &operation.parameters {
            let id = owner.id_for(&operation, name).unwrap_or("6e00b415-b02e-4160-bf02-58176a0ae687");
            path = path.replace(&format!("{{{name}}}"), id);
        }
        let request = anonymous.request(&operation.method, &path);
        let request = match operation.body() {
            Some(body) => request.json(body),
            None => request,
        };
        request.refused(401, "unauthorized").await;
    }
}

/// Browsers come there without a token: what they may do is in the state they bring.
fn is_callback(path: &str) -> bool {
    path.contains("/oauth/callback/") || path.ends_with("/connector/callback")
}

async fn r50_a_foreign_id_in_a_body_or_query_links_nothing(bench: &Bench) {
    let owner = Owner::create(bench).await;
    let intruder = bench.organization().await;
    let unknown = uuid::Uuid::now_v7().to_string();
    let list = async |id: &str| {
        let problem = intruder.client.get(CONNECTORS).query(&[("workspace_id", id)]);
        comparable(problem.refused(404, "workspace_not_found").await, id)
    };
    assert_eq!(list(&owner.customer).await, list(&unknown).await);
    for key in ["workspace_id", "customer_id", "connector_id"] {
        for id in [&owner.customer, &owner.connector] {
            let list =
                intruder.client.get("/api/v1/executions").query(&[(key, id.as_str())]).expect(200).await;
            assert_eq!(list["data"], json!([]), "{key}");
        }
    }
    for (key, value) in [
        ("definition_id", owner.connector.as_str()),
        ("source_template_id", owner.connector.as_str()),
        ("workspace_id", owner.customer.as_str()),
        ("organization_id", owner.organization.id.as_str()),
    ] {
        let body = json!({
            "workspace_name": "globex", "connector_type": "notion", key: value,
            "credentials": { "token": "ntn_sandbox_acme" },
        });
        let answer = intruder.client.post(CONNECTORS).json(body).send().await;
        assert!(matches!(answer.status, 404 | 422), "{key}: {answer:?}");
    }
    let mine = intruder.client.get(WORKSPACES).expect(200).await;
    assert_eq!(mine["data"].as_array().map(Vec::len), Some(1), "only the default customer: {mine}");
}

async fn r51_fields_that_are_ours_to_set_are_never_applied(bench: &Bench) {
    let (acme, other) = (bench.organization().await, bench.organization().await);
    let connector = acme.connect("globex").await;
    let paths =
        [format!("{WORKSPACES}/{}", acme.customer_id("globex").await), format!("{CONNECTORS}/{connector}")];
    for path in &paths {
        let before = acme.client.get(path).expect(200).await;
        for (key, value) in [
            ("organization_id", json!(other.id)),
            ("id", json!(uuid::Uuid::now_v7())),
            ("created_at", json!("2001-01-01T00:00:00Z")),
            ("tombstone", json!(true)),
            ("customer_id", json!(uuid::Uuid::now_v7())),
            ("definition_id", json!(uuid::Uuid::now_v7())),
            ("credentials", json!({ "token": "ntn_sandbox_globex" })),
        ] {
            let answer = acme.client.put(path).json(json!({ key: value })).send().await;
            assert!(matches!(answer.status, 200 | 422), "{key}: {answer:?}");
            let after = acme.client.get(path).expect(200).await;
            assert_eq!(after, before, "`{key}` was applied to {path}");
        }
    }
    acme.client.get(&paths[1]).expect(200).await;
    assert_eq!(text(&acme.client.get(&paths[0]).expect(200).await, "organization_id"), acme.id);
}

async fn r53_names_are_unique_within_an_organization_only(bench: &Bench) {
    let (acme, other) = (bench.organization().await, bench.organization().await);
    acme.connect("globex").await;
    let before = acme.client.get(WORKSPACES).expect(200).await;
    other.connect("globex").await;
    other.connect("initech").await;
    assert_ne!(acme.customer_id("globex").await, other.customer_id("globex").await);
    let path = format!("{WORKSPACES}/{}", other.customer_id("initech").await);
    let taken = other.client.put(&path).json(json!({ "name": "globex" })).send().await;
    assert!(matches!(taken.status, 409 | 422), "taken by oneself: {taken:?}");
    acme.connect("hooli").await;
    other.client.put(&path).json(json!({ "name": "hooli" })).expect(200).await;
    assert_eq!(before["data"].as_array().map(Vec::len), Some(2));
}
