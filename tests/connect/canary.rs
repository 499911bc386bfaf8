//! Marker values planted as secrets are searched for wherever they must not be.

use serde_json::{Value, json};
use testkit::{Bench, Client, Fault, Options, Organization, Patchbay, text};

use super::CONNECTORS;

testkit::both!(r47_secrets_are_in_no_log_no_answer_and_no_database);

/// Every answer's headers and body, to be searched at the end.
struct Heard {
    client: Client,
    answers: Vec<String>,
}

impl Heard {
    async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        let request = self.client.request(method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await;
        self.answers.push(format!("{method} {path}: {} {}", answer.headers_text(), answer.text));
        answer.json
    }

    async fn create(&mut self, credentials: Value) -> String {
        let body =
            json!({ "workspace_name": "globex", "connector_type": "notion", "credentials": credentials });
        text(&self.call("POST", CONNECTORS, Some(body)).await, "id")
    }

    async fn execute(&mut self, id: &str, entity: &str, action: &str, params: Value) -> Value {
        let call = json!({ "entity": entity, "action": action, "params": params });
        self.call("POST", &format!("{CONNECTORS}/{id}/execute"), Some(call)).await
    }
}

async fn r47_secrets_are_in_no_log_no_answer_and_no_database(bench: &Bench) {
    let server = bench.start(&Options::default().env("PATCHBAY_LOG", "trace")).await;
    let acme = Organization::create(&server).await;
    let canary = |name: &str| format!("canary-{name}-{}", uuid::Uuid::new_v4().simple());
    let fields = ["token", "client_id", "client_secret", "access_token", "refresh_token"];
    let secrets: Vec<String> = fields.iter().map(|field| canary(field)).collect();
    let misplaced = [canary("unknown-key"), canary("malformed"), canary("top-level"), canary("config")];
    let bearer = testkit::token(&server.client(), &acme.client_id, &acme.client_secret).await;
    let mut heard = Heard { client: server.client().with_bearer(&bearer), answers: Vec::new() };

    // Good bodies with each auth scheme, then everything a connector can be asked.
    let internal = heard.create(json!({ "token": secrets[0] })).await;
    let oauth = json!({
        "client_id": secrets[1], "client_secret": secrets[2],
        "access_token": secrets[3], "refresh_token": secrets[4],
    });
    let oauth = heard.create(oauth).await;
    for (id, own) in [(&internal, &secrets[..1]), (&oauth, &secrets[1..])] {
        let path = format!("{CONNECTORS}/{id}");
        heard.call("GET", &path, None).await;
        heard.call("GET", &format!("{path}/inspect"), None).await;
        heard.call("POST", &format!("{path}/check"), Some(json!({}))).await;
        heard.call("PUT", &path, Some(json!({ "name": "kept in clear" }))).await;
        let refused = heard.execute(id, "users", "list", json!({})).await;
        assert_eq!(
            refused["code"], "connector_auth_failed",
            "the sandbox does not know this token: {refused}"
        );
        heard.execute(id, "*", "check", json!({})).await;
        r71_an_upstream_that_repeats_the_secret_is_redacted(&server, &mut heard, id, own).await;
    }
    heard.call("GET", &format!("{CONNECTORS}?workspace_name=globex"), None).await;
    heard.call("GET", "/api/v1/executions", None).await;

    // Bad bodies with secrets in the wrong places.
    let check = json!({ "connector_type": "notion", "credentials": { "token": secrets[0] } });
    heard.call("POST", &format!("{CONNECTORS}/check"), Some(check)).await;
    for (key, value) in [
        ("credentials", json!({ "secret_key": misplaced[0] })),
        ("api_token", json!(misplaced[2])),
        ("replication_config", json!({ "token": misplaced[3], "client_secret": misplaced[3] })),
    ] {
        let mut body = super::body("globex");
        body[key] = value;
        heard.call("POST", CONNECTORS, Some(body)).await;
    }
    let malformed = format!("{{\"credentials\": {{\"token\": \"{}\", }}}}", misplaced[1]);
    let answer = acme.client.post(CONNECTORS).text("application/json", malformed).send().await;
    heard.answers.push(answer.text);

    let every: Vec<&String> =
        secrets.iter().chain(&misplaced).chain([&acme.client_secret, &bearer]).collect();
    let log = server.log();
    let stored = server.stored().await;
    // What may be found is found, so that finding nothing means something.
    assert!(log.contains("TRACE") && log.contains(&internal), "the log is searched");
    assert!(stored.contains("kept in clear"), "the store is searched");
    assert!(heard.answers.iter().any(|said| said.contains("kept in clear")), "answers are searched");
    for secret in every {
        assert!(!log.contains(secret.as_str()), "`{secret}` is in the log:\n{}", lines_with(&log, secret));
        for answer in &heard.answers {
            assert!(!answer.contains(secret.as_str()), "`{secret}` came back: {answer}");
        }
        for form in forms(secret) {
            assert!(!stored.contains(&form), "`{secret}` is in the database");
        }
    }
}

/// The upstream's answer repeats the token it was sent, in text and in a field.
async fn r71_an_upstream_that_repeats_the_secret_is_redacted(
    server: &Patchbay,
    heard: &mut Heard,
    id: &str,
    secrets: &[String],
) {
    let echo = json!({
        "object": "error", "status": 400, "code": "validation_error",
        "message": format!("bad header: Bearer {}", secrets.join(" or ")), "echo": secrets,
    });
    server.upstream.fault(Fault::on("GET", "/v1/users").of(id).answers(400, &echo)).await;
    let refused = heard.execute(id, "users", "list", json!({})).await;
    assert_eq!(refused["code"], "upstream_rejected", "{refused}");
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("[redacted]")), "{refused}");
    server.upstream.fault(Fault::on("GET", "/v1/users").of(id).answers_text(200, &secrets.join(" "))).await;
    let unreadable = heard.execute(id, "users", "list", json!({})).await;
    assert_eq!(unreadable["code"], "upstream_bad_response", "{unreadable}");
}

/// The secret as it is, and as a dump shows bytes.
fn forms(secret: &str) -> [String; 3] {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    [secret.to_owned(), hex.to_uppercase(), hex]
}

fn lines_with(log: &str, secret: &str) -> String {
    log.lines().filter(|line| line.contains(secret)).collect::<Vec<_>>().join("\n")
}
