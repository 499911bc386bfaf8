//! Settings that complete the URL of the server and come from where a token comes from: out of the
//! token answer, or from whoever begins a consent.
//!
//! Every call carries the token to this host. `control` asks here before it stores such settings; the
//! executor then fills them in as they are.

use serde_json::{Map, Value};

use crate::address::{Address, VALUE_BYTES_MAX, Vouched, domain_of, is_domain};
use crate::connector::ServerVariable;
use crate::document::scalar_text;
use crate::{ConnectorDefinition, OAuthUrlFault};

/// What stands for a variable without a value, where another one is checked.
const STAND_IN: (&str, &str) = ("https://example.com", "example");

/// A piece of the server's URL.
enum Piece<'t> {
    Literal(&'t str),
    /// The name of a variable.
    Variable(&'t str),
}

impl ConnectorDefinition {
    /// Whether `value`, taken from a token answer (`x-airbyte-token-extract`), may become the setting
    /// `name`: a hostile answer must not move the connector to another host.
    ///
    /// Where the setting stands in the host of the server's URL it is one label of it. To be more it has
    /// to match its pattern or enumeration, or belong to the same domain as its default.
    ///
    /// # Errors
    /// What is wrong with it, without quoting it.
    pub fn extracted_setting(&self, name: &str, value: &str) -> Result<(), String> {
        let oauth = self.auth_schemes.iter().filter_map(|scheme| scheme.oauth.as_ref());
        if !oauth.flat_map(|oauth| &oauth.token_extract).any(|taken| taken == name) {
            return Err(format!("`{name}` is not among the fields that are taken from a token answer"));
        }
        if let Some(variable) = self.server.variables.get(name) {
            variable.check(value).map_err(|reason| format!("`{name}` {reason}"))?;
        }
        let mut address = Address::default();
        let mut stands_in_url = false;
        for piece in pieces(&self.server.url) {
            match piece {
                Piece::Literal(text) => address.literal(text),
                Piece::Variable(variable) if variable == name => {
                    stands_in_url = true;
                    self.put(&mut address, name, value).map_err(|fault| fault.message)?;
                }
                Piece::Variable(other) => self.put_default(&mut address, other),
            }
        }
        if stands_in_url {
            return address.finish().map(|_| ()).map_err(|fault| fault.message);
        }
        if value.len() > VALUE_BYTES_MAX || value.chars().any(char::is_control) {
            return Err(format!("`{name}` must be one line of at most {VALUE_BYTES_MAX} bytes"));
        }
        Ok(())
    }

    /// Whether `settings` leave the server's host where the definition has it, for a connector whose
    /// token comes from a consent: whoever begins the consent must not have the token of the one who
    /// grants it sent to a host of his.
    ///
    /// Variables in the host, or for the whole URL, keep to the rules of
    /// [`ConnectorDefinition::extracted_setting`]. A default passes always. Other settings are not
    /// looked at.
    ///
    /// # Errors
    /// The variable, and what is wrong with its value without quoting it.
    pub fn check_host_settings(&self, settings: &Map<String, Value>) -> Result<(), (String, String)> {
        let mut address = Address::default();
        let mut chosen = None;
        for piece in pieces(&self.server.url) {
            let name = match piece {
                Piece::Literal(text) => {
                    address.literal(text);
                    continue;
                }
                Piece::Variable(_) if address.has_host() => break,
                Piece::Variable(name) => name,
            };
            match self.given(settings, name).map_err(|message| (name.to_owned(), message))? {
                Some(value) => {
                    let put = self.put(&mut address, name, &value);
                    put.map_err(|fault| (name.to_owned(), fault.message))?;
                    chosen = chosen.or(Some(name));
                }
                None => self.put_default(&mut address, name),
            }
        }
        // Without a choice the host is the definition's, whatever it is.
        let Some(chosen) = chosen else { return Ok(()) };
        let finished = address.finish().map(|_| ());
        finished.map_err(|fault| (fault.variable.unwrap_or_else(|| chosen.to_owned()), fault.message))
    }

    /// What `settings` say for a variable of the server, when it is not its default.
    fn given(&self, settings: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
        let Some(value) = settings.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let text = scalar_text(value).ok_or_else(|| format!("`{name}` must be a text"))?;
        let variable = self.server.variables.get(name);
        if text.trim().is_empty() || variable.is_some_and(|variable| variable.default == text) {
            return Ok(None);
        }
        variable
            .map_or(Ok(()), |variable| variable.check(&text))
            .map_err(|reason| format!("`{name}` {reason}"))?;
        Ok(Some(text))
    }

    fn put(&self, address: &mut Address, name: &str, value: &str) -> Result<(), OAuthUrlFault> {
        let variable = self.server.variables.get(name);
        let vouched = match variable.and_then(ServerVariable::usable_default) {
            Some(default) if default == value => Vouched::Own,
            _ if variable.is_some_and(ServerVariable::is_limited) => Vouched::Limited,
            // With text before it in the same label, what looks like the default's domain is another.
            Some(default) if address.begins_label() && shares_domain(default, value) => Vouched::Limited,
            _ => Vouched::No,
        };
        address.value(name, value, vouched)
    }

    fn put_default(&self, address: &mut Address, name: &str) {
        let default = self.server.variables.get(name).and_then(ServerVariable::usable_default);
        address.literal(default.unwrap_or(if address.is_empty() { STAND_IN.0 } else { STAND_IN.1 }));
    }
}

fn pieces(url: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = url;
    while let Some((literal, (name, after))) =
        rest.split_once('{').and_then(|(literal, from)| Some((literal, from.split_once('}')?)))
    {
        pieces.extend([Piece::Literal(literal), Piece::Variable(name)]);
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

/// Whether the host of `value` belongs to the same domain as that of `default`, if that names one.
fn shares_domain(default: &str, value: &str) -> bool {
    let domain = domain_of(host(default));
    let host = host(value);
    is_domain(domain) && host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The host of a whole URL, or of a text that is a host with or without a path.
fn host(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', ':', '?', '#', '\\', '@']).next().unwrap_or_default()
}
