//! Workspaces, an organization's own customers: made on first use, listed, renamed, stopped, deleted.

use serde_json::{Value, json};
use testkit::{Bench, Organization, text};

testkit::both!(
    an_organization_begins_with_a_default_customer,
    a_customer_is_made_by_its_first_use_and_by_no_read,
    a_list_pages_through_all_and_repeats_none,
    an_exact_match_comes_first_however_many_contain_the_name,
    a_list_filters_by_name_and_status,
    stats_count_by_status,
    a_rename_moves_the_routing,
    a_taken_or_blank_name_is_refused,
    an_inactive_customer_keeps_reads_and_refuses_execute,
    a_deleted_customer_takes_its_connectors_along,
    names_with_odd_characters_stay_one_name,
);

const WORKSPACES: &str = "/api/v1/workspaces";
const CONNECTORS: &str = "/api/v1/integrations/connectors";

fn assert_is_workspace(row: &Value, acme: &Organization) {
    for key in [
        "id",
        "name",
        "organization_id",
        "status",
        "cache_enabled",
        "tombstone",
        "visibility",
        "color",
        "created_at",
        "updated_at",
    ] {
        assert!(row.get(key).is_some(), "{key} in {row}");
    }
    assert_eq!(row["organization_id"], acme.id.as_str());
    assert_eq!(row["tombstone"], false);
}

fn names(list: &Value) -> Vec<String> {
    list["data"].as_array().expect("a list has data").iter().map(|row| text(row, "name")).collect()
}

/// Path and query of a `next` link, which must be on the host that was asked.
fn followed(acme: &Organization, list: &Value) -> Option<String> {
    let next = list["next"].as_str()?;
    let path = next.strip_prefix(acme.client.base()).unwrap_or(next);
    assert!(path.starts_with('/'), "next is on the request's own host: {next}");
    Some(path.to_owned())
}

async fn make(acme: &Organization, name: &str) {
    acme.scoped(name).await;
}

async fn an_organization_begins_with_a_default_customer(bench: &Bench) {
    let acme = bench.organization().await;
    let list = acme.client.get(WORKSPACES).expect(200).await;
    assert_eq!(names(&list), ["default"]);
    assert!(list["next"].is_null(), "{list}");
    let row = &list["data"][0];
    assert_is_workspace(row, &acme);
    assert_eq!(row["status"], "active");
    let path = format!("{WORKSPACES}/{}", text(row, "id"));
    assert_eq!(acme.client.get(&path).expect(200).await, *row);
}

async fn a_customer_is_made_by_its_first_use_and_by_no_read(bench: &Bench) {
    let acme = bench.organization().await;
    acme.client.get(CONNECTORS).query(&[("workspace_name", "globex")]).expect(200).await;
    assert_eq!(names(&acme.client.get(WORKSPACES).expect(200).await), ["default"]);
    acme.connect("globex").await;
    make(&acme, "initech").await;
    acme.connect("globex").await;
    let mut all = names(&acme.client.get(WORKSPACES).expect(200).await);
    all.sort();
    assert_eq!(all, ["default", "globex", "initech"]);
}

async fn a_list_pages_through_all_and_repeats_none(bench: &Bench) {
    let acme = bench.organization().await;
    for number in 0..7 {
        make(&acme, &format!("customer {number}")).await;
    }
    for limit in [1, 3, 8, 100] {
        let mut seen = Vec::new();
        let mut path = Some(format!("{WORKSPACES}?limit={limit}"));
        while let Some(page) = path {
            let list = acme.client.get(&page).expect(200).await;
            let found = names(&list);
            assert!(!found.is_empty() && found.len() <= limit, "{list}");
            seen.extend(found);
            path = followed(&acme, &list);
            assert!(seen.len() <= 8, "a page was repeated: {seen:?}");
        }
        assert_eq!(seen.first().map(String::as_str), Some("customer 6"), "newest first");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 8, "at {limit} a page");
    }
    for limit in ["0", "101", "-1", "many"] {
        acme.client.get(WORKSPACES).query(&[("limit", limit)]).refused(422, "invalid_request").await;
    }
    for cursor in ["x", "AAAA", "%00", "eyJvIjoxfQ"] {
        let refused = acme.client.get(WORKSPACES).query(&[("cursor", cursor)]).send().await;
        assert_eq!(refused.status, 400, "cursor {cursor}: {refused:?}");
    }
}

