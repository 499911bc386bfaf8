//! The pages that a person sees: what an app asks for, and why it cannot be asked.
//!
//! They work without scripts, load nothing, and send the form to their own address, relative, so
//! that they work behind a prefix too.

use uuid::Uuid;

use crate::respond::Response;
use crate::state::{Kind, Object, State};

/// More pages of a workspace are not shown.
const SHOWN_MAX: usize = 200;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f7f6f3;color:#37352f}\
    main{max-width:34rem;margin:3rem auto;padding:2rem;background:#fff;border:1px solid #e3e2de;border-radius:8px}\
    fieldset{border:1px solid #e3e2de;border-radius:6px;margin:1rem 0}ul{list-style:none;padding-left:1.5rem}\
    button{font:inherit;padding:.5rem 1rem;margin-right:.5rem;border-radius:6px;border:1px solid #e3e2de;background:#fff}\
    button[value=allow]{background:#2383e2;border-color:#2383e2;color:#fff}code{overflow-wrap:anywhere}";

/// Asks which workspace and pages the app may have.
pub(crate) fn consent(state: &State, app: &str, redirect: &str, query: &str) -> Response {
    let (app, redirect, query) = (escaped(app), escaped(redirect), escaped(query));
    let mut workspaces: Vec<(Uuid, &str)> = Vec::new();
    for user in &state.users {
        if workspaces.iter().all(|(id, _)| *id != user.workspace) {
            workspaces.push((user.workspace, user.workspace_name));
        }
    }
    let places = workspaces.iter().enumerate();
    let places: String = places.map(|(place, (id, name))| workspace(state, *id, name, place == 0)).collect();
    let body = format!(
        "<h1>{app} asks for access</h1>\n\
         <p>Choose a workspace and the pages that <strong>{app}</strong> may read and change. What is below a page \
         comes with it.</p>\n\
         <form method=\"post\" action=\"authorize?{query}\">\n{places}\
         <button type=\"submit\" name=\"decision\" value=\"allow\">Allow access</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"cancel\">Cancel</button>\n</form>\n\
         <p>You go back to <code>{redirect}</code>.</p>\n\
         <p>This is the sandbox, which stands in for Notion. Nothing here is real.</p>\n"
    );
    page(200, &format!("{app} asks for access"), &body)
}

/// An app that cannot be asked for, so that the browser goes nowhere.
pub(crate) fn refusal(message: &str) -> Response {
    let body = format!(
        "<h1>This cannot be authorized</h1>\n<p>{}</p>\n<p>Go back to the app and start again; if that does not \
         help, tell the people who run it.</p>\n",
        escaped(message)
    );
    page(400, "This cannot be authorized", &body)
}

/// Nothing to show, with the headers that every page has.
pub(crate) fn empty(status: u16) -> Response {
    let mut answer = Response::text(status, "text/html; charset=utf-8", String::new());
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        ("content-security-policy", policy),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        answer.headers.push((name.to_owned(), value.to_owned()));
    }
    answer
}

/// `title` and `body` are escaped already.
fn page(status: u16, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    );
    Response { body: html.into(), ..empty(status) }
}

fn workspace(state: &State, id: Uuid, name: &str, checked: bool) -> String {
    let radio = input("radio", "workspace", id, checked, name);
    let mut pages = String::new();
    for (page, is_top) in offered(state, id) {
        let title = state.title(page);
        let title = if title.is_empty() { "Untitled" } else { title.as_str() };
        let line = input("checkbox", "page", page.id, is_top, title);
        pages.push_str(&if is_top {
            format!("<li>{line}</li>\n")
        } else {
            format!("<li><ul><li>{line}</li></ul></li>\n")
        });
    }
    format!("<fieldset>\n<legend>{radio}</legend>\n<ul>\n{pages}</ul>\n</fieldset>\n")
}

fn input(kind: &str, name: &str, value: Uuid, checked: bool, label: &str) -> String {
    let checked = if checked { " checked" } else { "" };
    let label = escaped(label);
    format!("<label><input type=\"{kind}\" name=\"{name}\" value=\"{value}\"{checked}> {label}</label>")
}

/// Pages at the top of a workspace, and the pages and databases right below each.
fn offered(state: &State, workspace: Uuid) -> Vec<(&Object, bool)> {
    let fits = |object: &&Object| {
        object.shared && !object.in_trash && matches!(object.kind, Kind::Page | Kind::Database)
    };
    let all = state.sequence.iter().filter_map(|id| state.objects.get(id)).filter(fits);
    let top = all.filter(|object| object.workspace == workspace && object.parent.is_none());
    let with_children = top.flat_map(|page| {
        let children = page.children.iter().filter_map(|id| state.objects.get(id)).filter(fits);
        std::iter::once((page, true)).chain(children.map(|child| (child, false)))
    });
    with_children.take(SHOWN_MAX).collect()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(char),
        }
    }
    safe
}
