//! Why a command did not do what it was asked; `main.rs` prints it and ends with its exit code.

use std::io;
use std::process::ExitCode;

use control::StartError;
use definitions::Fault;
use executor::BuildError;
use store::StoreError;

use crate::config::{GeneratedKeyError, Problems};

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
    GeneratedKey(#[from] GeneratedKeyError),
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Executor(#[from] BuildError),
    #[error("there is no {noun} {id}")]
    NotFound { noun: &'static str, id: String },
    #[error("{0}")]
    UseCase(control::Error),
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

fn lines(head: &str, faults: &[Fault]) -> String {
    faults.iter().fold(head.to_owned(), |text, fault| format!("{text}\n  {fault}"))
}