async fn an_exact_match_comes_first_however_many_contain_the_name(bench: &Bench) {
    let acme = bench.organization().await;
    make(&acme, "globex").await;
    for number in 0..22 {
        make(&acme, &format!("globex {number}")).await;
    }
    let first = acme.client.get(WORKSPACES).query(&[("name_contains", "globex")]).expect(200).await;
    assert_eq!(names(&first).len(), 20, "the default page");
    assert_eq!(names(&first)[0], "globex");
    let rest = followed(&acme, &first).expect("there is a second page");
    let rest = acme.client.get(&rest).expect(200).await;
    let mut all = [names(&first), names(&rest)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 23, "the exact match is not given twice, and nothing is lost");
}

async fn a_list_filters_by_name_and_status(bench: &Bench) {
    let acme = bench.organization().await;
    for name in ["Globex North", "globex south", "100% Initech", "under_score"] {
        make(&acme, name).await;
    }
    let contains = async |part: &str| {
        let list = acme.client.get(WORKSPACES).query(&[("name_contains", part)]).expect(200).await;
        let mut found = names(&list);
        found.sort();
        found
    };
    assert_eq!(contains("GLOBEX").await, ["Globex North", "globex south"], "case does not count");
    assert_eq!(contains("%").await, ["100% Initech"], "a percent sign is itself");
    assert_eq!(contains("_").await, ["under_score"], "an underscore is itself");
    assert_eq!(contains("\\").await, Vec::<String>::new());
    assert_eq!(contains("' OR '1'='1").await, Vec::<String>::new());

    let id = acme.customer_id("globex south").await;
    acme.client.put(&format!("{WORKSPACES}/{id}")).json(json!({ "status": "inactive" })).expect(200).await;
    let inactive = acme.client.get(WORKSPACES).query(&[("status", "inactive")]).expect(200).await;
    assert_eq!(names(&inactive), ["globex south"]);
    let both = [("status", "active"), ("name_contains", "globex")];
    assert_eq!(names(&acme.client.get(WORKSPACES).query(&both).expect(200).await), ["Globex North"]);
    acme.client.get(WORKSPACES).query(&[("status", "asleep")]).refused(422, "invalid_request").await;
}

async fn stats_count_by_status(bench: &Bench) {
    let acme = bench.organization().await;
    make(&acme, "globex").await;
    make(&acme, "initech").await;
    let id = acme.customer_id("globex").await;
    acme.client.put(&format!("{WORKSPACES}/{id}")).json(json!({ "status": "inactive" })).expect(200).await;
    let stats = acme.client.get(&format!("{WORKSPACES}/stats")).expect(200).await;
    assert_eq!(stats, json!({ "active_count": 2, "inactive_count": 1, "total_count": 3 }));
}

async fn a_rename_moves_the_routing(bench: &Bench) {
    let acme = bench.organization().await;
    let connector = acme.connect("globex").await;
    let id = acme.customer_id("globex").await;
    let renamed =
        acme.client.put(&format!("{WORKSPACES}/{id}")).json(json!({ "name": "hooli" })).expect(200).await;
    assert_is_workspace(&renamed, &acme);
    assert_eq!((&renamed["name"], &renamed["id"]), (&json!("hooli"), &json!(id)));
    let by_name = async |name: &str| {
        acme.client.get(CONNECTORS).query(&[("customer_name", name)]).expect(200).await["data"].clone()
    };
    assert_eq!(by_name("hooli").await[0]["id"], connector.as_str());
    assert_eq!(by_name("globex").await, json!([]), "the old name no longer routes");
    acme.connect("globex").await;
    assert_ne!(acme.customer_id("globex").await, id, "using it again makes a new customer");
}

