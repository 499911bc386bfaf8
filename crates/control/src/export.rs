//! Handing a stored credential out in clear: only to applications that the operator allowed it, and
//! never without a record.

use std::collections::BTreeMap;
use std::time::Duration;

use definitions::ConnectorDefinition;
use domain::{
    Caller, Connector, ConnectorId, CredentialSource, CustomerStatus, ExecuteCall, Permission, Secret,
    Tenant, Timestamp,
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use store::ConnectorForCall;
use tokio::time::Instant;
use uuid::Uuid;

use crate::connectors::check_usable;
use crate::credentials::{Fresh, copy};
use crate::execute::{Ended, new_entry};
use crate::{Control, Error};

/// How long an export may take, a refresh of the token included.
const EXPORT_MAX: Duration = Duration::from_secs(60);
/// What a provider means that names no type of its tokens.
const TOKEN_TYPE: &str = "bearer";

/// A connector's credential in clear. Serializing it is the only way to what it holds.
///
/// Of an OAuth grant the tokens and what came with them, without the app's secret; of anything else
/// `values`, by the names of its scheme.
pub struct ExportedCredential {
    auth_scheme: String,
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
    token_type: Option<String>,
    scope: Option<Vec<String>>,
    expires_at: Option<Timestamp>,
    exported_at: Timestamp,
    /// What the provider answered beside the tokens.
    answer: Map<String, Value>,
    values: Option<BTreeMap<String, Secret>>,
}

impl Control {
    /// The connector's credential in clear, its token renewed first when that has expired.
    ///
    /// # Errors
    /// [`Error::PermissionMissing`]; [`Error::Forbidden`] for the operator's own credential;
    /// [`Error::NotFound`], [`Error::NotActive`], [`Error::WorkspaceInactive`],
    /// [`Error::RefreshUnavailable`].
    pub async fn export_credential(
        &self,
        caller: &Caller,
        tenant: Tenant,
        id: ConnectorId,
        request_id: Uuid,
    ) -> Result<ExportedCredential, Error> {
        if !caller.may(Permission::CredentialsRead) {
            return Err(Error::PermissionMissing(
                "this token may not read credentials in clear: have an application made with `patchbay application \
                 create --allow credentials:read` and use its own token"
                    .to_owned(),
            ));
        }
        let application = caller.application();
        let control = self.clone();
        // As with execute: it goes on to its record when the caller hangs up.
        let run = async move {
            let started_at = control.clock.now();
            let row = control
                .store
                .connector_for_call(&tenant, id)
                .await
                .map_err(Error::missing("connector", id))?;
            let call = ExecuteCall {
                entity: "credentials".to_owned(),
                action: "read".to_owned(),
                ..ExecuteCall::default()
            };
            let entry = new_entry(application, &row, &call, request_id, started_at);
            // Recorded before it is opened, as a call that changes something is.
            let recording = control.log.open(entry, true).await?;
            let exported = control.exported(&tenant, &row).await;
            let (exported, result) = match exported {
                Ok(exported) => (Some(exported), Ok((Value::Null, None))),
                Err(error) => (None, Err(error)),
            };
            let ended = Ended { result, trace: None };
            let finished_at = control.clock.now();
            control.log.close(recording, |entry| ended.write_to(entry, finished_at)).await;
            match (exported, ended.result) {
                (Some(exported), _) => Ok(exported),
                (None, Err(error)) => Err(error),
                (None, Ok(_)) => Err(Error::Internal("an export ended without a credential".into())),
            }
        };
        tokio::spawn(run).await.map_err(Error::panicked)?
    }

    async fn exported(&self, tenant: &Tenant, row: &ConnectorForCall) -> Result<ExportedCredential, Error> {
        if row.customer_status == CustomerStatus::Inactive {
            return Err(Error::WorkspaceInactive);
        }
        if row.connector.credential_source == CredentialSource::Operator {
            return Err(Error::Forbidden(
                "this connector acts with the operator's own credential, which is not handed out",
            ));
        }
        check_usable(&row.connector.state)?;
        let definition = self.definition(row.connector.definition_id)?;
        let fresh = self.lasting_credential(tenant, row, &definition, Instant::now() + EXPORT_MAX).await?;
        tracing::info!(connector.id = %row.connector.id, "read the credential of connector `{}`", row.connector.id);
        Ok(ExportedCredential::of(&row.connector, &definition, fresh, self.clock.now()))
    }
}

impl ExportedCredential {
    fn of(connector: &Connector, definition: &ConnectorDefinition, fresh: Fresh, now: Timestamp) -> Self {
        let Fresh { opened, grant, .. } = fresh;
        let auth_scheme = opened.credential.scheme().to_owned();
        let mut exported = Self {
            access_token: None,
            refresh_token: None,
            id_token: None,
            token_type: None,
            scope: None,
            expires_at: None,
            exported_at: now,
            answer: Map::new(),
            values: None,
            auth_scheme,
        };
        match definition.scheme(&exported.auth_scheme).filter(|scheme| scheme.oauth.is_some()) {
            Some(scheme) => {
                exported.access_token = opened.access_token(scheme).map(copy);
                exported.refresh_token = opened.refresh_token(scheme).map(copy);
                exported.scope.clone_from(&connector.granted_scopes);
                exported.expires_at = grant.expires_at;
                let details = opened.grant;
                exported.token_type = Some(
                    details
                        .as_ref()
                        .map_or_else(|| TOKEN_TYPE.to_owned(), |details| details.token_type.clone()),
                );
                if let Some(details) = details {
                    exported.id_token = details.id_token;
                    exported.answer = details.answer;
                }
            }
            None => exported.values = Some(opened.credential.into_values().collect()),
        }
        exported
    }
}

/// The shape on the wire.
#[derive(Serialize)]
struct Shown<'a> {
    auth_scheme: &'a str,
    #[serde(flatten)]
    tokens: Tokens<'a>,
    scope: Option<&'a [String]>,
    /// Seconds.
    expires_in: Option<i64>,
    expires_at: Option<Timestamp>,
    workspace_id: Option<&'a Value>,
    workspace_name: Option<&'a Value>,
    workspace_icon: Option<&'a Value>,
    raw: Option<Raw<'a>>,
    values: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(Clone, Copy, Serialize)]
