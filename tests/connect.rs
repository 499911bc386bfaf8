//! Connectors from creation to deletion, as the clients of the API spell it.

mod bad_input;
mod canary;
mod check;

use serde_json::{Value, json};
use testkit::{Bench, Organization, text};

testkit::both!(
    every_spelling_of_customer_and_definition_is_understood,
    the_auth_scheme_is_chosen_by_the_keys_given,
    a_discriminator_beside_the_keys_is_tolerated,
    the_prefix_without_api_is_the_same_route,
    a_connector_lives_from_creation_to_deletion,
    an_update_changes_what_it_names_and_keeps_the_rest,
    two_of_a_type_are_both_listed,
    a_list_needs_a_customer_and_takes_every_spelling_of_it,
    inspect_names_everything_a_client_needs,
    a_connector_limited_to_entities_refuses_the_others,
);

const CONNECTORS: &str = "/api/v1/integrations/connectors";
const NOTION: &str = "6e00b415-b02e-4160-bf02-58176a0ae687";

/// A good body, to be changed by one thing.
fn body(customer: &str) -> Value {
    json!({
        "workspace_name": customer,
        "connector_type": "notion",
        "credentials": { "token": testkit::sandbox_token::ACME },
    })
}

/// Ids of the connectors listed for a customer, sorted.
async fn listed(acme: &Organization, customer: &str) -> Vec<String> {
    let list = acme.client.get(CONNECTORS).query(&[("workspace_name", customer)]).expect(200).await;
    let rows = list["data"].as_array().expect("a list has data");
    let mut ids: Vec<String> = rows.iter().map(|row| text(row, "id")).collect();
    ids.sort();
    ids
}

fn assert_is_detail(detail: &Value) {
    for key in ["id", "name", "created_at", "updated_at"] {
        assert!(detail[key].is_string(), "{key} in {detail}");
    }
    assert!(detail["replication_config"].is_object(), "{detail}");
    assert!(detail.get("entities").is_some(), "{detail}");
    let template = &detail["source_template"];
    assert_eq!(template["source_definition_id"], NOTION, "{detail}");
    assert_eq!(template["user_config_spec"]["connectionSpecification"]["type"], "object", "{detail}");
    for key in ["id", "name", "mode"] {
        assert!(template[key].is_string(), "source_template.{key} in {detail}");
    }
    for key in ["icon", "runtime_mode", "created_at", "updated_at"] {
        assert!(template.get(key).is_some(), "source_template.{key} in {detail}");
    }
    assert!(template["tags"].is_array() && template["partial_default_config"].is_object(), "{detail}");
    assert!(!detail.to_string().contains(testkit::sandbox_token::ACME), "credentials never come back");
}

async fn every_spelling_of_customer_and_definition_is_understood(bench: &Bench) {
    let acme = bench.organization().await;
    let first = acme.client.post(CONNECTORS).json(body("globex")).expect(200).await;
    assert_is_detail(&first);
    let template_id = text(&first["source_template"], "id");
    let types = [
        ("definition_id", NOTION),
        ("connector_type", "notion"),
        ("connector_type", "Notion"),
        ("source_template_id", template_id.as_str()),
    ];
    let mut made = vec![text(&first, "id")];
    for customer_key in ["customer_name", "workspace_name", "external_user_id"] {
        for (type_key, type_value) in types {
            let body = json!({
                customer_key: "globex", type_key: type_value,
                "credentials": { "token": testkit::sandbox_token::ACME },
            });
            let detail = acme.client.post(CONNECTORS).json(body).expect(200).await;
            assert_is_detail(&detail);
            assert!(!text(&detail, "name").is_empty(), "a name is generated when none is given");
            made.push(text(&detail, "id"));
        }
    }
    made.sort();
    assert_eq!(listed(&acme, "globex").await, made, "all spellings name one customer");
}

