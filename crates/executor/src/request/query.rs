//! The query string: declared parameters in declared order, each in its style.

use definitions::{ArrayStyle, ParamFault, QueryParameter};
use domain::Timestamp;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use super::{ENCODED, blank, injected, is_blank, missing, text};
use crate::Call;

/// How a pair is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As HTML forms do: a space is `+`.
    Form,
    /// Rest.li reads `( ) : ,` as structure and matches them before decoding.
    RestLi,
}

const REST_LI_VALUE: &AsciiSet = &ENCODED.remove(b',');
const REST_LI_STRUCTURE: &AsciiSet =
    &ENCODED.remove(b',').remove(b'(').remove(b')').remove(b':').remove(b'%');

/// Whoever sends it speaks Rest.li.
const REST_LI_HEADER: &str = "X-Restli-Protocol-Version";

impl Spelling {
    /// The protocol's version header tells, whether the action or the auth scheme sends it.
    pub(super) fn of(headers: &HeaderMap, call: &Call<'_>) -> Self {
        let scheme = call.definition.scheme(call.credential.scheme());
        let mut added = scheme.into_iter().flat_map(|scheme| &scheme.additional_headers);
        if headers.contains_key(REST_LI_HEADER)
            || added.any(|(name, _)| name.eq_ignore_ascii_case(REST_LI_HEADER))
        {
            Self::RestLi
        } else {
            Self::Form
        }
    }
}

/// The whole query string, empty when there is nothing to send.
///
/// A default is sent for a required parameter only; an explicit null is left out.
pub(super) fn query(
    call: &Call<'_>,
    params: &Map<String, Value>,
    now: Timestamp,
    spelling: Spelling,
    faults: &mut Vec<ParamFault>,
) -> String {
    let mut pairs = Pairs { text: String::new(), spelling };
    for parameter in &call.action.query {
        let name = parameter.name.as_str();
        if let Some(given) = params.get(name) {
            if parameter.required && is_blank(given) {
                faults.push(blank(name));
            } else if !given.is_null() {
                pairs.add(parameter, given);
            }
        } else if let Some(setting) = injected(parameter.config_inject.as_ref(), call.settings) {
            pairs.add(parameter, setting);
        } else if parameter.required {
            // A default can be a template, of a date for instance.
            let default = parameter.default.as_ref();
            match default.and_then(|default| call.definition.filled(default, now).ok()) {
                Some(default) => pairs.add(parameter, &default),
                None => faults.push(missing(name)),
            }
        }
    }
    pairs.text
}

struct Pairs {
    text: String,
    spelling: Spelling,
}

impl Pairs {
    fn add(&mut self, parameter: &QueryParameter, value: &Value) {
        let name = parameter.name.as_str();
        match value {
            Value::Array(items) => self.add_list(name, parameter.array_style, items),
            Value::Object(members) if parameter.deep_object => {
                for (member, value) in members {
                    let name = format!("{name}[{member}]");
                    match value {
                        Value::Null => {}
                        Value::Array(items) => self.add_list(&name, ArrayStyle::Repeat, items),
                        value => self.push(&name, &text(value)),
                    }
                }
            }
            value => self.push(name, &text(value)),
        }
    }

    fn add_list(&mut self, name: &str, style: ArrayStyle, items: &[Value]) {
        let present = items.iter().filter(|item| !item.is_null());
        let separator = match (style, self.spelling) {
            (ArrayStyle::Repeat, Spelling::Form) => {
                for item in present {
                    self.push(name, &text(item));
                }
                return;
            }
            (ArrayStyle::Comma, _) | (ArrayStyle::Repeat, Spelling::RestLi) => ",",
            (ArrayStyle::Space, _) => " ",
            (ArrayStyle::Pipe, _) => "|",
        };
        let items: Vec<_> = present.map(text).collect();
        if !items.is_empty() {
            self.push(name, &items.join(separator));
        }
    }

    fn push(&mut self, name: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push('&');
        }
        match self.spelling {
            Spelling::Form => {
                push_form(&mut self.text, name);
                self.text.push('=');
                push_form(&mut self.text, value);
            }
            Spelling::RestLi => {
                let structured = value.starts_with('(') || value.starts_with("List(");
                let left = if structured { REST_LI_STRUCTURE } else { REST_LI_VALUE };
                self.text.extend(utf8_percent_encode(name, ENCODED));
                self.text.push('=');
                self.text.extend(utf8_percent_encode(value, left));
            }
        }
    }
}

/// Appends `text` as a form writes it.
pub(super) fn push_form(target: &mut String, text: &str) {
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            target.push('+');
        }
        target.extend(utf8_percent_encode(word, ENCODED));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rest_li(name: &str, value: &Value) -> String {
        let parameter = QueryParameter {
            name: name.to_owned(),
            required: false,
            default: None,
            array_style: ArrayStyle::Repeat,
            deep_object: false,
            config_inject: None,
        };
        let mut pairs = Pairs { text: String::new(), spelling: Spelling::RestLi };
        pairs.add(&parameter, value);
        pairs.text
    }

    #[test]
    fn rest_li_keeps_its_structure_and_encodes_the_rest() {
        assert_eq!(rest_li("q", &json!("a b:(c),d")), "q=a%20b%3A%28c%29,d");
        let search = json!("(status:(values:List(ACTIVE)),name:x%2Cy z)");
        assert_eq!(rest_li("search", &search), "search=(status:(values:List(ACTIVE)),name:x%2Cy%20z)");
        assert_eq!(rest_li("ids[]", &json!(["u r", "v&w"])), "ids%5B%5D=u%20r,v%26w");
        assert_eq!(rest_li("ids", &json!("List(1,2)&x=y#")), "ids=List(1,2)%26x%3Dy%23");
    }
}
