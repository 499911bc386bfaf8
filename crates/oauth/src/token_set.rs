//! What a grant consists of, and its way out of the `oauth2` package.

use std::fmt;
use std::time::Duration;

use domain::Secret;
use oauth2::TokenResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::redact::{Redactor, open};

/// What a provider gave.
pub struct TokenSet {
    pub access_token: Secret,
    /// None when the provider gives none: then the grant ends with the access token. After a refresh it
    /// is the new one, or the old one that stays valid.
    pub refresh_token: Option<Secret>,
    /// In lower case, as its case means nothing; `bearer` when the provider does not say.
    pub token_type: String,
    /// From now, in whole seconds; none when the provider does not say anything that makes sense.
    pub expires_in: Option<Duration>,
    /// What was granted, which can be less than was asked; none when the provider does not say.
    pub scopes: Option<Vec<String>>,
    pub id_token: Option<Secret>,
    /// The other fields of the answer, without anything that is or is named like a secret.
    pub account: Map<String, Value>,
}

/// The answer in the package's terms, after `token_response.rs` repaired it.
pub(crate) type TokenAnswer = oauth2::StandardTokenResponse<Beside, TokenType>;

/// Any token type, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenType(String);

impl oauth2::TokenType for TokenType {}

/// What the answer has beside the standard fields.
#[derive(Serialize, Deserialize)]
pub(crate) struct Beside {
    id_token: Option<String>,
    #[serde(default)]
    account: Map<String, Value>,
}

impl oauth2::ExtraTokenFields for Beside {}

impl TokenSet {
    pub(crate) fn new(answer: &TokenAnswer, redactor: Redactor) -> Self {
        let Beside { id_token, account } = answer.extra_fields();
        let mut tokens = Self {
            access_token: Secret::new(answer.access_token().secret().clone()),
            refresh_token: answer.refresh_token().map(|token| Secret::new(token.secret().clone())),
            token_type: answer.token_type().0.clone(),
            expires_in: answer.expires_in(),
            scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
            id_token: id_token.clone().map(Secret::new),
            account: Map::new(),
        };
        let redactor = redactor.with(&tokens.secrets());
        tokens.account = account
            .iter()
            .map(|(name, value)| (redactor.text(name), redactor.value(value.clone())))
            .collect();
        tokens
    }

    /// Keeps `old` as the refresh token when the provider gave no new one (RFC 6749, 6).
    pub(crate) fn or_keep(mut self, old: &Secret) -> Self {
        self.refresh_token = self.refresh_token.or_else(|| Some(Secret::new(open(old).to_owned())));
        self
    }

    fn secrets(&self) -> Vec<&Secret> {
        let others = [self.refresh_token.as_ref(), self.id_token.as_ref()];
        std::iter::once(&self.access_token).chain(others.into_iter().flatten()).collect()
    }
}

/// Without the account, which can hold a person's name and address.
impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("refresh_token", &self.refresh_token)
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beside")
    }
}
