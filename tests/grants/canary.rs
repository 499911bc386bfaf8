//! Everything secret in a consent is searched for wherever it must not be, on every way a consent and
//! its grant can go.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use testkit::consent::{Page, Person, browse, consent_body, parameter};
use testkit::{Bench, Options, Organization, Patchbay, ProviderApp, text};

use crate::oauth::{CONNECTORS, expire};

testkit::both!(r47_nothing_secret_of_a_consent_is_in_the_log_the_answers_the_events_or_the_database);

/// Everything that came back, but what is meant to hand a secret out.
struct Heard {
    acme: Organization,
    answers: Vec<String>,
    /// States, which are in consent URLs, and confirmations, which are in the last redirect.
    handed_out: Vec<String>,
}

impl Heard {
    async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        let request = self.acme.client.request(method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await;
        self.answers.push(format!("{method} {path}: {} {}", answer.headers_text(), answer.text));
        answer.json
    }

    async fn consent_url(&mut self, body: Value) -> String {
        let url = self.acme.consent_url(body).await;
        self.handed_out.push(parameter(&url, "state"));
        url
    }

    /// The callback, and once more.
    async fn callback(&mut self, url: &str, person: &Person) -> Page {
        let callback = person.to_callback(url).await;
        let page = browse(&callback).await;
        for page in [&page, &browse(&callback).await, &browse(&format!("{callback}x")).await] {
            let mut said = format!("{} {}", page.headers_text(), page.text);
            if let Some((_, confirmation)) = said.split_once("confirmation=") {
                let confirmation: String = confirmation
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                    .collect();
                said = said.replace(&confirmation, "(handed out)");
                self.handed_out.push(confirmation);
            }
            self.answers.push(said);
        }
        page
    }

    async fn connect(&mut self, body: Value) -> String {
        let url = self.consent_url(body).await;
        testkit::consent::Landing::of(self.callback(&url, &Person::allowing()).await).connector_id()
    }
}

async fn r47_nothing_secret_of_a_consent_is_in_the_log_the_answers_the_events_or_the_database(bench: &Bench) {
    let server = bench.start(&Options::default().env("PATCHBAY_LOG", "trace")).await;
    let acme = Organization::create(&server).await;
    let mut heard = Heard { acme, answers: Vec::new(), handed_out: Vec::new() };
    let app = ProviderApp::register(&server.upstream).await;
    app.set(json!({ "extra": { "id_token": "canary-id-token-0123456789" } })).await;
    heard.call("PUT", "/api/v1/oauth/credentials", Some(app.credentials())).await;
    heard.call("GET", "/api/v1/oauth/credentials/connector_type/notion", None).await;

    let id = consents(&mut heard, &app).await;
    refusals(&mut heard, &app).await;
    lives(&mut heard, &app, &server, &id).await;
    let exported = export(&heard.acme, &server, &app).await;
    heard.call("GET", "/api/v1/events?limit=100", None).await;
    heard.call("GET", "/api/v1/executions", None).await;
    heard.call("GET", &format!("{CONNECTORS}?workspace_name=globex"), None).await;

    let mut secrets = app.secrets().await;
    secrets.extend(verifiers(&server).await);
    secrets.extend(heard.handed_out.iter().cloned());
    secrets.extend(["rotated-canary-secret".to_owned(), "canary-id-token-0123456789".to_owned()]);
    assert!(secrets.contains(&text(&exported, "access_token")), "the tokens searched for are the true ones");
    assert!(secrets.len() > 30, "{} secrets", secrets.len());
    let (log, stored) = (server.log(), server.stored().await);
    assert!(log.contains("TRACE") && log.contains(&id), "the log is searched");
    assert!(stored.contains("globex"), "the database is searched");
    for secret in &secrets {
        for form in forms(&app, secret) {
            assert!(!log.contains(&form), "`{form}` is in the log:\n{}", lines_with(&log, &form));
            assert!(!stored.contains(&form), "`{form}` is in the database");
            for answer in &heard.answers {
                assert!(!answer.contains(&form), "`{form}` came back: {answer}");
            }
        }
    }
}

