//! From what a provider granted to what is kept: the credential, the grant's own details, and its times.

use std::collections::BTreeMap;

use definitions::{AuthScheme, MappingPart, OAuthSettings};
use domain::{ConnectorId, Credential, Secret, Timestamp};
use oauth::{App, SigningKey, TokenSet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Grant;

use super::Opened;

/// The slots of a scheme that a consent fills.
pub(crate) const GRANTED_SLOTS: [&str; 4] = ["access_token", "refresh_token", "client_id", "client_secret"];
/// Of a token's life, the part that is given up at most for renewing it early.
const MARGIN_PARTS: u64 = 4;
/// Of the idle life of a refresh token, the part after which it is used to keep it alive: two thirds.
const IDLE_PARTS: (u64, u64) = (2, 3);

/// What belongs to a grant beside the tokens that calls are made with. Nothing in it prints.
#[derive(Deserialize)]
pub(crate) struct GrantDetails {
    /// The OAuth app it was granted to; it stays with the grant when the app is replaced.
    pub(crate) app: GrantApp,
    pub(crate) token_type: String,
    pub(crate) id_token: Option<Secret>,
    /// What the provider answered beside the tokens, without secrets.
    pub(crate) answer: Map<String, Value>,
}

/// An OAuth app as it is kept with a grant or a consent.
#[derive(Deserialize)]
pub(crate) struct GrantApp {
    /// The organization's own, and not the operator's.
    #[serde(default)]
    pub(crate) own: bool,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) redirect_uri: String,
    pub(crate) key_id: Option<String>,
    pub(crate) private_key: Option<Secret>,
}

#[derive(Serialize)]
pub(super) struct DetailsOut<'a> {
    app: AppOut<'a>,
    token_type: &'a str,
    id_token: Option<&'a str>,
    answer: &'a Map<String, Value>,
}

/// The app as it is written into what gets sealed.
#[derive(Serialize)]
pub(crate) struct AppOut<'a> {
    own: bool,
    client_id: &'a str,
    client_secret: Option<&'a str>,
    redirect_uri: &'a str,
    key_id: Option<&'a str>,
    private_key: Option<&'a str>,
}

impl GrantDetails {
    pub(super) fn out(&self) -> DetailsOut<'_> {
        DetailsOut {
            app: self.app.out(),
            token_type: &self.token_type,
            id_token: self.id_token.as_ref().map(open),
            answer: &self.answer,
        }
    }
}

impl DetailsOut<'_> {
    /// Bytes it takes at most when written.
    pub(super) fn size_max(&self) -> usize {
        let app = &self.app;
        let texts =
            [Some(app.client_id), app.client_secret, Some(app.redirect_uri), app.key_id, app.private_key];
        let texts = texts.into_iter().chain([Some(self.token_type), self.id_token]).flatten();
        texts.map(|text| 6 * text.len()).sum::<usize>()
            + Value::from(self.answer.clone()).to_string().len()
            + 256
    }
}

impl GrantApp {
    pub(crate) fn of(app: &App, own: bool) -> Self {
        Self {
            own,
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.as_ref().map(copy),
            redirect_uri: app.redirect_uri.clone(),
            key_id: app.signing_key.as_ref().and_then(|key| key.key_id.clone()),
            private_key: app.signing_key.as_ref().map(|key| copy(&key.private_key_pem)),
        }
    }

    pub(crate) fn app(&self) -> App {
        let signing_key = self
            .private_key
            .as_ref()
            .map(|pem| SigningKey { key_id: self.key_id.clone(), private_key_pem: copy(pem) });
        App {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.as_ref().map(copy),
            redirect_uri: self.redirect_uri.clone(),
            signing_key,
        }
    }

    pub(crate) fn out(&self) -> AppOut<'_> {
        AppOut {
            own: self.own,
            client_id: &self.client_id,
            client_secret: self.client_secret.as_ref().map(open),
            redirect_uri: &self.redirect_uri,
            key_id: self.key_id.as_deref(),
            private_key: self.private_key.as_ref().map(open),
        }
    }
}

/// The credential that a token set makes, by the names its scheme has for them.
pub(crate) fn granted(scheme: &AuthScheme, app: &App, own: bool, tokens: TokenSet) -> Opened {
    let mut values = BTreeMap::new();
    let mut put = |slot: &str, value: Secret| {
        values.insert(slot_property(scheme, slot).to_owned(), value);
    };
    put("access_token", tokens.access_token);
    if let Some(token) = tokens.refresh_token {
        put("refresh_token", token);
    }
    // A scheme may want the app's pair in the headers of its calls.
    let wants = |slot: &str| scheme.properties.contains_key(slot_property(scheme, slot));
    if wants("client_id") {
        put("client_id", Secret::new(app.client_id.clone()));
    }
    if let Some(secret) = app.client_secret.as_ref().filter(|_| wants("client_secret")) {
        put("client_secret", copy(secret));
    }
    let details = GrantDetails {
        app: GrantApp::of(app, own),
        token_type: tokens.token_type,
        id_token: tokens.id_token,
        answer: tokens.account,
    };
    Opened { credential: Credential::new(scheme.name.clone(), values), grant: Some(details) }
}

