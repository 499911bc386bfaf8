//! `patchbay migrate`: brings the database up to this release without serving.

use crate::config::Config;
use crate::failure::Failure;
use crate::{compose, output};

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let store = compose::store(&config).await?;
    let applied = store.migrate().await?;
    let engine = store.engine();
    store.close().await;
    let said = match applied {
        0 => format!("The {engine} database is up to date; no migration was needed."),
        1 => format!("Applied 1 migration to the {engine} database."),
        several => format!("Applied {several} migrations to the {engine} database."),
    };
    Ok(output::line(&said)?)
}