/// Every way a consent can end well; the connector of the first.
async fn consents(heard: &mut Heard, app: &ProviderApp) -> String {
    let id = heard.connect(consent_body("globex")).await;
    app.set(json!({ "answer_format": "form" })).await;
    heard.connect(consent_body("globex")).await;
    app.set(json!({ "answer_format": null })).await;
    let again = json!({ "connector_id": id, "redirect_url": testkit::consent::RETURN_URL });
    assert_eq!(heard.connect(again).await, id);

    let settings = "/api/v1/organizations/settings";
    heard.call("PUT", settings, Some(json!({ "confirm_connectors": true }))).await;
    let pending = heard.connect(consent_body("globex")).await;
    let path = format!("{CONNECTORS}/{pending}/confirm");
    let confirmation = heard.handed_out.last().expect("it came back").clone();
    heard.call("POST", &path, Some(json!({ "confirmation": format!("{confirmation}x") }))).await;
    let confirmed = heard.call("POST", &path, Some(json!({ "confirmation": confirmation }))).await;
    assert_eq!(confirmed["status"], "active", "{confirmed}");
    heard.connect(consent_body("globex")).await;
    heard.call("PUT", settings, Some(json!({ "confirm_connectors": false }))).await;
    // A consent that is still under way.
    heard.consent_url(consent_body("globex")).await;
    id
}

/// Every way it can go wrong; providers that repeat what they were sent among them.
async fn refusals(heard: &mut Heard, app: &ProviderApp) {
    let url = heard.consent_url(consent_body("globex")).await;
    heard.callback(&url, &Person::denying()).await;
    let echo = format!("bad client {}:{}", app.client_id, app.client_secret);
    let oauth =
        json!({ "error": "invalid_request", "error_description": echo, "client_secret": app.client_secret });
    for effect in [
        json!({ "kind": "answer", "status": 400, "json": oauth }),
        json!({ "kind": "answer", "status": 200, "json": oauth }),
        json!({ "kind": "answer", "status": 200, "text": format!("<html>{echo}"), "content_type": "text/html" }),
        json!({ "kind": "answer", "status": 500, "text": echo }),
        json!({ "kind": "stop_midway" }),
        json!({ "kind": "saved_then_reset" }),
    ] {
        app.fault("token", json!({ "effect": effect })).await;
        let url = heard.consent_url(consent_body("globex")).await;
        heard.callback(&url, &Person::allowing()).await;
    }
    // The error itself repeats the state, and the code is not one.
    let url = heard.consent_url(consent_body("globex")).await;
    let state = parameter(&url, "state");
    app.set(json!({ "consent": "cancel", "callback": { "error": "server_error", "error_description": "try later" } })).await;
    heard.callback(&url, &Person::allowing()).await;
    app.set(json!({ "consent": null, "callback": { "code": "canary-forged-code-0123456789" } })).await;
    let url = heard.consent_url(consent_body("globex")).await;
    heard.callback(&url, &Person::allowing()).await;
    app.set(json!({ "callback": null })).await;
    heard.handed_out.push("canary-forged-code-0123456789".to_owned());
    // Secrets in the wrong places.
    for (key, value) in [
        ("state", json!(state)),
        ("oauth_input_configuration", json!({ "client_secret": app.client_secret, "state": state })),
        ("environment", json!({ "client_secret": app.client_secret })),
        ("replication_config", json!({ "clientSecret": app.client_secret })),
        ("redirect_url", json!(format!("https://user:{}@product.example/", app.client_secret))),
    ] {
        let mut body = consent_body("globex");
        body[key] = value;
        let path = format!("{CONNECTORS}/oauth/initiate");
        let answer = heard.acme.client.post(&path).json(body).send().await;
        assert_eq!(answer.status, 422, "{key}: {}", answer.text);
        heard.answers.push(answer.text);
    }
    let mut put = app.credentials();
    put["configuration"]["secret"] = app.client_secret.clone().into();
    heard.call("PUT", "/api/v1/oauth/credentials", Some(put)).await;
    let mut put = app.credentials();
    put["configuration"][app.client_secret.as_str()] = "value".into();
    let refusal = heard.acme.client.put("/api/v1/oauth/credentials").json(put).send().await;
    assert!(!refusal.text.contains(&app.client_secret), "{}", refusal.text);
}

