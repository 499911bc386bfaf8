//! The client side of OAuth 2: consent, code exchange, refresh, revocation, discovery.
//!
//! [`begin`] makes the consent URL; the callback, read by [`callback`], brings a code, which
//! [`exchange`] turns into a [`TokenSet`]; [`refresh`] renews it and [`revoke`] ends it. `control` decides when, and keeps
//! what must be kept between the steps.
//!
//! Nothing here opens a connection: requests go through the [`Transport`] that is handed in. The
//! `oauth2` package knows the grammar of the requests; what providers make of it on the wire (JSON
//! bodies, odd answers) is put right in `endpoint.rs` and `token_response.rs`, on either side of the
//! package.

mod account;
mod answer;
mod assertion;
mod callback;
mod client_credentials;
mod consent;
mod discovery;
mod endpoint;
mod error;
mod exchange;
mod issuer;
mod provider;
mod redact;
mod refresh;
mod refusal;
mod revoke;
mod signing_key;
mod token_response;
mod token_set;
mod transport;

pub use callback::{CallbackFault, CallbackQuery, callback};
pub use client_credentials::client_credentials;
pub use consent::{Begun, begin, state_hash};
pub use discovery::{Metadata, discover};
pub use error::OAuthError;
pub use exchange::exchange;
pub use issuer::{IssuerError, check_callback_issuer};
pub use provider::{App, BodyFormat, ClientAuth, Provider};
pub use refresh::refresh;
pub use revoke::{Revocable, revoke};
pub use signing_key::SigningKey;
pub use token_set::TokenSet;
pub use transport::{Limits, Transport, TransportError};
