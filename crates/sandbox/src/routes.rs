//! Every route of the API, in one list.

use percent_encoding::percent_decode_str;

use crate::call::{Answer, Call};
use crate::version::Version;
use crate::{
    blocks, comments, custom_emojis, data_sources, databases, file_uploads, markdown, pages, property_items,
    search, users, views,
};

/// What a token must be allowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    Users,
    Read,
    Update,
    Insert,
    ReadComments,
    InsertComments,
}

/// A method and path of the API, and who answers it.
pub(crate) struct Route {
    method: &'static str,
    path: &'static str,
    since: Version,
    until: Version,
    pub(crate) need: Need,
    pub(crate) handler: fn(&mut Call<'_>) -> Answer,
}

const fn route(
    method: &'static str,
    path: &'static str,
    need: Need,
    handler: fn(&mut Call<'_>) -> Answer,
) -> Route {
    Route { method, path, since: Version::OLDEST, until: Version::NEWEST, need, handler }
}

impl Route {
    const fn since(mut self, version: Version) -> Self {
        self.since = version;
        self
    }

    const fn until(mut self, version: Version) -> Self {
        self.until = version;
        self
    }

    /// Whether the version has this route.
    pub(crate) fn is_in(&self, version: Version) -> bool {
        (self.since..=self.until).contains(&version)
    }
}

use Need::{Insert, InsertComments, Nothing, Read, ReadComments, Update, Users};
use Version::{V2022, V2025};

/// An earlier entry wins, so fixed names stand before variables.
const ROUTES: &[Route] = &[
    route("GET", "/v1/users/me", Nothing, users::me),
    route("GET", "/v1/users", Users, users::list_all),
    route("GET", "/v1/users/{user_id}", Users, users::get),
    route("POST", "/v1/search", Read, search::search),
    route("GET", "/v1/blocks/{block_id}", Read, blocks::get),
    route("PATCH", "/v1/blocks/{block_id}", Update, blocks::update),
    route("DELETE", "/v1/blocks/{block_id}", Update, blocks::delete),
    route("GET", "/v1/blocks/{block_id}/children", Read, blocks::children),
    route("PATCH", "/v1/blocks/{block_id}/children", Insert, blocks::append),
    route("POST", "/v1/pages", Insert, pages::create),
    route("GET", "/v1/pages/{page_id}", Read, pages::get),
    route("PATCH", "/v1/pages/{page_id}", Update, pages::update),
    route("POST", "/v1/pages/{page_id}/move", Update, pages::move_to),
    route("GET", "/v1/pages/{page_id}/properties/{property_id}", Read, property_items::get),
    route("GET", "/v1/pages/{page_id}/markdown", Read, markdown::get),
    route("PATCH", "/v1/pages/{page_id}/markdown", Update, markdown::update),
    route("POST", "/v1/databases", Insert, databases::create),
    route("GET", "/v1/databases/{database_id}", Read, databases::get),
    route("PATCH", "/v1/databases/{database_id}", Update, databases::update),
    route("POST", "/v1/databases/{database_id}/query", Read, databases::query).until(V2022),
    route("POST", "/v1/data_sources", Insert, data_sources::create).since(V2025),
    route("GET", "/v1/data_sources/{data_source_id}", Read, data_sources::get).since(V2025),
    route("PATCH", "/v1/data_sources/{data_source_id}", Update, data_sources::update).since(V2025),
    route("POST", "/v1/data_sources/{data_source_id}/query", Read, data_sources::query).since(V2025),
    route("GET", "/v1/data_sources/{data_source_id}/templates", Read, data_sources::templates).since(V2025),
    route("GET", "/v1/comments", ReadComments, comments::list_of),
    route("POST", "/v1/comments", InsertComments, comments::create),
    route("GET", "/v1/comments/{comment_id}", ReadComments, comments::get),
    route("PATCH", "/v1/comments/{comment_id}", InsertComments, comments::update),
    route("DELETE", "/v1/comments/{comment_id}", InsertComments, comments::delete),
    route("POST", "/v1/file_uploads", Insert, file_uploads::create),
    route("GET", "/v1/file_uploads", Read, file_uploads::list_all),
    route("GET", "/v1/file_uploads/{file_upload_id}", Read, file_uploads::get),
    route("POST", "/v1/file_uploads/{file_upload_id}/send", Insert, file_uploads::send),
    route("POST", "/v1/file_uploads/{file_upload_id}/complete", Insert, file_uploads::complete),
    route("GET", "/v1/views", Read, views::list_of).since(V2025),
    route("POST", "/v1/views", Insert, views::create).since(V2025),
    route("GET", "/v1/views/{view_id}", Read, views::get).since(V2025),
    route("PATCH", "/v1/views/{view_id}", Update, views::update).since(V2025),
    route("DELETE", "/v1/views/{view_id}", Update, views::delete).since(V2025),
    route("POST", "/v1/views/{view_id}/queries", Read, views::query).since(V2025),
    route("GET", "/v1/views/{view_id}/queries/{query_id}", Read, views::query_results).since(V2025),
    route("DELETE", "/v1/views/{view_id}/queries/{query_id}", Read, views::delete_query).since(V2025),
    route("GET", "/v1/custom_emojis", Read, custom_emojis::list),
];

/// The route of a request, with its decoded variable segments.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| Some((route, matched(route.path, path)?)))
}

/// The variable segments, when the path fits. A slash that is percent-encoded stays in its segment.
fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut variables = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(variables),
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {
                variables.push(percent_decode_str(given).decode_utf8_lossy().into_owned());
            }
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return None,
        }
    }
}
