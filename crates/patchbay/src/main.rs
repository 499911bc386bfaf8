//! Patchbay, the program: reads a command, runs it, says what went wrong.
//!
//! `commands.rs` lists the commands; `config.rs` reads the environment, `compose.rs` builds the use
//! cases from it, and `serve.rs` runs the server.

mod commands;
mod compose;
mod config;
mod failure;
mod loopback;
mod operator;
mod output;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match commands::run(commands::Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_of_no_interest() {
                // Nobody is left to tell when standard error is closed.
                drop(output::complain(&failure));
            }
            failure.exit_code()
        }
    }
}
