//! The served API document, read for its operations: what to try, and with which body.

use serde_json::{Value, json};
use testkit::Client;

/// One method of one path.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    /// Names of the path's parameters.
    pub(super) parameters: Vec<String>,
    /// Whether the document says that anyone may call it.
    pub(super) needs_no_token: bool,
    body: Option<Value>,
}

impl Operation {
    /// A body that the document would accept, so that a refusal is about something else.
    pub(super) fn body(&self) -> Option<Value> {
        self.body.clone()
    }
}

/// Every operation of `/openapi.json`.
pub(super) async fn operations(client: &Client) -> Vec<Operation> {
    let document = client.get("/openapi.json").expect(200).await;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        for (method, operation) in item.as_object().expect("a path has methods") {
            if !["get", "post", "put", "delete", "patch"].contains(&method.as_str()) {
                continue;
            }
            let parts = path.split('{').skip(1).filter_map(|part| part.split('}').next());
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let security = operation.get("security").unwrap_or(&document["security"]);
            let schemes = security.as_array().into_iter().flatten();
            let needs_no_token = schemes.clone().count() == 0
                || schemes.clone().any(|scheme| scheme.as_object().is_some_and(serde_json::Map::is_empty));
            found.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                parameters: parts.map(str::to_owned).collect(),
                needs_no_token,
                body: (!schema.is_null()).then(|| asking_for_something(&document, schema)),
            });
        }
    }
    assert!(found.len() > 15, "the document lists {} operations only", found.len());
    found
}

/// The least value that a schema takes: required members only.
fn sample(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    let several = ["oneOf", "anyOf", "allOf"].iter().find_map(|key| schema[*key].as_array());
    if let Some(real) = several.and_then(|list| list.iter().find(|one| one["type"] != "null")) {
        return sample(document, real);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("object") | None => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let members =
                required.map(|name| (name.to_owned(), sample(document, &schema["properties"][name])));
            Value::Object(members.collect())
        }
        Some("array") => json!([]),
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(1),
        _ => json!("x"),
    }
}

/// A body in which nothing is required still asks for a change, if it takes one of this name.
fn asking_for_something(document: &Value, schema: &Value) -> Value {
    let mut body = sample(document, schema);
    let takes_name = resolved(document, schema)["properties"].get("name").is_some();
    if let Some(members) = body.as_object_mut().filter(|members| members.is_empty() && takes_name) {
        members.insert("name".to_owned(), json!("taken over"));
    }
    body
}

/// The schema that a reference leads to.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(pointer) => {
            let target = document.pointer(pointer.trim_start_matches('#'));
            resolved(document, target.expect("a reference leads somewhere"))
        }
        None => schema,
    }
}
