//! The data folder, which is made on first use and is its owner's alone.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[error("cannot create `{}` (PATCHBAY_DATA_DIR): {source}", path.display())]
pub(crate) struct DataDirError {
    path: PathBuf,
    source: io::Error,
}

/// Makes the folder unless it is there.
pub(super) fn make(path: &Path) -> Result<(), DataDirError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| DataDirError { path: path.to_owned(), source })
}
