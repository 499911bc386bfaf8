//! What the provider does differently for an app, or for all; the control door sets it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::seed;

/// The rules for one app. The defaults are what Notion does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Who decides at the authorize page.
    pub(crate) consent: Decider,
    /// Where, when no person decides.
    pub(crate) workspace: Uuid,
    /// Put over the parameters of the redirect; null takes one away.
    pub(crate) callback: BTreeMap<String, Option<String>>,
    /// Whether a code challenge is kept, and the verifier asked for.
    pub(crate) pkce: bool,
    pub(crate) client_auth: ClientAuth,
    /// Whether each consent gives a grant of its own.
    pub(crate) fresh_pairs: bool,
    /// Whether an exchange answers a refresh token; otherwise it is null.
    pub(crate) refresh_tokens: bool,
    pub(crate) rotation: bool,
    /// A refresh answers no refresh token, and the one presented stays good.
    pub(crate) omit_refresh_token: bool,
    pub(crate) reuse_detection: bool,
    /// So long after its replacement an old refresh token still answers the current one.
    pub(crate) grace_s: i64,
    /// A refresh does not end the access tokens before.
    pub(crate) old_access_lives: bool,
    /// The true lifetime of an access token, which the answer does not tell.
    pub(crate) access_lifetime_s: Option<i64>,
    /// Answered as it is.
    pub(crate) expires_in: Option<Value>,
    /// Answered as it is.
    pub(crate) scope: Option<Value>,
    /// Put over the members of the answer.
    pub(crate) extra: Map<String, Value>,
    /// Members that are not answered.
    pub(crate) omit: Vec<String>,
    pub(crate) answer_format: Format,
    pub(crate) error_shape: Shape,
    /// Refusals of the token endpoint come with 200.
    pub(crate) errors_as_200: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decider {
    /// The person in front of the page.
    Ask,
    Allow,
    Cancel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClientAuth {
    Basic,
    Body,
    /// Basic or body.
    Any,
    /// A public client, which only names itself in the body.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    Json,
    Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    /// RFC 6749, section 5.2.
    Oauth,
    /// That of the API's own errors.
    Api,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            consent: Decider::Ask,
            workspace: seed::WORKSPACE_ACME,
            callback: BTreeMap::new(),
            pkce: true,
            client_auth: ClientAuth::Basic,
            fresh_pairs: true,
            refresh_tokens: true,
            rotation: true,
            omit_refresh_token: false,
            reuse_detection: true,
            grace_s: 0,
            old_access_lives: false,
            access_lifetime_s: None,
            expires_in: None,
            scope: None,
            extra: Map::new(),
            omit: Vec::new(),
            answer_format: Format::Json,
            error_shape: Shape::Oauth,
            errors_as_200: false,
        }
    }
}

/// What was set, without what was not: null takes a setting back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes(Map<String, Value>);

impl Changes {
    /// These with others on top.
    pub(crate) fn with(&self, change: Map<String, Value>) -> Self {
        let mut all = self.0.clone();
        all.extend(change);
        all.retain(|_, value| !value.is_null());
        Self(all)
    }

    /// The rules that follow from `self`, with those of an app on top.
    pub(crate) fn settings(&self, own: &Self) -> Result<Settings, String> {
        let all = self.with(own.0.clone());
        serde_json::from_value(Value::Object(all.0)).map_err(|error| error.to_string())
    }
}
