//! Every request to the endpoints for apps: who, with which token, and what came of it.
//!
//! Tokens and codes have labels here, so that what a test prints gives none away.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::grants::{GrantId, Taken};
use crate::clock::iso;
use crate::server::Received;

/// Older requests are forgotten.
const KEPT_MAX: usize = 100_000;
/// Of a longer name that a client made up, only the beginning is kept.
const NAME_CHARS_MAX: usize = 200;

/// Where a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Endpoint {
    Token,
    Introspect,
    Revoke,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// A code became a grant.
    Issued,
    Refreshed,
    RefreshedInGrace,
    /// An old refresh token came again, and its grant was killed.
    Reused,
    /// A code came again, and its grant was killed.
    CodeReplayed,
    /// An old refresh token came again, and nobody minds.
    Superseded,
    /// The token of a dead grant.
    Dead,
    /// No token or code of that text.
    Unknown,
    Expired,
    /// Redirect URI, verifier or app are not those it was made for.
    Mismatch,
    BadClient,
    BadRequest,
    Revoked,
    Introspected,
    /// A fault answered in the endpoint's place.
    NotDone,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Entry {
    endpoint: Endpoint,
    pub(crate) client_id: Option<String>,
    connector: Option<String>,
    grant_type: Option<String>,
    pub(crate) grant: Option<GrantId>,
    pub(crate) refresh_token: Option<Taken>,
    pub(crate) code: Option<u64>,
    pub(crate) outcome: Outcome,
    /// None when the endpoint did not answer.
    pub(crate) status: Option<u16>,
    fault: Option<String>,
    number: u64,
    at: Timestamp,
}

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    seen: u64,
    kept: VecDeque<Entry>,
}

impl Endpoint {
    /// The endpoint of that name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "token" => Some(Self::Token),
            "introspect" => Some(Self::Introspect),
            "revoke" => Some(Self::Revoke),
            _ => None,
        }
    }
}

impl Entry {
    /// A request of which nothing is known yet.
    pub(crate) fn of(endpoint: Endpoint, received: &Received<'_>) -> Self {
        Self {
            endpoint,
            client_id: None,
            connector: received.target.connector().map(short),
            grant_type: None,
            grant: None,
            refresh_token: None,
            code: None,
            outcome: Outcome::NotDone,
            status: None,
            fault: None,
            number: 0,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Keeps what the request says of itself.
    pub(crate) fn asked(&mut self, client_id: Option<&str>, grant_type: Option<&str>) {
        self.client_id = client_id.map(short);
        self.grant_type = grant_type.map(short);
    }

    fn json(&self) -> Value {
        json!({
            "number": self.number, "at": iso(self.at), "endpoint": self.endpoint, "client_id": self.client_id,
            "connector": self.connector, "grant_type": self.grant_type, "grant": self.grant.map(GrantId::label),
            "refresh_token": self.refresh_token.map(Taken::label),
            "code": self.code.map(|number| format!("c{number}")), "outcome": self.outcome,
            "status": self.status, "fault": self.fault,
        })
    }
}

/// Which requests are asked for; all without any.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    endpoint: Option<Endpoint>,
    client_id: Option<String>,
    connector: Option<String>,
    grant: Option<String>,
    grant_type: Option<String>,
    outcome: Option<Outcome>,
    /// Only requests after this number.
    after: Option<String>,
}

impl Wanted {
    fn fits(&self, entry: &Entry) -> bool {
        self.endpoint.is_none_or(|endpoint| entry.endpoint == endpoint)
            && self.outcome.is_none_or(|outcome| entry.outcome == outcome)
            && (self.client_id.is_none() || self.client_id == entry.client_id)
            && (self.connector.is_none() || self.connector == entry.connector)
            && (self.grant_type.is_none() || self.grant_type == entry.grant_type)
            && (self.grant.is_none() || self.grant == entry.grant.map(GrantId::label))
    }
}

impl History {
    pub(crate) fn add(&mut self, entry: Entry, now: Timestamp) {
        self.seen += 1;
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(Entry { number: self.seen, at: now, ..entry });
    }

    /// The last request met this fault.
    pub(crate) fn met(&mut self, fault: &str) {
        if let Some(last) = self.kept.back_mut() {
            last.fault = Some(fault.to_owned());
        }
    }

    /// How many there were since the start.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    /// The requests that are wanted.
    pub(crate) fn json(&self, wanted: &Wanted) -> Value {
        let after: u64 = wanted.after.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
        let fits = |entry: &&Entry| entry.number > after && wanted.fits(entry);
        let requests: Vec<Value> = self.kept.iter().filter(fits).map(Entry::json).collect();
        json!({ "requests": requests, "seen": self.seen })
    }
}

fn short(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}
