//! OAuth URLs of a definition, filled in.
//!
//! Codes, tokens and client secrets go where these lead, so no value may lead them elsewhere.

use serde_json::{Map, Value};
use url::Url;

use crate::address::{Address, Vouched};
use crate::connector::ServerVariable;
use crate::document::scalar_text;
use crate::template::{Segment, segments};
use crate::{ConnectorDefinition, OAuthUrlFault, TemplateError};

/// Whose app is sent to an OAuth URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AppOf {
    /// Whoever chooses the settings knows its secret already.
    Tenant,
    /// Its secret must not reach whoever chooses the settings.
    Operator,
}

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
        self.url_for(AppOf::Tenant, template, settings)
    }

    /// As [`ConnectorDefinition::oauth_url`], for an app whose secret the tenant must not see: the
    /// operator's. A pattern does not vouch for a whole host here, because who fits it may be anyone
    /// (`[a-z.]+`). The host is one that the definition itself writes, lists or has as its default, or
    /// lies below a domain that stands literally behind the variable.
    ///
    /// # Errors
    /// As [`ConnectorDefinition::oauth_url`]; where that has none, the fault says that the address needs
    /// the organization's own OAuth app.
    pub fn trusted_oauth_url(
        &self,
        template: &str,
        settings: &Map<String, Value>,
    ) -> Result<Url, OAuthUrlFault> {
        self.oauth_url(template, settings)?;
        self.url_for(AppOf::Operator, template, settings).map_err(|fault| OAuthUrlFault {
            message: format!(
                "{} chooses the host here: this address needs the organization's own OAuth app, because the \
                 operator's goes only to hosts that the definition itself names",
                fault.variable.as_ref().map_or_else(|| "a setting".to_owned(), |name| format!("`{name}`"))
            ),
            variable: fault.variable,
        })
    }

    fn url_for(
        &self,
        app: AppOf,
        template: &str,
        settings: &Map<String, Value>,
    ) -> Result<Url, OAuthUrlFault> {
        let values = self.url_values(settings);
        let mut address = Address::default();
        for segment in segments(template) {
            match segment {
                Segment::Literal(text) => address.literal(text),
                Segment::Expression(expression) => self.fill(&mut address, app, expression, &values)?,
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
            // A default that is none may have been taken over as a setting.
            let is_default =
                |text: &String| self.server.variables.get(name).is_some_and(|v| v.default == *text);
            if let Some(text) = scalar_text(value).filter(|text| !text.trim().is_empty() && !is_default(text))
            {
                values.insert(name.clone(), text.into());
            }
        }
        values
    }

    fn fill(
        &self,
        address: &mut Address,
        app: AppOf,
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
            _ if self.by_default(expression).as_ref() == Some(&rendered) => Vouched::Own,
            Some(variable) if !variable.allowed.is_empty() => Vouched::Limited,
            Some(variable) if variable.pattern.is_some() => match app {
                AppOf::Tenant => Vouched::Limited,
                AppOf::Operator => Vouched::Shaped,
            },
            _ => Vouched::No,
        };
        address.value(name, &rendered, vouched)
    }

    /// What the definition makes of `expression` by its defaults alone.
    fn by_default(&self, expression: &str) -> Option<String> {
        self.render(expression, &self.url_values(&Map::new())).ok()
    }
}

fn about(variable: &str, reason: &str) -> OAuthUrlFault {
    OAuthUrlFault { variable: Some(variable.to_owned()), message: format!("`{variable}` {reason}") }
}
