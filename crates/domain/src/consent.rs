//! A consent under way: one trip of a person through an upstream's authorization page.

use crate::{
    ApplicationId, ConnectorId, ConsentId, CustomerId, DefinitionId, OrganizationId, Tenant, Timestamp,
};

/// What is kept between the start of a consent and its callback. It is found by the hash of its state,
/// and used once.
#[derive(Debug, Clone)]
pub struct Consent {
    pub id: ConsentId,
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    /// The application that began it.
    pub application_id: ApplicationId,
    pub definition_id: DefinitionId,
    /// Whether it goes by the organization's own OAuth app, and not by the operator's.
    pub own_app: bool,
    /// The connector to consent anew for; none makes a new one.
    pub connector_id: Option<ConnectorId>,
    /// Where the browser goes afterwards, as the application gave it.
    pub return_url: String,
    /// The PKCE verifier, the OAuth app and what the connector will be made of.
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Consent {
    /// The tenant for whom it was begun.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant::new(self.organization_id, Some(self.customer_id))
    }
}
