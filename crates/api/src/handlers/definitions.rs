//! Connector definitions: which APIs there are, and what each offers.

use actix_web::get;
use actix_web::web::{Data, Json as Answer};
use control::Control;
use domain::DefinitionId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::connectors::wire;
use super::problems::{Guarded, Named};
use crate::body::{PathId, QueryString};
use crate::caller::Scoped;
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDefinitions {
    /// Only names that contain this, whatever the case.
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Definitions {
    definitions: Vec<DefinitionSummary>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefinitionSummary {
    source_definition_id: DefinitionId,
    name: String,
    icon_url: Option<String>,
    custom: bool,
    #[schema(example = "community")]
    support_level: &'static str,
}

/// List the connector definitions.
#[utoipa::path(operation_id = "list_definitions", tag = "definitions", params(ListDefinitions), responses((status = 200, body = Definitions), Guarded))]
#[get("/integrations/definitions/sources")]
pub(crate) async fn list(
    control: Data<Control>,
    _caller: Scoped,
    QueryString(query): QueryString<ListDefinitions>,
) -> Result<Answer<Definitions>, Problem> {
    let wanted = query.name.unwrap_or_default().to_lowercase();
    let fits = |text: &str| text.to_lowercase().contains(&wanted);
    let definitions = control.catalog().iter().filter(|found| fits(&found.title) || fits(&found.name));
    let definitions = definitions.map(|definition| DefinitionSummary {
        source_definition_id: definition.id,
        name: definition.title.clone(),
        icon_url: None,
        custom: false,
        support_level: "community",
    });
    Ok(Answer(Definitions { definitions: definitions.collect() }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DefinitionDetail {
    id: DefinitionId,
    definition: DefinitionBody,
    /// Questions a user may ask of it, by kind.
    #[schema(value_type = Object)]
    example_questions: Value,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefinitionBody {
    source_definition_id: DefinitionId,
    name: String,
    connector_name: String,
    version: String,
    description: String,
    /// A JSON Schema of the credentials and server variables it takes.
    #[schema(value_type = Object)]
    spec: Value,
    /// Entities, actions and their parameters.
    #[schema(value_type = Value)]
    entities: Value,
}

/// Get one definition: the credentials it takes, and its entities, actions and parameters.
#[utoipa::path(operation_id = "get_definition", tag = "definitions", params(("definition_id" = DefinitionId, Path)),
    responses((status = 200, body = DefinitionDetail), Guarded, Named))]
#[get("/integrations/definitions/sources/{definition_id}")]
pub(crate) async fn get(
    control: Data<Control>,
    _caller: Scoped,
    id: PathId<DefinitionId>,
) -> Result<Answer<DefinitionDetail>, Problem> {
    let definition = control.definition(id.0)?;
    Ok(Answer(DefinitionDetail {
        id: definition.id,
        definition: DefinitionBody {
            source_definition_id: definition.id,
            name: definition.title.clone(),
            connector_name: definition.name.clone(),
            version: definition.version.clone(),
            description: definition.description.clone(),
            spec: wire::specification(&definition),
            entities: definition.describe(),
        },
        example_questions: definition.example_questions.clone(),
    }))
}
