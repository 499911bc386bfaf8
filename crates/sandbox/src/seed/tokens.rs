//! Users of both workspaces, and the tokens that speak for their bots.

use super::{
    BOT_ACME, BOT_GLOBEX, BOT_OAUTH, TOKEN_ACME, TOKEN_EMPTY, TOKEN_GLOBEX, TOKEN_NO_COMMENTS,
    TOKEN_NO_EMAILS, TOKEN_NO_USERS, TOKEN_OAUTH, TOKEN_READ_ONLY, USER_ADA, USER_GLOBEX, USER_GRACE,
    USER_GUEST, WORKSPACE_ACME, WORKSPACE_GLOBEX,
};
use crate::state::{Access, Capabilities, State};
use crate::users::{Role, User};

pub(super) fn seed(state: &mut State) {
    let person = |email| Role::Person { email };
    let acme = |id, name, role| User { id, workspace: WORKSPACE_ACME, workspace_name: "Acme", name, role };
    let globex =
        |id, name, role| User { id, workspace: WORKSPACE_GLOBEX, workspace_name: "Globex", name, role };
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
        (TOKEN_OAUTH, BOT_OAUTH, all),
        (TOKEN_GLOBEX, BOT_GLOBEX, all),
    ];
    for (token, bot, capabilities) in tokens {
        let workspace = if bot == BOT_GLOBEX { WORKSPACE_GLOBEX } else { WORKSPACE_ACME };
        let access = Access { workspace, bot, capabilities, sees_content: token != TOKEN_EMPTY };
        state.tokens.insert(token.to_owned(), access);
    }
}
