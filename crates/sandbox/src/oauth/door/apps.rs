//! Registering apps, and what the provider does differently for them.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::oauth::apps::{App, parse_redirect};
use crate::state::State;

const NAME: &str = "A test's app";

/// What is left out stays, or is made up for a new app.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutApp {
    client_id: Option<String>,
    client_secret: Option<String>,
    name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    any_loopback: Option<bool>,
}

/// Settings of one app, or of all without a client id.
#[derive(Deserialize)]
pub(super) struct Change {
    client_id: Option<String>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

pub(super) fn list(state: &State) -> Value {
    json!({ "apps": state.oauth.apps.all().map(App::json).collect::<Vec<_>>() })
}

/// The app, this once with its secret.
pub(super) fn put(state: &mut State, put: PutApp) -> Result<Value, String> {
    let made_up = || Uuid::new_v4().to_string();
    let client_id = put.client_id.unwrap_or_else(made_up);
    let known = state.oauth.apps.find(&client_id).cloned();
    let mut app =
        known.unwrap_or_else(|| App::new(&client_id, &format!("secret_{}", Uuid::new_v4().simple()), NAME));
    app.client_secret = put.client_secret.unwrap_or(app.client_secret);
    app.name = put.name.unwrap_or(app.name);
    app.redirect_uris = put.redirect_uris.unwrap_or(app.redirect_uris);
    app.any_loopback = put.any_loopback.unwrap_or(app.any_loopback);
    if let Some(wrong) = app.redirect_uris.iter().find(|uri| parse_redirect(uri).is_none()) {
        return Err(format!("`{wrong}` is no redirect URI"));
    }
    let mut json = app.json();
    json["client_secret"] = app.client_secret.as_str().into();
    state.oauth.apps.put(app)?;
    Ok(json)
}

pub(super) fn delete(state: &mut State, client_id: Option<&str>) -> Value {
    json!({ "deleted": client_id.is_some_and(|id| state.oauth.apps.remove(id)) })
}

pub(super) fn settings(state: &State, client_id: Option<&str>) -> Result<Value, String> {
    let settings = state.oauth.apps.settings(client_id);
    Ok(json!(settings.ok_or_else(|| format!("there is no app `{}`", client_id.unwrap_or_default()))?))
}

pub(super) fn change(state: &mut State, change: Change) -> Result<Value, String> {
    let client_id = change.client_id.as_deref();
    state.oauth.apps.change(client_id, change.settings)?;
    settings(state, client_id)
}

pub(super) fn restore(state: &mut State, client_id: Option<&str>) -> Result<Value, String> {
    state.oauth.apps.restore(client_id)?;
    settings(state, client_id)
}
