//! Apps that are registered with the provider, and which redirect URIs they may name.

use std::collections::BTreeMap;
use std::net::IpAddr;

use actix_web::http::Uri;
use serde_json::{Map, Value, json};

use super::settings::{Changes, Settings};

/// More apps than this are not registered.
const APPS_MAX: usize = 10_000;

/// One registered app.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) name: String,
    pub(crate) redirect_uris: Vec<String>,
    /// Takes any redirect URI on loopback beside the registered ones.
    pub(crate) any_loopback: bool,
    /// The rules in force for it.
    pub(crate) settings: Settings,
    own: Changes,
}

/// All of them, and the ground that their settings stand on.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    apps: BTreeMap<String, App>,
    general: Changes,
    ground: Settings,
}

impl App {
    pub(crate) fn new(client_id: &str, client_secret: &str, name: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            name: name.to_owned(),
            redirect_uris: Vec::new(),
            any_loopback: true,
            settings: Settings::default(),
            own: Changes::default(),
        }
    }

    /// Whether a browser may be sent there: compared as text, except on loopback.
    pub(crate) fn takes(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered == redirect_uri)
            || self.any_loopback && is_loopback(redirect_uri)
    }

    /// What may be told of it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "client_id": self.client_id, "name": self.name, "redirect_uris": self.redirect_uris,
            "any_loopback": self.any_loopback,
        })
    }
}

impl Apps {
    /// Registers an app that is there from the start.
    pub(crate) fn seed(&mut self, client_id: &str, client_secret: &str, name: &str) {
        self.apps.insert(client_id.to_owned(), App::new(client_id, client_secret, name));
    }

    pub(crate) fn find(&self, client_id: &str) -> Option<&App> {
        self.apps.get(client_id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &App> {
        self.apps.values()
    }

    /// Registers an app, or changes the one of its id.
    pub(crate) fn put(&mut self, mut app: App) -> Result<(), String> {
        if !self.apps.contains_key(&app.client_id) {
            if self.apps.len() >= APPS_MAX {
                return Err(format!("there are {APPS_MAX} apps already"));
            }
            app.settings = self.ground.clone();
        }
        self.apps.insert(app.client_id.clone(), app);
        Ok(())
    }

    /// Whether there was one.
    pub(crate) fn remove(&mut self, client_id: &str) -> bool {
        self.apps.remove(client_id).is_some()
    }

    /// The rules in force for an app, or for those without their own.
    pub(crate) fn settings(&self, client_id: Option<&str>) -> Option<&Settings> {
        match client_id {
            Some(id) => self.apps.get(id).map(|app| &app.settings),
            None => Some(&self.ground),
        }
    }

    /// The rules for an app that has none of its own.
    pub(crate) fn ground(&self) -> &Settings {
        &self.ground
    }

    /// Changes the rules for one app or for all; nothing is changed when one of them makes no sense.
    pub(crate) fn change(
        &mut self,
        client_id: Option<&str>,
        change: Map<String, Value>,
    ) -> Result<(), String> {
        let Some(id) = client_id else {
            let general = self.general.with(change);
            return self.set_general(general);
        };
        let app = self.apps.get_mut(id).ok_or_else(|| format!("there is no app `{id}`"))?;
        let own = app.own.with(change);
        app.settings = self.general.settings(&own)?;
        app.own = own;
        Ok(())
    }

    /// Takes back what was changed for one app, or for all.
    pub(crate) fn restore(&mut self, client_id: Option<&str>) -> Result<(), String> {
        match client_id.map(|id| self.apps.get_mut(id).ok_or_else(|| format!("there is no app `{id}`"))) {
            Some(app) => {
                let app = app?;
                (app.own, app.settings) = (Changes::default(), self.ground.clone());
                Ok(())
            }
            None => self.set_general(Changes::default()),
        }
    }

    fn set_general(&mut self, general: Changes) -> Result<(), String> {
        let ground = general.settings(&Changes::default())?;
        let all: Result<Vec<Settings>, String> =
            self.apps.values().map(|app| general.settings(&app.own)).collect();
        for (app, settings) in self.apps.values_mut().zip(all?) {
            app.settings = settings;
        }
        (self.general, self.ground) = (general, ground);
        Ok(())
    }
}

/// An absolute address without a fragment and user information, which a browser can be sent to.
pub(crate) fn parse_redirect(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok().filter(|_| !text.contains('#'))?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
    let absolute = matches!(uri.scheme_str(), Some("http" | "https")) && authority.is_some();
    absolute.then_some(uri)
}

fn is_loopback(text: &str) -> bool {
    let Some(uri) = parse_redirect(text) else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_address = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("http") && (host == "localhost" || is_address)
}
