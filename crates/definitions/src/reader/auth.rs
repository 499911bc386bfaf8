//! `components.securitySchemes`: each is one way to authenticate.

mod oauth;

use indexmap::IndexMap;

use super::{header, template};
use crate::auth_scheme::{AuthMapping, AuthProperty, AuthScheme, MappingPart, MappingTemplate, Placement};
use crate::connector::Server;
use crate::document::Node;
use crate::extensions as x;
use crate::template::is_template;

const CONFIG_KEYS: [&str; 9] = [
    "type",
    "title",
    "description",
    "required",
    "properties",
    "auth_mapping",
    "additional_headers",
    // Of use to replication only.
    "replication_auth_key_mapping",
    "replication_auth_key_constants",
];
/// What a type of scheme asks for: its slots, and those that are required when nothing is said.
struct Slots {
    all: &'static [&'static str],
    required: &'static [&'static str],
}

pub(super) fn read(root: &Node<'_>, server: Option<&Server>) -> Vec<AuthScheme> {
    let Some(components) = root.require("components") else { return Vec::new() };
    components.known_keys(&["schemas", "securitySchemes"]);
    let Some(schemes) = components.require("securitySchemes") else { return Vec::new() };
    let entries = schemes.entries();
    if entries.is_empty() {
        schemes.fault("at least one scheme is needed");
    }
    entries.iter().filter_map(|(name, node)| read_scheme(name, node, server)).collect()
}

fn read_scheme(name: &str, node: &Node<'_>, server: Option<&Server>) -> Option<AuthScheme> {
    let refresh = node.get(x::TOKEN_REFRESH);
    let (placement, slots) = read_placement(node, refresh.as_ref())?;
    let config = node.get(x::AUTH_CONFIG);
    let properties = config.as_ref().map_or_else(|| identity_properties(&slots), read_properties);
    let mapping = match &config {
        Some(config) => read_mapping(config, &slots, &properties),
        None => slots.all.iter().map(|slot| identity(slot)).collect(),
    };
    // A slot need not be mapped: the first refresh fills `access_token`.
    let own = properties.keys().map(String::as_str).filter(|name| !slots.all.contains(name));
    let visible: Vec<&str> = slots.all.iter().copied().chain(own).collect();
    let additional_headers = config.as_ref().map(|node| read_headers(node, &visible)).unwrap_or_default();
    if let Some(config) = &config {
        check_all_used(config, &properties, &mapping, &additional_headers);
    }
    let is_oauth = matches!(placement, Placement::OAuth { .. });
    if let Some(settings) = node.get(x::OAUTH).filter(|_| !is_oauth) {
        settings.fault("is for a scheme of the type oauth2");
    }
    let oauth = if is_oauth { Some(oauth::read(node, refresh.as_ref(), server, &visible)?) } else { None };
    let by_assertion = oauth.as_ref().is_some_and(|oauth| oauth.token_refresh.grant_type == "jwt_bearer");
    Some(AuthScheme {
        name: name.to_owned(),
        title: config.as_ref().and_then(|node| node.text("title")).unwrap_or(name).to_owned(),
        description: node.text("description").unwrap_or_default().to_owned(),
        placement,
        required: match &config {
            Some(config) => read_required(config, &properties),
            None => slots.required.iter().map(|&slot| slot.to_owned()).collect(),
        },
        properties,
        mapping,
        additional_headers,
        oauth,
        unsupported: by_assertion
            .then(|| "the jwt_bearer grant (service accounts) is not supported yet".to_owned()),
    })
}

fn read_placement(node: &Node<'_>, refresh: Option<&Node<'_>>) -> Option<(Placement, Slots)> {
    let slots = |all, required| Slots { all, required };
    Some(match (node.require_text("type")?, node.text("scheme")) {
        ("http", Some("bearer")) => (Placement::Bearer, slots(&["token"], &["token"])),
        ("http", Some("basic")) => {
            (Placement::Basic, slots(&["username", "password"], &["username", "password"]))
        }
        ("apiKey", _) => (read_key_placement(node)?, slots(&["api_key"], &["api_key"])),
        ("oauth2", _) => {
            let name = refresh.and_then(|node| node.text("header")).unwrap_or("Authorization");
            let prefix = refresh.and_then(|node| node.text("prefix")).unwrap_or("Bearer");
            header::value(node, prefix);
            let placement = Placement::OAuth { header: header::name(node, name)?, prefix: prefix.to_owned() };
            let all = &["access_token", "refresh_token", "client_id", "client_secret", "credentials_json"];
            (placement, slots(all, &["access_token"]))
        }
        _ => {
            node.fault("a scheme is http (bearer or basic), apiKey or oauth2");
            return None;
        }
    })
}

