//! A value that cannot be printed.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

/// Holds a secret: prints `[redacted]`, is wiped when dropped, has no `Serialize` and no `Clone`.
///
/// Reading one back takes [`Secret::expose`], which `.clippy.toml` allows in few files only.
pub struct Secret<T: Zeroize = String>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value over; the caller should keep no copy.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Do not log, format or store it.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, to be filled in place so that no copy is made.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r48_a_secret_does_not_print() {
        let secret = Secret::new("marker-value".to_owned());
        assert_eq!(format!("{secret:?}"), "[redacted]");
    }
}
