//! The commands of the program, one file each.

mod application;
mod definition;
mod demo;
mod health;
mod migrate;
mod openapi;
mod organization;
mod serve;

use clap::{Parser, Subcommand};

use crate::config::{Config, VARIABLES};
use crate::failure::Failure;
use crate::telemetry::{self, Output};

/// A control plane for product integrations: keeps your customers' credentials and runs typed
/// calls against their accounts.
#[derive(Parser)]
#[command(name = "patchbay", version, after_help = environment_help())]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate the database and serve the API.
    Serve {
        /// Start the built-in stand-in for Notion and route calls to Notion there.
        #[arg(long)]
        sandbox: bool,
    },
    /// Walk the main job on a temporary store and the sandbox, then keep serving.
    Demo {
        /// Stop after the walk; the exit code tells whether every step answered as it should.
        #[arg(long)]
        exit: bool,
    },
    /// Make, set up, list and delete organizations.
    #[command(subcommand)]
    Organization(organization::Command),
    /// Make, list and revoke the applications that call the API.
    #[command(subcommand)]
    Application(application::Command),
    /// Apply the migrations that the database lacks.
    Migrate,
    /// Look after connector definitions.
    #[command(subcommand)]
    Definition(definition::Command),
    /// Print the API document (OpenAPI, YAML).
    Openapi,
    /// Ask the server on this machine whether it is ready; the exit code tells.
    Health,
}

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Serve { sandbox } => serve::run(configured(Output::Stdout)?, sandbox).await,
        Command::Demo { exit } => demo::run(exit).await,
        Command::Organization(command) => organization::run(configured(Output::Stderr)?, command).await,
        Command::Application(command) => application::run(configured(Output::Stderr)?, command).await,
        Command::Migrate => migrate::run(configured(Output::Stderr)?).await,
        Command::Definition(command) => definition::run(command),
        Command::Openapi => openapi::run(),
        Command::Health => health::run(Config::from_environment()?).await,
    }
}

/// The configuration, with the log started as it says.
fn configured(output: Output) -> Result<Config, Failure> {
    let config = Config::from_environment()?;
    telemetry::start(&config.log, output);
    Ok(config)
}

fn environment_help() -> String {
    let mut text = "Environment:\n".to_owned();
    for variable in VARIABLES {
        text.push_str(&format!("  {}\n      {}\n", variable.name, variable.about));
        if !variable.aliases.is_empty() {
            text.push_str(&format!("      [also: {}]\n", variable.aliases.join(", ")));
        }
        text.push_str(&format!("      [default: {}]\n", variable.default));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_every_variable() {
        let help = Cli::command().render_long_help().to_string();
        for variable in VARIABLES {
            for name in variable.aliases.iter().chain([&variable.name]) {
                assert!(help.contains(name), "{name}");
            }
        }
    }
}
