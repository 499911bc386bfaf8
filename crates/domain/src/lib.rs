//! The nouns of Patchbay: identifiers, tenants, connectors, credentials, executions.
//!
//! Nothing here does I/O. Types that leave through the API derive `Serialize` and `ToSchema` and
//! are the wire shape; [`Secret`] and [`Credential`] derive neither.

mod application;
mod call;
mod clock;
mod connector;
mod consent;
mod credential;
mod event;
mod execution;
mod ids;
mod job;
mod page;
mod redactor;
mod secret;
mod tenant;

pub use application::{Application, Caller, CallerKind, ChoiceRefused, Permission};
pub use call::{ExecuteCall, ExecutionMetadata, Outcome};
pub use clock::{Clock, Timestamp};
pub use connector::{
    Connector, ConnectorState, ConnectorStatus, CredentialSource, DueConnector, EntityAccess, EntityMode,
    allowed,
};
pub use consent::Consent;
pub use credential::Credential;
pub use event::{Event, EventKind, NewEvent};
pub use execution::{Execution, ExecutionFilter, ExecutionStatus};
pub use ids::{
    ApplicationId, ConnectorId, ConsentId, CustomerId, DefinitionId, EventId, ExecutionId, JobId, OAuthAppId,
    OrganizationId,
};
pub use job::{DueRevocation, Job, JobKind, RevocationResult, RevocationStatus};
pub use page::{Cursor, CursorError, Page};
pub use redactor::Redactor;
pub use secret::Secret;
pub use tenant::{Customer, CustomerStatus, Organization, OrganizationSettings, Tenant, Visibility};
