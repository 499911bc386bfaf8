//! The nouns of Patchbay: identifiers, tenants, connectors, credentials, executions.
//!
//! Nothing here does I/O. Types that leave through the API derive `Serialize` and `ToSchema` and
//! are the wire shape; [`Secret`] and [`Credential`] derive neither.

mod application;
mod call;
mod clock;
mod connector;
mod credential;
mod execution;
mod ids;
mod page;
mod redactor;
mod secret;
mod tenant;

pub use application::{Application, Caller, CallerKind, ChoiceRefused};
pub use call::{ExecuteCall, ExecutionMetadata, Outcome};
pub use clock::{Clock, Timestamp};
pub use connector::{Connector, EntityAccess, EntityMode, allowed};
pub use credential::Credential;
pub use execution::{Execution, ExecutionFilter, ExecutionStatus};
pub use ids::{ApplicationId, ConnectorId, CustomerId, DefinitionId, ExecutionId, JobId, OrganizationId};
pub use page::{Cursor, CursorError, Page};
pub use redactor::Redactor;
pub use secret::Secret;
pub use tenant::{Customer, CustomerStatus, Organization, Tenant, Visibility};
