//! A URL put together from literal text and values, each of which must stay within its place.
//!
//! A tenant's setting, or a provider's answer, may name one part of a host that the definition leaves
//! open. It must not choose the host: whoever does, receives the codes and tokens sent there. So a
//! value is held to its place while the URL grows, and the whole is compared with what a URL parser
//! makes of it at the end.

mod host;

use url::Url;

use crate::OAuthUrlFault;
pub(crate) use host::{domain_of, is_domain};

/// Longest value taken.
pub(crate) const VALUE_BYTES_MAX: usize = 2_048;
/// Of one label of a host name (RFC 1035, 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// Who answers for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vouched {
    /// Nobody: it comes from outside.
    No,
    /// The definition says how it looks, by a pattern: it may be several labels of a host, but not
    /// decide whose.
    Shaped,
    /// The definition limits it, by a pattern, a list or a domain: it may make up a whole host.
    Limited,
    /// It is the definition's own text.
    Own,
}

/// A URL as far as it is written.
#[derive(Debug, Default)]
pub(crate) struct Address {
    text: String,
    /// Values from outside that stand in the host: their variable, and where they end.
    in_host: Vec<(String, usize)>,
}

/// Where the next piece of text will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Host,
    /// Scheme, user or port.
    Fixed,
    /// Path or query.
    Path,
}

impl Address {
    pub(crate) fn literal(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds the value of `variable`.
    ///
    /// # Errors
    /// When it would leave its place.
    pub(crate) fn value(
        &mut self,
        variable: &str,
        value: &str,
        vouched: Vouched,
    ) -> Result<(), OAuthUrlFault> {
        let checked = match (self.place(), vouched) {
            _ if value.is_empty() => Err("must not be empty".to_owned()),
            _ if value.len() > VALUE_BYTES_MAX => {
                Err(format!("must not be longer than {VALUE_BYTES_MAX} bytes"))
            }
            (_, Vouched::Own) => Ok(()),
            (Place::Fixed, _) => Err("stands where the scheme, a user or the port would be".to_owned()),
            (Place::Start, Vouched::No | Vouched::Shaped) => Err(unlimited()),
            (Place::Start, Vouched::Limited) => check_origin(value),
            (Place::Host, Vouched::Limited | Vouched::Shaped) => check_host(value),
            (Place::Host, Vouched::No) => check_label(value),
            (Place::Path, Vouched::Limited | Vouched::Shaped) => check_path(value, &['?', '#', '\\']),
            (Place::Path, Vouched::No) => check_segment(value),
        };
        checked.map_err(|reason| fault(variable, &reason))?;
        let from_outside = self.place() == Place::Host && matches!(vouched, Vouched::No | Vouched::Shaped);
        self.text.push_str(value);
        if from_outside {
            self.in_host.push((variable.to_owned(), self.text.len()));
        }
        Ok(())
    }

    /// The URL, when no value made it another than its definition wrote.
    ///
    /// # Errors
    /// When one did, or when it is no URL with a host.
    pub(crate) fn finish(self) -> Result<Url, OAuthUrlFault> {
        let not_one = |reason: &str| OAuthUrlFault {
            variable: None,
            message: format!("the address that the definition makes {reason}"),
        };
        let (scheme, rest) = self.text.split_once("://").ok_or_else(|| not_one("is not a URL"))?;
        let host_start = scheme.len() + "://".len();
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let authority = &rest[..end];
        // An IPv6 address has colons of its own.
        let host = authority.find(']').map(|bracket| &authority[..=bracket]);
        let host = host.or_else(|| authority.split(':').next()).unwrap_or_default();
        let host_end = host_start + host.len();
        for (variable, value_end) in self.in_host.iter().rev() {
            let tail = self.text.get(*value_end..host_end).unwrap_or_default();
            if !host::is_settled_by(tail) {
                return Err(fault(variable, &unlimited()));
            }
        }
        let url = Url::parse(&self.text).map_err(|_| not_one("is not a URL"))?;
        if url.scheme() != scheme || !matches!(scheme, "https" | "http") {
            return Err(not_one("must be https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(not_one("must not carry a user name or password"));
        }
        if url.host_str().is_none_or(|parsed| !parsed.eq_ignore_ascii_case(host)) {
            return Err(not_one("does not name its host plainly"));
        }
        let path = rest[end..].split(['?', '#']).next().unwrap_or_default();
        if path.split('/').count().max(2) != url.path().split('/').count() {
            return Err(not_one("has a path that leads out of its folder"));
        }
        Ok(url)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether the host is complete: what follows cannot change it.
    pub(crate) fn has_host(&self) -> bool {
        self.place() == Place::Path
    }

    /// Whether what follows begins a label of the host, or the whole URL, instead of ending a label that
    /// is there already.
    pub(crate) fn begins_label(&self) -> bool {
        self.text.is_empty() || self.text.ends_with("://") || self.text.ends_with('.')
    }

    fn place(&self) -> Place {
        if self.text.is_empty() {
            return Place::Start;
        }
        match self.text.split_once("://") {
            Some((_, rest)) if rest.contains(['/', '?', '#', '\\']) => Place::Path,
            Some((_, rest)) if !rest.contains([':', '@']) => Place::Host,
            _ => Place::Fixed,
        }
    }
}

fn fault(variable: &str, reason: &str) -> OAuthUrlFault {
    OAuthUrlFault { variable: Some(variable.to_owned()), message: format!("`{variable}` {reason}") }
}

fn unlimited() -> String {
    "would decide which host is called, and the definition does not limit it; that takes an \
     `x-patchbay-pattern` or an `enum` on this server variable"
        .to_owned()
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn check_label(value: &str) -> Result<(), String> {
    if value.len() > LABEL_BYTES_MAX || !value.bytes().all(is_label_byte) {
        return Err("must be one part of a host name: letters, digits and `-`, without a dot".to_owned());
    }
    Ok(())
}

fn check_host(value: &str) -> Result<(), String> {
    if value.split('.').any(|label| check_label(label).is_err() || label.is_empty()) {
        return Err("must be a host name: letters, digits, `-` and dots, without a port".to_owned());
    }
    Ok(())
}

fn check_origin(value: &str) -> Result<(), String> {
    let rest = value.strip_prefix("https://").ok_or("must begin with `https://`")?;
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    check_host(host)?;
    check_path(path, &['?', '#', '\\'])
}

fn check_path(value: &str, refused: &[char]) -> Result<(), String> {
    match value.chars().find(|c| refused.contains(c) || c.is_whitespace() || c.is_control()) {
        Some(c) => Err(format!("must not contain {c:?}")),
        None => Ok(()),
    }
}

fn check_segment(value: &str) -> Result<(), String> {
    check_path(value, &['/', '\\', '?', '#', '&', '=', ';', '%', '@', ':'])?;
    if matches!(value, "." | "..") {
        return Err("must not be a dot or two".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
