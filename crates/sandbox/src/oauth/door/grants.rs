//! Making grants without a person, looking at them, and what befalls them from outside.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::oauth::grants::{Cause, GrantId, MadeBy, NewGrant, Which};
use crate::seed;
use crate::server::Received;
use crate::state::State;

/// No more are made at once.
const MADE_MAX: usize = 20_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Make {
    count: usize,
    client_id: Option<String>,
    workspace: Option<Uuid>,
    pages: Option<Vec<Uuid>>,
    /// Their access tokens are refused from the start.
    #[serde(default)]
    expired: bool,
    refreshable: Option<bool>,
}

/// Which grants are meant; one of these.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meant {
    grant: Option<String>,
    client_id: Option<String>,
    /// An access or refresh token of the grant, or its code.
    token: Option<String>,
    #[serde(default)]
    all: bool,
}

pub(super) fn make(state: &mut State, make: Make) -> Result<Value, String> {
    if make.count > MADE_MAX || !state.oauth.grants.have_room_for(2 * make.count) {
        return Err(format!(
            "{MADE_MAX} grants at once are the most, and not when there are too many already"
        ));
    }
    let client_id = make.client_id.unwrap_or_else(|| seed::OAUTH_CLIENT_ID.to_owned());
    let settings = state.oauth.apps.settings(Some(&client_id));
    let lifetime_s = settings.ok_or_else(|| format!("there is no app `{client_id}`"))?.access_lifetime_s;
    let workspace = make.workspace.unwrap_or(seed::WORKSPACE_ACME);
    let consent = state.consent(&client_id, workspace, make.pages);
    let consent = consent.ok_or_else(|| format!("there is no workspace {workspace}"))?;
    let (name, bot, now) = (state.workspace_name(workspace), consent.bot, state.clock.now());
    let grants = &mut state.oauth.grants;
    let made = (0..make.count).map(|_| {
        let new = NewGrant { client_id: client_id.clone(), consent: consent.clone(), made_by: MadeBy::Door };
        let id = grants.issue(new, make.refreshable.unwrap_or(true), lifetime_s, now);
        if make.expired {
            grants.expire(id);
        }
        let pair = grants.pair(id);
        json!({
            "id": id.label(), "access_token": pair.access, "refresh_token": pair.refresh,
            "client_id": client_id, "workspace_id": workspace, "workspace_name": name, "bot_id": bot,
        })
    });
    Ok(json!({ "grants": made.collect::<Vec<_>>() }))
}

pub(super) fn list(state: &State, received: &Received<'_>) -> Result<Value, String> {
    let (grants, now) = (&state.oauth.grants, state.clock.now());
    let found = match received.parameter("token") {
        Some(token) => of_secret(state, token).into_iter().collect(),
        None => {
            let workspace = received.parameter("workspace").map(str::parse).transpose();
            let alive = received.parameter("alive").map(str::parse).transpose();
            grants.find(&Which {
                client_id: received.parameter("client_id"),
                workspace: workspace.map_err(|_| "`workspace` should be an id".to_owned())?,
                alive: alive.map_err(|_| "`alive` should be true or false".to_owned())?,
            })
        }
    };
    Ok(json!({ "grants": found.iter().map(|id| grants.json(*id, now)).collect::<Vec<_>>() }))
}

pub(super) fn one(state: &State, label: &str) -> Result<Value, String> {
    let grants = &state.oauth.grants;
    let id = grants.labelled(label).ok_or_else(|| format!("there is no grant `{label}`"))?;
    Ok(grants.json(id, state.clock.now()))
}

pub(super) fn expire(state: &mut State, meant: &Meant) -> Result<Value, String> {
    let meant = meant_by(state, meant)?;
    meant.iter().for_each(|id| state.oauth.grants.expire(*id));
    Ok(json!({ "changed": meant.len() }))
}

pub(super) fn remove(state: &mut State, meant: &Meant) -> Result<Value, String> {
    let (meant, now) = (meant_by(state, meant)?, state.clock.now());
    let changed = meant.iter().filter(|id| state.oauth.grants.kill(**id, Cause::Removed, now)).count();
    Ok(json!({ "changed": changed }))
}

/// Everything that must not be found anywhere else.
pub(super) fn secrets(state: &State, client_id: Option<&str>) -> Value {
    let mine = |id: &str| client_id.is_none_or(|wanted| wanted == id);
    let codes = state.oauth.codes.all().filter(|(_, code)| mine(&code.client_id)).map(|(text, _)| text);
    let apps = state.oauth.apps.all().filter(|app| mine(&app.client_id));
    let (access, refresh) = state.oauth.grants.texts(client_id);
    json!({
        "codes": codes.collect::<Vec<_>>(), "access_tokens": access, "refresh_tokens": refresh,
        "client_secrets": apps.map(|app| &app.client_secret).collect::<Vec<_>>(),
    })
}

fn meant_by(state: &State, meant: &Meant) -> Result<Vec<GrantId>, String> {
    let grants = &state.oauth.grants;
    let one = |found: Option<GrantId>| Ok(vec![found.ok_or_else(|| "there is no such grant".to_owned())?]);
    match meant {
        Meant { grant: Some(label), client_id: None, token: None, all: false } => one(grants.labelled(label)),
        Meant { grant: None, client_id: None, token: Some(text), all: false } => one(of_secret(state, text)),
        Meant { grant: None, client_id: Some(id), token: None, all: false } => {
            Ok(grants.find(&Which { client_id: Some(id), ..Which::default() }))
        }
        Meant { grant: None, client_id: None, token: None, all: true } => Ok(grants.find(&Which::default())),
        _ => Err("say one of `grant`, `client_id`, `token`, `all: true`".to_owned()),
    }
}

fn of_secret(state: &State, text: &str) -> Option<GrantId> {
    let of_code = || state.oauth.codes.find(text).and_then(|code| code.grant);
    state.oauth.grants.of_token(text).or_else(of_code)
}
