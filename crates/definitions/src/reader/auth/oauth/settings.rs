//! `x-patchbay-oauth`: what a provider wants that OpenAPI cannot say.

use super::{check_endpoint, read_url, word};
use crate::JsonPath;
use crate::document::Node;
use crate::oauth_scheme::{AccountPaths, ClientAuthStyle, OAuthSettings, TokenBodyFormat};

const KEYS: [&str; 12] = [
    "issuer",
    "issuer_in_callback",
    "revocation_url",
    "scope_separator",
    "authorize_params",
    "token_params",
    "client_auth",
    "body_format",
    "refresh_margin_s",
    "refresh_token_idle_s",
    "refresh_token_lifetime_s",
    "account",
];
/// Of a consent URL: what the flow itself sends, and what would replace it by a signed request
/// (RFC 9101).
const AUTHORIZE_RESERVED: [&str; 9] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
];
/// Of a token request. `grant_type` is not among them: some providers have their own.
const TOKEN_RESERVED: [&str; 7] = [
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];
const PARAMS_MAX: usize = 32;
const PARAM_BYTES_MAX: usize = 1_024;
const SEPARATOR_BYTES_MAX: usize = 4;
const REFRESH_MARGIN_S: u64 = 300;
const REFRESH_MARGIN_S_MAX: u64 = 24 * 60 * 60;
/// A refresh token that lives shorter cannot be kept alive.
const LIFETIME_S_MIN: u64 = 60;
const LIFETIME_S_MAX: u64 = 10 * 366 * 24 * 60 * 60;

/// `own` is the extension, `refresh` the older word that says some of the same.
pub(super) fn read(
    own: Option<&Node<'_>>,
    refresh: Option<&Node<'_>>,
    known: &[&str],
    names_token_url: bool,
) -> OAuthSettings {
    own.iter().for_each(|node| node.only_keys(&KEYS));
    let get = |key: &str| own.and_then(|node| node.get(key));
    let issuer = get("issuer").and_then(|node| read_issuer(&node));
    let issuer_in_callback = own.is_some_and(|node| node.flag("issuer_in_callback"));
    if issuer_in_callback && get("issuer").is_none() {
        get("issuer_in_callback").iter().for_each(|node| node.fault("needs `issuer`, to compare with"));
    }
    let lifetime = |key: &str| get(key).and_then(|node| seconds(&node, LIFETIME_S_MIN, LIFETIME_S_MAX));
    let margin = get("refresh_margin_s").and_then(|node| seconds(&node, 0, REFRESH_MARGIN_S_MAX));
    let by_metadata = issuer.is_some() && !names_token_url;
    OAuthSettings {
        issuer_in_callback,
        revocation_url: get("revocation_url").and_then(|node| read_url(&node, known)),
        scope_separator: get("scope_separator")
            .and_then(|node| read_separator(&node))
            .unwrap_or_else(|| " ".to_owned()),
        authorize_params: get("authorize_params")
            .map(|node| read_params(&node, &AUTHORIZE_RESERVED))
            .unwrap_or_default(),
        token_params: get("token_params").map(|node| read_params(&node, &TOKEN_RESERVED)).unwrap_or_default(),
        client_auth: read_client_auth(own, refresh, by_metadata),
        body_format: read_body_format(own, refresh),
        refresh_margin_s: margin.unwrap_or(REFRESH_MARGIN_S),
        refresh_token_idle_s: lifetime("refresh_token_idle_s"),
        refresh_token_lifetime_s: lifetime("refresh_token_lifetime_s"),
        account: get("account").map(|node| read_account(&node)).unwrap_or_default(),
        issuer,
    }
}

/// RFC 8414, 2: a URL without query and fragment. It is kept as it is spelled.
fn read_issuer(node: &Node<'_>) -> Option<String> {
    let text = node.as_text()?;
    let url = check_endpoint(node, text)?;
    if url.query().is_some() {
        node.fault("must have no query");
    }
    if text.contains(['{', '}']) {
        node.fault("must be the same for every connector, without braces");
    }
    Some(text.to_owned())
}

fn read_separator(node: &Node<'_>) -> Option<String> {
    let text = node.as_text()?;
    let is_mark = |c| matches!(c, ' ' | ',' | ';' | '+' | '|');
    if text.is_empty() || text.len() > SEPARATOR_BYTES_MAX || !text.chars().all(is_mark) {
        node.fault("must be made of space, `,`, `;`, `+` or `|`");
        return None;
    }
    Some(text.to_owned())
}

fn read_params(node: &Node<'_>, reserved: &[&str]) -> Vec<(String, String)> {
    let entries = node.entries();
    if entries.len() > PARAMS_MAX {
        node.fault(format!("at most {PARAMS_MAX} parameters are taken"));
    }
    let param = |(name, node): &(&str, Node<'_>)| {
        let value = node.as_scalar_text()?;
        let is_plain = |text: &str| text.len() <= PARAM_BYTES_MAX && !text.chars().any(char::is_control);
        if reserved.contains(name) {
            node.fault(format!("`{name}` belongs to the protocol and cannot be set"));
        } else if name.trim().is_empty() || !is_plain(name) || !is_plain(&value) {
            node.fault(format!("name and value must be one line of at most {PARAM_BYTES_MAX} bytes"));
        }
        Some(((*name).to_owned(), value))
    };
    entries.iter().filter_map(param).collect()
}

fn read_client_auth(
    own: Option<&Node<'_>>,
    refresh: Option<&Node<'_>>,
    by_metadata: bool,
) -> Option<ClientAuthStyle> {
    const WORDS: [&str; 4] = ["basic", "body", "none", "private_key_jwt"];
    // What is wrong with the older word is told where it is read.
    let older = refresh.and_then(|node| node.get("auth_style")).and_then(|node| node.value.as_str());
    let said = word(own, "client_auth", &WORDS).or(older);
    match said.or(if by_metadata { None } else { Some("body") })? {
        "basic" => Some(ClientAuthStyle::Basic),
        "none" => Some(ClientAuthStyle::None),
        "private_key_jwt" => Some(ClientAuthStyle::PrivateKeyJwt),
        _ => Some(ClientAuthStyle::Body),
    }
}

fn read_body_format(own: Option<&Node<'_>>, refresh: Option<&Node<'_>>) -> TokenBodyFormat {
    let older = refresh.and_then(|node| node.get("body_format")).and_then(|node| node.value.as_str());
    match word(own, "body_format", &["form", "json"]).or(older) {
        Some("json") => TokenBodyFormat::Json,
        _ => TokenBodyFormat::Form,
    }
}

fn seconds(node: &Node<'_>, least: u64, greatest: u64) -> Option<u64> {
    let seconds = node.value.as_u64().filter(|seconds| (least..=greatest).contains(seconds));
    if seconds.is_none() {
        node.fault(format!("must be a whole number of seconds from {least} to {greatest}"));
    }
    seconds
}

fn read_account(node: &Node<'_>) -> AccountPaths {
    node.only_keys(&["id", "name", "email"]);
    let path = |key: &str| {
        let found = node.get(key)?;
        JsonPath::parse(found.as_text()?).map_err(|reason| found.fault(reason)).ok()
    };
    AccountPaths { id: path("id"), name: path("name"), email: path("email") }
}
