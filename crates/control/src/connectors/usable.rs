//! Whether a connector may be used, and what to do when not.

use domain::{ConnectorState, ConnectorStatus};

use crate::Error;

/// Refuses what needs a connector in use.
pub(crate) fn check_usable(state: &ConnectorState) -> Result<(), Error> {
    if state.status == ConnectorStatus::Active { Ok(()) } else { Err(not_usable(state)) }
}

/// Why a connector in this state cannot be used, and the way out.
pub(crate) fn not_usable(state: &ConnectorState) -> Error {
    let way_out = match state.status {
        ConnectorStatus::PendingConfirmation => {
            "it waits for its confirmation: post the `confirmation` that the browser brought back to its path \
             with /confirm, or start the consent again"
        }
        ConnectorStatus::Disabled => "it was disabled: a POST to its path with /enable turns it on again",
        ConnectorStatus::ReauthRequired | ConnectorStatus::Active => {
            "it needs a person's consent again: send its id as `connector_id` to \
             /api/v1/integrations/connectors/oauth/initiate and open the consent_url; it keeps its id and name"
        }
    };
    let reason = state.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let message = format!("this connector has not been usable since {}{reason}: {way_out}", state.since);
    Error::NotActive { status: state.status, message }
}
