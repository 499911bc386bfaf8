//! `patchbay organization`: the companies that use this Patchbay. Prints JSON.

use std::time::Duration;

use clap::{ArgAction, ArgGroup, Args, Subcommand};
use control::{Control, UpdateSettings};
use domain::{Job, Organization, OrganizationId, RevocationStatus};
use serde_json::{Value, json};
use store::StoreError;
use tokio::time::{Instant, MissedTickBehavior};

use crate::config::Config;
use crate::failure::Failure;
use crate::{compose, output};

/// How long a deletion is silent, and how often it says afterwards that it goes on.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an organization.
    Create { name: String },
    /// List the organizations with their settings.
    List,
    /// Change the settings of an organization; those that are not named stay as they are.
    Set(Settings),
    /// Delete an organization: its credentials can never be read again, backups included, and its
    /// grants are taken back at the upstreams.
    Delete {
        id: OrganizationId,
        /// Do it; without this, what would be lost is shown and nothing is deleted.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
#[command(group = ArgGroup::new("setting").required(true).multiple(true))]
pub(super) struct Settings {
    id: OrganizationId,
    /// Whether a connector made by consent can be used only after the application confirmed it.
    #[arg(long, value_name = "true|false", action = ArgAction::Set, group = "setting")]
    confirm_connectors: Option<bool>,
    /// Where consents may return to, as an origin; repeat it for several. It replaces the list.
    #[arg(long = "return-origin", value_name = "URL", group = "setting")]
    return_origins: Vec<String>,
    /// List no origin: consents begun with an application's own token may return anywhere, those begun
    /// with a token narrowed to one workspace nowhere.
    #[arg(long, group = "setting", conflicts_with = "return_origins")]
    any_return_origin: bool,
}

pub(super) async fn run(mut config: Config, command: Command) -> Result<(), Failure> {
    let control = compose::control_for_command(&mut config).await?;
    let printed = match command {
        Command::Create { name } => {
            let made = control.create_organization(&name).await?;
            with_settings(&control, &made).await?
        }
        Command::List => list(&control).await?,
        Command::Set(settings) => set(&control, settings).await?,
        Command::Delete { id, yes: false } => return Err(unconfirmed(&control, id).await),
        Command::Delete { id, yes: true } => delete(&control, id).await?,
    };
    control.store().close().await;
    Ok(output::json(&printed)?)
}

async fn list(control: &Control) -> Result<Value, Failure> {
    let mut listed = Vec::new();
    for organization in control.store().organizations().await? {
        listed.push(with_settings(control, &organization).await?);
    }
    Ok(Value::Array(listed))
}

async fn with_settings(control: &Control, organization: &Organization) -> Result<Value, Failure> {
    let mut printed = json!(organization);
    printed["settings"] = json!(control.organization_settings(&organization.tenant()).await?);
    Ok(printed)
}

async fn set(control: &Control, settings: Settings) -> Result<Value, Failure> {
    let Settings { id, confirm_connectors, return_origins, any_return_origin } = settings;
    let organization = find(control, id).await?;
    let named = any_return_origin || !return_origins.is_empty();
    let changes = UpdateSettings { confirm_connectors, return_origins: named.then_some(return_origins) };
    control.update_organization_settings(&organization.tenant(), changes).await?;
    with_settings(control, &organization).await
}

async fn delete(control: &Control, id: OrganizationId) -> Result<Value, Failure> {
    let deleting = control.delete_organization(id);
    tokio::pin!(deleting);
    let begun = Instant::now();
    let mut reminders = tokio::time::interval_at(begun + PATIENCE, PATIENCE);
    reminders.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let job = loop {
        tokio::select! {
            biased;
            job = &mut deleting => break job?,
            _ = reminders.tick() => output::tell(&format!(
                "Its grants are being taken back at the upstreams, since {} s …",
                begun.elapsed().as_secs()
            ))?,
        }
    };
    let pending = count(&job, RevocationStatus::Pending);
    if pending > 0 {
        output::tell(&format!(
            "The organization is deleted. {pending} of its {} grants could not be taken back yet: a running \
             `patchbay serve` goes on trying for a day.",
            job.connectors.len()
        ))?;
    }
    Ok(json!({ "id": id, "deleted": true, "job": job }))
}

fn count(job: &Job, status: RevocationStatus) -> usize {
    job.connectors.iter().filter(|connector| connector.revocation == status).count()
}

/// Why nothing was deleted: which organization it would have been, or that there is none.
async fn unconfirmed(control: &Control, id: OrganizationId) -> Failure {
    find(control, id).await.map_or_else(|failure| failure, Failure::Unconfirmed)
}

async fn find(control: &Control, id: OrganizationId) -> Result<Organization, Failure> {
    control.store().organization(id).await.map_err(|error| match error {
        StoreError::NotFound(noun) => Failure::NotFound { noun, id: id.to_string() },
        error => error.into(),
    })
}