async fn a_taken_or_blank_name_is_refused(bench: &Bench) {
    let acme = bench.organization().await;
    make(&acme, "globex").await;
    make(&acme, "initech").await;
    let path = format!("{WORKSPACES}/{}", acme.customer_id("globex").await);
    let before = acme.client.get(&path).expect(200).await;
    let taken = acme.client.put(&path).json(json!({ "name": "initech" })).send().await;
    assert!(matches!(taken.status, 409 | 422), "{taken:?}");
    for body in
        [json!({ "name": " " }), json!({ "name": 7 }), json!({ "status": "gone" }), json!({ "nmae": "x" })]
    {
        acme.client.put(&path).json(body).refused(422, "invalid_request").await;
    }
    assert_eq!(acme.client.get(&path).expect(200).await, before, "nothing was changed");
    acme.client.put(&path).json(json!({ "name": "globex" })).expect(200).await;
    acme.client.put(&path).json(json!({ "name": "Initech" })).expect(200).await;
}

async fn an_inactive_customer_keeps_reads_and_refuses_execute(bench: &Bench) {
    let acme = bench.organization().await;
    let connector = acme.connect("globex").await;
    let path = format!("{WORKSPACES}/{}", acme.customer_id("globex").await);
    let stopped = acme.client.put(&path).json(json!({ "status": "inactive" })).expect(200).await;
    assert_eq!(stopped["status"], "inactive");
    acme.execute(&connector, "users", "list", json!({})).refused(403, "workspace_inactive").await;
    acme.execute(&connector, "*", "check", json!({})).refused(403, "workspace_inactive").await;
    assert!(bench.shared().upstream.requests_of(&connector).await.is_empty(), "nothing was sent");
    acme.client.get(&format!("{CONNECTORS}/{connector}")).expect(200).await;
    acme.client.put(&path).json(json!({ "status": "active" })).expect(200).await;
    acme.execute(&connector, "users", "list", json!({})).expect(200).await;
}

async fn a_deleted_customer_takes_its_connectors_along(bench: &Bench) {
    let acme = bench.organization().await;
    let connector = acme.connect("globex").await;
    let kept = acme.connect("initech").await;
    acme.execute(&connector, "users", "list", json!({})).expect(200).await;
    let scoped = acme.scoped("globex").await;
    let id = acme.customer_id("globex").await;
    let deleted = acme.client.delete(&format!("{WORKSPACES}/{id}")).expect(200).await;
    assert_eq!(deleted["id"], id.as_str());
    assert!(deleted["deleted_at"].is_string(), "{deleted}");

    acme.client.get(&format!("{WORKSPACES}/{id}")).refused(404, "workspace_not_found").await;
    acme.client.delete(&format!("{WORKSPACES}/{id}")).refused(404, "workspace_not_found").await;
    acme.client.get(&format!("{CONNECTORS}/{connector}")).refused(404, "connector_not_found").await;
    acme.execute(&connector, "users", "list", json!({})).refused(404, "connector_not_found").await;
    acme.client.get(&format!("{CONNECTORS}/{kept}")).expect(200).await;
    assert!(!names(&acme.client.get(WORKSPACES).expect(200).await).contains(&"globex".to_owned()));

    // Its own token is left without anything to reach, and makes nothing new.
    let gone = scoped.get("/api/v1/account/applications/scoped-token/info").send().await;
    assert!((400..500).contains(&gone.status), "{gone:?}");
    let body = json!({ "workspace_name": "globex", "connector_type": "notion", "credentials": { "token": "ntn_x" } });
    let create = scoped.post(CONNECTORS).json(body).send().await;
    assert!((400..500).contains(&create.status), "{create:?}");
}

async fn names_with_odd_characters_stay_one_name(bench: &Bench) {
    let acme = bench.organization().await;
    for name in [
        "Ærøskøbing & Søn",
        "株式会社",
        "a/b?c=d#e",
        "{\"$ne\":1}",
        " padded ",
        "مرحبا",
        "x'; DROP TABLE customers; --",
    ] {
        let id = acme.connect(name).await;
        let list = acme.client.get(CONNECTORS).query(&[("workspace_name", name)]).expect(200).await;
        assert_eq!(list["data"][0]["id"], id.as_str(), "{name}");
        let row = acme.client.get(WORKSPACES).query(&[("name_contains", name)]).expect(200).await;
        assert_eq!(row["data"][0]["name"], name, "stored as it was sent");
    }
}
