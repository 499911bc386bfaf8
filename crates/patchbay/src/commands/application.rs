//! `patchbay application`: the programs that call the API. Prints JSON.

use clap::Subcommand;
use control::Control;
use domain::{Application, ApplicationId, OrganizationId, Permission, Secret};
use serde_json::{Value, json};

use crate::config::Config;
use crate::failure::Failure;
use crate::{compose, output};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an application and show its secret, this once.
    Create {
        /// An organization it may act for; repeat it for several.
        #[arg(long = "organization", value_name = "ID", required = true)]
        organizations: Vec<OrganizationId>,
        /// What people call it.
        #[arg(long, default_value = "default")]
        name: String,
        /// What it may do beyond what every application may; repeat it for several. With
        /// `credentials:read` it reads the stored credentials of connectors in clear.
        #[arg(long = "allow", value_name = "PERMISSION", value_parser = permission)]
        allowed: Vec<Permission>,
    },
    /// List the applications, without their secrets.
    List,
    /// End an application: its tokens stop working within seconds.
    Revoke { client_id: ApplicationId },
}

pub(super) async fn run(mut config: Config, command: Command) -> Result<(), Failure> {
    let control = compose::control_for_command(&mut config).await?;
    let printed = match command {
        Command::Create { organizations, name, allowed: named } => {
            let allowed = Permission::ALL.into_iter().filter(|known| named.contains(known)).collect();
            let (application, secret) = control.create_application(&name, organizations, allowed).await?;
            with_secret(&application, &secret)
        }
        Command::List => json!(control.store().applications().await?),
        Command::Revoke { client_id } => {
            revoke(&control, client_id).await?;
            json!({ "client_id": client_id, "revoked": true })
        }
    };
    control.store().close().await;
    Ok(output::json(&printed)?)
}

fn permission(name: &str) -> Result<Permission, String> {
    Permission::parse(name).ok_or_else(|| {
        let known = Permission::ALL.map(Permission::as_str).join(", ");
        format!("there is no such permission; there is {known}")
    })
}

/// Ends an application. One that ended earlier is what was asked for, and is said to have done so.
async fn revoke(control: &Control, client_id: ApplicationId) -> Result<(), Failure> {
    let Err(refused) = control.revoke_application(client_id).await else { return Ok(()) };
    let applications = match refused {
        control::Error::NotFound { .. } => control.store().applications().await?,
        _ => return Err(refused.into()),
    };
    let earlier = applications.iter().find(|application| application.id == client_id);
    match earlier.and_then(|application| application.revoked_at) {
        Some(at) => Ok(output::tell(&format!("This application was revoked already, at {at}."))?),
        None => Err(refused.into()),
    }
}

/// The application as it is listed, and its secret beside it.
pub(super) fn with_secret(application: &Application, secret: &Secret<String>) -> Value {
    let mut printed = json!(application);
    #[expect(clippy::disallowed_methods, reason = "shown once to the operator who made it, and not kept")]
    let secret = secret.expose();
    printed["client_secret"] = json!(secret);
    printed
}
