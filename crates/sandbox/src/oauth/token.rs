//! `POST /v1/oauth/token`: a code for a grant, a refresh token for a new pair.

use serde_json::{Value, json};

use super::client::{Asked, serve};
use super::encoded;
use super::grants::{Cause, GrantId, MadeBy, NewGrant, Pair, Refreshed};
use super::history::{Endpoint, Entry, Outcome};
use super::refusal::Refused;
use super::settings::Format;
use crate::respond::Response;
use crate::server::Received;
use crate::state::{Access, Capabilities, Sees, State};

pub(crate) fn answer(state: &mut State, received: &Received<'_>) -> Response {
    serve(state, received, Endpoint::Token, |state, asked, entry| {
        if !state.oauth.grants.have_room_for(2) {
            return Err(Refused::new(503, "temporarily_unavailable", "There are too many tokens; reset it."));
        }
        match asked.required("grant_type")? {
            "authorization_code" => exchange(state, asked, entry),
            "refresh_token" => refresh(state, asked, entry),
            _ => Err(Refused::new(400, "unsupported_grant_type", "There is no such grant type.")),
        }
    })
}

fn exchange(state: &mut State, asked: &Asked, entry: &mut Entry) -> Result<Response, Refused> {
    let text = asked.required("code")?;
    let oauth = &mut state.oauth;
    let Some(code) = oauth.codes.find(text).cloned() else {
        entry.outcome = Outcome::Unknown;
        return Err(Refused::invalid_grant("Invalid code."));
    };
    entry.code = Some(code.number);
    entry.grant = code.grant;
    entry.outcome = Outcome::Mismatch;
    if code.client_id != asked.client_id {
        return Err(Refused::invalid_grant("Invalid code."));
    }
    if let Some(grant) = code.grant {
        // RFC 6749, section 4.1.2: what was made with it is not trusted any more.
        oauth.grants.kill(grant, Cause::CodeReplayed, asked.now);
        entry.outcome = Outcome::CodeReplayed;
        return Err(Refused::invalid_grant("The code was used already."));
    }
    if code.has_expired(asked.now) {
        entry.outcome = Outcome::Expired;
        return Err(Refused::invalid_grant("The code has expired."));
    }
    if code.redirect_uri.as_deref() != asked.text("redirect_uri") {
        return Err(Refused::invalid_grant("The redirect URI is not that of the authorization."));
    }
    if asked.settings.pkce && !code.fits(asked.text("code_verifier")) {
        return Err(Refused::invalid_grant("The code verifier does not fit."));
    }
    let settings = &asked.settings;
    let same = oauth.grants.living(&code.client_id, code.consent.workspace);
    let grant = match same.filter(|_| !settings.fresh_pairs) {
        Some(grant) => grant,
        None => {
            let new = NewGrant { client_id: code.client_id, consent: code.consent, made_by: MadeBy::Code };
            oauth.grants.issue(new, settings.refresh_tokens, settings.access_lifetime_s, asked.now)
        }
    };
    oauth.codes.used(text, grant);
    entry.grant = Some(grant);
    entry.outcome = Outcome::Issued;
    let pair = oauth.grants.pair(grant);
    let refresh = pair.refresh.clone().map_or(Value::Null, Value::from);
    Ok(granted(state, asked, grant, &pair, Some(&refresh)))
}

fn refresh(state: &mut State, asked: &Asked, entry: &mut Entry) -> Result<Response, Refused> {
    let text = asked.required("refresh_token")?;
    let taken = state.oauth.grants.refresh(text, &asked.client_id, &asked.settings, asked.now);
    let Some((taken, refreshed)) = taken else {
        entry.outcome = Outcome::Unknown;
        return Err(Refused::invalid_grant("Invalid refresh token."));
    };
    entry.grant = Some(taken.grant);
    entry.refresh_token = Some(taken);
    let (outcome, pair) = match refreshed {
        Refreshed::Pair(pair) => (Outcome::Refreshed, Some(pair)),
        Refreshed::InGrace(pair) => (Outcome::RefreshedInGrace, Some(pair)),
        Refreshed::Reused => (Outcome::Reused, None),
        Refreshed::Superseded => (Outcome::Superseded, None),
        Refreshed::Dead => (Outcome::Dead, None),
        Refreshed::Mismatch => (Outcome::Mismatch, None),
    };
    entry.outcome = outcome;
    let pair = pair.ok_or_else(|| Refused::invalid_grant("The refresh token is not valid any more."))?;
    let refresh = pair.refresh.clone().map(Value::from);
    Ok(granted(state, asked, taken.grant, &pair, refresh.as_ref()))
}

/// The answer with the tokens; without `refresh` it has no such member.
fn granted(state: &State, asked: &Asked, grant: GrantId, pair: &Pair, refresh: Option<&Value>) -> Response {
    let consent = &state.oauth.grants.get(grant).consent;
    let access = Access {
        workspace: consent.workspace,
        bot: consent.bot,
        capabilities: Capabilities::ALL,
        sees: Sees::Nothing,
    };
    let name = state.workspace_name(consent.workspace);
    let icon = name.map(|name| format!("https://icons.example/{}.png", name.to_lowercase()));
    let mut json = json!({
        "access_token": pair.access, "token_type": "bearer", "refresh_token": refresh,
        "bot_id": consent.bot, "workspace_id": consent.workspace, "workspace_name": name,
        "workspace_icon": icon,
        "owner": { "type": "user", "user": state.user_json(access, consent.user) },
        "duplicated_template_id": null,
    });
    let settings = &asked.settings;
    if let Some(members) = json.as_object_mut() {
        if refresh.is_none() {
            members.shift_remove("refresh_token");
        }
        let told = [("expires_in", &settings.expires_in), ("scope", &settings.scope)];
        members.extend(told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
        members.extend(settings.extra.clone());
        members.retain(|name, _| !settings.omit.contains(name));
    }
    let answer = Response::api(200, json);
    match settings.answer_format {
        Format::Json => answer,
        Format::Form => form(answer),
    }
}

/// The same members form-encoded; what is not a text is written as JSON, null is left out.
fn form(answer: Response) -> Response {
    let json = answer.parsed();
    let members = json.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let texts: Vec<(&str, String)> = members
        .map(|(name, value)| (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let body = encoded(texts.iter().map(|(name, text)| (*name, text.as_str()))).into();
    let content_type = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    Response { body, content_type, ..answer }
}