fn read_key_placement(node: &Node<'_>) -> Option<Placement> {
    let name = node.require_text("name")?;
    let place = node.require("in")?;
    let is_plain = !name.chars().any(|c| c.is_control() || matches!(c, ';' | '=' | ' '));
    match place.as_text()? {
        "header" => header::name(node, name).map(Placement::Header),
        "query" => Some(Placement::Query(name.to_owned())),
        "cookie" if is_plain => Some(Placement::Cookie(name.to_owned())),
        "cookie" => {
            node.fault("not the name of a cookie");
            None
        }
        _ => {
            place.fault("must be header, query or cookie");
            None
        }
    }
}

fn read_properties(config: &Node<'_>) -> IndexMap<String, AuthProperty> {
    config.known_keys(&CONFIG_KEYS);
    let entries = config.get("properties").map(|node| node.entries()).unwrap_or_default();
    let property = |node: &Node<'_>| AuthProperty {
        title: node.text("title").unwrap_or_default().to_owned(),
        description: node.text("description").unwrap_or_default().to_owned(),
        default: node.get("default").and_then(|node| node.as_scalar_text()),
        // What is not said to be public is kept secret.
        secret: node.get("airbyte_secret").is_none() || node.flag("airbyte_secret"),
    };
    entries.iter().map(|(name, node)| ((*name).to_owned(), property(node))).collect()
}

fn read_required(config: &Node<'_>, properties: &IndexMap<String, AuthProperty>) -> Vec<String> {
    let required = config.texts("required");
    for name in required.iter().filter(|name| !properties.contains_key(*name)) {
        config.fault(format!("`{name}` is required and not among the properties"));
    }
    required
}

fn read_mapping(
    config: &Node<'_>,
    slots: &Slots,
    properties: &IndexMap<String, AuthProperty>,
) -> AuthMapping {
    let Some(node) = config.get("auth_mapping") else {
        return slots
            .all
            .iter()
            .filter(|slot| properties.contains_key(**slot))
            .map(|slot| identity(slot))
            .collect();
    };
    let entries = node.entries().into_iter();
    entries
        .filter_map(|(slot, node)| {
            if !slots.all.contains(&slot) {
                node.fault(format!(
                    "`{slot}` is no slot of this scheme; its slots: {}",
                    slots.all.join(", ")
                ));
                return None;
            }
            Some((slot.to_owned(), read_mapping_template(&node, properties)?))
        })
        .collect()
}

fn read_mapping_template(
    node: &Node<'_>,
    properties: &IndexMap<String, AuthProperty>,
) -> Option<MappingTemplate> {
    let text = node.as_scalar_text()?;
    header::value(node, &text);
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    while let Some((literal, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else {
            node.fault("`${` does not end");
            return None;
        };
        if !properties.contains_key(name) {
            node.fault(format!("`{name}` is not among the properties"));
        }
        if !literal.is_empty() {
            parts.push(MappingPart::Literal(literal.to_owned()));
        }
        parts.push(MappingPart::Property(name.to_owned()));
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(MappingPart::Literal(rest.to_owned()));
    }
    Some(MappingTemplate(parts))
}

fn read_headers(config: &Node<'_>, visible: &[&str]) -> Vec<(String, String)> {
    let entries = config.get("additional_headers").map(|node| node.entries()).unwrap_or_default();
    let entries = entries.iter();
    entries
        .filter_map(|(name, node)| {
            let name = header::name(node, name)?;
            let text = template::text(node, visible)?;
            header::value(node, &text);
            Some((name, text))
        })
        .collect()
}

/// A property that goes nowhere is a slip: a person would be asked for it in vain.
fn check_all_used(
    config: &Node<'_>,
    properties: &IndexMap<String, AuthProperty>,
    mapping: &AuthMapping,
    headers: &[(String, String)],
) {
    let mapped = |name: &str| {
        let parts = mapping.values().flat_map(|template| &template.0);
        parts.into_iter().any(|part| matches!(part, MappingPart::Property(used) if used == name))
    };
    let in_header = |name: &str| headers.iter().any(|(_, text)| is_template(text) && text.contains(name));
    for name in properties.keys().filter(|name| !mapped(name) && !in_header(name)) {
        config.fault(format!("the property `{name}` is used by no mapping and no header"));
    }
}

fn identity_properties(slots: &Slots) -> IndexMap<String, AuthProperty> {
    let property =
        || AuthProperty { title: String::new(), description: String::new(), default: None, secret: true };
    slots.all.iter().map(|&slot| (slot.to_owned(), property())).collect()
}

fn identity(slot: &str) -> (String, MappingTemplate) {
    (slot.to_owned(), MappingTemplate(vec![MappingPart::Property(slot.to_owned())]))
}
