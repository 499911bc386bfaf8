//! What a connector is, for a person or an agent that decides what to do with it.

use domain::{ConnectorId, Customer, Tenant};

use crate::{ConnectorView, Control, Error};

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
        Ok(Inspection { view, workspace, warnings })
    }
}
