//! `POST /v1/oauth/revoke`: an app gives back what it was granted.

use serde_json::json;

use super::client::serve;
use super::grants::Cause;
use super::history::{Endpoint, Outcome};
use crate::respond::Response;
use crate::server::Received;
use crate::state::State;

/// RFC 7009, section 2.2: a token that is not known is no error, it could do nothing anyway.
pub(crate) fn answer(state: &mut State, received: &Received<'_>) -> Response {
    serve(state, received, Endpoint::Revoke, |state, asked, entry| {
        let token = asked.required("token")?;
        let grants = &mut state.oauth.grants;
        let known = grants.of_token(token);
        let mine = known.filter(|grant| grants.get(*grant).client_id == asked.client_id);
        entry.grant = known;
        entry.outcome = match (known, mine) {
            (None, _) => Outcome::Unknown,
            (Some(_), None) => Outcome::Mismatch,
            (Some(_), Some(grant)) => {
                let lived = grants.kill(grant, Cause::Revoked, asked.now);
                if lived { Outcome::Revoked } else { Outcome::Dead }
            }
        };
        Ok(Response::api(200, json!({})))
    })
}
