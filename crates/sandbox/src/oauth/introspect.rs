//! `POST /v1/oauth/introspect`: whether a token of the asking app is good.

use serde_json::{Value, json};

use super::client::serve;
use super::history::{Endpoint, Outcome};
use crate::respond::Response;
use crate::server::Received;
use crate::state::State;

/// What all connections of this provider may do; it is not chosen by scope.
const SCOPE: &str = "read_content update_content insert_content";

pub(crate) fn answer(state: &mut State, received: &Received<'_>) -> Response {
    serve(state, received, Endpoint::Introspect, |state, asked, entry| {
        let token = asked.required("token")?;
        let grants = &state.oauth.grants;
        entry.grant = grants.of_token(token);
        entry.outcome = Outcome::Introspected;
        let scope = asked.settings.scope.clone().unwrap_or_else(|| Value::from(SCOPE));
        let json = match grants.good_since(token, &asked.client_id, asked.now) {
            Some(issued) => json!({ "active": true, "scope": scope, "iat": issued.as_second() }),
            None => json!({ "active": false }),
        };
        Ok(Response::api(200, json))
    })
}
