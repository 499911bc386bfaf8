//! The provider's side of OAuth: a page where a person consents, and the endpoints for tokens.
//!
//! `server.rs` asks [`answer`] before the API's own routes, which need a token. A consent is given
//! in `oauth/authorize.rs`, becomes a code (`oauth/codes.rs`) and then a grant (`oauth/grants.rs`);
//! what apps may do differently is in `oauth/settings.rs`, what was asked in `oauth/history.rs`.

mod apps;
mod authorize;
mod client;
mod codes;
mod door;
mod grants;
mod history;
mod introspect;
mod page;
mod refusal;
mod revoke;
mod settings;
mod token;

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

pub(crate) use apps::Apps;
pub(crate) use client::hints;
pub(crate) use codes::Codes;
pub(crate) use door::{PREFIX, control};
pub(crate) use grants::{Consent, GrantId, Grants, MadeBy, NewGrant};
pub(crate) use history::History;

use crate::respond::Response;
use crate::server::Received;
use crate::state::State;
use crate::users::{Role, User};

/// RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All that the provider remembers of apps and what they were granted.
#[derive(Debug, Default)]
pub(crate) struct OAuth {
    pub(crate) apps: Apps,
    pub(crate) codes: Codes,
    pub(crate) grants: Grants,
    pub(crate) history: History,
    /// The bot of an app in a workspace; it stays the same however often consent is given.
    pub(crate) bots: HashMap<(String, Uuid), Uuid>,
}

/// Answers a request to the OAuth pages and endpoints; none when it is for neither.
pub(crate) fn answer(state: &mut State, received: &Received<'_>) -> Option<Response> {
    let name = received.target.path.strip_prefix("/v1/oauth/")?;
    match (received.method, name) {
        ("GET", "authorize") => Some(authorize::show(state, received)),
        ("POST", "authorize") => Some(authorize::decide(state, received)),
        ("POST", "token") => Some(token::answer(state, received)),
        ("POST", "introspect") => Some(introspect::answer(state, received)),
        ("POST", "revoke") => Some(revoke::answer(state, received)),
        _ => None,
    }
}

/// Keeps in the history that a fault met a request, which was `done` or was not.
pub(crate) fn note_fault(state: &mut State, received: &Received<'_>, fault: &str, done: bool) {
    let path = received.target.path.strip_prefix("/v1/oauth/");
    let endpoint = path.filter(|_| received.method == "POST").and_then(history::Endpoint::of);
    let Some(endpoint) = endpoint else { return };
    if !done {
        let (client_id, grant_type) = hints(received.headers, &received.body);
        let mut entry = history::Entry::of(endpoint, received);
        entry.asked(client_id.as_deref(), grant_type.as_deref());
        let now = state.clock.now();
        state.oauth.history.add(entry, now);
    }
    state.oauth.history.met(fault);
}

/// A query string or form of these pairs.
fn encoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encoded = |text| utf8_percent_encode(text, RESERVED);
    let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

impl State {
    /// Everything a person of this workspace grants an app there; `pages: None` shares all.
    fn consent(&mut self, client_id: &str, workspace: Uuid, pages: Option<Vec<Uuid>>) -> Option<Consent> {
        let person = |user: &&User| user.workspace == workspace && matches!(user.role, Role::Person { .. });
        let person = self.users.iter().find(person)?;
        let (user, workspace_name) = (person.id, person.workspace_name);
        let installation = (client_id.to_owned(), workspace);
        let bot = match self.oauth.bots.get(&installation) {
            Some(bot) => *bot,
            None => {
                let bot = Uuid::new_v4();
                let name = self.oauth.apps.find(client_id).map(|app| app.name.clone()).unwrap_or_default();
                let role = Role::Bot { owner: Some(user) };
                self.users.push(User { id: bot, workspace, workspace_name, name, role });
                self.oauth.bots.insert(installation, bot);
                bot
            }
        };
        Some(Consent { workspace, user, bot, pages })
    }

    fn workspace_name(&self, workspace: Uuid) -> Option<&'static str> {
        self.users.iter().find(|user| user.workspace == workspace).map(|user| user.workspace_name)
    }
}
