//! The environment and arguments of a server under test.

use std::path::Path;

use crate::Upstream;

/// How a server is started, where it differs from the usual.
#[derive(Debug, Clone, Default)]
pub struct Options {
    env: Vec<(String, String)>,
    without: Vec<String>,
    pub(crate) arguments: Vec<String>,
}

impl Options {
    /// Sets a variable, over the kit's own value of it.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves out a variable that the kit would set.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.without.push(name.to_owned());
        self
    }

    /// One more argument after `serve`.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }
}

/// The kit's own values, changed as `options` say; nothing else is in the environment.
pub(crate) fn environment(
    data_dir: &Path,
    database_url: &str,
    address: &str,
    upstream: &Upstream,
    options: &Options,
) -> Vec<(String, String)> {
    let own = [
        // For `setpriv`; the program itself needs none of it.
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("PATCHBAY_DATA_DIR", data_dir.display().to_string()),
        ("PATCHBAY_DATABASE_URL", database_url.to_owned()),
        ("PATCHBAY_BIND", address.to_owned()),
        ("PATCHBAY_PUBLIC_URL", format!("http://{address}")),
        ("PATCHBAY_UPSTREAM_GATEWAY", upstream.base_url().to_owned()),
        ("PATCHBAY_LOG_FORMAT", "json".to_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut all: Vec<(String, String)> = own.filter(|(name, _)| !options.without.contains(name)).collect();
    for (name, value) in &options.env {
        all.retain(|(known, _)| known != name);
        all.push((name.clone(), value.clone()));
    }
    all
}
