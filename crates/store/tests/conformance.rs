//! Every statement of the store, on SQLite and on PostgreSQL.
//!
//! A claim is written once, as a function of a [`conformance::bed::Bed`], and listed at the end of
//! its file; an unlisted one is dead code, which does not compile without a warning.

#![expect(clippy::unwrap_used, reason = "in a claim, whatever goes wrong is its failure")]

/// Makes each claim two tests, one for each engine, on an empty store that is migrated.
macro_rules! on_both_engines {
    ($($claim:ident),+ $(,)?) => { on_both_engines!(on sqlite, postgres: $($claim),+); };
    (on $sqlite:ident, $postgres:ident: $($claim:ident),+ $(,)?) => {
        mod sqlite {
            $( #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                super::$claim(super::Bed::$sqlite().await).await;
            } )+
        }
        mod postgres {
            $( #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                super::$claim(super::Bed::$postgres().await).await;
            } )+
        }
    };
}

mod conformance {
    mod applications;
    mod bed;
    mod concurrency;
    mod connectors;
    mod consents;
    mod corrupt;
    mod coverage;
    mod customers;
    mod deletions;
    mod due;
    mod durability;
    mod events;
    mod execution_lists;
    mod executions;
    mod grant_tenancy;
    mod listing;
    mod migrations;
    mod oauth_apps;
    mod opening;
    mod organization_deletions;
    mod organizations;
    mod refresh;
    mod refresh_races;
    mod revocations;
    mod settings;
    mod states;
    mod tenancy;
}
