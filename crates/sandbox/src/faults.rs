//! Faults that the control door queues: which requests they meet, and how often.
//!
//! What a fault does to an answer is in `faults/effect.rs`, what a request may have to wait for in
//! `faults/gates.rs`.

mod effect;
mod gates;
mod parts;

pub(crate) use effect::{Effect, Outcome, Pause, When};
pub(crate) use gates::{Gates, Then};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::server::Received;
use crate::{checks, oauth};

/// More than this are not queued at once.
const QUEUED_MAX: usize = 1_000;

/// A fault as the control door takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Any method without it.
    method: Option<String>,
    /// `*` stands for one segment, a last `**` for all the rest; any path without it.
    path: Option<String>,
    /// Only requests of this connector, which a gateway named.
    connector: Option<String>,
    /// Only requests with this bearer token.
    token: Option<String>,
    /// Only requests of this OAuth app, which names itself.
    client_id: Option<String>,
    /// Only token requests of this grant type.
    grant_type: Option<String>,
    /// How many requests pass before it begins.
    #[serde(default)]
    skip: u32,
    /// How many requests it meets; one without it.
    times: Option<u32>,
    /// It stays until it is removed.
    #[serde(default)]
    always: bool,
    effect: Effect,
    #[serde(skip)]
    number: u64,
}

/// The faults, in the order they were queued.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    numbered: u64,
    queue: Vec<Fault>,
}

impl Faults {
    /// Queues a fault; its number, or none when there are too many.
    pub(crate) fn add(&mut self, mut fault: Fault) -> Option<u64> {
        if self.queue.len() >= QUEUED_MAX {
            return None;
        }
        self.numbered += 1;
        fault.number = self.numbered;
        self.queue.push(fault);
        Some(self.numbered)
    }

    /// The effect of the first fault that meets the request, which then has one time less.
    pub(crate) fn take(&mut self, received: &Received<'_>) -> Option<Effect> {
        let place = self.queue.iter_mut().position(|fault| {
            let met = fault.meets(received);
            let passed = met && fault.skip > 0;
            fault.skip -= u32::from(passed);
            met && !passed
        })?;
        let fault = &mut self.queue[place];
        if fault.always {
            return Some(fault.effect.clone());
        }
        let left = fault.times.unwrap_or(1).saturating_sub(1);
        fault.times = Some(left);
        Some(if left == 0 { self.queue.remove(place).effect } else { fault.effect.clone() })
    }

    /// Removes all faults, or those of one connector.
    pub(crate) fn clear(&mut self, connector: Option<&str>) {
        self.queue.retain(|fault| connector.is_some() && fault.connector.as_deref() != connector);
    }

    /// What is queued, for a look.
    pub(crate) fn json(&self) -> Value {
        let fault = |fault: &Fault| {
            let left = if fault.always { Value::Null } else { fault.times.unwrap_or(1).into() };
            json!({
                "id": fault.number, "method": fault.method, "path": fault.path, "connector": fault.connector,
                "left": left, "effect": format!("{:?}", fault.effect),
            })
        };
        json!({ "faults": self.queue.iter().map(fault).collect::<Vec<_>>() })
    }
}

impl Fault {
    fn meets(&self, received: &Received<'_>) -> bool {
        let (target, token) = (&received.target, checks::bearer(received.headers));
        self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(received.method))
            && self.connector.as_deref().is_none_or(|wanted| target.connector() == Some(wanted))
            && self.token.as_deref().is_none_or(|wanted| token == Some(wanted))
            && self.path.as_ref().is_none_or(|pattern| fits(pattern, &target.path))
            && self.is_for_app_of(received)
    }

    fn is_for_app_of(&self, received: &Received<'_>) -> bool {
        if self.client_id.is_none() && self.grant_type.is_none() {
            return true;
        }
        let (client_id, grant_type) = oauth::hints(received.headers, &received.body);
        (self.client_id.is_none() || self.client_id == client_id)
            && (self.grant_type.is_none() || self.grant_type == grant_type)
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) | (Some("**"), _) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
    }
}
