//! Grants: what a person gave an app, and every token that was made of it.
//!
//! A grant is a family of tokens that lives or dies as one. How a refresh token is taken is in
//! `grants/refresh.rs`, what the control door sees of it all in `grants/report.rs`.

mod refresh;
mod report;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
pub(crate) use refresh::{Refreshed, Taken};
pub(crate) use report::Which;
use serde::Serialize;
use uuid::Uuid;

use crate::state::{Access, Capabilities, Sees};

/// Access and refresh tokens, dead ones too; over it nothing is granted any more.
const TOKENS_MAX: usize = 2_000_000;

/// Its place among all grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GrantId(usize);

/// What was agreed to, by whom, where.
#[derive(Debug, Clone)]
pub(crate) struct Consent {
    pub(crate) workspace: Uuid,
    pub(crate) user: Uuid,
    pub(crate) bot: Uuid,
    /// None shares everything.
    pub(crate) pages: Option<Vec<Uuid>>,
}

/// Where a grant comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MadeBy {
    Seed,
    /// The control door, without any consent.
    Door,
    Code,
}

/// Why a grant is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    RefreshTokenReused,
    CodeReplayed,
    /// The app gave it back.
    Revoked,
    /// The user removed the connection.
    Removed,
}

/// A grant before it has tokens.
#[derive(Debug)]
pub(crate) struct NewGrant {
    pub(crate) client_id: String,
    pub(crate) consent: Consent,
    pub(crate) made_by: MadeBy,
}

/// One family of tokens.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) consent: Consent,
    made_by: MadeBy,
    created: Timestamp,
    death: Option<(Timestamp, Cause)>,
    /// The newest access token.
    access: String,
    access_tokens: u32,
    /// Access tokens up to this number are refused.
    refused_through: u32,
    /// The refresh token that is not replaced.
    refresh: Option<String>,
    refresh_tokens: Vec<RefreshToken>,
    refreshes: u32,
    reuses: u32,
}

#[derive(Debug)]
struct RefreshToken {
    uses: u32,
    issued: Timestamp,
    replaced: Option<Timestamp>,
}

#[derive(Debug)]
struct AccessToken {
    grant: usize,
    /// Within its grant, from 1.
    number: u32,
    issued: Timestamp,
    expires: Option<Timestamp>,
    refused: bool,
}

/// The tokens that an app is answered.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
}

/// All grants, and every token by its text.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    list: Vec<Grant>,
    access: HashMap<String, AccessToken>,
    refresh: HashMap<String, (usize, usize)>,
    /// The last grant of an app in a workspace.
    newest: HashMap<(String, Uuid), usize>,
}

impl GrantId {
    /// `g1` and so on.
    pub(crate) fn label(self) -> String {
        format!("g{}", self.0 + 1)
    }
}

impl Grants {
    /// A new grant with the tokens given.
    pub(crate) fn add(
        &mut self,
        new: NewGrant,
        access: String,
        refresh: Option<String>,
        lifetime_s: Option<i64>,
        now: Timestamp,
    ) -> GrantId {
        let place = self.list.len();
        self.newest.insert((new.client_id.clone(), new.consent.workspace), place);
        self.list.push(Grant {
            client_id: new.client_id,
            consent: new.consent,
            made_by: new.made_by,
            created: now,
            death: None,
            access: String::new(),
            access_tokens: 0,
            refused_through: 0,
            refresh: None,
            refresh_tokens: Vec::new(),
            refreshes: 0,
            reuses: 0,
        });
        self.add_access(place, access, lifetime_s, now);
        if let Some(refresh) = refresh {
            self.add_refresh(place, refresh, now);
        }
        GrantId(place)
    }

    /// As [`Grants::add`], with tokens that are made up.
    pub(crate) fn issue(
        &mut self,
        new: NewGrant,
        with_refresh: bool,
        lifetime_s: Option<i64>,
        now: Timestamp,
    ) -> GrantId {
        self.add(new, access_text(), with_refresh.then(refresh_text), lifetime_s, now)
    }

    /// Whether so many more tokens can be remembered.
    pub(crate) fn have_room_for(&self, tokens: usize) -> bool {
        self.access.len() + self.refresh.len() + tokens <= TOKENS_MAX
    }

    pub(crate) fn get(&self, id: GrantId) -> &Grant {
        &self.list[id.0]
    }

