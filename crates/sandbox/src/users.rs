//! People and bots of a workspace.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::{Answer, Call};
use crate::pagination::{Paging, list};
use crate::refusal::Refusal;
use crate::state::{Access, State};

/// Files of a paid workspace may be this large.
const FILE_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// A member, guest or bot.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) workspace: Uuid,
    pub(crate) workspace_name: &'static str,
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Guests are named in pages but not listed, so tokens see only their id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Person { email: &'static str },
    Guest,
    Bot { owner: Option<Uuid> },
}

impl User {
    fn json(&self, access: Access, state: &State) -> Value {
        let avatar = match self.role {
            Role::Person { .. } => json!(format!("https://avatars.example/{}.png", self.id)),
            Role::Guest | Role::Bot { .. } => Value::Null,
        };
        let mut user = json!({ "object": "user", "id": self.id, "name": self.name, "avatar_url": avatar });
        match self.role {
            Role::Person { email } => {
                let shown = access.capabilities.emails;
                user["type"] = "person".into();
                user["person"] = if shown { json!({ "email": email }) } else { json!({}) };
            }
            Role::Guest => {}
            Role::Bot { owner } => {
                user["type"] = "bot".into();
                user["bot"] = self.bot_info(owner, access, state);
            }
        }
        user
    }

    fn bot_info(&self, owner: Option<Uuid>, access: Access, state: &State) -> Value {
        let owner = match owner {
            Some(id) => json!({ "type": "user", "user": state.user_json(access, id) }),
            None => json!({ "type": "workspace", "workspace": true }),
        };
        json!({
            "owner": owner, "workspace_id": self.workspace, "workspace_name": self.workspace_name,
            "workspace_limits": { "max_file_upload_size_in_bytes": FILE_BYTES_MAX },
        })
    }
}

impl State {
    /// The user as the token may see them; only an id when it may not, or for a guest.
    pub(crate) fn user_json(&self, access: Access, id: Uuid) -> Value {
        let user = self.listed_users(access).find(|user| user.id == id);
        match user.filter(|_| access.capabilities.users) {
            Some(user) => user.json(access, self),
            None => partial(id),
        }
    }

    fn listed_users(&self, access: Access) -> impl Iterator<Item = &User> {
        self.users.iter().filter(move |user| user.workspace == access.workspace && user.role != Role::Guest)
    }
}

/// A user of whom nothing but the id is told.
pub(crate) fn partial(id: Uuid) -> Value {
    json!({ "object": "user", "id": id })
}

/// `GET /v1/users/me`
pub(crate) fn me(call: &mut Call<'_>) -> Answer {
    let bot = call.state.users.iter().find(|user| user.id == call.access.bot);
    Ok(bot.ok_or_else(Refusal::unauthorized)?.json(call.access, call.state))
}

/// `GET /v1/users`
pub(crate) fn list_all(call: &mut Call<'_>) -> Answer {
    let paging = Paging::from_query(call, "users")?;
    let ids: Vec<Uuid> = call.state.listed_users(call.access).map(|user| user.id).collect();
    let slice = paging.slice(&ids);
    let users = slice.ids.iter().map(|id| call.state.user_json(call.access, *id)).collect();
    Ok(list("user", users, slice.next_cursor))
}

/// `GET /v1/users/{user_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id(0, "user_id")?;
    let user = call.state.listed_users(call.access).find(|user| user.id == id);
    let user = user.ok_or_else(|| Refusal::not_found("user", id))?;
    Ok(user.json(call.access, call.state))
}
