//! The API's document, made from the code; `openapi/patchbay.yaml` holds the same.

use actix_web::App;
use domain::OrganizationId;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document, RefOr, Required};
use utoipa::{Modify, OpenApi, PartialSchema};
use utoipa_actix_web::AppExt;

use crate::handlers::health;
use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patchbay",
        description = "Connect your customers' SaaS accounts and act on them through one API.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "tokens", description = "Bearer tokens for applications and for single customers."),
        (name = "workspaces", description = "An organization's customers."),
        (name = "connectors", description = "Connect a customer's account, and act on it."),
        (name = "oauth", description = "Consent at an upstream's own pages, and the OAuth apps it goes by."),
        (name = "definitions", description = "The APIs that can be connected."),
        (name = "executions", description = "Who called what, and how it ended."),
        (name = "events", description = "What happened to connectors, in order."),
        (name = "jobs", description = "What becomes of the grants of deleted connectors."),
        (name = "organizations", description = "What an organization decides."),
        (name = "health", description = "Whether this server lives and is ready.")
    ),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The whole document. Both `/api/v1` and `/v1` serve it; it names the first.
#[must_use]
pub fn openapi() -> Document {
    let app = App::new().into_utoipa_app().openapi(Base::openapi());
    let app = app.service(utoipa_actix_web::scope("/api/v1").configure(routes));
    let mut document = app.configure(health::routes).split_for_parts().1;
    for (path, item) in &mut document.paths.paths {
        if path.starts_with("/api/") && !is_callback(path) {
            item.parameters = Some(vec![organization_header()]);
        }
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch];
        operations.into_iter().flatten().for_each(describe_answers);
    }
    document
}

/// The routes that browsers visit, on their way back from an upstream's authorization page.
fn is_callback(path: &str) -> bool {
    path.split('/').any(|part| part == "callback")
}

/// Every route takes it, so it is said once for each path.
fn organization_header() -> RefOr<Parameter> {
    let header = ParameterBuilder::new()
        .name("X-Organization-Id")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The organization to act in; needed when the application belongs to several."))
        .schema(Some(OrganizationId::schema()));
    header.build().into()
}

/// OpenAPI 3.1 asks for a description of every answer; the problems bring their own.
fn describe_answers(operation: &mut Operation) {
    for answer in operation.responses.responses.values_mut() {
        if let RefOr::T(answer) = answer
            && answer.description.is_empty()
        {
            "Done.".clone_into(&mut answer.description);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_api_lists_its_errors() {
        let document = serde_json::to_value(openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let mut operations = 0;
        let speaks_json = |path: &str| path.starts_with("/api/v1/") && !is_callback(path);
        for (path, item) in paths.iter().filter(|(path, _)| speaks_json(path)) {
            let methods = item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters");
            for (method, operation) in methods {
                operations += 1;
                let answers = operation["responses"].as_object().unwrap();
                let mut needed = vec!["401", "422", "500", "503"];
                needed.extend(path.contains('{').then_some("404"));
                needed.extend((method == "post" || method == "put").then_some("415"));
                for status in needed {
                    assert!(answers.contains_key(status), "{method} {path} does not list {status}");
                }
            }
        }
        assert!(operations > 35, "{operations}");
    }
}
