//! Identifiers: one type per noun, so that one cannot be passed for another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => { $(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was read from a row, a request or a definition.
            #[must_use]
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for binding to a statement or a key.
            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+ };
}

/// Ids we make ourselves are UUID v7: their order is the order of creation, which paging uses.
macro_rules! made_here {
    ($($name:ident),+) => { $(
        impl $name {
            /// A new id, later in order than every id this process made before.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a new id each time is not a default")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }
    )+ };
}

id! {
    /// The company that uses Patchbay: the unit of isolation.
    OrganizationId,
    /// An organization's end customer, "workspace" on the wire.
    CustomerId,
    /// A program of one or several organizations; its id is the `client_id`.
    ApplicationId,
    /// One definition connected to one upstream account of one customer.
    ConnectorId,
    /// A connector definition, as its file names itself.
    DefinitionId,
    /// One call made, and its log row.
    ExecutionId,
    /// Work that goes on after the answer was sent.
    JobId,
    /// One trip of a person through an upstream's authorization page.
    ConsentId,
    /// An organization's own OAuth app for one definition.
    OAuthAppId,
    /// Something that happened, as the outbox tells it.
    EventId,
}

made_here!(
    OrganizationId,
    CustomerId,
    ApplicationId,
    ConnectorId,
    ExecutionId,
    JobId,
    ConsentId,
    OAuthAppId,
    EventId
);
