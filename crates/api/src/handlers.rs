//! The handlers, a module for each noun. Each extracts, calls one use case, and answers.

pub(crate) mod checks;
pub(crate) mod connectors;
pub(crate) mod consent;
pub(crate) mod definitions;
pub(crate) mod docs;
pub(crate) mod events;
pub(crate) mod execute;
pub(crate) mod executions;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod oauth_apps;
pub(crate) mod organizations;
pub(crate) mod problems;
pub(crate) mod templates;
pub(crate) mod tokens;
pub(crate) mod workspaces;

use control::{Error, FieldFault};

/// Most rows of a page.
const PAGE_LIMIT_MAX: usize = 100;
/// Rows of a page when the caller does not say.
const PAGE_LIMIT: usize = 20;

/// The size of a page that a query asks for.
fn page_limit(asked: Option<i64>) -> Result<usize, Error> {
    let Some(asked) = asked else { return Ok(PAGE_LIMIT) };
    usize::try_from(asked).ok().filter(|limit| (1..=PAGE_LIMIT_MAX).contains(limit)).ok_or_else(|| {
        Error::Invalid(vec![FieldFault::new("limit", format!("`limit` must be from 1 to {PAGE_LIMIT_MAX}"))])
    })
}

/// The cursor a query carries, which must be this organization's.
fn cursor(
    text: Option<&str>,
    tenant: &domain::Tenant,
) -> Result<Option<domain::Cursor>, crate::problem::Problem> {
    text.map(|text| domain::Cursor::parse(text, tenant)).transpose().map_err(|_| {
        let detail =
            "This cursor belongs to another list or organization, or is damaged: start again without one.";
        crate::problem::Problem::new(
            actix_web::http::StatusCode::BAD_REQUEST,
            "invalid_cursor",
            "Invalid cursor",
            detail,
        )
    })
}

/// The one name among the three spellings of a workspace's.
fn workspace_name<'n>(spellings: [(&'static str, &'n Option<String>); 3]) -> Result<Option<&'n str>, Error> {
    for (spelling, name) in spellings {
        if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            let text = format!("`{spelling}` must not be blank");
            return Err(Error::Invalid(vec![FieldFault::new(spelling, text)]));
        }
    }
    let mut given = spellings.iter().filter_map(|(_, name)| name.as_deref());
    let first = given.next();
    if given.any(|other| Some(other) != first) {
        let names = spellings.map(|(spelling, _)| spelling).join(", ");
        let text = format!("{names} are names for one thing and must not differ; give one");
        return Err(Error::Invalid(vec![FieldFault::new("workspace_name", text)]));
    }
    Ok(first)
}

/// The same where it must be given.
fn required_workspace_name<'n>(spellings: [(&'static str, &'n Option<String>); 3]) -> Result<&'n str, Error> {
    workspace_name(spellings)?.ok_or_else(|| {
        let text = "`workspace_name` is required: the customer this is for (customer_name and external_user_id are taken too)";
        Error::Invalid(vec![FieldFault::new("workspace_name", text).with_code("missing")])
    })
}
