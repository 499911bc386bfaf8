//! What a token answer tells beside the tokens: whose account it is, what was granted, and for how long.

use definitions::{AuthScheme, ConnectorDefinition};
use domain::{ConnectorId, Timestamp};
use oauth::TokenSet;
use serde_json::{Map, Value};
use store::Grant;

use crate::Error;
use crate::credentials::times;
use crate::customers::{NAME_CHARACTERS_MAX, checked_name};

/// What a token answer says beside the tokens.
pub(super) struct Facts {
    pub(super) id: ConnectorId,
    pub(super) account: Map<String, Value>,
    /// Settings that the provider tells in its answer.
    extracted: Vec<(String, String)>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) grant: Grant,
    pub(super) now: Timestamp,
}

impl Facts {
    pub(super) fn of(
        scheme: &AuthScheme,
        tokens: &TokenSet,
        connector: Option<ConnectorId>,
        now: Timestamp,
    ) -> Self {
        let id = connector.unwrap_or_else(ConnectorId::new);
        let answer = Value::Object(tokens.account.clone());
        let mut account = Map::new();
        let mut extracted = Vec::new();
        let mut grant = Grant::default();
        if let Some(oauth) = &scheme.oauth {
            let paths = &oauth.settings.account;
            for (name, path) in [("id", &paths.id), ("name", &paths.name), ("email", &paths.email)] {
                let found = path.as_ref().and_then(|path| path.first(&answer));
                if let Some(found) = found.filter(|value| value.is_string() || value.is_number()) {
                    account.insert(name.to_owned(), found.clone());
                }
            }
            let text = |name: &String| tokens.account.get(name).and_then(Value::as_str);
            let settings = oauth.token_extract.iter();
            extracted = settings.filter_map(|name| Some((name.clone(), text(name)?.to_owned()))).collect();
            grant = times(&oauth.settings, id, tokens, now, None);
        }
        // What the provider calls `id` or `name` itself comes second to what the definition points at.
        for (name, value) in &tokens.account {
            if !account.contains_key(name) && name != "request_id" {
                account.insert(name.clone(), value.clone());
            }
        }
        Self { id, account, extracted, scopes: tokens.scopes.clone(), grant, now }
    }

    /// The account's name, made fit for a connector.
    pub(super) fn name(&self) -> Option<String> {
        let name = self.account.get("name")?.as_str()?;
        let name: String =
            name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect();
        checked_name("name", &name).is_ok().then_some(name)
    }

    /// Puts the provider's own settings into `environment`, as far as the definition lets it.
    pub(super) fn extract_into(
        &self,
        definition: &ConnectorDefinition,
        environment: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        for (name, value) in &self.extracted {
            definition.extracted_setting(name, value).map_err(|reason| {
                Error::Egress(format!("the service's answer names a `{name}` that may not be used: {reason}"))
            })?;
            environment.insert(name.clone(), value.clone().into());
        }
        Ok(())
    }
}

/// Whether an account is known that the new one is not, or does not say to be.
pub(super) fn is_other_account(known: Option<&Map<String, Value>>, new: &Map<String, Value>) -> bool {
    known.and_then(|known| known.get("id")).is_some_and(|known| new.get("id") != Some(known))
}
