//! The states a connector is put into from outside: confirmed, disabled, enabled; and what time does to
//! those nobody came back for.
//!
//! A confirmation makes sure that the person who finished a consent is the one who began it: the
//! browser that returned hands it to the application, and the application, which knows that browser's
//! user, posts it here. `consent/made.rs` makes it, `sweep.rs` ends those that never came.

mod sweep;

use domain::{
    Connector, ConnectorId, ConnectorState, ConnectorStatus, EventKind, NewEvent, Secret, Tenant, Timestamp,
};
use serde_json::{Map, Value};

use crate::access::secret_hash;
use crate::customers::UPDATE_TRIES;
use crate::events::new_event;
use crate::{ConnectorView, Control, Error};

/// Longest reason given for disabling, in characters.
const REASON_CHARACTERS_MAX: usize = 500;

impl Control {
    /// Makes a pending connector usable: `confirmation` is the value the browser brought back.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::ConfirmationRefused`] for a wrong, used or late value, and for a
    /// connector that waits for none: whoever posts a value wants to hear that it is the right one.
    pub async fn confirm_connector(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        confirmation: &Secret,
    ) -> Result<ConnectorView, Error> {
        let connector = self.connector(tenant, id).await?.connector;
        let now = self.clock.now();
        let event = state_event(EventKind::ConnectorConfirmed, &connector, None, now);
        if !self.store.confirm_connector(tenant, id, &secret_hash(confirmation), now, &event).await? {
            return Err(Error::ConfirmationRefused(
                "this confirmation is not valid: it is wrong, was used before, or came more than 15 minutes after \
                 the consent; begin a new consent for this connector",
            ));
        }
        tracing::info!(connector.id = %id, "confirmed connector `{id}`");
        self.connector(tenant, id).await
    }

    /// Switches a connector off until it is enabled again; its credential stays.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] for one that waits for a consent or its confirmation;
    /// [`Error::Invalid`] for the reason.
    pub async fn disable_connector(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        reason: Option<String>,
    ) -> Result<ConnectorView, Error> {
        if let Some(reason) = &reason {
            check_reason(reason)?;
        }
        for _ in 0..UPDATE_TRIES {
            let view = self.connector(tenant, id).await?;
            match view.connector.state.status {
                ConnectorStatus::Disabled => return Ok(view),
                ConnectorStatus::PendingConfirmation => {
                    return Err(conflict(
                        "this connector waits for its confirmation and cannot be used before: confirm it first, \
                         or delete it",
                    ));
                }
                // Enabling it again would make a dead grant look alive.
                ConnectorStatus::ReauthRequired => {
                    return Err(conflict(
                        "this connector needs a person's consent again and cannot be used before: leave it so, \
                         or delete it",
                    ));
                }
                ConnectorStatus::Active => {}
            }
            let now = self.clock.now();
            let to = ConnectorState { status: ConnectorStatus::Disabled, since: now, reason: reason.clone() };
            let event = state_event(EventKind::ConnectorDisabled, &view.connector, reason.as_deref(), now);
            if self.change_state(tenant, &view.connector, &to, &event).await? {
                return self.connector(tenant, id).await;
            }
        }
        Err(overtaken())
    }

    /// Switches a disabled connector on again.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] for one that needs a consent or a confirmation.
    pub async fn enable_connector(&self, tenant: &Tenant, id: ConnectorId) -> Result<ConnectorView, Error> {
        for _ in 0..UPDATE_TRIES {
            let view = self.connector(tenant, id).await?;
            match view.connector.state.status {
                ConnectorStatus::Active => return Ok(view),
                ConnectorStatus::PendingConfirmation => {
                    return Err(conflict(
                        "this connector is not disabled: it waits for its confirmation, so confirm it",
                    ));
                }
                ConnectorStatus::ReauthRequired => {
                    return Err(conflict(
                        "this connector is not disabled: it needs a person's consent again, so send its id as \
                         `connector_id` to /api/v1/integrations/connectors/oauth/initiate",
                    ));
                }
                ConnectorStatus::Disabled => {}
            }
            let now = self.clock.now();
            let event = state_event(EventKind::ConnectorEnabled, &view.connector, None, now);
            if self.change_state(tenant, &view.connector, &ConnectorState::active(now), &event).await? {
                return self.connector(tenant, id).await;
            }
        }
        Err(overtaken())
    }

    /// False when the connector is no longer in the state it was read in.
    async fn change_state(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        to: &ConnectorState,
        event: &NewEvent,
    ) -> Result<bool, Error> {
        let (id, from) = (connector.id, connector.state.status);
        let changed = self.store.set_connector_state(tenant, id, &[from], to, event).await;
        let changed = changed.map_err(Error::missing("connector", id))?;
        if changed {
            tracing::info!(connector.id = %id, "connector `{id}` is {} now", to.status.as_str());
        }
        Ok(changed)
    }
}

fn state_event(kind: EventKind, connector: &Connector, reason: Option<&str>, now: Timestamp) -> NewEvent {
    let reason = reason.map(|reason| ("reason".to_owned(), Value::from(reason)));
    let data: Map<String, Value> = reason.into_iter().collect();
    new_event(kind, connector.customer_id, Some(connector.id), data, now)
}

fn check_reason(reason: &str) -> Result<(), Error> {
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "`reason` must not be blank; it can be left out"));
    }
    if reason.chars().count() > REASON_CHARACTERS_MAX {
        let message = format!("`reason` may have {REASON_CHARACTERS_MAX} characters at most");
        return Err(Error::invalid("reason", message));
    }
    if reason.chars().any(char::is_control) {
        return Err(Error::invalid("reason", "`reason` must be one line without control characters"));
    }
    Ok(())
}

fn conflict(message: &str) -> Error {
    Error::Conflict { message: message.to_owned(), field: None }
}

fn overtaken() -> Error {
    conflict("this connector is being changed by others: try again")
}
