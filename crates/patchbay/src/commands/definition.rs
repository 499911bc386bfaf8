//! `patchbay definition check`: names every fault of connector definitions before they are used.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use definitions::Fault;

use crate::failure::Failure;
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Check definition files; the exit code is 1 if any has a fault.
    Check {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    let Command::Check { files } = command;
    let mut sound = true;
    for path in &files {
        match check(path) {
            Ok(summary) => output::line(&summary)?,
            Err(faults) => {
                sound = false;
                for fault in faults {
                    output::line(&fault.to_string())?;
                }
            }
        }
    }
    if sound { Ok(()) } else { Err(Failure::Reported("faults were found")) }
}

/// One line about a sound definition, or every fault of another.
fn check(path: &Path) -> Result<String, Vec<Fault>> {
    let file = path.display().to_string();
    let yaml = std::fs::read_to_string(path).map_err(|error| vec![unreadable(&file, &error)])?;
    let definition = definitions::load(&file, &yaml)?;
    let actions: usize = definition.entities.values().map(|entity| entity.actions.len()).sum();
    Ok(format!(
        "{file}: sound: {} with {} entities, {actions} actions",
        definition.name,
        definition.entities.len()
    ))
}

fn unreadable(file: &str, error: &io::Error) -> Fault {
    Fault { file: file.to_owned(), pointer: String::new(), reason: format!("it cannot be read: {error}") }
}
