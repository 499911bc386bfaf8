//! How a refresh is written down: stored, refused for good, or given back.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    ConnectorId, ConnectorState, ConnectorStatus, CustomerId, EventKind, Secret, Tenant, Timestamp,
};
use oauth::TokenSet;
use serde_json::{Map, Value, json};
use store::{Claim, RefreshRow, Settled, StoreError};
use tokio::time::{Instant, sleep};

use super::Ended;
use super::prepared::Prepared;
use crate::credentials::tokens::times;
use crate::credentials::{Opened, granted, seal_with};
use crate::events::new_event;
use crate::{Control, Error};

/// How long a granted token is tried to be stored while the database does not answer.
const STORE_FOR: Duration = Duration::from_secs(40);
/// How often at least: time goes by for a server that stands still, too, and no attempt of its own with it.
const STORE_TRIES_MIN: u32 = 4;
const STORE_PAUSE: Duration = Duration::from_millis(250);

impl Control {
    /// Stores what was granted. Until that is done the only copy of it is here.
    pub(super) async fn keep(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        row: &RefreshRow,
        claim: &Claim,
        prepared: Prepared,
        tokens: TokenSet,
    ) -> Result<Option<Ended>, Error> {
        let (old, now) = (&row.credential, self.clock.now());
        let scheme = prepared.scheme()?;
        let settings =
            &scheme.oauth.as_ref().ok_or_else(|| Error::Internal("no OAuth scheme".into()))?.settings;
        let grant = times(settings, id, &tokens, now, old.grant.ends_at);
        let scopes = tokens.scopes.clone();
        let own = prepared.stored.is_of_own_app();
        let renewed = merged(granted(scheme, &prepared.app, own, tokens), prepared.stored);
        let sealed = seal_with(&prepared.key, tenant, (id, old.version + 1), &renewed, grant)?;
        let event = (row.failures > 0).then(|| {
            new_event(EventKind::ConnectorRefreshedAgain, prepared.customer, Some(id), Map::new(), now)
        });
        let until = Instant::now() + STORE_FOR;
        let mut tries = 0;
        loop {
            tries += 1;
            let settled = self
                .store
                .settle_refreshed(
                    tenant,
                    id,
                    claim.fence,
                    old.version,
                    &sealed,
                    scopes.as_deref(),
                    event.as_ref(),
                )
                .await;
            match settled {
                Ok(Settled::Stored) => return Ok(Some(Ended::Stored(sealed.version))),
                Ok(Settled::Superseded) => {
                    tracing::warn!(connector.id = %id, "a late token refresh was discarded: a newer one stands");
                    return Ok(None);
                }
                Ok(Settled::Gone) => {
                    self.discard_late(tenant, id, sealed.version, &sealed.sealed).await;
                    return Ok(Some(Ended::Gone));
                }
                // Whether it was stored is not known; the row tells when it is tried again.
                Err(error @ StoreError::Unavailable(_))
                    if tries < STORE_TRIES_MIN || Instant::now() < until =>
                {
                    tracing::warn!(connector.id = %id, error = &error as &dyn std::error::Error,
                        "a renewed token cannot be stored yet");
                    sleep(STORE_PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Marks the connector as one that needs a person, once.
    pub(super) async fn require_consent(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        (customer, fence, version): (CustomerId, i64, i64),
        code: &str,
        reason: &str,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let state = ConnectorState {
            status: ConnectorStatus::ReauthRequired,
            since: now,
            reason: Some(reason.to_owned()),
        };
        let data: Map<String, Value> =
            [("code".to_owned(), json!(code)), ("reason".to_owned(), json!(reason))].into_iter().collect();
        let event = new_event(EventKind::ConnectorReauthRequired, customer, Some(id), data, now);
        if self.store.refuse_refresh(tenant, id, fence, version, &state, &event).await? {
            tracing::warn!(connector.id = %id, code, "a connector needs a new consent");
        }
        Ok(())
    }

    /// Gives a claim back; when that fails, it is taken over in time.
    pub(super) async fn release(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        claim: &Claim,
        known_unsent: bool,
        wait_ms: Option<i64>,
    ) {
        let retry_at: Option<Timestamp> = wait_ms.map(|ms| self.clock.now().plus_ms(ms));
        let released = self.store.release_refresh(tenant, id, claim.fence, known_unsent, retry_at).await;
        if let Err(error) = released {
            tracing::warn!(connector.id = %id, error = &error as &dyn std::error::Error,
                "a refresh claim cannot be given back");
        }
    }
}

/// The renewed credential with what the provider did not say again.
fn merged(renewed: Opened, stored: Opened) -> Opened {
    let scheme = renewed.credential.scheme().to_owned();
    let mut values: BTreeMap<String, Secret> = stored.credential.into_values().collect();
    values.extend(renewed.credential.into_values());
    let grant = match (renewed.grant, stored.grant) {
        (Some(mut new), Some(old)) => {
            new.id_token = new.id_token.or(old.id_token);
            let mut answer = old.answer;
            answer.extend(new.answer);
            new.answer = answer;
            new.app.redirect_uri = old.app.redirect_uri;
            Some(new)
        }
        (new, old) => new.or(old),
    };
    Opened { credential: domain::Credential::new(scheme, values), grant }
}
