//! Use cases around grants, over a real store and against the sandbox as the provider, on a clock that
//! the test moves.

#![expect(clippy::unwrap_used, reason = "in a claim, whatever goes wrong is its failure")]

mod grants {
    mod bed;
    mod clock;
    mod deletion;
    mod export;
    mod oauth_apps;
    mod settings;
    mod states;
    mod sweep;
}
