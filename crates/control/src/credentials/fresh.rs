//! The credential for a call, renewed first where that is needed.
//!
//! A token that is still valid never makes a call wait or fail: its early renewal goes on beside it. A
//! token that has expired, or that the upstream refused, is renewed while the call waits.

use definitions::ConnectorDefinition;
use domain::{ConnectorId, Credential, CredentialSource, Secret, Tenant, Timestamp};
use serde_json::Value;
use store::{ConnectorForCall, Grant};
use tokio::time::{Instant, timeout_at};

use super::refresh::{Ended, RETRY_AFTER_MAX_MS, Urgency};
use super::{Opened, copy};
use crate::error::{UpstreamFailure, UpstreamKind};
use crate::{Control, Error};

/// A token so young was renewed or granted a moment ago; another would be refused as well.
const YOUNG_MS: i64 = 30_000;

/// A credential that calls may be made with, and which version of it.
pub(crate) struct Fresh {
    pub(crate) opened: Opened,
    pub(crate) version: i64,
    pub(crate) grant: Grant,
}

impl Control {
    /// Opens the credential of a connector, renewed first when it has expired.
    ///
    /// # Errors
    /// [`Error::NotActive`] when the provider refused, [`Error::RefreshUnavailable`] when it cannot be
    /// reached, and what opening can fail with.
    pub(crate) async fn fresh_credential(
        &self,
        tenant: &Tenant,
        row: &ConnectorForCall,
        definition: &ConnectorDefinition,
        deadline: Instant,
    ) -> Result<Fresh, Error> {
        if row.connector.credential_source == CredentialSource::Operator {
            return self.operators_credential(tenant, row, definition).await;
        }
        let (id, stored) = (row.connector.id, &row.credential);
        let now = self.clock.now();
        match need(&stored.grant, now) {
            Need::Nothing => {}
            Need::Soon => self.refresh_beside(tenant, id, &definition.name, stored.version),
            Need::Now => {
                self.refreshed(tenant, id, stored.version, deadline).await?;
                return self.opened_now(tenant, id).await;
            }
            Need::NowButWait(until) => return Err(waiting(until.ms_since(now))),
        }
        let opened = self.open_credential(tenant, id, stored.version, &stored.sealed).await?;
        Ok(Fresh { opened, version: stored.version, grant: stored.grant })
    }

    /// The same for one who takes the credential away: what is due is renewed first, because the pair
    /// that is replaced a moment later must not be the one that was taken.
    ///
    /// # Errors
    /// As [`Control::fresh_credential`].
    pub(crate) async fn lasting_credential(
        &self,
        tenant: &Tenant,
        row: &ConnectorForCall,
        definition: &ConnectorDefinition,
        deadline: Instant,
    ) -> Result<Fresh, Error> {
        if matches!(need(&row.credential.grant, self.clock.now()), Need::Soon) {
            return match self.refreshed(tenant, row.connector.id, row.credential.version, deadline).await {
                Ok(()) | Err(Error::RefreshUnavailable { .. }) => {
                    self.opened_now(tenant, row.connector.id).await
                }
                Err(error) => Err(error),
            };
        }
        self.fresh_credential(tenant, row, definition, deadline).await
    }

    /// The credential to try once more with, after the upstream refused the one of `used`; none when
    /// there is nothing newer to be had.
    ///
    /// # Errors
    /// As [`Control::fresh_credential`].
    pub(crate) async fn after_refusal(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        used: &Fresh,
        deadline: Instant,
    ) -> Result<Option<Fresh>, Error> {
        if !used.grant.refreshable {
            return Ok(None);
        }
        let now = self.clock.now();
        let is_young = |at: Timestamp| now >= at && now.ms_since(at) < YOUNG_MS;
        if used.version > super::FIRST_VERSION && used.grant.obtained_at.is_some_and(is_young) {
            return Ok(None);
        }
        if let Some(until) = waits_until(&used.grant, now) {
            return Err(waiting(until.ms_since(now)));
        }
        self.refreshed(tenant, id, used.version, deadline).await?;
        self.opened_now(tenant, id).await.map(Some)
    }

    /// Waits until a version newer than `version` is stored.
    pub(crate) async fn refreshed(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        version: i64,
        deadline: Instant,
    ) -> Result<(), Error> {
        // The refresh that is joined may be of a version before this one.
        loop {
            let flight = self.refresh_flight(tenant, id, version, Urgency::Waited);
            let Ok(ended) = timeout_at(deadline, flight).await else {
                return Err(Error::RefreshUnavailable {
                    retry_after_s: 2,
                    message: "the access token has expired and its renewal takes longer than this call may; \
                              it goes on, so try again in a moment"
                        .to_owned(),
                });
            };
            match ended {
                Ended::Stored(stored) if stored > version => return Ok(()),
                Ended::Stored(_) => {}
                other => return Err(other.into_error(id)),
            }
        }
    }

