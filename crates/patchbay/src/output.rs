//! What commands print: results to standard output, complaints to standard error.

use std::error::Error;
use std::io::{self, Write};

use serde_json::Value;

/// Prints a command's result as JSON.
pub(crate) fn json(value: &Value) -> io::Result<()> {
    line(&format!("{value:#}"))
}

/// Prints a line, or several, of a command's result.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Tells the person at the terminal something that is no result.
pub(crate) fn tell(text: &str) -> io::Result<()> {
    writeln!(io::stderr().lock(), "{text}")
}

/// Prints why a command failed, with the causes it does not name itself.
pub(crate) fn complain(error: &dyn Error) -> io::Result<()> {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = error.source();
    }
    tell(&format!("patchbay: {text}"))
}
