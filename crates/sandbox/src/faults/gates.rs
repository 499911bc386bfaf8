//! Gates: requests wait before one until the control door opens it.
//!
//! So a test can stop or kill a client between an effect and the reading of its answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

/// Nobody waits longer; the request then goes on.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// Names that are kept until the next reset.
const GATES_MAX: usize = 10_000;

/// What becomes of the requests that waited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    /// They go on.
    #[default]
    Answer,
    /// Their connections are reset.
    Reset,
}

/// All gates by name; one that nobody has opened is closed.
#[derive(Debug, Default)]
pub(crate) struct Gates(BTreeMap<String, watch::Sender<Option<Then>>>);

/// A request's place before a gate.
pub(crate) struct Hold(watch::Receiver<Option<Then>>);

impl Gates {
    /// A place before the gate, which is made if there is none of that name; none when there are too many.
    pub(crate) fn hold(&mut self, name: &str) -> Option<Hold> {
        self.gate(name).map(|gate| Hold(gate.subscribe()))
    }

    /// Opens the gate for good; false when there are too many gates to make it.
    pub(crate) fn open(&mut self, name: &str, then: Then) -> bool {
        self.gate(name).map(|gate| gate.send_replace(Some(then))).is_some()
    }

    /// Every gate, and how many wait before it.
    pub(crate) fn json(&self) -> Value {
        let gate = |(name, gate): (&String, &watch::Sender<Option<Then>>)| {
            let open = gate.borrow().is_some();
            // Those that are let through may not have gone yet.
            let waiting = if open { 0 } else { gate.receiver_count() };
            json!({ "gate": name, "open": open, "waiting": waiting })
        };
        json!({ "gates": self.0.iter().map(gate).collect::<Vec<_>>() })
    }

    fn gate(&mut self, name: &str) -> Option<&watch::Sender<Option<Then>>> {
        if self.0.len() >= GATES_MAX && !self.0.contains_key(name) {
            return None;
        }
        Some(self.0.entry(name.to_owned()).or_insert_with(|| watch::Sender::new(None)))
    }
}

impl Hold {
    /// Waits until the gate opens, or is no more.
    pub(crate) async fn pass(mut self) -> Then {
        let opened = tokio::time::timeout(WAIT_MAX, self.0.wait_for(Option::is_some)).await;
        opened.ok().and_then(|opened| *opened.ok()?).unwrap_or_default()
    }
}
