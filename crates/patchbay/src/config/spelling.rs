//! What is said about a variable nobody reads: which one was probably meant.

use super::oauth_names;
use super::variables::{PREFIX, VARIABLES, Variable};

/// Names this far apart, of 1, are no misspelling of each other.
const LIKENESS_MIN: f64 = 0.7;

/// The text about a variable that does not exist.
pub(super) fn unknown(name: &str) -> String {
    match oauth_names::meant(name).or_else(|| nearest(name).map(str::to_owned)) {
        Some(meant) => format!("there is no such variable; did you mean {meant}?"),
        None => {
            let known: Vec<&str> = VARIABLES.iter().map(|known| known.name).collect();
            format!("there is no such variable; those that are read: {}", known.join(", "))
        }
    }
}

/// The known name that a misspelt one most likely means.
fn nearest(unknown: &str) -> Option<&'static str> {
    let suffix = unknown.trim_start_matches(PREFIX);
    let names = VARIABLES.iter().flat_map(Variable::names);
    names
        .map(|known| (known, strsim::jaro_winkler(suffix, known.trim_start_matches(PREFIX))))
        .filter(|(_, likeness)| *likeness >= LIKENESS_MIN)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(name, _)| name)
}

/// Whether Kubernetes set this variable: it announces a service called `patchbay…` to every pod
/// beside it, as `PATCHBAY_SERVICE_HOST`, `PATCHBAY_PORT_8000_TCP` and the like.
pub(super) fn announces_a_service(name: &str, value: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let of_a_port = words.windows(3).any(|three| {
        three[0] == "PORT" && three[1].parse::<u16>().is_ok() && matches!(three[2], "TCP" | "UDP" | "SCTP")
    });
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let of_the_service = words.windows(2).any(|two| matches!(two, ["SERVICE", "HOST" | "PORT"]));
    of_a_port || of_the_service || (name.ends_with("_PORT") && is_address)
}
