//! `/v1/oauth/authorize`: a person decides what an app gets, and goes back to it with a code.

use uuid::Uuid;

use super::apps::App;
use super::codes::Code;
use super::settings::Decider;
use super::{encoded, page};
use crate::call::parse_id;
use crate::checks::content_type;
use crate::respond::Response;
use crate::server::{Received, pairs};
use crate::state::{Kind, State};

/// What an app asks for.
struct Asked {
    app: App,
    /// Where the browser goes back to.
    redirect: String,
    /// The same, if the app said it.
    given: Option<String>,
    state: Option<String>,
    challenge: Option<String>,
}

/// `GET`: the page, unless a setting decides in the person's place.
pub(crate) fn show(state: &mut State, received: &Received<'_>) -> Response {
    let asked = match asked(state, &received.query) {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    match asked.app.settings.consent {
        Decider::Ask => page::consent(state, &asked.app.name, &asked.redirect, received.raw_query),
        Decider::Allow => allow(state, &asked, asked.app.settings.workspace, None),
        Decider::Cancel => cancel(&asked),
    }
}

/// `POST`: what the person decided.
pub(crate) fn decide(state: &mut State, received: &Received<'_>) -> Response {
    let asked = match asked(state, &received.query) {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    if !content_type(received.headers).starts_with("application/x-www-form-urlencoded") {
        return page::refusal("What was sent is not the form of this page.");
    }
    let form = pairs(&String::from_utf8_lossy(&received.body));
    let value = |wanted: &str| form.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    match value("decision") {
        Some("cancel") => return cancel(&asked),
        Some("allow") => {}
        _ => return page::refusal("The form says neither `allow` nor `cancel`."),
    }
    let workspace = value("workspace").map_or(Some(asked.app.settings.workspace), parse_id);
    let Some(workspace) = workspace.filter(|id| state.workspace_name(*id).is_some()) else {
        return page::refusal("There is no such workspace.");
    };
    if value("everything").is_some() {
        return allow(state, &asked, workspace, None);
    }
    let named = form.iter().filter(|(name, _)| name == "page");
    let named: Option<Vec<Uuid>> =
        named.map(|(_, id)| parse_id(id).filter(|id| is_offered(state, *id))).collect();
    let Some(mut pages) = named else { return page::refusal("There is no such page.") };
    pages.retain(|id| state.objects.get(id).is_some_and(|object| object.workspace == workspace));
    allow(state, &asked, workspace, Some(pages))
}

/// Checks the query. Only an app that is known, at a place of its own, is told what is wrong.
fn asked(state: &State, query: &[(String, String)]) -> Result<Asked, Response> {
    let one = |wanted: &str| {
        let mut values = query.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        match (values.next().filter(|value| !value.is_empty()), values.next()) {
            (value, None) => Ok(value),
            _ => Err(page::refusal(&format!("`{wanted}` is there twice."))),
        }
    };
    let app = one("client_id")?.and_then(|id| state.oauth.apps.find(id));
    let app = app.ok_or_else(|| page::refusal("There is no app of this client_id."))?.clone();
    let given = one("redirect_uri")?.map(str::to_owned);
    let redirect = match (&given, app.redirect_uris.as_slice()) {
        (Some(given), _) if app.takes(given) => given.clone(),
        (Some(_), _) => return Err(page::refusal("The redirect_uri is not registered for this app.")),
        (None, [only]) => only.clone(),
        (None, _) => return Err(page::refusal("The redirect_uri is missing.")),
    };
    let (response_type, owner) = (one("response_type")?, one("owner")?);
    let (challenge, method) = (one("code_challenge")?, one("code_challenge_method")?);
    let challenge = challenge.filter(|_| app.settings.pkce).map(str::to_owned);
    let state = one("state")?.map(str::to_owned);
    let asked = Asked { app, redirect, given, state, challenge };
    let wrong = |error, description: &str| {
        let description = description.to_owned();
        Err(asked.back(vec![("error", error), ("error_description", description)]))
    };
    if response_type != Some("code") {
        return wrong("unsupported_response_type".to_owned(), "response_type should be code.");
    }
    if owner != Some("user") {
        return wrong("invalid_request".to_owned(), "owner should be user.");
    }
    if asked.challenge.is_some() && method != Some("S256") {
        return wrong("invalid_request".to_owned(), "code_challenge_method should be S256.");
    }
    Ok(asked)
}

fn allow(state: &mut State, asked: &Asked, workspace: Uuid, pages: Option<Vec<Uuid>>) -> Response {
    let Some(consent) = state.consent(&asked.app.client_id, workspace, pages) else {
        return page::refusal("There is no such workspace.");
    };
    let mut code = Code::new(asked.app.client_id.clone(), asked.given.clone(), consent);
    code.challenge.clone_from(&asked.challenge);
    let now = state.clock.now();
    match state.oauth.codes.issue(code, now) {
        Some(code) => asked.back(vec![("code", code)]),
        None => asked.back(vec![("error", "temporarily_unavailable".to_owned())]),
    }
}

fn cancel(asked: &Asked) -> Response {
    asked.back(vec![("error", "access_denied".to_owned())])
}

/// Whether a person could share this, in one workspace or the other.
fn is_offered(state: &State, id: Uuid) -> bool {
    state.objects.get(&id).is_some_and(|object| {
        object.shared && !object.in_trash && matches!(object.kind, Kind::Page | Kind::Database)
    })
}

impl Asked {
    /// Sends the browser back with these parameters, the state, and what the settings make of them.
    fn back<'a>(&'a self, mut parameters: Vec<(&'a str, String)>) -> Response {
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        for (name, value) in &self.app.settings.callback {
            parameters.retain(|(known, _)| known != name);
            parameters.extend(value.clone().map(|value| (name.as_str(), value)));
        }
        let query = encoded(parameters.iter().map(|(name, value)| (*name, value.as_str())));
        let joint = if self.redirect.contains('?') { '&' } else { '?' };
        let mut answer = page::empty(302);
        answer.headers.push(("location".to_owned(), format!("{}{joint}{query}", self.redirect)));
        answer
    }
}
