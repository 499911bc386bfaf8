//! The names of the environment variables, once: for reading, for `--help`, for refusing others,
//! and for the test that compares them with `deploy/patchbay.env.example`.

use super::oauth_names::Part;

/// One variable, as `--help` and the example file describe it.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// What else it may be called: the names other programs have for the same thing.
    pub(crate) aliases: &'static [&'static str],
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
pub(super) const NOTION_VERSION: &str = "NOTION_VERSION";
pub(super) const NOTION_TOKEN: &str = "NOTION_TOKEN";
pub(super) const FALLBACK_TOKEN_ORGANIZATIONS: &str = "PATCHBAY_FALLBACK_TOKEN_ORGANIZATIONS";
pub(super) const LOG: &str = "PATCHBAY_LOG";
pub(super) const LOG_FORMAT: &str = "PATCHBAY_LOG_FORMAT";

/// Every variable that is read, but for the OAuth apps of other definitions than Notion's.
pub(crate) const VARIABLES: [Variable; 20] = [
    Variable {
        name: DATA_DIR,
        aliases: &[],
        default: "./patchbay-data",
        about: "folder of the SQLite file and of keys generated for development",
    },
    Variable {
        name: DATABASE_URL,
        aliases: &[],
        default: "sqlite://<DATA_DIR>/patchbay.db",
        about: "or postgres://user:password@host/database",
    },
    Variable { name: BIND, aliases: &[], default: "127.0.0.1:8000", about: "address and port to listen on" },
    Variable {
        name: PUBLIC_URL,
        aliases: &[],
        default: "http://localhost:<port of BIND>",
        about: "where clients reach this server; unless that is loopback, KEKS and TOKEN_KEY must be set",
    },
    Variable {
        name: KEKS,
        aliases: &[],
        default: "generated",
        about: "keys that wrap the data keys, `id:base64 of 32 bytes`, separated by commas; the first is active",
    },
    Variable {
        name: TOKEN_KEY,
        aliases: &[],
        default: "generated",
        about: "signs bearer tokens: base64 of 32 bytes; of several, separated by commas, the first signs",
    },
    Variable {
        name: DEFINITIONS_DIR,
        aliases: &[],
        default: "none",
        about: "more connector definitions, `<name>.yaml` or `<name>/connector.yaml`",
    },
    Variable {
        name: EGRESS_ALLOW,
        aliases: &[],
        default: "none",
        about: "networks upstream calls may reach although private, e.g. 10.1.0.0/16; plain http is accepted there only",
    },
    Variable {
        name: UPSTREAM_GATEWAY,
        aliases: &[],
        default: "none",
        about: "for testing: every upstream request goes to <gateway>/<connector>/<scheme>/<host>/<path> instead",
    },
    Variable {
        name: "PATCHBAY_OAUTH_NOTION_CLIENT_ID",
        aliases: &["NOTION_OAUTH_CLIENT_ID", "NOTION_CLIENT_ID"],
        default: "none",
        about: "client id of your OAuth app for Notion, which organizations share; for another definition write its name in the place of NOTION, in upper case with `_` for `-`, here and in the five below",
    },
    Variable {
        name: "PATCHBAY_OAUTH_NOTION_CLIENT_SECRET",
        aliases: &["NOTION_OAUTH_CLIENT_SECRET", "NOTION_CLIENT_SECRET"],
        default: "none",
        about: "client secret of that app",
    },
    Variable {
        name: "PATCHBAY_OAUTH_NOTION_REDIRECT_URI",
        aliases: &["NOTION_REDIRECT_URI"],
        default: "<PUBLIC_URL>/api/v1/oauth/callback/notion",
        about: "the redirect URI as registered with that app, when it is another way to this server",
    },
    Variable {
        name: "PATCHBAY_OAUTH_NOTION_AUTHORIZATION_URL",
        aliases: &["NOTION_AUTHORIZATION_URL", "NOTION_AUTHORIZE_URL"],
        default: "the definition's",
        about: "another page for consent",
    },
    Variable {
        name: "PATCHBAY_OAUTH_NOTION_TOKEN_URL",
        aliases: &["NOTION_TOKEN_URL", "NOTION_ACCESS_TOKEN_URL"],
        default: "the definition's",
        about: "another place to exchange and refresh tokens",
    },
    Variable {
        name: "PATCHBAY_OAUTH_NOTION_SCOPES",
        aliases: &["NOTION_OAUTH_SCOPES", "NOTION_SCOPES"],
        default: "the definition's",
        about: "OAuth scopes to ask for instead, separated by spaces or commas; set and blank, none are asked for",
    },
    Variable {
        name: NOTION_VERSION,
        aliases: &["NOTION_API_VERSION"],
        default: "the definition's",
        about: "the version of Notion's API that connectors speak unless they choose another",
    },
    Variable {
        name: NOTION_TOKEN,
        aliases: &["NOTION_INTEGRATION_TOKEN"],
        default: "none",
        about: "your own token for Notion: connectors made without credentials act with it",
    },
    Variable {
        name: FALLBACK_TOKEN_ORGANIZATIONS,
        aliases: &[],
        default: "the one made at first start",
        about: "ids of the organizations whose connectors may act with NOTION_TOKEN, separated by commas",
    },
    Variable {
        name: LOG,
        aliases: &[],
        default: "info",
        about: "what is logged: error, warn, info, debug, trace, or a filter such as `info,store=debug`",
    },
    Variable { name: LOG_FORMAT, aliases: &[], default: "text", about: "text or json" },
];

/// What a trial must not take from the environment, beside the OAuth apps.
const ASIDE_IN_A_TRIAL: [&str; 9] = [
    DATA_DIR,
    DATABASE_URL,
    PUBLIC_URL,
    KEKS,
    TOKEN_KEY,
    UPSTREAM_GATEWAY,
    NOTION_VERSION,
    NOTION_TOKEN,
    FALLBACK_TOKEN_ORGANIZATIONS,
];

impl Variable {
    /// Its own name and the aliases.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// The variable's own name, whichever of its names `name` is; none when nobody reads it.
pub(super) fn canonical(name: &str) -> Option<&str> {
    let named = VARIABLES.iter().find(|known| known.names().any(|own| own == name));
    named.map(|known| known.name).or_else(|| Part::parse(name).map(|_| name))
}

/// Under what names the value of a variable may be set, its own first.
pub(super) fn names(canonical: &str) -> Vec<&str> {
    match VARIABLES.iter().find(|known| known.name == canonical) {
        Some(known) => known.names().collect(),
        None => vec![canonical],
    }
}

/// Whether a blank value says something: that no scopes are asked for.
pub(super) fn may_be_blank(canonical: &str) -> bool {
    matches!(Part::parse(canonical), Some((_, Part::Scopes)))
}

/// Whether a trial leaves it aside: it could reach another store, another upstream, or real accounts.
pub(super) fn is_aside_in_a_trial(name: &str) -> bool {
    canonical(name).is_some_and(|own| ASIDE_IN_A_TRIAL.contains(&own) || Part::parse(own).is_some())
}