impl Opened {
    /// The values that no consent brings, to go on with beside another grant of the same scheme.
    pub(crate) fn beside_the_grant(self, scheme: &AuthScheme) -> BTreeMap<String, Secret> {
        let granted = GRANTED_SLOTS.map(|slot| slot_property(scheme, slot).to_owned());
        let is_same = self.credential.scheme() == scheme.name;
        let values = self.credential.into_values();
        values.filter(|(name, _)| is_same && !granted.contains(name)).collect()
    }

    /// The refresh token, by whatever name its scheme has for it.
    pub(crate) fn refresh_token(&self, scheme: &AuthScheme) -> Option<&Secret> {
        self.credential.value(slot_property(scheme, "refresh_token"))
    }

    /// The access token, by whatever name its scheme has for it.
    pub(crate) fn access_token(&self, scheme: &AuthScheme) -> Option<&Secret> {
        self.credential.value(slot_property(scheme, "access_token"))
    }

    /// Whether its app is the organization's, or came with the tokens; the operator's is not.
    pub(crate) fn is_of_own_app(&self) -> bool {
        self.grant.as_ref().is_none_or(|details| details.app.own)
    }

    /// The app the tokens were granted to: kept with a grant, or sent along by the application that
    /// gave the tokens.
    pub(crate) fn app(&self, scheme: &AuthScheme) -> Option<App> {
        if let Some(details) = &self.grant {
            return Some(details.app.app());
        }
        let value = |slot: &str| self.credential.value(slot_property(scheme, slot));
        let client_id = open(value("client_id")?).to_owned();
        let client_secret = value("client_secret").map(copy);
        Some(App { client_id, client_secret, redirect_uri: String::new(), signing_key: None })
    }
}

/// Name of the property that fills `slot` of the scheme alone; the slot's own name when none does.
pub(crate) fn slot_property<'s>(scheme: &'s AuthScheme, slot: &'s str) -> &'s str {
    match scheme.mapping.get(slot).map(|template| template.0.as_slice()) {
        Some([MappingPart::Property(property)]) => property,
        _ => slot,
    }
}

/// The times of a token set that came just now. `ends_at` is the end of the grant, when a refresh does
/// not move it.
pub(crate) fn times(
    settings: &OAuthSettings,
    connector: ConnectorId,
    tokens: &TokenSet,
    now: Timestamp,
    ends_at: Option<Timestamp>,
) -> Grant {
    let refreshable = tokens.refresh_token.is_some();
    let mut grant = Grant { refreshable, obtained_at: Some(now), ..Grant::default() };
    if let Some(life) = tokens.expires_in.map(|life| life.as_secs()) {
        let margin = settings.refresh_margin_s.min(life / MARGIN_PARTS);
        let early = margin + share(connector, margin / 2);
        grant.expires_at = Some(later(now, life));
        grant.refresh_due_at = refreshable.then(|| later(now, life.saturating_sub(early)));
    }
    if refreshable {
        grant.ends_at = ends_at.or_else(|| settings.refresh_token_lifetime_s.map(|life| later(now, life)));
        let idle = settings.refresh_token_idle_s.map(|idle| {
            let wait = idle / IDLE_PARTS.1 * IDLE_PARTS.0;
            later(now, wait.saturating_sub(share(connector, idle / 10)))
        });
        // What ends before it is due cannot be kept alive.
        grant.keep_alive_at = idle.filter(|at| grant.ends_at.is_none_or(|end| *at < end));
    }
    grant
}

/// The grant that an application's own tokens make: nobody knows how old they are.
pub(crate) fn given_grant(scheme: &AuthScheme, opened: &Opened) -> Grant {
    let refreshes = scheme.oauth.as_ref().is_some_and(|oauth| {
        oauth.token_url.is_some() || oauth.refresh_url.is_some() || oauth.settings.issuer.is_some()
    });
    let refreshable = refreshes && opened.refresh_token(scheme).is_some() && opened.app(scheme).is_some();
    Grant { refreshable, ..Grant::default() }
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    now.plus_ms(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
}

/// A part of `whole` that is always the same for one connector and spread over all of them, so that
/// connectors made in the same minute are not renewed in the same minute.
fn share(connector: ConnectorId, whole: u64) -> u64 {
    // The last bytes of a version 7 UUID are random.
    let bytes = connector.uuid().into_bytes();
    let draw = u64::from(u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]));
    (whole.min(u64::from(u32::MAX)) * draw) >> 32
}

/// A second holder of the same secret.
pub(crate) fn copy(secret: &Secret) -> Secret {
    Secret::new(open(secret).to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a secret goes from one sealed value into another")]
fn open(secret: &Secret) -> &str {
    secret.expose()
}

#[cfg(test)]
mod tests;
