//! What happened to connectors, for applications that want to know.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{ConnectorId, CustomerId, EventId, Timestamp};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum EventKind {
    #[serde(rename = "connector.created")]
    ConnectorCreated,
    /// The application confirmed that the right person consented.
    #[serde(rename = "connector.confirmed")]
    ConnectorConfirmed,
    /// A person has to consent again.
    #[serde(rename = "connector.reauth_required")]
    ConnectorReauthRequired,
    /// Its tokens are good again, after refreshes had failed or a person consented anew.
    #[serde(rename = "connector.refreshed_again")]
    ConnectorRefreshedAgain,
    #[serde(rename = "connector.disabled")]
    ConnectorDisabled,
    #[serde(rename = "connector.enabled")]
    ConnectorEnabled,
    #[serde(rename = "connector.deleted")]
    ConnectorDeleted,
    /// A callback came for a consent that was begun too long ago.
    #[serde(rename = "consent.expired")]
    ConsentExpired,
}

impl EventKind {
    /// The word for it, on the wire and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConnectorCreated => "connector.created",
            Self::ConnectorConfirmed => "connector.confirmed",
            Self::ConnectorReauthRequired => "connector.reauth_required",
            Self::ConnectorRefreshedAgain => "connector.refreshed_again",
            Self::ConnectorDisabled => "connector.disabled",
            Self::ConnectorEnabled => "connector.enabled",
            Self::ConnectorDeleted => "connector.deleted",
            Self::ConsentExpired => "consent.expired",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::ConnectorCreated,
            Self::ConnectorConfirmed,
            Self::ConnectorReauthRequired,
            Self::ConnectorRefreshedAgain,
            Self::ConnectorDisabled,
            Self::ConnectorEnabled,
            Self::ConnectorDeleted,
            Self::ConsentExpired,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

/// An event on its way into the outbox, which gives it its place in the order.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub id: EventId,
    pub kind: EventKind,
    pub customer_id: CustomerId,
    pub connector_id: Option<ConnectorId>,
    /// What else there is to say; never a secret.
    pub data: Map<String, Value>,
    pub created_at: Timestamp,
}

/// One entry of an organization's outbox.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Event {
    /// Counts from 1 without gaps within the organization, in the order in which things took effect.
    pub sequence: i64,
    pub id: EventId,
    #[serde(rename = "type")]
    pub kind: EventKind,
    #[serde(rename = "workspace_id")]
    pub customer_id: CustomerId,
    pub connector_id: Option<ConnectorId>,
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
    pub created_at: Timestamp,
}
