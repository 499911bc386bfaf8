//! OAuth URLs of a definition, filled in, and settings that a token answer brings.
//!
//! Codes, tokens and client secrets go where these lead, so no value may lead them elsewhere.

use serde_json::{Map, Value};
use url::Url;

use crate::address::{Address, VALUE_BYTES_MAX, Vouched, domain_of};
use crate::connector::ServerVariable;
use crate::document::scalar_text;
use crate::template::{Segment, segments};
use crate::{ConnectorDefinition, OAuthUrlFault, TemplateError};

/// What stands for a variable without a value, where another one is checked.
const STAND_IN: (&str, &str) = ("https://example.com", "example");

impl ConnectorDefinition {
    /// An OAuth URL of this definition with a connector's settings in it; defaults of server variables
    /// stand in for what is not given.
    ///
    /// A value fills one label of the host, or one segment of the path. It may be more, and the whole
    /// host, when its server variable has a pattern or an enumeration. It never changes the scheme, the
    /// user or the port. The URL is https, unless the definition itself says http.
    ///
    /// # Errors
    /// A setting that is missing or would lead elsewhere; see [`OAuthUrlFault`].
    pub fn oauth_url(&self, template: &str, settings: &Map<String, Value>) -> Result<Url, OAuthUrlFault> {
        let values = self.url_values(settings);
        let mut address = Address::default();
        for segment in segments(template) {
            match segment {
                Segment::Literal(text) => address.literal(text),
                Segment::Expression(expression) => self.fill(&mut address, expression, &values)?,
            }
        }
        address.finish()
    }

    /// Settings as texts, over the defaults.
    fn url_values(&self, settings: &Map<String, Value>) -> Map<String, Value> {
        let default = |(name, variable): (&String, &ServerVariable)| {
            Some((name.clone(), variable.usable_default()?.into()))
        };
        let mut values: Map<String, Value> = self.server.variables.iter().filter_map(default).collect();
        for (name, value) in settings {
            if let Some(text) = scalar_text(value).filter(|text| !text.trim().is_empty()) {
                values.insert(name.clone(), text.into());
            }
        }
        values
    }

    fn fill(
        &self,
        address: &mut Address,
        expression: &str,
        values: &Map<String, Value>,
    ) -> Result<(), OAuthUrlFault> {
        let used = self.templates.names(expression);
        let given = |name: &String| values.get(name).and_then(Value::as_str);
        for name in &used {
            if let (Some(variable), Some(value)) = (self.server.variables.get(name), given(name)) {
                variable.check(value).map_err(|reason| about(name, &reason))?;
            }
        }
        let rendered = self.render(expression, values).map_err(|error| match (error, &used) {
            (TemplateError::Missing(_), used) if used.iter().any(|name| given(name).is_none()) => {
                let absent = used.iter().find(|name| given(name).is_none());
                about(absent.map_or("", String::as_str), "is missing: the OAuth addresses are made with it")
            }
            (error, _) => OAuthUrlFault { variable: used.first().cloned(), message: error.to_string() },
        })?;
        let Some(name) = used.first() else {
            return address.value(expression, &rendered, Vouched::Own);
        };
        // A variable's rules are about the value as it stands, not about what is computed from it.
        let as_it_stands = used.len() == 1 && given(name) == Some(rendered.as_str());
        let vouched = match self.server.variables.get(name).filter(|_| as_it_stands) {
            Some(variable) if variable.usable_default() == Some(rendered.as_str()) => Vouched::Own,
            Some(variable) if variable.is_limited() => Vouched::Limited,
            _ => Vouched::No,
        };
        address.value(name, &rendered, vouched)
    }

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
        let variable = self.server.variables.get(name);
        if let Some(variable) = variable {
            variable.check(value).map_err(|reason| format!("`{name}` {reason}"))?;
        }
        let vouched = variable.map_or(Vouched::No, |variable| vouched(variable, value));
        let mut address = Address::default();
        let mut rest = self.server.url.as_str();
        let mut stands_in_url = false;
        while let Some((literal, (placeholder, after))) =
            rest.split_once('{').and_then(|(literal, from)| Some((literal, from.split_once('}')?)))
        {
            address.literal(literal);
            if placeholder == name {
                stands_in_url = true;
                address.value(name, value, vouched).map_err(|fault| fault.message)?;
            } else {
                let other = self.server.variables.get(placeholder).and_then(ServerVariable::usable_default);
                let whole = rest.len() == self.server.url.len() && literal.is_empty();
                address.literal(other.unwrap_or(if whole { STAND_IN.0 } else { STAND_IN.1 }));
            }
            rest = after;
        }
        address.literal(rest);
        if stands_in_url {
            return address.finish().map(|_| ()).map_err(|fault| fault.message);
        }
        if value.len() > VALUE_BYTES_MAX || value.chars().any(char::is_control) {
            return Err(format!("`{name}` must be one line of at most {VALUE_BYTES_MAX} bytes"));
        }
        Ok(())
    }
}

/// Who answers for a value that came with a token answer.
fn vouched(variable: &ServerVariable, value: &str) -> Vouched {
    match variable.usable_default() {
        Some(default) if default == value => Vouched::Own,
        _ if variable.is_limited() => Vouched::Limited,
        Some(default) if default.contains('.') && shares_domain(default, value) => Vouched::Limited,
        _ => Vouched::No,
    }
}

/// Whether the host of `value` belongs to the same domain as that of `default`.
fn shares_domain(default: &str, value: &str) -> bool {
    let domain = domain_of(host(default));
    let host = host(value);
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The host of a whole URL, or of a text that is a host with or without a path.
fn host(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', ':', '?', '#', '\\', '@']).next().unwrap_or_default()
}

fn about(variable: &str, reason: &str) -> OAuthUrlFault {
    OAuthUrlFault { variable: Some(variable.to_owned()), message: format!("`{variable}` {reason}") }
}
