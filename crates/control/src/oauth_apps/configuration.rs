//! What an organization sends to describe its OAuth app: which keys there are, what they may hold, and
//! how they are sealed.

use definitions::{ClientAuthStyle, ConnectorDefinition, nearest};
use domain::Secret;
use oauth::SigningKey;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::connectors::printable;
use crate::credentials::GrantApp;
use crate::error::{FAULTS_MAX, FieldFault, suggestion};

/// From here on a client id is long enough for six of its characters to be shown.
const MASK_CHARACTERS_MIN: usize = 12;
const MASK: &str = "••••••";
/// What is said about a text that is no private key.
const NO_KEY: &str = "must be one private key in PEM, RSA of 2048 bits or more or P-256, without a passphrase: \
    with its lines, from -----BEGIN to -----END";

/// One key of the configuration.
struct Key {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    required: bool,
    secret: bool,
    /// Several times the longest that providers give out.
    bytes_max: usize,
}

const CLIENT_ID: Key = Key {
    name: "client_id",
    title: "Client id",
    description: "The OAuth app's id, as its provider shows it.",
    required: true,
    secret: false,
    bytes_max: 1_024,
};
const CLIENT_SECRET: Key = Key {
    name: "client_secret",
    title: "Client secret",
    description: "The OAuth app's secret. It is sealed and never answered.",
    required: true,
    secret: true,
    bytes_max: 8_192,
};
const PRIVATE_KEY: Key = Key {
    name: "private_key",
    title: "Private key",
    description: "The key the app signs with, RSA or P-256, as PEM. It is sealed and never answered.",
    required: true,
    secret: true,
    bytes_max: 16_384,
};
const KEY_ID: Key = Key {
    name: "key_id",
    title: "Key id",
    description: "Under which the provider knows the key (`kid`).",
    required: false,
    secret: false,
    bytes_max: 256,
};

const WITH_SECRET: &[Key] = &[CLIENT_ID, CLIENT_SECRET];
const PUBLIC: &[Key] = &[CLIENT_ID, Key { required: false, ..CLIENT_SECRET }];
const SIGNING: &[Key] = &[CLIENT_ID, PRIVATE_KEY, KEY_ID];

fn keys(style: ClientAuthStyle) -> &'static [Key] {
    match style {
        ClientAuthStyle::Basic | ClientAuthStyle::Body => WITH_SECRET,
        ClientAuthStyle::None => PUBLIC,
        ClientAuthStyle::PrivateKeyJwt => SIGNING,
    }
}

/// Names of the keys that must be given.
pub(super) fn required(style: ClientAuthStyle) -> impl Iterator<Item = &'static str> {
    keys(style).iter().filter(|key| key.required).map(|key| key.name)
}

/// The app that `given` describes. Values are repeated in no fault.
pub(super) fn read(
    definition: &ConnectorDefinition,
    style: ClientAuthStyle,
    mut given: Map<String, Value>,
) -> Result<GrantApp, Error> {
    let mut faults = Vec::new();
    let mut take = |key: &Key| match text(key, given.shift_remove(key.name)) {
        Ok(text) => text,
        Err((message, code)) => {
            let field = format!("configuration.{}", key.name);
            faults.push(FieldFault::new(field, format!("`{}` {message}", key.name)).with_code(code));
            None
        }
    };
    let mut taken: Vec<_> = keys(style).iter().map(|key| (key.name, take(key))).collect();
    faults.extend(given.keys().take(FAULTS_MAX).map(|name| unknown(definition, style, name)));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut value =
        |key: &Key| taken.iter_mut().find(|(name, _)| *name == key.name).and_then(|(_, value)| value.take());
    let plain = |value: Option<Secret>| value.as_ref().map(|value| open(value).to_owned());
    Ok(GrantApp {
        own: true,
        client_id: plain(value(&CLIENT_ID)).unwrap_or_default(),
        client_secret: value(&CLIENT_SECRET),
        // It follows from the organization and the definition, wherever the server moves.
        redirect_uri: String::new(),
        key_id: plain(value(&KEY_ID)),
        private_key: value(&PRIVATE_KEY),
    })
}

