//! The control door's part for OAuth, under `/_control/oauth/`.
//!
//! `GET|POST|DELETE apps`, `GET|POST|DELETE settings` (each `?client_id=`); `GET|POST grants`,
//! `GET grants/{id}`; `POST expire`, `POST remove` of one grant, of those of an app, or of all;
//! `GET|DELETE requests`, `GET summary`, `GET secrets`.

mod apps;
mod grants;

use serde_json::{Map, Value};

use super::history::Wanted;
use crate::control::read;
use crate::server::Received;
use crate::state::State;

/// What the names here begin with.
pub(crate) const PREFIX: &str = "oauth/";

/// Answers a request to the door; none when it has no such name.
pub(crate) fn control(
    state: &mut State,
    received: &Received<'_>,
    name: &str,
) -> Option<Result<Value, String>> {
    let client_id = received.parameter("client_id");
    Some(match (received.method, name) {
        ("GET", "apps") => Ok(apps::list(state)),
        ("POST", "apps") => read(received).and_then(|put| apps::put(state, put)),
        ("DELETE", "apps") => Ok(apps::delete(state, client_id)),
        ("GET", "settings") => apps::settings(state, client_id),
        ("POST", "settings") => read(received).and_then(|change| apps::change(state, change)),
        ("DELETE", "settings") => apps::restore(state, client_id),
        ("POST", "grants") => read(received).and_then(|make| grants::make(state, make)),
        ("GET", "grants") => grants::list(state, received),
        ("POST", "expire") => read(received).and_then(|which| grants::expire(state, &which)),
        ("POST", "remove") => read(received).and_then(|which| grants::remove(state, &which)),
        ("GET", "summary") => Ok(state.oauth.grants.summary(client_id)),
        ("GET", "secrets") => Ok(grants::secrets(state, client_id)),
        ("GET", "requests") => requests(state, received),
        ("DELETE", "requests") => {
            state.oauth.history.clear();
            Ok(Value::Object(Map::new()))
        }
        ("GET", name) => grants::one(state, name.strip_prefix("grants/")?),
        _ => return None,
    })
}

fn requests(state: &State, received: &Received<'_>) -> Result<Value, String> {
    let query: Map<String, Value> =
        received.query.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let wanted: Wanted = serde_json::from_value(query.into()).map_err(|error| error.to_string())?;
    Ok(state.oauth.history.json(&wanted))
}
