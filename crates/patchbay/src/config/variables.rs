//! The names of the environment variables, once: for reading, for `--help`, for refusing others,
//! and for the test that compares them with `deploy/patchbay.env.example`.

/// One variable, as `--help` and the example file describe it.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// The value it has when absent or blank, or a word for how that comes about.
    pub(crate) default: &'static str,
    pub(crate) about: &'static str,
}

pub(crate) const PREFIX: &str = "PATCHBAY_";

pub(super) const DATA_DIR: &str = "PATCHBAY_DATA_DIR";
pub(super) const DATABASE_URL: &str = "PATCHBAY_DATABASE_URL";
pub(super) const BIND: &str = "PATCHBAY_BIND";
pub(super) const PUBLIC_URL: &str = "PATCHBAY_PUBLIC_URL";
pub(super) const KEKS: &str = "PATCHBAY_KEKS";
pub(super) const TOKEN_KEY: &str = "PATCHBAY_TOKEN_KEY";
pub(super) const DEFINITIONS_DIR: &str = "PATCHBAY_DEFINITIONS_DIR";
pub(super) const EGRESS_ALLOW: &str = "PATCHBAY_EGRESS_ALLOW";
pub(super) const UPSTREAM_GATEWAY: &str = "PATCHBAY_UPSTREAM_GATEWAY";
pub(super) const LOG: &str = "PATCHBAY_LOG";
pub(super) const LOG_FORMAT: &str = "PATCHBAY_LOG_FORMAT";

/// Every variable that is read.
pub(crate) const VARIABLES: [Variable; 11] = [
    Variable {
        name: DATA_DIR,
        default: "./patchbay-data",
        about: "folder of the SQLite file and of keys generated for development",
    },
    Variable {
        name: DATABASE_URL,
        default: "sqlite://<DATA_DIR>/patchbay.db",
        about: "or postgres://user:password@host/database",
    },
    Variable { name: BIND, default: "127.0.0.1:8000", about: "address and port to listen on" },
    Variable {
        name: PUBLIC_URL,
        default: "http://localhost:<port of BIND>",
        about: "where clients reach this server; unless that is loopback, KEKS and TOKEN_KEY must be set",
    },
    Variable {
        name: KEKS,
        default: "generated",
        about: "keys that wrap the data keys, `id:base64 of 32 bytes`, separated by commas; the first is active",
    },
    Variable {
        name: TOKEN_KEY,
        default: "generated",
        about: "signs bearer tokens: base64 of 32 bytes; of several, separated by commas, the first signs",
    },
    Variable {
        name: DEFINITIONS_DIR,
        default: "none",
        about: "more connector definitions, `<name>.yaml` or `<name>/connector.yaml`",
    },
    Variable {
        name: EGRESS_ALLOW,
        default: "none",
        about: "networks upstream calls may reach although private, e.g. 10.1.0.0/16; plain http is accepted there only",
    },
    Variable {
        name: UPSTREAM_GATEWAY,
        default: "none",
        about: "for testing: every upstream request goes to <gateway>/<connector>/<scheme>/<host>/<path> instead",
    },
    Variable {
        name: LOG,
        default: "info",
        about: "what is logged: error, warn, info, debug, trace, or a filter such as `info,store=debug`",
    },
    Variable { name: LOG_FORMAT, default: "text", about: "text or json" },
];

/// Names this far apart, of 1, are no misspelling of each other.
const LIKENESS_MIN: f64 = 0.7;

/// The known name that a misspelt one most likely means.
pub(super) fn nearest(unknown: &str) -> Option<&'static str> {
    let suffix = unknown.trim_start_matches(PREFIX);
    VARIABLES
        .iter()
        .map(|known| (known.name, strsim::jaro_winkler(suffix, known.name.trim_start_matches(PREFIX))))
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
