//! The kit of the end-to-end tests: the real program, the sandbox as its upstream, a client.
//!
//! A claim is an `async fn(&Bench)`; [`both`] makes two tests of it, one per engine.

pub mod consent;
pub mod postgres;

mod bench;
mod client;
mod fleet;
mod options;
mod organization;
mod patchbay;
mod process;
mod provider_app;
mod proxy;
mod stored;
mod upstream;
mod wait;

pub use bench::{Bench, Database, run_claim};
pub use client::{Answer, Client, Request};
pub use fleet::{Expiry, Fleet, Kept, at_once};
pub use options::Options;
pub use organization::{Organization, create_application, execute_path, sandbox_token, text, token};
pub use patchbay::Patchbay;
pub use process::{Printed, run};
pub use provider_app::ProviderApp;
pub use proxy::{Proxy, Way};
pub use stored::HeldWrites;
pub use upstream::{Fault, Sent, Upstream};
pub use wait::eventually;

/// Makes two tests of each claim, `on_sqlite::claim` and `on_postgres::claim`.
///
/// A claim that is not listed is dead code, which the compiler reports.
#[macro_export]
macro_rules! both {
    ($($claim:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[test]
                fn $claim() {
                    $crate::run_claim(env!("CARGO_BIN_EXE_patchbay"), $crate::Database::Sqlite, super::$claim);
                }
            )+
        }
        mod on_postgres {
            $(
                #[test]
                fn $claim() {
                    $crate::run_claim(env!("CARGO_BIN_EXE_patchbay"), $crate::Database::Postgres, super::$claim);
                }
            )+
        }
    };
}
