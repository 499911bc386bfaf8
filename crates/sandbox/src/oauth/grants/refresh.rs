//! Taking a refresh token: rotation, and the end of a family whose old token comes again.

use jiff::{SignedDuration, Timestamp};

use super::{Cause, GrantId, Grants, Pair, access_text, refresh_text};
use crate::oauth::settings::Settings;

/// What a presented refresh token is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) grant: GrantId,
    place: usize,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Refreshed {
    /// `refresh: None` answers none, and the one presented stays good.
    Pair(Pair),
    /// The same, with a token that had been replaced a moment ago.
    InGrace(Pair),
    /// A replaced token came again, and the grant is dead now.
    Reused,
    /// The same, where nobody watches for it.
    Superseded,
    /// The grant is dead.
    Dead,
    /// It is another app's.
    Mismatch,
}

impl Taken {
    /// A name for the refresh token that does not give it away, such as `g1.r2`.
    pub(crate) fn label(self) -> String {
        format!("{}.r{}", self.grant.label(), self.place + 1)
    }
}

impl Grants {
    /// Takes a refresh token; none when there never was one of that text.
    pub(crate) fn refresh(
        &mut self,
        presented: &str,
        client_id: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> Option<(Taken, Refreshed)> {
        let &(grant, place) = self.refresh.get(presented)?;
        let taken = Taken { grant: GrantId(grant), place };
        Some((taken, self.take(taken, client_id, settings, now)))
    }

    fn take(&mut self, taken: Taken, client_id: &str, settings: &Settings, now: Timestamp) -> Refreshed {
        let grant = &mut self.list[taken.grant.0];
        let last = grant.refresh_tokens.len() - 1;
        let token = &mut grant.refresh_tokens[taken.place];
        token.uses += 1;
        if grant.client_id != client_id {
            return Refreshed::Mismatch;
        }
        if grant.death.is_some() {
            return Refreshed::Dead;
        }
        if let Some(replaced) = token.replaced {
            let grace = SignedDuration::from_secs(settings.grace_s);
            if taken.place + 1 == last && now.duration_since(replaced) < grace {
                return Refreshed::InGrace(self.renew(taken, settings, now));
            }
            grant.reuses += 1;
            if !settings.reuse_detection {
                return Refreshed::Superseded;
            }
            self.kill(taken.grant, Cause::RefreshTokenReused, now);
            return Refreshed::Reused;
        }
        if !settings.old_access_lives {
            self.expire(taken.grant);
        }
        let pair = self.renew(taken, settings, now);
        Refreshed::Pair(pair)
    }

    /// A new access token, and a new refresh token if the presented one is to be replaced.
    fn renew(&mut self, taken: Taken, settings: &Settings, now: Timestamp) -> Pair {
        let place = taken.grant.0;
        self.add_access(place, access_text(), settings.access_lifetime_s, now);
        let grant = &mut self.list[place];
        grant.refreshes += 1;
        let token = &mut grant.refresh_tokens[taken.place];
        let replaces = settings.rotation && !settings.omit_refresh_token && token.replaced.is_none();
        if replaces {
            token.replaced = Some(now);
            self.add_refresh(place, refresh_text(), now);
        }
        let mut pair = self.pair(taken.grant);
        pair.refresh = pair.refresh.filter(|_| !settings.omit_refresh_token);
        pair
    }
}
