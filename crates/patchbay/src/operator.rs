//! The operator's OAuth apps, tokens and settings meet the definitions they are for.
//!
//! `config.rs` read the variables, each by itself; `compose.rs` asks here, once the catalog is loaded,
//! whether there is a definition for each and whether they fit it.

use std::collections::BTreeMap;

use control::{FallbackOrganizations, Operator, OperatorApp};
use definitions::{Catalog, ClientAuthStyle, ConnectorDefinition};
use executor::Executor;
use serde_json::Map;
use url::Url;

use crate::config::{AppVariables, Given, OperatorVariables, Problem, Problems, definition_name};

/// The ways to our callback for one definition, under whatever the server is reached by.
const CALLBACKS: [(&str, &str); 2] = [("/v1/oauth/callback/", ""), ("/v1/auth/", "/connector/callback")];

/// What the operator supplies, by the names of the definitions it is for.
pub(crate) fn operator(
    given: OperatorVariables,
    catalog: &Catalog,
    executor: &Executor,
) -> Result<Operator, Problems> {
    let OperatorVariables { apps, settings, fallback_tokens, fallback_organizations } = given;
    let mut problems = Vec::new();
    let mut operator = Operator {
        fallback_organizations: fallback_organizations
            .map_or(FallbackOrganizations::FirstStart, FallbackOrganizations::Named),
        ..Operator::default()
    };
    for (name, app) in apps {
        let Some(definition) = find(catalog, &definition_name(&name)) else {
            problems.push(unknown(catalog, &name, &app));
            continue;
        };
        problems.extend(check(definition, &app, executor));
        operator.apps.insert(definition.name.clone(), app.into());
    }
    for (name, setting, given) in settings {
        let Given { variable, value } = given;
        match find(catalog, name).filter(|definition| has_setting(definition, setting)) {
            Some(definition) => {
                let own: &mut Map<_, _> = operator.settings.entry(definition.name.clone()).or_default();
                own.insert(setting.to_owned(), value.into());
            }
            None => problems.push(problem(
                variable,
                format!("it sets `{setting}`, which the definition of `{name}` in use does not know"),
            )),
        }
    }
    let tokens = fallback_tokens.into_iter().map(|(name, token)| (name.to_owned(), token.value));
    operator.fallback_tokens = tokens.collect::<BTreeMap<_, _>>();
    Problems::none_of(problems).map(|()| operator)
}

fn find<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c ConnectorDefinition> {
    catalog.iter().find(|definition| definition.name == name).map(AsRef::as_ref)
}

fn has_setting(definition: &ConnectorDefinition, setting: &str) -> bool {
    definition.settings.contains_key(setting) || definition.server.variables.contains_key(setting)
}

fn problem(variable: impl Into<String>, fault: impl Into<String>) -> Problem {
    Problem { variable: variable.into(), fault: fault.into() }
}

/// No definition has the name in these variables.
fn unknown(catalog: &Catalog, name: &str, app: &AppVariables) -> Problem {
    let word = definition_name(name);
    let upper = |definition: &str| definition.to_ascii_uppercase().replace('-', "_");
    let way_out = match catalog.nearest_name(&word) {
        Some(near) => format!("did you mean `{near}`, that is {} in the place of {name}?", upper(near)),
        None => {
            let known: Vec<String> = catalog.iter().map(|known| upper(&known.name)).collect();
            format!("in the place of {name} can stand {}", known.join(", "))
        }
    };
    problem(app.variables().join(", "), format!("there is no connector definition `{word}`; {way_out}"))
}

/// Whether this app can be used for that definition.
fn check(definition: &ConnectorDefinition, app: &AppVariables, executor: &Executor) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(scheme) = definition.consent_scheme() else {
        let fault =
            format!("`{}` is not connected by OAuth consent, so an app for it is no use", definition.name);
        return vec![problem(app.variables().join(", "), fault)];
    };
    let style = scheme.oauth.as_ref().and_then(|oauth| oauth.settings.client_auth);
    if let Some(id) = &app.client_id {
        problems.extend(unfit_secret(definition, style, id, app.client_secret.is_some()));
    }
    if let Some(given) = &app.redirect_uri
        && let Some(fault) = not_ours(&given.value, &definition.name)
    {
        problems.push(problem(&given.variable, fault));
    }
    for given in [&app.authorization_url, &app.token_url].into_iter().flatten() {
        if let Err(refused) = executor.browser_url(&given.value) {
            problems.push(problem(&given.variable, refused.to_string()));
        }
    }
    problems
}

/// What keeps an app with this client id, and with or without a secret, from proving itself.
fn unfit_secret(
    definition: &ConnectorDefinition,
    style: Option<ClientAuthStyle>,
    id: &Given<String>,
    has_secret: bool,
) -> Option<Problem> {
    let fault = match style {
        Some(ClientAuthStyle::PrivateKeyJwt) => format!(
            "apps for `{}` prove themselves by a key, which cannot be given here: each organization brings its \
             own with PUT /api/v1/oauth/credentials",
            definition.name
        ),
        Some(ClientAuthStyle::None) => return None,
        _ if has_secret => return None,
        _ => "the client secret is missing: set the variable that ends in _SECRET beside this one".to_owned(),
    };
    Some(problem(&id.variable, fault))
}

/// Why no callback would be found at this redirect URI.
fn not_ours(redirect_uri: &str, definition: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    let ours = CALLBACKS.map(|(before, after)| format!("{before}{definition}{after}"));
    if ours.iter().any(|route| url.path().ends_with(route.as_str())) {
        return None;
    }
    let routes = ours.map(|route| format!("/api{route}")).join(" or ");
    Some(format!("its path leads to no callback of this server: it must end in {routes}"))
}

impl From<AppVariables> for OperatorApp {
    fn from(app: AppVariables) -> Self {
        Self {
            client_id: app.client_id.map(|given| given.value),
            client_secret: app.client_secret.map(|given| given.value),
            redirect_uri: app.redirect_uri.map(|given| given.value),
            authorization_url: app.authorization_url.map(|given| given.value),
            token_url: app.token_url.map(|given| given.value),
            scopes: app.scopes.map(|given| given.value),
        }
    }
}

#[cfg(test)]
mod tests;
