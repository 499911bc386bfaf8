//! Every extension key that is read, named once.
//!
//! `x-airbyte-*` keys are the vocabulary of existing definition files. Keys that speak only of
//! replication, of consent screens, of the context store or of documentation are accepted and not
//! read; so is any other `x-*` key.
//!
//! `x-patchbay-*` keys and two widenings are our own:
//!
//! - `x-patchbay-visibility-check` on `info`: `{entity, action, params, message}` names a call whose
//!   empty answer means that the credential is good and nothing was shared with it. `message` tells
//!   a person what to do about it.
//! - `x-patchbay-check-entities` on `info`: `[entity, …]` names the entities whose list a check asks
//!   for one record each; without it these are all that have a list without params. It keeps a check
//!   from calling an account broken that lacks what few accounts have.
//! - `x-patchbay-also-known-as` on an operation: `["pages move"]` gives its action second names, each
//!   an entity and a word, under which a call finds it as well. They must be free; the entity need
//!   not exist. Whoever limits a call to entities goes by the action's own entity.
//! - `x-patchbay-final-when` on `info`: `[{path, values}]` names answers that
//!   must not be repeated, by a value in their body, although their status alone would allow it.
//! - `x-patchbay-send-null` on a body field: an explicit null of the caller is sent instead of
//!   dropped, because it unsets something upstream.
//! - `x-patchbay-oauth` on an oauth2 scheme: what OpenAPI has no word for. All of it is optional.
//!   - `issuer`: the provider's issuer identifier, compared with a callback's `iss` (RFC 9207). With it
//!     `authorizationUrl` and `tokenUrl` may be left out: they are then asked of the issuer (RFC 8414).
//!   - `issuer_in_callback`: the provider promises `iss` in every callback.
//!   - `revocation_url`: where a token is revoked (RFC 7009); a template, as the other URLs.
//!   - `scope_separator`: a space when nothing is said.
//!   - `authorize_params`, `token_params`: maps of constants added to the consent URL and to every token
//!     request.
//!   - `client_auth` (`basic`, `body`, `none`, `private_key_jwt`) and `body_format` (`form`, `json`): in
//!     place of `auth_style` and `body_format` of `x-airbyte-token-refresh`, and as these when left out.
//!     Where neither is said and the issuer is asked for the token URL, its metadata says how clients
//!     authenticate.
//!   - `refresh_margin_s`: an access token is refreshed so many seconds before its end, 300 by default.
//!   - `refresh_token_idle_s`, `refresh_token_lifetime_s`: seconds after which a refresh token dies when
//!     it is not used, and in any case.
//!   - `account`: `{id, name, email}`, JSONPaths into the token answer that say whose account it is.
//! - `x-patchbay-pattern` on a server variable: a regular expression that every value must match as a
//!   whole. It vouches for the value: without it, or an `enum`, a setting can be one label of a host in
//!   an OAuth URL and no more.
//! - `security` on an operation is read as OpenAPI means it: the scopes of an oauth2 scheme in it are
//!   needed to run the action. The `security` of the file as a whole asks for no scopes.
//! - `x-airbyte-param-config-inject` is read on header parameters too. The order is: what the caller
//!   passed, then the connector's setting, then the schema's default.

// On `info`.
pub(crate) const CONNECTOR_NAME: &str = "x-airbyte-connector-name";
pub(crate) const DEFINITION_ID: &str = "x-airbyte-connector-definition-id";
pub(crate) const DISPLAY_NAME: &str = "x-airbyte-connector-display-name";
pub(crate) const DOCUMENTATION_URLS: &str = "x-airbyte-external-documentation-urls";
pub(crate) const EXAMPLE_QUESTIONS: &str = "x-airbyte-example-questions";
pub(crate) const REPLICATION_CONFIG: &str = "x-airbyte-replication-config";
pub(crate) const SCOPING: &str = "x-airbyte-scoping";
pub(crate) const ERROR_CHECK: &str = "x-airbyte-response-error-check";
pub(crate) const RETRY_CONFIG: &str = "x-airbyte-retry-config";
pub(crate) const FINAL_WHEN: &str = "x-patchbay-final-when";
pub(crate) const VISIBILITY_CHECK: &str = "x-patchbay-visibility-check";
pub(crate) const CHECK_ENTITIES: &str = "x-patchbay-check-entities";

// On a body field's schema.
pub(crate) const SEND_NULL: &str = "x-patchbay-send-null";

// On a security scheme.
pub(crate) const AUTH_CONFIG: &str = "x-airbyte-auth-config";
pub(crate) const TOKEN_REFRESH: &str = "x-airbyte-token-refresh";
pub(crate) const TOKEN_EXTRACT: &str = "x-airbyte-token-extract";
pub(crate) const OAUTH: &str = "x-patchbay-oauth";

// On a server variable.
pub(crate) const PATTERN: &str = "x-patchbay-pattern";

// On an operation.
pub(crate) const ENTITY: &str = "x-airbyte-entity";
pub(crate) const ACTION: &str = "x-airbyte-action";
pub(crate) const PATH_OVERRIDE: &str = "x-airbyte-path-override";
pub(crate) const RECORD_EXTRACTOR: &str = "x-airbyte-record-extractor";
pub(crate) const RECORD_TRANSFORM: &str = "x-airbyte-record-transform";
pub(crate) const RECORD_FILTER: &str = "x-airbyte-record-filter";
pub(crate) const META_EXTRACTOR: &str = "x-airbyte-meta-extractor";
pub(crate) const PREFERRED_FOR_CHECK: &str = "x-airbyte-preferred-for-check";
pub(crate) const ALSO_KNOWN_AS: &str = "x-patchbay-also-known-as";
pub(crate) const FILE_URL: &str = "x-airbyte-file-url";

// On a parameter, a schema or a request body.
pub(crate) const PARAM_CONFIG_INJECT: &str = "x-airbyte-param-config-inject";
pub(crate) const PROBE_DEFAULT: &str = "x-airbyte-probe-default";
pub(crate) const BODY_TYPE: &str = "x-airbyte-body-type";
