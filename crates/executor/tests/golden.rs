//! Definition and params in, the exact request out, for every file in `golden/`.
//!
//! A file names a definition (its own text, or a shipped connector) and cases. Each case is sent for
//! real, to a recorder behind the gateway, so what is compared is what was on the wire. A case says
//! what it `sends` (and, if it matters, how the answer reads), or what it `refuses`.

#[path = "kit/server.rs"]
#[expect(dead_code, reason = "the recorder only answers here; its faults are for upstream.rs")]
mod server;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use definitions::ConnectorDefinition;
use domain::{ConnectorId, Credential, Secret};
use executor::{Call, Executor, ExecutorConfig, Failure, FailureKind, Gateway, Reply};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use server::{Say, Seen, Upstream};
use tokio::time::Instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    /// A definition written for this file.
    definition: Option<Value>,
    /// The name of a shipped one.
    connector: Option<String>,
    #[serde(default)]
    credential: Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    claim: String,
    /// `entity.action`
    call: String,
    scheme: String,
    /// Instead of the file's.
    credential: Option<Map<String, Value>>,
    #[serde(default)]
    settings: Map<String, Value>,
    #[serde(default)]
    params: Map<String, Value>,
    sends: Option<Sends>,
    /// The kind of failure, and texts its message has; for params `pointer: code`.
    refuses: Option<BTreeMap<String, String>>,
    answer: Option<Answers>,
    /// The result, when `answer` is given.
    gives: Option<Value>,
    metadata: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sends {
    /// Method and URL.
    line: String,
    /// All headers but the HTTP library's own.
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

const LIBRARY_HEADERS: [&str; 5] = ["host", "accept", "accept-encoding", "user-agent", "content-length"];

#[tokio::test]
async fn every_golden_case_is_on_the_wire_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut faults = Vec::new();
    let mut count = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let golden: Golden = yaml_serde::from_str(&std::fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let definition = definition(&name, &golden);
        for case in &golden.cases {
            count += 1;
            if let Err(fault) = check(&definition, &golden, case).await {
                faults.push(format!("{name}: {}\n{fault}", case.claim));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count} cases differ:\n\n{}", faults.len(), faults.join("\n\n"));
    assert!(count > 30, "only {count} cases were found");
}

fn definition(file: &str, golden: &Golden) -> ConnectorDefinition {
    let text = match (&golden.definition, &golden.connector) {
        // JSON is YAML.
        (Some(own), None) => own.to_string(),
        (None, Some(name)) => {
            let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/connectors");
            std::fs::read_to_string(shipped.join(format!("{name}.yaml"))).expect("a shipped connector")
        }
        _ => panic!("{file} needs a definition or a connector"),
    };
    definitions::load(file, &text).unwrap_or_else(|faults| panic!("{file}: {faults:#?}"))
}

async fn check(definition: &ConnectorDefinition, golden: &Golden, case: &Case) -> Result<(), String> {
    let upstream = Upstream::start(vec![case.answer.as_ref().map_or(Say::json(200, "{}"), say)]).await;
    let connector = ConnectorId::new();
    let outcome = run(definition, golden, case, connector, &upstream).await;
    let seen = upstream.seen();
    if let Some(sends) = &case.sends {
        let [seen] = seen.as_slice() else { return Err(format!("{} requests: {outcome:?}", seen.len())) };
        compare(&line(seen, connector), &sends.line)?;
        compare(&own_headers(seen), &sends.headers)?;
        let text = String::from_utf8_lossy(&seen.body).into_owned();
        match &sends.json {
            Some(json) => compare(&serde_json::from_str(&text).map_err(|_| text)?, json)?,
            None => compare(&text, sends.text.as_ref().unwrap_or(&String::new()))?,
        }
    } else if !seen.is_empty() {
        return Err(format!("{} was sent", line(&seen[0], connector)));
    }
    match (outcome, &case.refuses) {
        (Ok(reply), None) => {
            if let Some(gives) = &case.gives {
                compare(&reply.result, gives)?;
            }
            let metadata = reply.metadata.map_or(Value::Null, Value::Object);
            case.metadata.as_ref().map_or(Ok(()), |expected| compare(&metadata, expected))
        }
        (Err(failure), Some(refuses)) => compare(&refusal(&failure.kind, refuses), refuses),
        (outcome, refuses) => Err(format!("expected {refuses:?}, got {outcome:?}")),
    }
}

async fn run(
    definition: &ConnectorDefinition,
    golden: &Golden,
    case: &Case,
    connector: ConnectorId,
    upstream: &Upstream,
) -> Result<Reply, Failure> {
    let gateway = Gateway { base: upstream.origin().parse().expect("a URL"), only_hosts: None };
    let config = ExecutorConfig { gateway: Some(gateway), ..ExecutorConfig::default() };
    let values = case.credential.as_ref().unwrap_or(&golden.credential).iter();
    let values = values.map(|(name, value)| (name.clone(), text(value)));
    let (entity, action) = case.call.split_once('.').expect("entity.action");
    let call = Call {
        definition,
        action: definition.action(entity, action).unwrap_or_else(|unknown| panic!("{unknown}")),
        params: &case.params,
        credential: &Credential::new(case.scheme.clone(), values.collect()),
        settings: &case.settings,
        connector,
        deadline: Instant::now() + Duration::from_secs(10),
    };
    Executor::new(config).expect("clients can be made").run(call).await
}

fn text(value: &Value) -> Secret {
    Secret::new(value.as_str().expect("a credential is text").to_owned())
}

fn say(answer: &Answers) -> Say {
    let headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Say::status(answer.status, &headers, answer.body.as_bytes())
}

/// The request line as it would have gone to the upstream itself.
fn line(seen: &Seen, connector: ConnectorId) -> String {
    let own = seen.target.strip_prefix(&format!("/{connector}/")).unwrap_or(&seen.target);
    format!("{} {}", seen.method, own.replacen('/', "://", 1))
}

fn own_headers(seen: &Seen) -> BTreeMap<String, String> {
    let own = seen.headers.iter().filter(|(name, _)| !LIBRARY_HEADERS.contains(&name.as_str()));
    own.cloned().collect()
}

fn refusal(kind: &FailureKind, expected: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let (name, message) = match kind {
        FailureKind::Params(faults) => {
            return faults.iter().map(|fault| (fault.pointer.clone(), fault.code.to_owned())).collect();
        }
        FailureKind::Credential(message) => ("credential", message.clone()),
        FailureKind::Egress(error) => ("egress", error.to_string()),
        FailureKind::Rejected { message, .. } => ("rejected", message.clone()),
        FailureKind::Auth { message, .. } => ("auth", message.clone()),
        FailureKind::BadResponse { message, .. } => ("bad_response", message.clone()),
        other => ("other", format!("{other:?}")),
    };
    let part = expected.get(name).filter(|part| message.contains(part.as_str()));
    BTreeMap::from([(name.to_owned(), part.cloned().unwrap_or(message))])
}

fn compare<T: PartialEq + serde::Serialize>(got: &T, expected: &T) -> Result<(), String> {
    if got == expected {
        Ok(())
    } else {
        Err(format!("  got      {}\n  expected {}", json!(got), json!(expected)))
    }
}