async fn the_auth_scheme_is_chosen_by_the_keys_given(bench: &Bench) {
    let acme = bench.organization().await;
    let oauth = json!({
        "client_id": "sandbox-client", "client_secret": "sandbox-client-secret",
        "access_token": "sandbox_oauth_access_acme",
    });
    let mut with_refresh = oauth.clone();
    with_refresh["refresh_token"] = "sandbox_oauth_refresh_acme".into();
    for credentials in [json!({ "token": testkit::sandbox_token::ACME }), oauth, with_refresh] {
        let mut body = body("globex");
        body["credentials"] = credentials.clone();
        let id = text(&acme.client.post(CONNECTORS).json(body).expect(200).await, "id");
        let users = acme.execute(&id, "users", "list", json!({})).expect(200).await;
        assert!(users["result"].as_array().is_some_and(|users| !users.is_empty()), "{users}");
    }
}

async fn a_discriminator_beside_the_keys_is_tolerated(bench: &Bench) {
    let acme = bench.organization().await;
    for discriminator in ["option_title", "auth_type"] {
        let mut body = body("globex");
        body["credentials"][discriminator] = "Access Token".into();
        let id = text(&acme.client.post(CONNECTORS).json(body).expect(200).await, "id");
        acme.execute(&id, "users", "list", json!({})).expect(200).await;
    }
}

async fn the_prefix_without_api_is_the_same_route(bench: &Bench) {
    let acme = bench.organization().await;
    let made = acme.client.post("/v1/integrations/connectors").json(body("globex")).expect(200).await;
    let id = text(&made, "id");
    for path in [
        format!("{CONNECTORS}/{id}"),
        format!("{CONNECTORS}/{id}/"),
        format!("/v1/integrations/connectors/{id}"),
        format!("/v1/integrations/connectors/{id}/"),
    ] {
        assert_eq!(acme.client.get(&path).expect(200).await["id"], id.as_str(), "{path}");
    }
    // Never a redirect, which would turn the POST into a GET.
    acme.client.post(&format!("{CONNECTORS}/")).json(body("globex")).expect(200).await;
}

async fn a_connector_lives_from_creation_to_deletion(bench: &Bench) {
    let acme = bench.organization().await;
    let mut body = body("globex");
    body["name"] = "Knowledge base".into();
    let made = acme.client.post(CONNECTORS).json(body).expect(200).await;
    assert_eq!(made["name"], "Knowledge base");
    let path = format!("{CONNECTORS}/{}", text(&made, "id"));
    assert_eq!(acme.client.get(&path).expect(200).await, made, "get answers what create answered");

    let deleted = acme.client.delete(&path).expect(202).await;
    assert!(text(&deleted, "job_id").parse::<uuid::Uuid>().is_ok(), "{deleted}");
    acme.client.get(&path).refused(404, "connector_not_found").await;
    acme.client.delete(&path).refused(404, "connector_not_found").await;
    let execute = json!({ "entity": "users", "action": "list" });
    acme.client.post(&format!("{path}/execute")).json(execute).refused(404, "connector_not_found").await;
    assert!(listed(&acme, "globex").await.is_empty());
}

async fn an_update_changes_what_it_names_and_keeps_the_rest(bench: &Bench) {
    let acme = bench.organization().await;
    let mut body = body("globex");
    body["name"] = "before".into();
    body["replication_config"] = json!({ "start_date": "2026-01-01T00:00:00Z" });
    let made = acme.client.post(CONNECTORS).json(body).expect(200).await;
    let path = format!("{CONNECTORS}/{}", text(&made, "id"));

    let renamed = acme.client.put(&path).json(json!({ "name": "after" })).expect(200).await;
    assert_is_detail(&renamed);
    assert_eq!((&renamed["name"], &renamed["id"]), (&json!("after"), &made["id"]));
    assert_eq!(renamed["replication_config"], made["replication_config"]);
    assert_eq!(renamed["created_at"], made["created_at"]);

    let limits = json!([{ "entity": "users", "modes": ["read"] }]);
    let limited = acme.client.put(&path).json(json!({ "entities": limits })).expect(200).await;
    assert_eq!((&limited["name"], &limited["entities"]), (&json!("after"), &limits));
    let kept = acme.client.put(&path).json(json!({ "name": "again" })).expect(200).await;
    assert_eq!(kept["entities"], limits, "absent keeps");
    let lifted = acme.client.put(&path).json(json!({ "entities": [] })).expect(200).await;
    assert_eq!(lifted["entities"], Value::Null, "an empty list clears");
    assert_eq!(acme.client.get(&path).expect(200).await, lifted);

    let id = text(&made, "id");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    acme.client.put(&path).json(json!({ "name": "  " })).refused(422, "invalid_request").await;
}

