//! Params the caller left out and the connector's settings know.

use std::borrow::Cow;

use definitions::Scope;
use serde_json::{Map, Value, json};

use crate::Call;

/// What a template says when it has no value to give.
const DECLINED: [&str; 4] = ["", "none", "None", "null"];

/// The call's params with every scope resolved that can be, whichever the action uses.
///
/// Before the params are checked: a scoped parameter counts as given.
pub(crate) fn fill_from_settings<'a>(call: &Call<'a>) -> Cow<'a, Map<String, Value>> {
    let mut params = Cow::Borrowed(call.params);
    for scope in &call.definition.scopes {
        if call.params.contains_key(&scope.param) {
            continue;
        }
        if let Some(value) = resolved(call, scope) {
            params.to_mut().insert(scope.param.clone(), value);
        }
    }
    params
}

/// A setting that is a list counts when it leaves no choice.
fn resolved(call: &Call<'_>, scope: &Scope) -> Option<Value> {
    let value = match call.settings.get(&scope.config_key)? {
        Value::Null => return None,
        Value::Array(items) => match items.as_slice() {
            [only] => only,
            _ => return None,
        },
        value => value,
    };
    let Some(template) = &scope.value_template else { return Some(value.clone()) };
    let context = json!({ "value": value, "config": call.settings, "param": scope.param });
    match call.definition.render(template, &context) {
        Ok(text) if DECLINED.contains(&text.trim()) => None,
        Ok(text) => Some(Value::String(text.trim().to_owned())),
        Err(error) => {
            tracing::warn!("the scope for `{}` of {} failed: {error}", scope.param, call.definition.name);
            None
        }
    }
}
