//! What a fresh sandbox holds: two workspaces, with fixed ids for what tests and the demo name.
//!
//! Search lists objects in the order they are made here.

mod acme;
mod builder;
mod every_block;
mod globex;
mod tasks;
mod tasks_schema;
mod tokens;

use uuid::{Uuid, uuid};

use crate::state::State;

/// Token of an internal connection to the first workspace.
pub const TOKEN_ACME: &str = "ntn_sandbox_acme";
/// Token of an internal connection to the second workspace.
pub const TOKEN_GLOBEX: &str = "ntn_sandbox_globex";
/// A good token that nothing is shared with.
pub const TOKEN_EMPTY: &str = "ntn_sandbox_empty";
/// Without the capability to see users: they are 403.
pub const TOKEN_NO_USERS: &str = "ntn_sandbox_no_users";
/// Sees users without their e-mail addresses.
pub const TOKEN_NO_EMAILS: &str = "ntn_sandbox_no_emails";
/// Without the capabilities of comments.
pub const TOKEN_NO_COMMENTS: &str = "ntn_sandbox_no_comments";
/// May read content and nothing else.
pub const TOKEN_READ_ONLY: &str = "ntn_sandbox_read_only";
/// Access token of a public connection, authorized by a user of the first workspace.
pub const TOKEN_OAUTH: &str = "sandbox_oauth_access_acme";
/// The refresh token of that grant; using it ends [`TOKEN_OAUTH`], as it does in the real service.
pub const TOKEN_OAUTH_REFRESH: &str = "sandbox_oauth_refresh_acme";
/// The OAuth app that is there from the start; it takes any redirect URI on loopback.
pub const OAUTH_CLIENT_ID: &str = "sandbox-client";
/// Its secret.
pub const OAUTH_CLIENT_SECRET: &str = "sandbox-client-secret";

/// The first workspace.
pub const WORKSPACE_ACME: Uuid = uuid!("ac3e0000-0000-4000-8000-000000000001");
/// The second workspace.
pub const WORKSPACE_GLOBEX: Uuid = uuid!("610b0000-0000-4000-8000-000000000001");

/// A member, with an e-mail address.
pub const USER_ADA: Uuid = uuid!("ac3e0000-0000-4000-8000-010000000001");
/// Another member.
pub const USER_GRACE: Uuid = uuid!("ac3e0000-0000-4000-8000-010000000002");
/// A guest: named in pages, never listed, seen only as an id.
pub const USER_GUEST: Uuid = uuid!("ac3e0000-0000-4000-8000-010000000009");
/// The only member of the second workspace.
pub const USER_GLOBEX: Uuid = uuid!("610b0000-0000-4000-8000-010000000001");
/// The bot of [`TOKEN_ACME`].
pub const BOT_ACME: Uuid = uuid!("ac3e0000-0000-4000-8000-0b0000000001");
/// The bot of [`TOKEN_OAUTH`].
pub const BOT_OAUTH: Uuid = uuid!("ac3e0000-0000-4000-8000-0b0000000002");
/// The bot of [`TOKEN_GLOBEX`].
pub const BOT_GLOBEX: Uuid = uuid!("610b0000-0000-4000-8000-0b0000000001");

/// The page at the top of the first workspace.
pub const PAGE_HOME: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000001");
/// 250 paragraphs, three pages of children, and comments.
pub const PAGE_HANDBOOK: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000002");
/// Blocks five levels deep, with a table, columns and a toggle heading.
pub const PAGE_NESTED: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000003");
/// Every block type once, an unsupported one, and one that nobody knows.
pub const PAGE_EVERY_BLOCK: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000004");
/// A synced pair, a copy of something not shared, and two originals that hold each other's copy.
pub const PAGE_SYNCED: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000005");
/// Emoji, right-to-left text, control characters, items of 2000 characters.
pub const PAGE_ODD_TEXT: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000006");
/// No blocks and no title.
pub const PAGE_EMPTY: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000007");
/// Not shared with any connection: 404.
pub const PAGE_PRIVATE: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000008");
/// In the trash.
pub const PAGE_TRASHED: Uuid = uuid!("ac3e0000-0000-4000-8000-020000000009");
/// The page at the top of the second workspace.
pub const PAGE_GLOBEX_HOME: Uuid = uuid!("610b0000-0000-4000-8000-020000000001");