async fn two_of_a_type_are_both_listed(bench: &Bench) {
    let acme = bench.organization().await;
    let mut both = vec![acme.connect("globex").await, acme.connect("globex").await];
    acme.connect("initech").await;
    both.sort();
    assert_eq!(listed(&acme, "globex").await, both);
    let list = acme.client.get(CONNECTORS).query(&[("workspace_name", "globex")]).expect(200).await;
    for row in list["data"].as_array().expect("a list has data") {
        let template = &row["summarized_source_template"];
        assert_eq!(template["actor_definition_id"], NOTION, "{row}");
        assert_eq!(template["connector_name"], "notion", "{row}");
        for key in ["id", "name", "created_at", "updated_at"] {
            assert!(row[key].is_string() && template.get(key).is_some(), "{key} in {row}");
        }
    }
}

async fn a_list_needs_a_customer_and_takes_every_spelling_of_it(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let customer = acme.customer_id("globex").await;
    for (key, value) in [
        ("workspace_id", customer.as_str()),
        ("workspace_name", "globex"),
        ("customer_name", "globex"),
        ("external_user_id", "globex"),
    ] {
        for definition in [Some(NOTION), None] {
            let mut query = vec![(key, value)];
            query.extend(definition.map(|id| ("definition_id", id)));
            let list = acme.client.get(CONNECTORS).query(&query).expect(200).await;
            assert_eq!(list["data"][0]["id"], id.as_str(), "{key}: {list}");
            assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "{key}: {list}");
        }
    }
    let other = uuid::Uuid::new_v4().to_string();
    let query = [("workspace_name", "globex"), ("definition_id", other.as_str())];
    assert_eq!(acme.client.get(CONNECTORS).query(&query).expect(200).await["data"], json!([]));
    acme.client.get(CONNECTORS).refused(422, "invalid_request").await;

    // Reading an unknown name answers nothing and makes nothing.
    let nobody = [("workspace_name", "nobody")];
    assert_eq!(acme.client.get(CONNECTORS).query(&nobody).expect(200).await["data"], json!([]));
    let customers = acme.client.get("/api/v1/workspaces?name_contains=nobody").expect(200).await;
    assert_eq!(customers["data"], json!([]));
}

async fn inspect_names_everything_a_client_needs(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let inspected = acme.client.get(&format!("{CONNECTORS}/{id}/inspect")).expect(200).await;
    assert_eq!(inspected["connector_id"], id.as_str());
    assert_eq!(inspected["organization_id"], acme.id.as_str());
    assert_eq!(inspected["workspace_id"], acme.customer_id("globex").await.as_str());
    assert_eq!(inspected["source_definition_id"], NOTION);
    for key in ["name", "source_config_template_id", "docs_skill_id"] {
        assert!(!text(&inspected, key).is_empty(), "{key} in {inspected}");
    }
    let unknown = uuid::Uuid::new_v4();
    acme.client.get(&format!("{CONNECTORS}/{unknown}/inspect")).refused(404, "connector_not_found").await;
}

async fn a_connector_limited_to_entities_refuses_the_others(bench: &Bench) {
    let acme = bench.organization().await;
    let mut body = body("globex");
    body["entities"] =
        json!([{ "entity": "users", "modes": ["read"] }, { "entity": "pages", "modes": ["read"] }]);
    let id = text(&acme.client.post(CONNECTORS).json(body).expect(200).await, "id");
    acme.execute(&id, "users", "list", json!({})).expect(200).await;
    let before = bench.shared().upstream.requests_of(&id).await.len();
    let search =
        acme.execute(&id, "comments", "list", json!({ "block_id": uuid::Uuid::new_v4() })).send().await;
    assert!((400..500).contains(&search.status), "an entity outside the limits: {search:?}");
    let create = json!({ "parent": { "workspace": true }, "properties": {} });
    let write = acme.execute(&id, "pages", "create", create).send().await;
    assert!((400..500).contains(&write.status), "a write where only reads are allowed: {write:?}");
    let after = bench.shared().upstream.requests_of(&id).await.len();
    assert_eq!(before, after, "nothing was sent");
}