    /// The newest tokens of a grant.
    pub(crate) fn pair(&self, id: GrantId) -> Pair {
        let grant = self.get(id);
        Pair { access: grant.access.clone(), refresh: grant.refresh.clone() }
    }

    /// The last grant of the app in the workspace, if it lives.
    pub(crate) fn living(&self, client_id: &str, workspace: Uuid) -> Option<GrantId> {
        let place = *self.newest.get(&(client_id.to_owned(), workspace))?;
        self.list[place].death.is_none().then_some(GrantId(place))
    }

    /// Who a token is at the API, if it is good there.
    pub(crate) fn access(&self, token: &str, now: Timestamp) -> Option<Access> {
        let (token, grant) = self.good(token, now)?;
        let consent = &grant.consent;
        let sees = if consent.pages.is_some() { Sees::Chosen(GrantId(token.grant)) } else { Sees::All };
        Some(Access { workspace: consent.workspace, bot: consent.bot, capabilities: Capabilities::ALL, sees })
    }

    /// Since when a token is good: an access token that works, or a refresh token that is not replaced.
    pub(crate) fn good_since(&self, token: &str, client_id: &str, now: Timestamp) -> Option<Timestamp> {
        let access = self.good(token, now).map(|(token, grant)| (token.issued, grant));
        let refresh = || {
            let &(grant, place) = self.refresh.get(token)?;
            let (grant, token) = (&self.list[grant], &self.list[grant].refresh_tokens[place]);
            (grant.death.is_none() && token.replaced.is_none()).then_some((token.issued, grant))
        };
        let (issued, grant) = access.or_else(refresh)?;
        (grant.client_id == client_id).then_some(issued)
    }

    fn good(&self, token: &str, now: Timestamp) -> Option<(&AccessToken, &Grant)> {
        let token = self.access.get(token)?;
        let grant = &self.list[token.grant];
        let lives = grant.death.is_none() && token.number > grant.refused_through && !token.refused;
        (lives && token.expires.is_none_or(|expires| now < expires)).then_some((token, grant))
    }

    /// The grant a token was made of, whatever became of it.
    pub(crate) fn of_token(&self, token: &str) -> Option<GrantId> {
        let access = self.access.get(token).map(|token| token.grant);
        access.or_else(|| self.refresh.get(token).map(|(grant, _)| *grant)).map(GrantId)
    }

    /// The pages chosen at consent.
    pub(crate) fn chosen(&self, id: GrantId) -> &[Uuid] {
        self.get(id).consent.pages.as_deref().unwrap_or_default()
    }

    /// Shares one more page.
    pub(crate) fn choose(&mut self, id: GrantId, page: Uuid) {
        self.list[id.0].consent.pages.get_or_insert_default().push(page);
    }

    /// Ends every token of the grant; false when it is dead already.
    pub(crate) fn kill(&mut self, id: GrantId, cause: Cause, now: Timestamp) -> bool {
        let death = &mut self.list[id.0].death;
        let lived = death.is_none();
        death.get_or_insert((now, cause));
        lived
    }

    /// The access tokens that there are now are refused.
    pub(crate) fn expire(&mut self, id: GrantId) {
        let grant = &mut self.list[id.0];
        grant.refused_through = grant.access_tokens;
    }

    /// This one access token is refused; false when there is none.
    pub(crate) fn refuse(&mut self, token: &str) -> bool {
        self.access.get_mut(token).map(|token| token.refused = true).is_some()
    }

    fn add_access(&mut self, place: usize, text: String, lifetime_s: Option<i64>, now: Timestamp) {
        let grant = &mut self.list[place];
        grant.access_tokens += 1;
        grant.access.clone_from(&text);
        let end = |seconds| now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        let token = AccessToken {
            grant: place,
            number: grant.access_tokens,
            issued: now,
            expires: lifetime_s.map(end),
            refused: false,
        };
        self.access.insert(text, token);
    }

    fn add_refresh(&mut self, place: usize, text: String, now: Timestamp) {
        let grant = &mut self.list[place];
        grant.refresh = Some(text.clone());
        self.refresh.insert(text, (place, grant.refresh_tokens.len()));
        grant.refresh_tokens.push(RefreshToken { uses: 0, issued: now, replaced: None });
    }
}

fn access_text() -> String {
    format!("ntn_sandbox_{}", Uuid::new_v4().simple())
}

fn refresh_text() -> String {
    format!("nrt_sandbox_{}", Uuid::new_v4().simple())
}
