//! What the operator supplies for every organization: OAuth apps, defaults of settings, and tokens to
//! fall back on.

use std::collections::BTreeMap;
use std::sync::Arc;

use definitions::ConnectorDefinition;
use domain::{OrganizationId, Secret, Tenant};
use serde_json::{Map, Value};
use url::Url;

use crate::{Control, Error};

/// From the server's configuration; maps are keyed by the name of the definition.
#[derive(Default)]
pub struct Operator {
    pub apps: BTreeMap<String, OperatorApp>,
    /// Defaults of server variables, before the definition's own.
    pub settings: BTreeMap<String, Map<String, Value>>,
    /// Used by connectors that were made without credentials.
    pub fallback_tokens: BTreeMap<String, Secret>,
    pub fallback_organizations: FallbackOrganizations,
}

/// An OAuth app that the operator registered, which organizations share.
#[derive(Debug, Default)]
pub struct OperatorApp {
    /// None: only the endpoints below are the operator's.
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
    /// The exact one that was registered; none means our own for the definition.
    pub redirect_uri: Option<String>,
    pub authorization_url: Option<Url>,
    pub token_url: Option<Url>,
    /// Instead of the definition's; empty asks for none.
    pub scopes: Option<Vec<String>>,
}

/// Who may act with the operator's fallback tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FallbackOrganizations {
    /// The organization made at the first start of the server.
    #[default]
    FirstStart,
    Named(Vec<OrganizationId>),
}

/// The same, shared by every clone of [`Control`].
pub(crate) type SharedOperator = Arc<Operator>;

impl Control {
    /// The operator's token for this definition, if this tenant's organization may act with it.
    pub(crate) async fn fallback_token(
        &self,
        tenant: &Tenant,
        definition: &ConnectorDefinition,
    ) -> Result<Option<&Secret>, Error> {
        let Some(token) = self.operator.fallback_tokens.get(&definition.name) else { return Ok(None) };
        let own = tenant.organization();
        let may = match &self.operator.fallback_organizations {
            FallbackOrganizations::Named(named) => named.contains(&own),
            FallbackOrganizations::FirstStart => self.store.first_organization().await? == Some(own),
        };
        Ok(may.then_some(token))
    }
}
