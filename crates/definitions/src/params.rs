//! Checks a call's params before anything is sent.
//!
//! Types are checked as leniently as the upstreams take them: `"5"` is an integer, a number is a
//! text. What a definition does not declare is dropped by the executor and is no fault. A message
//! names the parameter and what would be right, never the value that was given.

use serde_json::{Map, Number, Value};

use crate::document::{escaped, scalar_text};
use crate::{Action, ActionKind, ParamFault};

/// Faults reported of one call.
const FAULTS_MAX: usize = 100;
/// Allowed values named in one message.
const VALUES_NAMED_MAX: usize = 50;

/// What is enforced of one declared parameter.
#[derive(Debug)]
pub(crate) struct ParamRule {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Whether it must be there; a default or a connector setting can stand in for it.
    pub(crate) required: bool,
    /// The types it may have; empty means any.
    pub(crate) kinds: Vec<JsonKind>,
    /// The values it may have; empty means any.
    pub(crate) allowed: Vec<Value>,
    /// The values its elements may have; empty means any.
    pub(crate) items_allowed: Vec<Value>,
    /// The least and the greatest number it may be.
    pub(crate) range: (Option<Number>, Option<Number>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Action {
    /// What is wrong with `params`; empty when they can be sent.
    ///
    /// Connector settings are not looked at: what `x-airbyte-scoping` adds must be in `params`
    /// already, and a query parameter that may come from a setting (`config_inject`) is not missed.
    #[must_use]
    pub fn check(&self, params: &Map<String, Value>) -> Vec<ParamFault> {
        let mut faults: Vec<ParamFault> = Vec::new();
        for rule in &self.rules {
            let found = match params.get(&rule.name) {
                None => rule.absent(self.kind),
                Some(value) => rule.faults(value),
            };
            for fault in found {
                // A name may be declared in two places; its fault is told once.
                let told = faults.iter().any(|known| known.pointer == fault.pointer);
                if !told && faults.len() < FAULTS_MAX {
                    faults.push(fault);
                }
            }
        }
        faults
    }
}

impl ParamRule {
    fn absent(&self, action: ActionKind) -> Vec<ParamFault> {
        let enforced = match self.place {
            Place::Path | Place::Query => true,
            Place::Header => false,
            Place::Body => matches!(action, ActionKind::Create | ActionKind::Update),
        };
        if !(self.required && enforced) {
            return Vec::new();
        }
        vec![self.fault("missing", "is required")]
    }

    fn faults(&self, value: &Value) -> Vec<ParamFault> {
        if is_blank(self.place, value) {
            let must_be_filled = self.required && matches!(self.place, Place::Path | Place::Query);
            return must_be_filled.then(|| self.fault("blank", "must not be empty")).into_iter().collect();
        }
        if !self.fits(value) {
            return vec![self.fault("type", &format!("must be {}", self.kinds_in_words()))];
        }
        if !matches!(self.place, Place::Query | Place::Body) {
            return Vec::new();
        }
        if !self.allowed.is_empty() && !contains(&self.allowed, value) {
            return vec![self.fault("enum", &format!("must be one of {}", in_words(&self.allowed)))];
        }
        if !self.is_in_range(value) {
            return vec![self.fault("range", &format!("must be {}", self.range_in_words()))];
        }
        self.element_faults(value)
    }

    /// A number given as text is left to the upstream.
    fn is_in_range(&self, value: &Value) -> bool {
        let Value::Number(given) = value else { return true };
        let Some(given) = given.as_f64() else { return true };
        let (least, greatest) = &self.range;
        let bound = |bound: &Option<Number>| bound.as_ref().and_then(Number::as_f64);
        bound(least).is_none_or(|least| given >= least)
            && bound(greatest).is_none_or(|greatest| given <= greatest)
    }

    fn range_in_words(&self) -> String {
        match &self.range {
            (Some(least), Some(greatest)) => format!("from {least} to {greatest}"),
            (Some(least), None) => format!("{least} or more"),
            (None, Some(greatest)) => format!("{greatest} or less"),
            (None, None) => "a number".to_owned(),
        }
    }

    fn element_faults(&self, value: &Value) -> Vec<ParamFault> {
        let (Value::Array(elements), false) = (value, self.items_allowed.is_empty()) else {
            return Vec::new();
        };
        let wrong =
            elements.iter().enumerate().filter(|(_, element)| !contains(&self.items_allowed, element));
        wrong
            .map(|(index, _)| ParamFault {
                pointer: format!("/{}/{index}", escaped(&self.name)),
                message: format!(
                    "element {index} of `{}` must be one of {}",
                    self.name,
                    in_words(&self.items_allowed)
                ),
                code: "enum",
            })
            .take(FAULTS_MAX)
            .collect()
    }

    fn fault(&self, code: &'static str, what: &str) -> ParamFault {
        ParamFault {
            pointer: format!("/{}", escaped(&self.name)),
            message: format!("`{}` {what}", self.name),
            code,
        }
    }

    fn fits(&self, value: &Value) -> bool {
        if self.place == Place::Path && !is_scalar(value) {
            return false;
        }
        self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.fits(self.place, value))
    }

    fn kinds_in_words(&self) -> String {
        if self.kinds.is_empty() {
            return "a single value".to_owned();
        }
        self.kinds.iter().map(|kind| kind.in_words()).collect::<Vec<_>>().join(" or ")
    }
}

impl JsonKind {
    /// The `type` keyword's word; none for `null`, which is never checked.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::String => "a text",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }

    fn fits(self, place: Place, value: &Value) -> bool {
        match (self, value) {
            // In a URL or a header everything becomes text.
            (Self::String, _) => place != Place::Body || is_scalar(value),
            (Self::Boolean, Value::Bool(_))
            | (Self::Number, Value::Number(_))
            | (Self::Array, Value::Array(_))
            | (Self::Object, Value::Object(_)) => true,
            (Self::Boolean, Value::String(text)) => matches!(text.trim(), "true" | "false"),
            (Self::Integer, Value::Number(number)) => {
                number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|n| n.fract() == 0.0)
            }
            (Self::Integer, Value::String(text)) => text.trim().parse::<i128>().is_ok(),
            (Self::Number, Value::String(text)) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            _ => false,
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_))
}

/// Whether nothing would be left of it in a path or a required query parameter.
fn is_blank(place: Place, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty() && place != Place::Body,
        Value::Array(list) => list.is_empty() && place == Place::Query,
        Value::Object(map) => map.is_empty() && place == Place::Query,
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn contains(allowed: &[Value], value: &Value) -> bool {
    allowed.iter().any(|candidate| {
        candidate == value
            || scalar_text(candidate).is_some_and(|text| scalar_text(value).as_deref() == Some(&text))
    })
}

fn in_words(allowed: &[Value]) -> String {
    let named = allowed.iter().filter_map(scalar_text).take(VALUES_NAMED_MAX);
    let mut words = named.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    if allowed.len() > VALUES_NAMED_MAX {
        words.push_str(", …");
    }
    words
}
