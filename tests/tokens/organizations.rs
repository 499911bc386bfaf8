//! `X-Organization-Id`: needed, allowed or refused, by what the application and its token reach.

use serde_json::json;
use testkit::{Bench, Client, create_application, text, token};

use super::TOKEN;

testkit::both!(
    one_organization_needs_no_header_and_takes_its_own,
    several_organizations_must_be_told_apart,
    a_token_asked_for_with_an_organization_is_bound_to_it,
    a_header_that_is_no_uuid_is_422,
);

const HEADER: &str = "X-Organization-Id";
const WORKSPACES: &str = "/api/v1/workspaces";

async fn first_owner(client: &Client) -> String {
    let list = client.get(WORKSPACES).expect(200).await;
    text(&list["data"][0], "organization_id")
}

async fn one_organization_needs_no_header_and_takes_its_own(bench: &Bench) {
    let acme = bench.organization().await;
    let other = bench.organization().await;
    assert_eq!(first_owner(&acme.client).await, acme.id);
    assert_eq!(first_owner(&acme.client.with_header(HEADER, &acme.id)).await, acme.id);
    for foreign in [other.id.as_str(), &uuid::Uuid::new_v4().to_string()] {
        acme.client.get(WORKSPACES).header(HEADER, foreign).refused(403, "forbidden").await;
    }
}

async fn several_organizations_must_be_told_apart(bench: &Bench) {
    let (one, two, three) =
        (bench.organization().await, bench.organization().await, bench.organization().await);
    let (id, secret) = create_application(bench.shared(), &[&one.id, &two.id]).await;
    let client = one.client.anonymous();
    let body = json!({ "client_id": id, "client_secret": secret });
    let issued = client.post(TOKEN).json(body).expect(200).await;
    assert!(issued["organization_id"].is_null(), "it reaches several: {issued}");
    let both = client.with_bearer(&text(&issued, "access_token"));
    let problem = both.get(WORKSPACES).refused(400, "organization_required").await;
    assert!(problem["message"].to_string().contains("specify target organization"), "{problem}");
    for own in [&one, &two] {
        assert_eq!(first_owner(&both.with_header(HEADER, &own.id)).await, own.id);
    }
    both.get(WORKSPACES).header(HEADER, &three.id).refused(403, "forbidden").await;

    // What is made with one of them is not seen with the other.
    let body = json!({
        "workspace_name": "globex", "connector_type": "notion", "credentials": { "token": "ntn_sandbox_acme" },
    });
    let made =
        both.post("/api/v1/integrations/connectors").header(HEADER, &one.id).json(body).expect(200).await;
    let path = format!("/api/v1/integrations/connectors/{}", text(&made, "id"));
    both.get(&path).header(HEADER, &one.id).expect(200).await;
    both.get(&path).header(HEADER, &two.id).refused(404, "connector_not_found").await;
}

async fn a_token_asked_for_with_an_organization_is_bound_to_it(bench: &Bench) {
    let (one, two) = (bench.organization().await, bench.organization().await);
    let (id, secret) = create_application(bench.shared(), &[&one.id, &two.id]).await;
    let client = one.client.anonymous();
    let body = json!({ "client_id": id, "client_secret": secret });
    let issued = client.post(TOKEN).header(HEADER, &two.id).json(body.clone()).expect(200).await;
    assert_eq!(issued["organization_id"], two.id.as_str());
    let bound = client.with_bearer(&text(&issued, "access_token"));
    assert_eq!(first_owner(&bound).await, two.id);
    assert_eq!(first_owner(&bound.with_header(HEADER, &two.id)).await, two.id);
    bound.get(WORKSPACES).header(HEADER, &one.id).refused(403, "forbidden").await;

    let foreign = bench.organization().await;
    client.post(TOKEN).header(HEADER, &foreign.id).json(body).refused(403, "forbidden").await;

    // A scoped token is bound to the organization it was made in.
    let narrow = json!({ "workspace_name": "globex" });
    let every = client.with_bearer(&token(&client, &id, &secret).await);
    let scoped = "/api/v1/account/applications/scoped-token";
    every.post(scoped).json(narrow.clone()).refused(400, "organization_required").await;
    let answer = every.post(scoped).header(HEADER, &one.id).json(narrow).expect(200).await;
    let scoped = client.with_bearer(&text(&answer, "token"));
    let info = scoped.get("/api/v1/account/applications/scoped-token/info").expect(200).await;
    assert_eq!(info["organization_id"], one.id.as_str());
    let other = scoped.get("/api/v1/account/applications/scoped-token/info").header(HEADER, &two.id);
    other.refused(403, "forbidden").await;
}

async fn a_header_that_is_no_uuid_is_422(bench: &Bench) {
    let acme = bench.organization().await;
    for value in ["acme", "", "0", "019a9f0e-0000-7000-8000-00000000000g", "../x"] {
        acme.client.get(WORKSPACES).header(HEADER, value).refused(422, "invalid_request").await;
    }
    let body = json!({ "client_id": acme.client_id, "client_secret": acme.client_secret });
    acme.client
        .anonymous()
        .post(TOKEN)
        .header(HEADER, "acme")
        .json(body)
        .refused(422, "invalid_request")
        .await;
}
