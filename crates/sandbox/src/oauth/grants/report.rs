//! What the control door sees of grants: which live, and how often each refresh token was used.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Cause, Grant, GrantId, Grants, RefreshToken};
use crate::clock::iso;

/// Which grants are asked for; all without any.
#[derive(Debug, Default)]
pub(crate) struct Which<'a> {
    pub(crate) client_id: Option<&'a str>,
    pub(crate) workspace: Option<Uuid>,
    pub(crate) alive: Option<bool>,
}

impl Which<'_> {
    fn fits(&self, grant: &Grant) -> bool {
        self.client_id.is_none_or(|id| grant.client_id == id)
            && self.workspace.is_none_or(|id| grant.consent.workspace == id)
            && self.alive.is_none_or(|alive| grant.death.is_none() == alive)
    }
}

impl Grants {
    /// The grant of a label.
    pub(crate) fn labelled(&self, label: &str) -> Option<GrantId> {
        let number: usize = label.strip_prefix('g')?.parse().ok()?;
        let place = number.checked_sub(1)?;
        (place < self.list.len()).then_some(GrantId(place))
    }

    /// The grants asked for, in the order they were made.
    pub(crate) fn find(&self, which: &Which<'_>) -> Vec<GrantId> {
        let all = self.list.iter().enumerate();
        all.filter(|(_, grant)| which.fits(grant)).map(|(place, _)| GrantId(place)).collect()
    }

    /// Everything about a grant except its tokens.
    pub(crate) fn json(&self, id: GrantId, now: Timestamp) -> Value {
        let grant = self.get(id);
        let tokens = grant.refresh_tokens.iter().enumerate();
        let tokens =
            tokens.map(|(place, token)| token.json(&format!("{}.r{}", id.label(), place + 1), grant));
        let pages = grant.consent.pages.as_ref().map_or_else(|| json!("all"), |pages| json!(pages));
        json!({
            "id": id.label(), "client_id": grant.client_id, "workspace_id": grant.consent.workspace,
            "bot_id": grant.consent.bot, "made_by": grant.made_by, "created_at": iso(grant.created),
            "pages": pages, "alive": grant.death.is_none(), "died_at": grant.death.map(|(at, _)| iso(at)),
            "cause": grant.death.map(|(_, cause)| cause),
            "access_token_valid": self.good(&grant.access, now).is_some(), "access_tokens": grant.access_tokens,
            "refreshes": grant.refreshes, "reuses": grant.reuses, "uses_max": grant.uses_max(),
            "refresh_tokens": tokens.collect::<Vec<_>>(),
        })
    }

    /// How many live, how many died of what, and whether any refresh token was used twice.
    pub(crate) fn summary(&self, client_id: Option<&str>) -> Value {
        let which = Which { client_id, ..Which::default() };
        let mut dead_by: BTreeMap<Cause, u64> = BTreeMap::new();
        let (mut grants, mut dead, mut uses_max) = (0_u64, 0_u64, 0);
        let (mut refreshes, mut reuses, mut tokens_issued) = (0_u64, 0_u64, 0_u64);
        for grant in self.list.iter().filter(|grant| which.fits(grant)) {
            grants += 1;
            if let Some((_, cause)) = grant.death {
                dead += 1;
                *dead_by.entry(cause).or_default() += 1;
            }
            uses_max = uses_max.max(grant.uses_max());
            refreshes += u64::from(grant.refreshes);
            reuses += u64::from(grant.reuses);
            tokens_issued += u64::from(grant.access_tokens);
        }
        json!({
            "grants": grants, "alive": grants - dead, "dead": dead, "dead_by": dead_by, "uses_max": uses_max,
            "refreshes": refreshes, "reuses": reuses, "tokens_issued": tokens_issued,
        })
    }

    /// The text of every token there ever was: access, then refresh tokens.
    pub(crate) fn texts(&self, client_id: Option<&str>) -> (Vec<&str>, Vec<&str>) {
        let mine = |grant: usize| client_id.is_none_or(|id| self.list[grant].client_id == id);
        let access = self.access.iter().filter(|(_, token)| mine(token.grant));
        let refresh = self.refresh.iter().filter(|(_, (grant, _))| mine(*grant));
        (access.map(|(text, _)| text.as_str()).collect(), refresh.map(|(text, _)| text.as_str()).collect())
    }
}

impl Grant {
    fn uses_max(&self) -> u32 {
        self.refresh_tokens.iter().map(|token| token.uses).max().unwrap_or(0)
    }
}

impl RefreshToken {
    fn json(&self, label: &str, grant: &Grant) -> Value {
        let state = match (grant.death, self.replaced) {
            (_, Some(_)) => "replaced",
            (Some(_), None) => "dead",
            (None, None) => "current",
        };
        json!({
            "id": label, "uses": self.uses, "state": state, "issued_at": iso(self.issued),
            "replaced_at": self.replaced.map(iso),
        })
    }
}
