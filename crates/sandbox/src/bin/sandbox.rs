//! The sandbox alone: `cargo run -p sandbox -- --bind 127.0.0.1:PORT`.

use std::net::SocketAddr;
use std::process::ExitCode;

use sandbox::{Sandbox, SandboxConfig};

const USAGE: &str = "usage: sandbox [--bind ADDRESS:PORT]\n\nA stand-in for Notion, with content, and with faults on \
                     request. Without --bind it takes a free port of 127.0.0.1.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let bind = match arguments[..] {
        [] => "127.0.0.1:0",
        ["--bind", address] => address,
        _ => return fail(USAGE),
    };
    let Ok(bind) = bind.parse::<SocketAddr>() else { return fail(USAGE) };
    match Sandbox::start(SandboxConfig { bind }) {
        Ok(sandbox) => {
            println!("sandbox listening on {}", sandbox.base_url());
            // Until a signal ends the process.
            loop {
                std::thread::park();
            }
        }
        Err(error) => fail(&format!("cannot listen on {bind}: {error}")),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}
