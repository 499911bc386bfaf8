//! The small JSONPath dialect of connector definitions.
//!
//! `[*]` gives the elements of a list and the member values of an object; a step that does not fit
//! the value it meets matches nothing and is never an error.

use serde_json::Value;

/// Longest expression taken.
const TEXT_BYTES_MAX: usize = 512;

/// `$`, `.name`, `['name']`, `[n]`, `[*]`; parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
    All,
}

impl JsonPath {
    /// Reads an expression.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(format!("a path is at most {TEXT_BYTES_MAX} bytes long"));
        }
        let mut rest = text.trim().strip_prefix('$').ok_or("a path begins with `$`")?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = next_step(rest)?;
            steps.push(step);
            rest = after;
        }
        Ok(Self { steps })
    }

    /// The first match, in document order.
    #[must_use]
    pub fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        first(&self.steps, value)
    }

    /// All matches, in document order.
    #[must_use]
    pub fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| children(step, value)).collect();
        }
        found
    }

    /// The first match, taken out of `value`: only a path with `[*]` has to copy it.
    #[must_use]
    pub fn take(&self, value: Value) -> Option<Value> {
        if self.has_wildcard() {
            return self.first(&value).cloned();
        }
        self.steps.iter().try_fold(value, |value, step| match (step, value) {
            (Step::Name(name), Value::Object(mut members)) => members.swap_remove(name),
            (Step::Index(index), Value::Array(mut list)) if *index < list.len() => {
                Some(list.swap_remove(*index))
            }
            _ => None,
        })
    }

    /// Whether it is `$` alone: the whole answer.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it can match several values.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.steps.contains(&Step::All)
    }
}

fn next_step(rest: &str) -> Result<(Step, &str), String> {
    if let Some(rest) = rest.strip_prefix('.') {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err("a name must follow `.`".to_owned());
        }
        return Ok((Step::Name(rest[..end].to_owned()), &rest[end..]));
    }
    let inner = rest.strip_prefix('[').ok_or_else(|| format!("`.` or `[` must stand before `{rest}`"))?;
    for quote in ['\'', '"'] {
        if let Some(name) = inner.strip_prefix(quote) {
            let end = name.find(quote).ok_or("a quoted name does not end")?;
            let after = name[end + 1..].strip_prefix(']').ok_or("`]` is missing after a quoted name")?;
            return Ok((Step::Name(name[..end].to_owned()), after));
        }
    }
    let (index, after) = inner.split_once(']').ok_or("`]` is missing")?;
    if index == "*" {
        return Ok((Step::All, after));
    }
    let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    let position = index.parse().ok().filter(|_| digits);
    let position =
        position.ok_or_else(|| format!("`[{index}]` is neither an index, a quoted name nor `[*]`"))?;
    Ok((Step::Index(position), after))
}

fn children<'v>(step: &Step, value: &'v Value) -> Vec<&'v Value> {
    match step {
        Step::Name(name) => value.as_object().and_then(|map| map.get(name)).into_iter().collect(),
        Step::Index(index) => value.as_array().and_then(|list| list.get(*index)).into_iter().collect(),
        Step::All => match value {
            Value::Array(list) => list.iter().collect(),
            Value::Object(map) => map.values().collect(),
            _ => Vec::new(),
        },
    }
}

fn first<'v>(steps: &[Step], value: &'v Value) -> Option<&'v Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    children(step, value).into_iter().find_map(|child| first(rest, child))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all(path: &str, value: &Value) -> Vec<Value> {
        JsonPath::parse(path).unwrap().all(value).into_iter().cloned().collect()
    }

    #[test]
    fn every_measured_shape_matches_what_it_names() {
        let answer =
            json!({"a": {"b": [{"c": 1}, {"c": 2}, {"d": 3}]}, "odd key": 4, "@type": 5, "x-y_z": 6});
        assert_eq!(all("$", &answer), std::slice::from_ref(&answer));
        assert_eq!(all("$.a.b[0].c", &answer), [json!(1)]);
        assert_eq!(all("$.a.b[*].c", &answer), [json!(1), json!(2)]);
        assert_eq!(all("$['odd key']", &answer), [json!(4)]);
        assert_eq!(all("$[\"odd key\"]", &answer), [json!(4)]);
        assert_eq!(all("$.@type", &answer), [json!(5)]);
        assert_eq!(all("$.x-y_z", &answer), [json!(6)]);
    }

    #[test]
    fn taking_gives_what_the_first_match_is() {
        let answer = json!({"a": {"b": [{"c": 1}, {"c": 2}], "n": null}, "t": "t"});
        for path in ["$", "$.a", "$.a.b[1].c", "$.a.b[*].c", "$.a.b[2]", "$.t.x", "$.a.n", "$[0]", "$.t[*]"] {
            let path = JsonPath::parse(path).unwrap();
            assert_eq!(path.take(answer.clone()), path.first(&answer).cloned(), "{path:?}");
        }
    }

    #[test]
    fn a_wildcard_on_an_object_gives_its_member_values() {
        let answer = json!({"ip": [{"id": 1}], "visitor": [{"id": 2}, {"id": 3}]});
        assert_eq!(all("$[*][*]", &answer), [json!({"id": 1}), json!({"id": 2}), json!({"id": 3})]);
        assert!(all("$[*][*]", &json!("text")).is_empty());
    }

    #[test]
    fn a_step_that_does_not_fit_matches_nothing() {
        let answer = json!({"list": [1], "text": "t", "null": null});
        for path in ["$.none", "$.text.name", "$.list.name", "$.text[0]", "$.list[1]", "$.null[*]", "$[0]"] {
            assert!(all(path, &answer).is_empty(), "{path}");
        }
        assert_eq!(all("$.null", &answer), [Value::Null]);
    }

    #[test]
    fn the_first_match_skips_branches_that_end_early() {
        let path = JsonPath::parse("$[*].a[0]").unwrap();
        assert_eq!(path.first(&json!([{"b": 1}, {"a": []}, {"a": [7, 8]}])), Some(&json!(7)));
        assert!(path.has_wildcard() && !path.is_root());
        assert!(JsonPath::parse("$").unwrap().is_root());
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("$.{}", "a".repeat(TEXT_BYTES_MAX));
        for text in
            ["", "a", "$a", "$.", "$..a", "$[", "$[]", "$[-1]", "$[+1]", "$['a'", "$['a", "$[?(@.a)]", &long]
        {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }
}
