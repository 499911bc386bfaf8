//! The log: structured lines on standard output, as text or JSON.
//!
//! A command that prints its result to standard output logs to standard error instead, so that
//! `patchbay organization list | jq` works.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
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
    let filter = EnvFilter::try_new(with_quiet_actix(&config.filter))
        .expect("the configuration was checked to parse, and what is added is sound");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let started = match config.format {
        LogFormat::Text => log.with_ansi(colours).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_ansi(false).try_init(),
    };
    // A second start in one process finds the first, which is as good.
    drop(started);
}

/// What actix says of its own threads and of clients that break off. It is told only to those who
/// ask for it by name.
const QUIET: [(&str, LevelFilter); 2] =
    [("actix_server", LevelFilter::WARN), ("actix_http", LevelFilter::OFF)];

/// The operator's filter, and behind it what keeps actix quiet where the filter does not name it.
fn with_quiet_actix(filter: &str) -> String {
    let of_the_rest = filter.split(',').filter_map(|directive| directive.trim().parse().ok()).next_back();
    let of_the_rest: LevelFilter = of_the_rest.unwrap_or(LevelFilter::ERROR);
    let mut whole = filter.to_owned();
    for (target, level) in QUIET {
        if level < of_the_rest && !names(filter, target) {
            whole.push_str(&format!(",{target}={level}"));
        }
    }
    whole
}

/// Whether a directive is about this target, a part of it, or what it is a part of.
fn names(filter: &str, target: &str) -> bool {
    let named = filter.split(',').filter_map(|directive| directive.split(['=', '[']).next()).map(str::trim);
    let mut targets = named.filter(|name| !name.is_empty() && name.parse::<LevelFilter>().is_err());
    targets.any(|name| name.starts_with(target) || target.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actix_is_quiet_unless_it_is_asked_for_by_name() {
        for loud in ["info", "debug", "info,store=debug", "trace,api[request{id}]=debug"] {
            assert_eq!(with_quiet_actix(loud), format!("{loud},actix_server=warn,actix_http=off"));
        }
        assert_eq!(with_quiet_actix("info,actix_server=info"), "info,actix_server=info,actix_http=off");
        assert_eq!(with_quiet_actix("info,actix_http::h1"), "info,actix_http::h1,actix_server=warn");
        assert_eq!(with_quiet_actix("info,actix=trace"), "info,actix=trace");
    }

    #[test]
    fn a_quieter_filter_is_made_no_louder() {
        assert_eq!(with_quiet_actix("off"), "off");
        assert_eq!(with_quiet_actix("warn"), "warn,actix_http=off");
        assert_eq!(with_quiet_actix("store=debug"), "store=debug,actix_http=off");
    }

    #[test]
    fn what_is_added_parses() {
        assert!(EnvFilter::try_new(with_quiet_actix("info,store=debug")).is_ok());
    }
}
