//! Takes variables one by one, gathers what is wrong with them, and refuses those nobody took.

use std::collections::BTreeMap;
use std::ffi::OsString;

use url::Url;

use super::problem::{Problem, Problems};
use super::variables::{self, VARIABLES};

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
            let Some(name) = name.to_str().filter(|name| name.starts_with(variables::PREFIX)) else {
                continue;
            };
            let Some(value) = value.to_str() else {
                reader.refuse(name, "its value is not UTF-8");
                continue;
            };
            if VARIABLES.iter().any(|known| known.name == name) {
                if !value.trim().is_empty() {
                    reader.values.insert(name.to_owned(), value.trim().to_owned());
                }
            } else if !variables::announces_a_service(name, value) {
                reader.refuse(name, &unknown(name));
            }
        }
        reader
    }

    /// The value of a variable that is set.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// The value of a variable that is set, if it parses; what keeps it from that is a problem.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(self.values.get(name)?) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.refuse(name, &fault);
                None
            }
        }
    }

    /// Insists on a key where others than this machine reach the server.
    pub(super) fn require(&mut self, name: &str, public_url: &Url, way_out: &str) {
        if !self.values.contains_key(name) {
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

    pub(super) fn finish(mut self) -> Result<(), Problems> {
        self.problems.sort_by(|one, other| one.variable.cmp(&other.variable));
        if self.problems.is_empty() { Ok(()) } else { Err(Problems(self.problems)) }
    }

    fn refuse(&mut self, name: &str, fault: &str) {
        self.problems.push(Problem { variable: name.to_owned(), fault: fault.to_owned() });
    }
}

fn unknown(name: &str) -> String {
    match variables::nearest(name) {
        Some(nearest) => format!("there is no such variable; did you mean {nearest}?"),
        None => {
            let known: Vec<&str> = VARIABLES.iter().map(|known| known.name).collect();
            format!("there is no such variable; those that are read: {}", known.join(", "))
        }
    }
}
