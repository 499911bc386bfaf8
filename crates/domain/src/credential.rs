//! What opens a connector.

use std::collections::BTreeMap;

use crate::Secret;

/// The values that open one connector, named as the definition's auth scheme names them
/// (`token`; `username` and `password`; `access_token`, `refresh_token`, …).
///
/// It derives nothing that could print it. It is sealed as one value, so that a call costs one
/// decryption.
pub struct Credential {
    scheme: String,
    values: BTreeMap<String, Secret>,
}

impl Credential {
    /// `scheme` is the name of the security scheme in the definition; `values` are its properties.
    #[must_use]
    pub fn new(scheme: String, values: BTreeMap<String, Secret>) -> Self {
        Self { scheme, values }
    }

    /// The name of the auth scheme these values fit.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// One value by its property name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Secret> {
        self.values.get(name)
    }

    /// Every value with its property name, taken out of the credential.
    pub fn into_values(self) -> impl Iterator<Item = (String, Secret)> {
        self.values.into_iter()
    }

    /// Every value with its property name, in order of name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
