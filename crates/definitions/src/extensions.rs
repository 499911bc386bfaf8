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
