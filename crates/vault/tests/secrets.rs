//! Nothing that holds a key or a credential can be cloned, serialised or printed.

use std::fmt::{Debug, Display};
use std::fs;
use std::path::Path;

use domain::{Credential, OrganizationId, Secret};
use serde::Serialize;
use vault::{DataKey, Keyring, Vault};

/// Does not compile when the type has the trait: the method then has two candidates.
macro_rules! lacks {
    ($($type:ty: $($trait:ident),+;)+) => { $($(const _: fn() = || {
        struct Has;
        trait Candidate<Which> {
            fn candidate() {}
        }
        impl<T: ?Sized> Candidate<()> for T {}
        impl<T: ?Sized + $trait> Candidate<Has> for T {}
        let _ = <$type as Candidate<_>>::candidate;
    };)+)+ };
}

lacks! {
    DataKey: Clone, Serialize, Display;
    Keyring: Clone, Serialize, Display;
    Vault: Clone, Serialize, Display, Debug;
    Secret<String>: Clone, Serialize, Display;
    Secret<Vec<u8>>: Clone, Serialize, Display;
    Credential: Clone, Serialize, Display;
}

#[test]
fn r48_a_data_key_prints_its_version_only() {
    let (keyring, _) = Keyring::generate("dev");
    assert_eq!(format!("{keyring:?}"), r#"["dev"]"#);
    let (data_key, _) = Vault::new(keyring).new_data_key(OrganizationId::new(), 2).unwrap();
    assert_eq!(format!("{data_key:?}"), "DataKey { version: 2, .. }");
}

#[test]
fn r48_no_secret_type_derives_anything() {
    const SECRET_TYPES: [&str; 6] = ["Key", "MessageKey", "DataKey", "Keyring", "Vault", "Secret"];
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in ["vault/src", "domain/src"] {
        for file in fs::read_dir(crates.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            let mut derived = false;
            for line in source.lines().map(str::trim) {
                let declared = line
                    .split_once("struct ")
                    .map(|(_, rest)| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default());
                if line.starts_with("#[derive") {
                    derived = true;
                } else if let Some(name) = declared.filter(|name| SECRET_TYPES.contains(name)) {
                    assert!(!derived, "{name} in {} derives", path.display());
                    found.push(name.to_owned());
                    derived = false;
                } else if !line.starts_with("#[") && !line.starts_with("///") {
                    derived = false;
                }
            }
        }
    }
    found.sort_unstable();
    let mut expected = SECRET_TYPES;
    expected.sort_unstable();
    assert_eq!(found, expected, "the list of secret types has grown old");
}