    async fn opened_now(&self, tenant: &Tenant, id: ConnectorId) -> Result<Fresh, Error> {
        let row = self.store.refresh_row(tenant, id).await.map_err(Error::missing("connector", id))?;
        let stored = row.credential;
        let opened = self.open_credential(tenant, id, stored.version, &stored.sealed).await?;
        Ok(Fresh { opened, version: stored.version, grant: stored.grant })
    }

    /// The operator's token, as a credential of the scheme this connector was made for.
    async fn operators_credential(
        &self,
        tenant: &Tenant,
        row: &ConnectorForCall,
        definition: &ConnectorDefinition,
    ) -> Result<Fresh, Error> {
        let scheme = definition.scheme(&row.connector.auth_scheme);
        let property = scheme.and_then(|scheme| scheme.required.first());
        let (Some(token), Some(property)) = (self.fallback_token(tenant, definition).await?, property) else {
            return Err(refused(
                "this connector was made without credentials and acts with the operator's token, which this \
                 server no longer has for this organization: create a connector with credentials"
                    .to_owned(),
            ));
        };
        let values = [(property.clone(), copy(token))].into_iter().collect();
        let credential = Credential::new(row.connector.auth_scheme.clone(), values);
        let opened = Opened { credential, grant: None };
        Ok(Fresh { opened, version: row.credential.version, grant: Grant::default() })
    }

    /// The stand-in that is stored for a connector that acts with the operator's token.
    pub(crate) fn no_credential(scheme: &str) -> Opened {
        let values = std::collections::BTreeMap::<String, Secret>::new();
        Opened { credential: Credential::new(scheme.to_owned(), values), grant: None }
    }
}

enum Need {
    Nothing,
    /// It is valid, and due for renewal.
    Soon,
    Now,
    /// It has expired, and the provider is not to be asked before then.
    NowButWait(Timestamp),
}

fn need(grant: &Grant, now: Timestamp) -> Need {
    if !grant.refreshable {
        return Need::Nothing;
    }
    let waits = waits_until(grant, now);
    let reached = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    match (reached(grant.expires_at), waits) {
        (true, Some(until)) => Need::NowButWait(until),
        (true, None) => Need::Now,
        (false, None) if reached(grant.refresh_due_at) => Need::Soon,
        (false, _) => Need::Nothing,
    }
}

/// Until when the provider is left alone. A wait longer than any that is ever set comes of a clock that
/// went back, and is over.
pub(super) fn waits_until(grant: &Grant, now: Timestamp) -> Option<Timestamp> {
    let longest = now.plus_ms(RETRY_AFTER_MAX_MS);
    grant.retry_at.filter(|until| *until > now && *until <= longest)
}

fn waiting(ms: i64) -> Error {
    Error::RefreshUnavailable {
        retry_after_s: u64::try_from(ms / 1_000).unwrap_or(0).saturating_add(1),
        message: "the access token has expired and the provider could not be reached for another; \
                  it is tried again later"
            .to_owned(),
    }
}

/// The connector's credential does not do, and no call was made.
pub(super) fn refused(message: String) -> Error {
    Error::Upstream(Box::new(UpstreamFailure {
        kind: UpstreamKind::AuthFailed,
        status: None,
        message,
        body: Value::Null,
        request_id: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(expires_s: i64, due_s: i64, retry_s: Option<i64>) -> Grant {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        Grant {
            refreshable: true,
            expires_at: Some(at(expires_s)),
            refresh_due_at: Some(at(due_s)),
            retry_at: retry_s.map(at),
            ..Grant::default()
        }
    }

    #[test]
    fn r27_a_valid_token_is_used_whatever_its_renewal_does() {
        let now = Timestamp::from_micros(1_000 * 1_000_000);
        assert!(matches!(need(&grant(2_000, 1_500, None), now), Need::Nothing));
        assert!(matches!(need(&grant(2_000, 900, None), now), Need::Soon));
        assert!(matches!(need(&grant(2_000, 900, Some(1_100)), now), Need::Nothing));
        assert!(matches!(need(&grant(1_000, 900, None), now), Need::Now));
        assert!(matches!(need(&grant(1_000, 900, Some(1_100)), now), Need::NowButWait(_)));
        assert!(matches!(need(&grant(1_000, 900, Some(1_000)), now), Need::Now));
    }

    #[test]
    fn r30_a_clock_that_went_back_keeps_nobody_waiting() {
        let now = Timestamp::from_micros(1_000 * 1_000_000);
        assert!(matches!(need(&grant(1_000, 900, Some(1_000 + 3_601)), now), Need::Now));
    }

    #[test]
    fn r29_a_token_of_unknown_life_is_not_renewed_by_the_clock() {
        let unknown = Grant { refreshable: true, ..Grant::default() };
        assert!(matches!(need(&unknown, Timestamp::from_micros(i64::MAX)), Need::Nothing));
    }
}
