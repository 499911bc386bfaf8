//! The kinds of job: which use case each one is, how often it is looked for, how much at once.

use std::time::Duration;

use control::{Control, Error};

use crate::tick::Pace;

/// One kind of job, which has a loop to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Refreshes the tokens of connectors that nobody calls, before their refresh tokens die.
    KeepAlive,
    /// Takes back at the upstream what was granted to connectors that are deleted.
    Revocations,
    /// Removes what has had its time: consents, unconfirmed connectors, old jobs and events.
    Sweep,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::KeepAlive, Self::Revocations, Self::Sweep];

    /// For the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KeepAlive => "keep_alive",
            Self::Revocations => "revocations",
            Self::Sweep => "sweep",
        }
    }

    pub(crate) fn pace(self) -> Pace {
        match self {
            // Refresh tokens that die when unused live for days. Each row is a request upstream.
            Self::KeepAlive => Pace { every: Duration::from_secs(30), batch: 20 },
            // Somebody may be watching the job that the deletion answered with.
            Self::Revocations => Pace { every: Duration::from_secs(2), batch: 20 },
            Self::Sweep => Pace { every: Duration::from_secs(30), batch: 200 },
        }
    }

    /// Does one batch, and tells how many rows it took.
    pub(crate) async fn run(self, control: &Control, limit: usize) -> Result<usize, Error> {
        match self {
            Self::KeepAlive => control.keep_alive(limit).await,
            Self::Revocations => control.revoke_due(limit).await,
            Self::Sweep => control.sweep(limit).await,
        }
    }
}
