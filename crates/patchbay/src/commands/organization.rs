//! `patchbay organization`: the companies that use this Patchbay. Prints JSON.

use clap::Subcommand;
use control::Control;
use domain::OrganizationId;
use serde_json::json;
use store::StoreError;

use crate::config::Config;
use crate::failure::Failure;
use crate::{compose, output};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an organization.
    Create { name: String },
    /// List the organizations.
    List,
    /// Delete an organization: its credentials can never be read again, backups included.
    Delete {
        id: OrganizationId,
        /// Do it; without this, what would be lost is shown and nothing is deleted.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(mut config: Config, command: Command) -> Result<(), Failure> {
    let control = compose::control_for_command(&mut config).await?;
    let printed = match command {
        Command::Create { name } => json!(control.create_organization(&name).await?),
        Command::List => json!(control.store().organizations().await?),
        Command::Delete { id, yes: false } => return Err(unconfirmed(&control, id).await),
        Command::Delete { id, yes: true } => {
            control.delete_organization(id).await?;
            json!({ "id": id, "deleted": true })
        }
    };
    control.store().close().await;
    Ok(output::json(&printed)?)
}

/// Why nothing was deleted: which organization it would have been, or that there is none.
async fn unconfirmed(control: &Control, id: OrganizationId) -> Failure {
    match control.store().organization(id).await {
        Ok(organization) => Failure::Unconfirmed(organization),
        Err(StoreError::NotFound(noun)) => Failure::NotFound { noun, id: id.to_string() },
        Err(error) => error.into(),
    }
}
