//! The control door: tests look at what was received, and set faults, time and limits.
//!
//! Under `/_control/`, JSON in and out:
//! `GET requests` (`?connector=&method=&path=&after=`), `DELETE requests`; `GET faults`,
//! `POST faults` ([`Fault`]), `DELETE faults` (`?connector=`); `POST clock` `{advance_ms}`;
//! `POST revoke` `{token}`; `POST settings` `{row_limit, requests_per_minute}`; `GET gates`, `POST gates`
//! `{gate, then}`; `POST reset`; what begins with `oauth/` is in `oauth/door.rs`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock::iso;
use crate::faults::{Fault, Then};
use crate::oauth;
use crate::recorder::Wanted;
use crate::respond::Response;
use crate::seed;
use crate::server::{Received, World};

/// Paths of the door; they are not recorded and meet no faults.
pub(crate) const PREFIX: &str = "/_control/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance_ms: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenGate {
    gate: String,
    #[serde(default)]
    then: Then,
}

/// What is left out stays; `requests_per_minute: 0` takes the limiter away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeSettings {
    row_limit: Option<usize>,
    requests_per_minute: Option<u32>,
}

/// Answers a request to the door.
pub(crate) fn answer(world: &mut World, received: &Received<'_>) -> Response {
    let name = received.target.path.strip_prefix(PREFIX).unwrap_or_default();
    let done = match (received.method, name) {
        ("GET", "requests") => Ok(world.recorder.json(&wanted(received))),
        ("DELETE", "requests") => {
            world.recorder.clear();
            Ok(json!({}))
        }
        ("GET", "faults") => Ok(world.faults.json()),
        ("POST", "faults") => add_fault(world, received),
        ("DELETE", "faults") => {
            world.faults.clear(received.parameter("connector"));
            Ok(json!({}))
        }
        ("POST", "clock") => move_clock(world, received),
        ("POST", "revoke") => revoke(world, received),
        ("POST", "settings") => change_settings(world, received),
        ("POST", "reset") => {
            reset(world);
            Ok(json!({}))
        }
        ("GET", "gates") => Ok(world.gates.json()),
        ("POST", "gates") => open_gate(world, received),
        (_, name) => {
            let name = name.strip_prefix(oauth::PREFIX);
            match name.and_then(|name| oauth::control(&mut world.state, received, name)) {
                Some(done) => done,
                None => return failed(404, "the control door has no such path or method"),
            }
        }
    };
    match done {
        Ok(json) => Response::json(200, &json),
        Err(message) => failed(400, &message),
    }
}

fn add_fault(world: &mut World, received: &Received<'_>) -> Result<Value, String> {
    let number = world.faults.add(read::<Fault>(received)?);
    number.map(|number| json!({ "id": number })).ok_or_else(|| "too many faults are queued".to_owned())
}

fn move_clock(world: &mut World, received: &Received<'_>) -> Result<Value, String> {
    let clock = &mut world.state.clock;
    clock.advance_ms(read::<MoveClock>(received)?.advance_ms);
    Ok(json!({ "advanced_ms": clock.advanced_ms(), "now": iso(clock.now()) }))
}

fn revoke(world: &mut World, received: &Received<'_>) -> Result<Value, String> {
    let token = read::<Revoke>(received)?.token;
    let state = &mut world.state;
    let known = state.tokens.remove(&token).is_some() || state.oauth.grants.refuse(&token);
    Ok(json!({ "revoked": known }))
}

fn open_gate(world: &mut World, received: &Received<'_>) -> Result<Value, String> {
    let open: OpenGate = read(received)?;
    let opened = world.gates.open(&open.gate, open.then);
    if opened { Ok(world.gates.json()) } else { Err("there are too many gates".to_owned()) }
}

fn change_settings(world: &mut World, received: &Received<'_>) -> Result<Value, String> {
    let change: ChangeSettings = read(received)?;
    let settings = &mut world.state.settings;
    settings.row_limit = change.row_limit.unwrap_or(settings.row_limit);
    if let Some(limit) = change.requests_per_minute {
        settings.requests_per_minute = (limit > 0).then_some(limit);
        world.limiter.clear();
    }
    Ok(json!({ "row_limit": settings.row_limit, "requests_per_minute": settings.requests_per_minute }))
}

/// As freshly started, on the same address.
fn reset(world: &mut World) {
    let base_url = std::mem::take(&mut world.state.base_url);
    *world = World { state: seed::state(base_url), ..World::default() };
}

fn wanted<'r>(received: &'r Received<'_>) -> Wanted<'r> {
    Wanted {
        connector: received.parameter("connector"),
        method: received.parameter("method"),
        path: received.parameter("path"),
        after: received.parameter("after").and_then(|text| text.parse().ok()).unwrap_or(0),
    }
}

/// The JSON body of an order.
pub(crate) fn read<T: DeserializeOwned>(received: &Received<'_>) -> Result<T, String> {
    serde_json::from_slice(&received.body).map_err(|error| error.to_string())
}

fn failed(status: u16, message: &str) -> Response {
    Response::json(status, &json!({ "message": message }))
}
