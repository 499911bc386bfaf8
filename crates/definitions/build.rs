//! Lists the files of `openapi/connectors`, so that a new definition is compiled in by being there.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

const CONNECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/connectors");

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder by a variable")]
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={CONNECTORS}");
    let mut files = Vec::new();
    for entry in fs::read_dir(CONNECTORS).into_iter().flatten() {
        let path = entry?.path().canonicalize()?;
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    let mut list = String::from("&[");
    for path in &files {
        let name = path.file_name().unwrap_or_default();
        write!(list, "({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    list.push(']');
    let folder = std::env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("embedded.rs"), list)
}
