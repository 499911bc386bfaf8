//! Why a command did not do what it was asked; `main.rs` prints it and ends with its exit code.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use control::StartError;
use definitions::Fault;
use domain::Organization;
use executor::BuildError;
use store::StoreError;

use crate::config::{DataDirError, GeneratedKeyError, Problems};

/// As clap has it for wrong arguments: trying again without a change is no use.
const EXIT_MISCONFIGURED: u8 = 2;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Config(#[from] Problems),
    #[error(
        "`serve --sandbox` routes Notion to the sandbox, so PATCHBAY_UPSTREAM_GATEWAY must not be set beside it"
    )]
    SandboxAndGateway,
    #[error("{}", lines("the connector definitions cannot be used:", .0))]
    Definitions(Vec<Fault>),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    GeneratedKey(#[from] GeneratedKeyError),
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    #[error("cannot reach PostgreSQL at {address} (PATCHBAY_DATABASE_URL): {cause}")]
    Unreachable { address: String, cause: String },
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{error}; its value was in {}", path.display())]
    GeneratedKeyLost { error: StartError, path: PathBuf },
    #[error("{0}")]
    Executor(#[from] BuildError),
    #[error("there is no {noun} {id}")]
    NotFound { noun: &'static str, id: String },
    #[error("{0}")]
    UseCase(control::Error),
    #[error(
        "nothing was deleted. This would remove the organization with its customers and connectors, take \
         their grants back at the upstreams, and destroy every credential kept for it, in backups too:\n\n  \
         name     {}\n  id       {}\n  created  {}\n\nIf that is meant, repeat the command with --yes.",
        .0.name, .0.id, .0.created_at
    )]
    Unconfirmed(Organization),
    #[error("{doing}: {source}")]
    Io { doing: String, source: io::Error },
    /// Printing failed, mostly because the reader of a pipe went away.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    #[error("the walk ended at step {step}: {reason}")]
    Walk { step: usize, reason: String },
    /// All there is to say was printed.
    #[error("{0}")]
    Reported(&'static str),
}

impl From<control::Error> for Failure {
    fn from(error: control::Error) -> Self {
        match error {
            control::Error::NotFound { noun, id } => Self::NotFound { noun, id },
            control::Error::Unavailable(Some(store)) => Self::Store(store),
            other => Self::UseCase(other),
        }
    }
}

impl Failure {
    /// Whether the reader of a pipe has merely seen enough, as in `patchbay openapi | head`.
    pub(crate) fn is_of_no_interest(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::SandboxAndGateway | Self::Definitions(_) => EXIT_MISCONFIGURED.into(),
            _ => ExitCode::FAILURE,
        }
    }
}

/// The innermost cause: what happened, without what each layer was doing then.
pub(crate) fn root_cause(error: &dyn Error) -> String {
    let mut root = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    root.to_string()
}

fn lines(head: &str, faults: &[Fault]) -> String {
    faults.iter().fold(head.to_owned(), |text, fault| format!("{text}\n  {fault}"))
}

#[cfg(test)]
mod tests {
    use domain::{OrganizationId, Timestamp};

    use super::*;

    #[test]
    fn what_would_be_lost_is_shown_with_the_way_to_do_it() {
        let id = OrganizationId::new();
        let created_at = Timestamp::from_micros(1_700_000_000_000_000);
        let said = Failure::Unconfirmed(Organization { id, name: "Acme".to_owned(), created_at }).to_string();
        for part in ["nothing was deleted", "name     Acme\n", &id.to_string(), "2023-11-14", "--yes"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn the_root_cause_is_the_innermost() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let outer = Failure::Io { doing: "asking".to_owned(), source: io::Error::other(refused) };
        assert_eq!(root_cause(&outer), "connection refused");
    }
}
