//! `patchbay serve`: the server, and what a newcomer needs to make the first call.

use control::Control;
use serde_json::json;

use super::application::with_secret;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::serve::{self, Running, Signals};

const FIRST_NAME: &str = "default";
const SANDBOX_HINT: &str = "\nThe sandbox's Notion takes the credential {\"token\": \"ntn_sandbox_acme\"}.\n";

pub(super) async fn run(config: Config, sandbox: bool) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let listener = serve::listen(config.bind)?;
    let running = Running::start(config, listener, sandbox).await?;
    welcome(&running.control, &running.base_url, sandbox).await?;
    running.until_stopped(&mut signals).await
}

/// An empty store gets an organization and an application, whose secret is shown this once.
async fn welcome(control: &Control, base_url: &str, sandbox: bool) -> Result<(), Failure> {
    let hint = if sandbox { SANDBOX_HINT } else { "" };
    let store = control.store();
    if !store.organizations().await?.is_empty() || !store.applications().await?.is_empty() {
        return if sandbox { Ok(output::tell(hint)?) } else { Ok(()) };
    }
    let organization = control.create_first_organization(FIRST_NAME).await?;
    let (application, secret) = control.create_application(FIRST_NAME, vec![organization.id], vec![]).await?;
    let shown = with_secret(&application, &secret);
    let login = json!({ "client_id": shown["client_id"], "client_secret": shown["client_secret"] });
    output::tell(&format!(
        "
This store was empty, so it has an organization and an application now.
The secret is shown this once and is not kept.

  organization   {} ({})
  client id      {}
  client secret  {}

Next, exchange them for a bearer token:

  curl -sS {base_url}/api/v1/account/applications/token \\
    -H 'Content-Type: application/json' \\
    -d '{login}'
{hint}
The API is described at {base_url}/docs
",
        organization.name,
        organization.id,
        application.id,
        login["client_secret"].as_str().unwrap_or_default(),
    ))?;
    Ok(())
}
