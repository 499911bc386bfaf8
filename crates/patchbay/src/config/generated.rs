//! Keys generated for development, kept in the data folder and readable by their owner alone.
//!
//! They are refused when the server is meant for others than this machine; `config.rs` sees to it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use control::TokenKeys;
use domain::Secret;
use vault::Keyring;

use super::data_dir::{self, DataDirError};

const KEK_FILE: &str = "development-keks";
const TOKEN_KEY_FILE: &str = "development-token-key";
const KEK_ID: &str = "development";

/// Far more than a key file holds.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Why a generated key cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GeneratedKeyError {
    #[error(transparent)]
    Folder(#[from] DataDirError),
    #[error("the generated key in {path} cannot be read or written: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("the generated key in {path} can be read by others; run `chmod 600 {path}`")]
    Exposed { path: PathBuf },
    #[error(
        "{path} holds no key: {reason}; restore it, or delete it together with the database it belongs to"
    )]
    Invalid { path: PathBuf, reason: String },
}

/// The development KEK of this data folder, made on first use.
pub(super) fn keyring(data_dir: &Path) -> Result<Keyring, GeneratedKeyError> {
    data_dir::make(data_dir)?;
    let path = data_dir.join(KEK_FILE);
    let text = read_or_create(&path, || Keyring::generate(KEK_ID).1)?;
    #[expect(clippy::disallowed_methods, reason = "the vault parses its keys from text")]
    Keyring::parse(text.expose().trim())
        .map_err(|fault| GeneratedKeyError::Invalid { path, reason: fault.to_string() })
}

/// The development token key of this data folder, made on first use.
pub(super) fn token_keys(data_dir: &Path) -> Result<TokenKeys, GeneratedKeyError> {
    data_dir::make(data_dir)?;
    let path = data_dir.join(TOKEN_KEY_FILE);
    let text = read_or_create(&path, || TokenKeys::generate().1)?;
    TokenKeys::parse(&text).map_err(|fault| GeneratedKeyError::Invalid { path, reason: fault.to_string() })
}

/// Where the value of the KEK of this name was kept, if it was a generated one.
pub(super) fn kek_file(data_dir: &Path, kek_id: &str) -> Option<PathBuf> {
    (kek_id == KEK_ID).then(|| data_dir.join(KEK_FILE))
}

fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> Secret<String>,
) -> Result<Secret<String>, GeneratedKeyError> {
    let io = |source| GeneratedKeyError::Io { path: path.to_owned(), source };
    if !path.try_exists().map_err(io)? {
        create(path, &make()).map_err(io)?;
    }
    let file = File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
        return Err(GeneratedKeyError::Exposed { path: path.to_owned() });
    }
    let mut text = Secret::new(String::new());
    #[expect(clippy::disallowed_methods, reason = "the key is read in place, so that no copy is left")]
    file.take(FILE_BYTES_MAX).read_to_string(text.expose_mut()).map_err(io)?;
    Ok(text)
}

/// Writes the whole file beside its place and links it there: a process that starts at the same
/// moment finds either no key or a whole one, and the one linked first is the one both use.
fn create(path: &Path, text: &Secret<String>) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let written = write_private(&draft, text).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&draft);
    written.and(removed)
}

fn write_private(path: &Path, text: &Secret<String>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    #[expect(clippy::disallowed_methods, reason = "this file is where the generated key is kept")]
    file.write_all(text.expose().as_bytes())?;
    file.sync_all()
}
