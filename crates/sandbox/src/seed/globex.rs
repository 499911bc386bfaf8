//! The second workspace: small, so that anything of it in the first one's answers is a leak.

use serde_json::json;

use super::builder::Builder;
use super::{DATA_SOURCE_ORDERS, DATABASE_ORDERS, PAGE_GLOBEX_HOME, USER_GLOBEX, WORKSPACE_GLOBEX};
use crate::rich_text::texts;
use crate::state::State;

pub(super) fn seed(state: &mut State) {
    let mut globex = Builder::new(state, WORKSPACE_GLOBEX, USER_GLOBEX);
    globex.page(PAGE_GLOBEX_HOME, None, "Globex Home");
    globex.text(PAGE_GLOBEX_HOME, "paragraph", "Welcome to Globex.");
    for title in ["Globex plans", "Globex minutes"] {
        let id = globex.id();
        globex.page(id, Some(PAGE_GLOBEX_HOME), title);
    }
    globex.database(DATABASE_ORDERS, PAGE_GLOBEX_HOME, "Globex orders");
    globex.source(DATA_SOURCE_ORDERS, DATABASE_ORDERS, "Globex orders", super::acme::title_only());
    for number in 1..=3 {
        let id = globex.id();
        globex.row(id, DATA_SOURCE_ORDERS, json!({ "title": texts(&format!("Globex order {number}")) }));
    }
}