struct Tokens<'a> {
    access_token: Option<&'a str>,
    token_type: Option<&'a str>,
    refresh_token: Option<&'a str>,
    id_token: Option<&'a str>,
}

/// The provider's answer, put together again.
#[derive(Serialize)]
struct Raw<'a> {
    #[serde(flatten)]
    tokens: Tokens<'a>,
    #[serde(flatten)]
    answer: BTreeMap<&'a str, &'a Value>,
}

impl Serialize for ExportedCredential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tokens = Tokens {
            access_token: self.access_token.as_ref().map(shown),
            token_type: self.token_type.as_deref(),
            refresh_token: self.refresh_token.as_ref().map(shown),
            id_token: self.id_token.as_ref().map(shown),
        };
        let standard = ["access_token", "token_type", "refresh_token", "id_token"];
        let answer = self.answer.iter().filter(|(name, _)| !standard.contains(&name.as_str()));
        let raw = Raw { tokens, answer: answer.map(|(name, value)| (name.as_str(), value)).collect() };
        let values = self.values.as_ref();
        let expires_in = self.expires_at.map(|at| at.ms_since(self.exported_at) / 1_000);
        let shown = Shown {
            auth_scheme: &self.auth_scheme,
            tokens,
            scope: self.scope.as_deref(),
            expires_in,
            expires_at: self.expires_at,
            workspace_id: self.answer.get("workspace_id"),
            workspace_name: self.answer.get("workspace_name"),
            workspace_icon: self.answer.get("workspace_icon"),
            raw: values.is_none().then_some(raw),
            values: values
                .map(|values| values.iter().map(|(name, value)| (name.as_str(), shown(value))).collect()),
        };
        shown.serialize(serializer)
    }
}

/// Without the answer, which can hold a person's name and address.
impl std::fmt::Debug for ExportedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportedCredential").field("auth_scheme", &self.auth_scheme).finish_non_exhaustive()
    }
}

/// A secret leaves in the one answer that hands it out.
#[expect(clippy::disallowed_methods, reason = "handing the credential out is what this answer is for")]
fn shown(secret: &Secret) -> &str {
    secret.expose()
}
