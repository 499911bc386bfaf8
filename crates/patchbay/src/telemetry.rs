//! The log: structured lines on standard output, as text or JSON.
//!
//! A command that prints its result to standard output logs to standard error instead, so that
//! `patchbay organization list | jq` works.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{LogConfig, LogFormat};

/// Which stream the log goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Stdout,
    Stderr,
}

/// Starts the log of this process. Only the first call has an effect.
pub(crate) fn start(config: &LogConfig, output: Output) {
    let (writer, colours) = match output {
        Output::Stdout => (BoxMakeWriter::new(std::io::stdout), std::io::stdout().is_terminal()),
        Output::Stderr => (BoxMakeWriter::new(std::io::stderr), std::io::stderr().is_terminal()),
    };
    let filter = EnvFilter::try_new(&config.filter).expect("the configuration was checked to parse");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let started = match config.format {
        LogFormat::Text => log.with_ansi(colours).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_ansi(false).try_init(),
    };
    // A second start in one process finds the first, which is as good.
    drop(started);
}