/// The original of a synced pair, on [`PAGE_SYNCED`].
pub const BLOCK_SYNCED_ORIGINAL: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000001");
/// Its copy.
pub const BLOCK_SYNCED_COPY: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000002");
/// An original that holds a copy of [`BLOCK_CYCLE_B`].
pub const BLOCK_CYCLE_A: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000003");
/// An original that holds a copy of [`BLOCK_CYCLE_A`].
pub const BLOCK_CYCLE_B: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000004");
/// A copy of a block on [`PAGE_PRIVATE`]; its children are 404.
pub const BLOCK_SYNCED_PRIVATE: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000005");
/// `unsupported`, on [`PAGE_EVERY_BLOCK`].
pub const BLOCK_UNSUPPORTED: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000006");
/// Of a type that nobody knows, on [`PAGE_EVERY_BLOCK`].
pub const BLOCK_UNKNOWN: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000007");
/// An image that is kept by the file host, on [`PAGE_EVERY_BLOCK`].
pub const BLOCK_IMAGE: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000008");
/// The outermost of five levels, on [`PAGE_NESTED`].
pub const BLOCK_LEVEL_ONE: Uuid = uuid!("ac3e0000-0000-4000-8000-040000000009");

/// One data source: [`DATA_SOURCE_TASKS`].
pub const DATABASE_TASKS: Uuid = uuid!("ac3e0000-0000-4000-8000-050000000001");
/// Two data sources: [`DATA_SOURCE_PEOPLE`] and [`DATA_SOURCE_OFFICES`].
pub const DATABASE_TEAM: Uuid = uuid!("ac3e0000-0000-4000-8000-050000000002");
/// One data source without rows: [`DATA_SOURCE_EMPTY`].
pub const DATABASE_EMPTY: Uuid = uuid!("ac3e0000-0000-4000-8000-050000000003");
/// One data source: [`DATA_SOURCE_PROJECTS`].
pub const DATABASE_PROJECTS: Uuid = uuid!("ac3e0000-0000-4000-8000-050000000004");
/// The second workspace's only database.
pub const DATABASE_ORDERS: Uuid = uuid!("610b0000-0000-4000-8000-050000000001");

/// Every property type, and 230 rows.
pub const DATA_SOURCE_TASKS: Uuid = uuid!("ac3e0000-0000-4000-8000-060000000001");
/// Of [`DATABASE_TEAM`].
pub const DATA_SOURCE_PEOPLE: Uuid = uuid!("ac3e0000-0000-4000-8000-060000000002");
/// Of [`DATABASE_TEAM`].
pub const DATA_SOURCE_OFFICES: Uuid = uuid!("ac3e0000-0000-4000-8000-060000000003");
/// No rows.
pub const DATA_SOURCE_EMPTY: Uuid = uuid!("ac3e0000-0000-4000-8000-060000000004");
/// The 40 rows that [`ROW_FIRST_TASK`] relates to.
pub const DATA_SOURCE_PROJECTS: Uuid = uuid!("ac3e0000-0000-4000-8000-060000000005");
/// Of [`DATABASE_ORDERS`].
pub const DATA_SOURCE_ORDERS: Uuid = uuid!("610b0000-0000-4000-8000-060000000001");

/// The first row of [`DATA_SOURCE_TASKS`]: a relation of 40, a rollup that is incomplete.
pub const ROW_FIRST_TASK: Uuid = uuid!("ac3e0000-0000-4000-8000-070000000001");
/// The only view of [`DATABASE_TASKS`].
pub const VIEW_TASKS: Uuid = uuid!("ac3e0000-0000-4000-8000-080000000001");
/// The first comment on [`PAGE_HANDBOOK`].
pub const COMMENT_FIRST: Uuid = uuid!("ac3e0000-0000-4000-8000-090000000001");
/// The discussion it began.
pub const DISCUSSION_FIRST: Uuid = uuid!("ac3e0000-0000-4000-8000-090000000100");

/// Rows of [`DATA_SOURCE_TASKS`].
pub const TASKS: usize = 230;
/// Paragraphs of [`PAGE_HANDBOOK`].
pub const PARAGRAPHS: usize = 250;
/// References from [`ROW_FIRST_TASK`].
pub const RELATED: usize = 40;

/// A fresh state for a sandbox at this address.
pub(crate) fn state(base_url: String) -> State {
    let mut state = State { base_url, ..State::default() };
    tokens::seed(&mut state);
    acme::seed(&mut state);
    globex::seed(&mut state);
    state
}