fn text(key: &Key, value: Option<Value>) -> Result<Option<Secret>, (String, &'static str)> {
    let fault = |message: &str| Err((message.to_owned(), "value_error"));
    let text = match value {
        None | Some(Value::Null) if key.required => return Err(("is missing".to_owned(), "missing")),
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => Secret::new(text),
        Some(_) => return fault("must be a text"),
    };
    let exposed = open(&text);
    if exposed.trim().is_empty() {
        return fault("must not be blank");
    }
    if exposed.len() > key.bytes_max {
        return Err((format!("may have {} bytes at most", key.bytes_max), "value_error"));
    }
    if key.name == PRIVATE_KEY.name {
        let key = SigningKey { key_id: None, private_key_pem: text };
        // Told now, and not first when somebody consents.
        return if key.check().is_ok() { Ok(Some(key.private_key_pem)) } else { fault(NO_KEY) };
    }
    if exposed.trim() != exposed || exposed.chars().any(char::is_control) {
        return fault("has white space around it, a line break or control characters; paste it without");
    }
    // RFC 6749, appendix A: visible characters. What is shown must not disguise itself either.
    if !key.secret && !exposed.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return fault("must consist of visible ASCII characters");
    }
    Ok(Some(text))
}

/// The key itself may be a secret in the wrong place, so of a long one only the beginning is said.
fn unknown(definition: &ConnectorDefinition, style: ClientAuthStyle, name: &str) -> FieldFault {
    let known: Vec<&str> = keys(style).iter().map(|key| key.name).collect();
    let meant = suggestion(nearest(name, known.iter().copied()));
    let name = printable(name);
    let message = format!(
        "an OAuth app for {} has no `{name}`{meant}; its configuration consists of {}",
        definition.title,
        known.join(", ")
    );
    FieldFault::new(format!("configuration.{name}"), message)
}

/// What the configuration consists of, as JSON Schema.
pub(super) fn schema(definition: &ConnectorDefinition, style: ClientAuthStyle) -> Value {
    let property = |key: &Key| {
        let mut property = json!({
            "type": "string",
            "title": key.title,
            "description": key.description,
            "minLength": 1,
            "maxLength": key.bytes_max,
        });
        if key.secret {
            property["format"] = "password".into();
            property["writeOnly"] = true.into();
        }
        (key.name.to_owned(), property)
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("OAuth app for {}", definition.title),
        "type": "object",
        "properties": keys(style).iter().map(property).collect::<Map<_, _>>(),
        "required": required(style).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

/// Its first four and last two characters; nothing of a short one.
pub(super) fn masked(client_id: &str) -> String {
    let characters: Vec<char> = client_id.chars().collect();
    if characters.len() < MASK_CHARACTERS_MIN {
        return MASK.to_owned();
    }
    let (first, last) = (&characters[..4], &characters[characters.len() - 2..]);
    format!("{}{MASK}{}", first.iter().collect::<String>(), last.iter().collect::<String>())
}

/// The bytes to seal, in one allocation of the right size so that no copy is left behind.
pub(super) fn plain(app: &GrantApp) -> Result<Secret<Vec<u8>>, Error> {
    let texts = [app.client_secret.as_ref(), app.private_key.as_ref()];
    let secret = texts.into_iter().flatten().map(|text| open(text).len()).sum::<usize>();
    // Every byte can grow to six when escaped, and the names and punctuation take their share.
    let size = 6 * (secret + app.client_id.len() + app.key_id.as_ref().map_or(0, String::len)) + 256;
    let mut bytes = Secret::new(Vec::with_capacity(size));
    #[expect(clippy::disallowed_methods, reason = "the plain text goes into the envelope")]
    let out = bytes.expose_mut();
    serde_json::to_writer(out, &app.out())
        .map_err(|_| Error::Internal("an OAuth app does not serialize".into()))?;
    Ok(bytes)
}

#[expect(clippy::disallowed_methods, reason = "values are checked here before they are sealed")]
fn open(secret: &Secret) -> &str {
    secret.expose()
}

#[cfg(test)]
mod tests;
