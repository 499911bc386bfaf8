//! What a connector is, for a person or an agent that decides what to do with it.

use domain::{ConnectorId, ConnectorStatus, CredentialSource, Customer, Tenant};

use crate::connectors::not_usable;
use crate::{ConnectorView, Control, Error};

/// How long before the end of a grant its end is told: a week.
const GRANT_ENDS_SOON_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// A connector with everything around it.
#[derive(Debug)]
pub struct Inspection {
    pub view: ConnectorView,
    pub workspace: Customer,
    /// What a reader should know before using it.
    pub warnings: Vec<String>,
}

impl Control {
    /// The connector, its customer and its definition. Credentials stay sealed.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for another organization's.
    pub async fn inspect(&self, tenant: &Tenant, id: ConnectorId) -> Result<Inspection, Error> {
        let view = self.connector(tenant, id).await?;
        let workspace = self.customer(tenant, view.connector.customer_id).await?;
        let mut warnings = Vec::new();
        if view.definition.is_none() {
            warnings.push(format!(
                "the definition {} is not loaded, so calls are refused; put its file into PATCHBAY_DEFINITIONS_DIR",
                view.connector.definition_id
            ));
        }
        if workspace.status == domain::CustomerStatus::Inactive {
            warnings.push(format!("workspace `{}` is inactive, so calls are refused", workspace.name));
        }
        let connector = &view.connector;
        if connector.state.status != ConnectorStatus::Active {
            warnings.push(not_usable(&connector.state).to_string());
        }
        if connector.credential_source == CredentialSource::Operator {
            warnings.push(
                "it was made without credentials and acts with the operator's token, not with the customer's"
                    .to_owned(),
            );
        }
        let row = self.store.refresh_row(tenant, id).await.map_err(Error::missing("connector", id))?;
        let grant = row.credential.grant;
        if let Some(end) = grant.ends_at {
            let left_ms = end.ms_since(self.clock.now());
            if left_ms < GRANT_ENDS_SOON_MS {
                warnings.push(format!("its grant ends at {end}: a person has to consent again before then"));
            }
        }
        if let (Some(until), true) = (grant.retry_at, row.failures > 0) {
            warnings.push(format!(
                "the provider could not be reached to renew the access token ({} times); it is tried again after {until}",
                row.failures
            ));
        }
        Ok(Inspection { view, workspace, warnings })
    }
}
