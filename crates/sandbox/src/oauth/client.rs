//! What every endpoint for apps begins with: reading the body, and who is asking.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::apps::{App, Apps};
use super::history::{Endpoint, Entry, Outcome};
use super::refusal::Refused;
use super::settings::{ClientAuth, Settings};
use crate::checks::content_type;
use crate::respond::Response;
use crate::server::{Received, pairs};
use crate::state::State;

/// A request of an app that is who it says.
pub(crate) struct Asked {
    pub(crate) client_id: String,
    pub(crate) params: Map<String, Value>,
    pub(crate) settings: Settings,
    pub(crate) now: Timestamp,
}

impl Asked {
    /// A parameter, when it is a text and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        text(&self.params, name)
    }

    /// A parameter without which nothing can be done.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refused> {
        self.text(name).ok_or_else(|| Refused::invalid_request(format!("`{name}` should be a text.")))
    }
}

/// Does `work` for the app that asks, and keeps in the history what came of it.
pub(crate) fn serve(
    state: &mut State,
    received: &Received<'_>,
    endpoint: Endpoint,
    work: fn(&mut State, &Asked, &mut Entry) -> Result<Response, Refused>,
) -> Response {
    let now = state.clock.now();
    let mut entry = Entry::of(endpoint, received);
    entry.outcome = Outcome::BadRequest;
    let asked = asked(&state.oauth.apps, received, now, &mut entry);
    let done = asked.and_then(|asked| work(state, &asked, &mut entry));
    let mut answer = done.unwrap_or_else(|refused| {
        let settings = entry.client_id.as_deref().and_then(|id| state.oauth.apps.settings(Some(id)));
        let settings = settings.unwrap_or(state.oauth.apps.ground());
        let mut answer = refused.response(settings.error_shape);
        if settings.errors_as_200 && endpoint == Endpoint::Token {
            answer.status = 200;
        }
        answer
    });
    answer.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    entry.status = Some(answer.status);
    state.oauth.history.add(entry, now);
    answer
}

/// The client id and grant type of a request, as far as they can be read.
pub(crate) fn hints(headers: &HeaderMap, body: &[u8]) -> (Option<String>, Option<String>) {
    let params = read(headers, body).unwrap_or_default();
    let body_id = text(&params, "client_id").map(str::to_owned);
    (basic(headers).map(|(id, _)| id).or(body_id), text(&params, "grant_type").map(str::to_owned))
}

fn asked(apps: &Apps, received: &Received<'_>, now: Timestamp, entry: &mut Entry) -> Result<Asked, Refused> {
    let params = read(received.headers, &received.body)?;
    let basic = basic(received.headers);
    let (body_id, body_secret) = (text(&params, "client_id"), text(&params, "client_secret"));
    let named = basic.as_ref().map(|(id, _)| id.as_str()).or(body_id);
    entry.asked(named, text(&params, "grant_type"));
    let app = named.and_then(|id| apps.find(id)).filter(|app| {
        let way = app.settings.client_auth;
        match (&basic, body_secret) {
            (Some((_, secret)), None) => {
                matches!(way, ClientAuth::Basic | ClientAuth::Any) && is_secret(app, secret)
            }
            (None, Some(secret)) => {
                matches!(way, ClientAuth::Body | ClientAuth::Any) && app.client_secret == secret
            }
            (None, None) => way == ClientAuth::None,
            // RFC 6749, section 2.3: not more than one way in a request.
            (Some(_), Some(_)) => false,
        }
    });
    let Some(app) = app else {
        entry.outcome = Outcome::BadClient;
        return Err(Refused::invalid_client());
    };
    Ok(Asked { client_id: app.client_id.clone(), settings: app.settings.clone(), params, now })
}

/// The parameters of a body, which is JSON or a form.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refused> {
    let essence = content_type(headers).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => match serde_json::from_slice(body) {
            Ok(Value::Object(params)) => Ok(params),
            _ => Err(Refused::invalid_request("The body should be a JSON object.")),
        },
        "application/x-www-form-urlencoded" => {
            let mut params = Map::new();
            for (name, value) in pairs(&String::from_utf8_lossy(body)) {
                if params.insert(name, value.into()).is_some() {
                    return Err(Refused::invalid_request("A parameter is there twice."));
                }
            }
            Ok(params)
        }
        _ => Err(Refused::invalid_request("Content-Type should be application/json or a form.")),
    }
}

fn text<'p>(params: &'p Map<String, Value>, name: &str) -> Option<&'p str> {
    params.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Id and secret of the `Authorization` header, still as they were written in it.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((percent_decode_str(id).decode_utf8_lossy().into_owned(), secret.to_owned()))
}

/// Form-encoded as RFC 6749, section 2.3.1 has it, or as it is, which many clients send.
fn is_secret(app: &App, given: &str) -> bool {
    let plus = given.replace('+', " ");
    app.client_secret == given || app.client_secret == percent_decode_str(&plus).decode_utf8_lossy()
}
