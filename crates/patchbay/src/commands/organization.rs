//! `patchbay organization`: the companies that use this Patchbay. Prints JSON.

use clap::Subcommand;
use domain::OrganizationId;
use serde_json::json;

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
    Delete { id: OrganizationId },
}

pub(super) async fn run(mut config: Config, command: Command) -> Result<(), Failure> {
    let control = compose::control_for_command(&mut config).await?;
    let printed = match command {
        Command::Create { name } => json!(control.create_organization(&name).await?),
        Command::List => json!(control.store().organizations().await?),
        Command::Delete { id } => {
            control.delete_organization(id).await?;
            json!({ "id": id, "deleted": true })
        }
    };
    control.store().close().await;
    Ok(output::json(&printed)?)
}
