//! Users of both workspaces, and the tokens that speak for their bots.

use super::{
    BOT_ACME, BOT_GLOBEX, BOT_OAUTH, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, TOKEN_ACME, TOKEN_EMPTY,
    TOKEN_GLOBEX, TOKEN_NO_COMMENTS, TOKEN_NO_EMAILS, TOKEN_NO_USERS, TOKEN_OAUTH, TOKEN_OAUTH_REFRESH,
    TOKEN_READ_ONLY, USER_ADA, USER_GLOBEX, USER_GRACE, USER_GUEST, WORKSPACE_ACME, WORKSPACE_GLOBEX,
};
use crate::oauth::{Consent, MadeBy, NewGrant};
use crate::state::{Access, Capabilities, Sees, State};
use crate::users::{Role, User};

pub(super) fn seed(state: &mut State) {
    let person = |email| Role::Person { email };
    let user = |id, workspace, workspace_name, name: &str, role| User {
        id,
        workspace,
        workspace_name,
        name: name.to_owned(),
        role,
    };
    let acme = |id, name, role| user(id, WORKSPACE_ACME, "Acme", name, role);
    let globex = |id, name, role| user(id, WORKSPACE_GLOBEX, "Globex", name, role);
    state.users = vec![
        acme(USER_ADA, "Ada Lovelace", person("ada@acme.example")),
        acme(USER_GRACE, "Grace Hopper 🦉", person("grace@acme.example")),
        acme(USER_GUEST, "Guest", Role::Guest),
        acme(BOT_ACME, "Acme connection", Role::Bot { owner: None }),
        acme(BOT_OAUTH, "Patchbay", Role::Bot { owner: Some(USER_ADA) }),
        globex(USER_GLOBEX, "Hank Scorpio", person("hank@globex.example")),
        globex(BOT_GLOBEX, "Globex connection", Role::Bot { owner: None }),
    ];
    let all = Capabilities::ALL;
    let read_only = Capabilities { update: false, insert: false, insert_comments: false, ..all };
    let tokens = [
        (TOKEN_ACME, BOT_ACME, all),
        (TOKEN_EMPTY, BOT_ACME, all),
        (TOKEN_NO_USERS, BOT_ACME, Capabilities { users: false, emails: false, ..all }),
        (TOKEN_NO_EMAILS, BOT_ACME, Capabilities { emails: false, ..all }),
        (TOKEN_NO_COMMENTS, BOT_ACME, Capabilities { read_comments: false, insert_comments: false, ..all }),
        (TOKEN_READ_ONLY, BOT_ACME, read_only),
        (TOKEN_GLOBEX, BOT_GLOBEX, all),
    ];
    for (token, bot, capabilities) in tokens {
        let workspace = if bot == BOT_GLOBEX { WORKSPACE_GLOBEX } else { WORKSPACE_ACME };
        let sees = if token == TOKEN_EMPTY { Sees::Nothing } else { Sees::All };
        let access = Access { workspace, bot, capabilities, sees };
        state.tokens.insert(token.to_owned(), access);
    }
    grant(state);
}

/// The seeded app, and the one grant it has from the start.
fn grant(state: &mut State) {
    let now = state.clock.now();
    let oauth = &mut state.oauth;
    oauth.apps.seed(OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, "Patchbay");
    oauth.bots.insert((OAUTH_CLIENT_ID.to_owned(), WORKSPACE_ACME), BOT_OAUTH);
    let consent = Consent { workspace: WORKSPACE_ACME, user: USER_ADA, bot: BOT_OAUTH, pages: None };
    let new = NewGrant { client_id: OAUTH_CLIENT_ID.to_owned(), consent, made_by: MadeBy::Seed };
    let access = TOKEN_OAUTH.to_owned();
    oauth.grants.add(new, access, Some(TOKEN_OAUTH_REFRESH.to_owned()), None, now);
}
