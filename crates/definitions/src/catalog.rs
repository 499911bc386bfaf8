//! The catalog: every definition there is, read once at start-up.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::DefinitionId;

use crate::document::FILE_BYTES_MAX;
use crate::lookup::{nearest, simplified};
use crate::{ConnectorDefinition, Fault, embedded, load};

/// Files read from a folder of definitions.
const FILES_MAX: usize = 1_000;

/// The definitions of this process, found by id or by name.
#[derive(Debug)]
pub struct Catalog {
    /// In order of name.
    definitions: Vec<Arc<ConnectorDefinition>>,
    by_id: HashMap<DefinitionId, usize>,
    /// Simplified slugs and display names.
    by_name: HashMap<String, usize>,
}

impl Catalog {
    /// The definitions compiled into the program.
    #[must_use]
    pub fn embedded() -> Self {
        Self::of(embedded_definitions())
    }

    /// The embedded definitions and those of a folder: `<name>.yaml` and `<name>/connector.yaml`.
    /// One with the id of an embedded definition takes its place.
    ///
    /// # Errors
    /// Every fault of every file, and ids or names that are taken twice.
    pub fn with_dir(dir: Option<&Path>) -> Result<Self, Vec<Fault>> {
        let Some(dir) = dir else { return Ok(Self::embedded()) };
        let mut faults = Vec::new();
        let mut added: Vec<(String, ConnectorDefinition)> = Vec::new();
        for path in files_of(dir).map_err(|fault| vec![fault])? {
            let file = path.display().to_string();
            match read_file(&path)
                .map_err(|reason| vec![file_fault(&path, &reason)])
                .and_then(|yaml| load(&file, &yaml))
            {
                Ok(definition) => added.push((file, definition)),
                Err(found) => faults.extend(found),
            }
        }
        let mut definitions = embedded_definitions();
        definitions.retain(|embedded| added.iter().all(|(_, new)| new.id != embedded.id));
        let mut owners: Vec<(String, DefinitionId, String)> = definitions
            .iter()
            .map(|known| (simplified(&known.name), known.id, "an embedded definition".to_owned()))
            .collect();
        for (file, definition) in added {
            let name = simplified(&definition.name);
            for (taken, id, owner) in &owners {
                let what = match (*id == definition.id, *taken == name) {
                    (true, _) => format!("id {id}"),
                    (false, true) => format!("name `{}`", definition.name),
                    (false, false) => continue,
                };
                faults.push(Fault {
                    file: file.clone(),
                    pointer: "/info".to_owned(),
                    reason: format!("the {what} is that of {owner}"),
                });
            }
            owners.push((name, definition.id, file));
            definitions.push(definition);
        }
        if faults.is_empty() { Ok(Self::of(definitions)) } else { Err(faults) }
    }

    fn of(mut definitions: Vec<ConnectorDefinition>) -> Self {
        definitions.sort_by(|a, b| a.name.cmp(&b.name));
        let definitions: Vec<_> = definitions.into_iter().map(Arc::new).collect();
        let by_id =
            definitions.iter().enumerate().map(|(index, definition)| (definition.id, index)).collect();
        let mut by_name = HashMap::new();
        for (index, definition) in definitions.iter().enumerate() {
            by_name.insert(simplified(&definition.name), index);
        }
        // A slug goes before another definition's display name.
        for (index, definition) in definitions.iter().enumerate() {
            by_name.entry(simplified(&definition.title)).or_insert(index);
        }
        Self { definitions, by_id, by_name }
    }

    /// The definition of that id.
    #[must_use]
    pub fn definition(&self, id: DefinitionId) -> Option<&Arc<ConnectorDefinition>> {
        self.by_id.get(&id).and_then(|index| self.definitions.get(*index))
    }

    /// The definition a person means by `word`: its slug or display name, whatever the case and
    /// without `-`, `_`, `.` and space.
    #[must_use]
    pub fn find_by_name(&self, word: &str) -> Option<&Arc<ConnectorDefinition>> {
        self.by_name.get(&simplified(word)).and_then(|index| self.definitions.get(*index))
    }

    /// The slug that was probably meant.
    #[must_use]
    pub fn nearest_name(&self, word: &str) -> Option<&str> {
        nearest(word, self.definitions.iter().map(|definition| definition.name.as_str()))
    }

    /// All definitions, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ConnectorDefinition>> {
        self.definitions.iter()
    }
}

fn embedded_definitions() -> Vec<ConnectorDefinition> {
    let files = embedded::FILES.iter();
    files.map(|(name, yaml)| load(name, yaml).expect("a test loads every embedded definition")).collect()
}

/// The definition files of a folder, by name.
fn files_of(dir: &Path) -> Result<Vec<PathBuf>, Fault> {
    let entries = fs::read_dir(dir).map_err(|error| file_fault(dir, &error.to_string()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| file_fault(dir, &error.to_string()))?.path();
        let nested = path.join("connector.yaml");
        if path.is_dir() && nested.is_file() {
            files.push(nested);
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
        if files.len() > FILES_MAX {
            return Err(file_fault(dir, &format!("more than {FILES_MAX} definitions")));
        }
    }
    files.sort();
    Ok(files)
}

/// Reads no more than one byte over the limit, which [`load`] then refuses.
fn read_file(path: &Path) -> Result<String, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(format!("larger than {FILE_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())
}

fn file_fault(path: &Path, reason: &str) -> Fault {
    Fault { file: path.display().to_string(), pointer: String::new(), reason: reason.to_owned() }
}