/// The grants are used, refreshed, refused and revoked.
async fn lives(heard: &mut Heard, app: &ProviderApp, server: &Patchbay, id: &str) {
    let path = format!("{CONNECTORS}/{id}");
    let users = json!({ "entity": "users", "action": "list", "params": {} });
    for effect in [None, Some(json!({ "kind": "saved_then_reset" })), Some(json!({ "kind": "unavailable" }))]
    {
        expire(server, app, id).await;
        if let Some(effect) = effect {
            app.fault("token", json!({ "effect": effect })).await;
        }
        heard.call("POST", &format!("{path}/execute"), Some(users.clone())).await;
        heard.call("GET", &path, None).await;
        heard.call("GET", &format!("{path}/inspect"), None).await;
    }
    server.upstream.control("DELETE", "faults", None).await;
    app.change_secret("rotated-canary-secret").await;
    expire(server, app, id).await;
    heard.call("POST", &format!("{path}/execute"), Some(users.clone())).await;
    let put = json!({
        "connector_type": "notion",
        "configuration": { "client_id": app.client_id, "client_secret": "rotated-canary-secret" },
    });
    heard.call("PUT", "/api/v1/oauth/credentials", Some(put)).await;
    heard.call("POST", &format!("{path}/execute"), Some(users.clone())).await;
    heard.call("POST", &format!("{path}/check"), Some(json!({}))).await;
    heard.call("POST", &format!("{path}/disable"), Some(json!({}))).await;
    heard.call("POST", &format!("{path}/enable"), Some(json!({}))).await;
    let deleted = heard.connect(consent_body("globex")).await;
    app.fault("revoke", json!({ "effect": { "kind": "unavailable" } })).await;
    let job = heard.call("DELETE", &format!("{CONNECTORS}/{deleted}"), None).await;
    let job = format!("/api/v1/jobs/{}", text(&job, "job_id"));
    testkit::eventually("an attempt is told of", std::time::Duration::from_secs(30), async || {
        let told = heard.acme.client.get(&job).expect(200).await;
        told["connectors"][0]["detail"].is_string().then_some(())
    })
    .await;
    heard.call("GET", &job, None).await;
}

/// The one answer in which a secret is meant to be.
async fn export(acme: &Organization, server: &Patchbay, app: &ProviderApp) -> Value {
    app.change_secret("rotated-canary-secret").await;
    let url = acme.consent_url(consent_body("initech")).await;
    let id = Person::allowing().walk(&url).await.connector_id();
    let reader = acme.allowed(server, "credentials:read").await;
    reader.get(&format!("{CONNECTORS}/{id}/credentials")).expect(200).await
}

/// Every verifier the provider was sent.
async fn verifiers(server: &Patchbay) -> Vec<String> {
    let answer = server.upstream.control("GET", "requests?path=/v1/oauth/token", None).await;
    let requests = answer["requests"].as_array().expect("the door lists requests").iter();
    let verifier = |request: &Value| {
        let body: Value = serde_json::from_str(request["body"].as_str()?).ok()?;
        body["code_verifier"].as_str().map(str::to_owned)
    };
    let found: Vec<String> = requests.filter_map(verifier).collect();
    assert!(found.len() > 5, "{found:?}");
    found
}

/// The secret as it is, as a dump shows bytes, and as headers and forms write it.
fn forms(app: &ProviderApp, secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        secret.to_owned(),
        hex.to_uppercase(),
        hex,
        STANDARD.encode(secret).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
        STANDARD.encode(format!("{}:{secret}", app.client_id)),
    ]
}

fn lines_with(log: &str, secret: &str) -> String {
    log.lines().filter(|line| line.contains(secret)).take(5).collect::<Vec<_>>().join("\n")
}
