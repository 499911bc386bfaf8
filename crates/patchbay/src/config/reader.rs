//! Takes variables one by one, gathers what is wrong with them, and refuses those nobody took.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use url::Url;

use super::oauth_names::Part;
use super::problem::{Problem, Problems};
use super::{spelling, variables};

/// A value, with the name of the variable that gave it.
#[derive(Debug)]
pub(crate) struct Given<T> {
    pub(crate) variable: String,
    pub(crate) value: T,
}

pub(super) struct Reader {
    values: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Reader {
    /// Keeps the variables that are ours. A blank value counts as absent, so that a line of an
    /// environment file can be left empty.
    pub(super) fn new(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut reader = Self { values: BTreeMap::new(), problems: Vec::new() };
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            let canonical = variables::canonical(name);
            if canonical.is_none() && !name.starts_with(variables::PREFIX) {
                continue;
            }
            match (canonical, value.to_str()) {
                (_, None) => reader.refuse(name, "its value is not UTF-8"),
                (Some(canonical), Some(value)) => {
                    if !value.trim().is_empty() || variables::may_be_blank(canonical) {
                        reader.values.insert(name.to_owned(), value.trim().to_owned());
                    }
                }
                (None, Some(value)) if spelling::announces_a_service(name, value) => {}
                (None, Some(_)) => reader.refuse(name, &spelling::unknown(name)),
            }
        }
        reader
    }

    /// The value of a variable that is set, if it parses; what keeps it from that is a problem.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.given(name, parse).map(|given| given.value)
    }

    /// As [`Reader::parsed`], for a value that is judged again later.
    pub(super) fn given<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Given<T>> {
        let (variable, text) = self.set(name)?;
        match parse(&text) {
            Ok(value) => Some(Given { variable, value }),
            Err(fault) => {
                self.refuse(&variable, &fault);
                None
            }
        }
    }

    /// Under which of its names a variable is set, and to what. Two names with different values are a
    /// problem; a blank value gives way.
    fn set(&mut self, name: &str) -> Option<(String, String)> {
        let names = variables::names(name);
        let mut set: Vec<(&str, &str)> = names
            .iter()
            .filter_map(|name| self.values.get_key_value(*name))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        if set.iter().any(|(_, value)| !value.is_empty()) {
            set.retain(|(_, value)| !value.is_empty());
        }
        let (first, value) = *set.first()?;
        if set.iter().all(|(_, other)| *other == value) {
            return Some((first.to_owned(), value.to_owned()));
        }
        let names: Vec<&str> = set.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        self.refuse(&names, "they are names for the same thing and have different values; keep one of them");
        None
    }

    /// Whether a variable is set under any of its names, however it is spelt.
    pub(super) fn is_set(&self, name: &str) -> bool {
        variables::names(name).iter().any(|name| self.values.contains_key(*name))
    }

    /// The definitions, in upper case, for which an OAuth app is configured.
    pub(super) fn apps(&self) -> BTreeSet<String> {
        let apps = self.values.keys().filter_map(|name| Part::parse(variables::canonical(name)?));
        apps.map(|(name, _)| name.to_owned()).collect()
    }

    /// Insists on a key where others than this machine reach the server.
    pub(super) fn require(&mut self, name: &str, public_url: &Url, way_out: &str) {
        if !self.is_set(name) {
            let given = variables::PUBLIC_URL;
            self.refuse(
                name,
                &format!(
                    "it must be set, because generated keys are for development only and {given} ({public_url}) \
                     is not loopback; set it to {way_out}, and keep a copy in a safe place"
                ),
            );
        }
    }

    pub(super) fn finish(self) -> Result<(), Problems> {
        Problems::none_of(self.problems)
    }

    pub(super) fn refuse(&mut self, name: &str, fault: &str) {
        self.problems.push(Problem { variable: name.to_owned(), fault: fault.to_owned() });
    }
}
