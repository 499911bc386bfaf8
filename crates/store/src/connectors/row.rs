//! A connector's row, and what is known in clear of its credential.

use domain::{
    Connector, ConnectorId, ConnectorState, ConnectorStatus, CredentialSource, CustomerId, DefinitionId,
    OrganizationId, Timestamp,
};
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use uuid::Uuid;

use super::{ConnectorForCall, Grant, SealedCredential, TABLE};
use crate::customers::read_status;
use crate::error::corrupt;
use crate::text::read_document;
use crate::{Result, StoreError};

#[derive(FromRow)]
pub(super) struct ConnectorRow {
    id: Uuid,
    organization_id: Uuid,
    customer_id: Uuid,
    definition_id: Uuid,
    name: String,
    auth_scheme: String,
    environment: String,
    replication_config: String,
    entities: Option<String>,
    status: String,
    status_since: Option<i64>,
    status_reason: Option<String>,
    credential_source: String,
    account: Option<String>,
    granted_scopes: Option<String>,
    created_at: i64,
    updated_at: i64,
}

#[derive(FromRow)]
pub(super) struct CredentialRow {
    version: i64,
    sealed: Vec<u8>,
    refreshable: bool,
    obtained_at: Option<i64>,
    expires_at: Option<i64>,
    refresh_due_at: Option<i64>,
    keep_alive_at: Option<i64>,
    ends_at: Option<i64>,
    retry_at: Option<i64>,
}

#[derive(FromRow)]
pub(super) struct CallRow {
    #[sqlx(flatten)]
    connector: ConnectorRow,
    customer_status: String,
    #[sqlx(flatten)]
    credential: CredentialRow,
}

impl TryFrom<ConnectorRow> for Connector {
    type Error = StoreError;

    fn try_from(row: ConnectorRow) -> Result<Self> {
        let state = ConnectorState {
            status: read_connector_status(&row.status, row.id)?,
            since: Timestamp::from_micros(row.status_since.unwrap_or(row.created_at)),
            reason: row.status_reason,
        };
        Ok(Self {
            id: ConnectorId::from_uuid(row.id),
            organization_id: OrganizationId::from_uuid(row.organization_id),
            customer_id: CustomerId::from_uuid(row.customer_id),
            definition_id: DefinitionId::from_uuid(row.definition_id),
            name: row.name,
            auth_scheme: row.auth_scheme,
            environment: read_document(&row.environment, (TABLE, "environment"), row.id)?,
            replication_config: read_document(
                &row.replication_config,
                (TABLE, "replication_config"),
                row.id,
            )?,
            entities: read_optional(row.entities.as_deref(), "entities", row.id)?,
            state,
            credential_source: CredentialSource::parse(&row.credential_source)
                .ok_or_else(|| corrupt(TABLE, "credential_source", row.id))?,
            account: read_optional(row.account.as_deref(), "account", row.id)?,
            granted_scopes: read_optional(row.granted_scopes.as_deref(), "granted_scopes", row.id)?,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

impl From<CredentialRow> for SealedCredential {
    fn from(row: CredentialRow) -> Self {
        let grant = Grant {
            refreshable: row.refreshable,
            obtained_at: row.obtained_at.map(Timestamp::from_micros),
            expires_at: row.expires_at.map(Timestamp::from_micros),
            refresh_due_at: row.refresh_due_at.map(Timestamp::from_micros),
            keep_alive_at: row.keep_alive_at.map(Timestamp::from_micros),
            ends_at: row.ends_at.map(Timestamp::from_micros),
            retry_at: row.retry_at.map(Timestamp::from_micros),
        };
        Self { version: row.version, sealed: row.sealed, grant }
    }
}

impl TryFrom<CallRow> for ConnectorForCall {
    type Error = StoreError;

    fn try_from(row: CallRow) -> Result<Self> {
        let customer_status = read_status(&row.customer_status)
            .ok_or_else(|| corrupt("customers", "status", row.connector.customer_id))?;
        Ok(Self { connector: row.connector.try_into()?, customer_status, credential: row.credential.into() })
    }
}

fn read_optional<T: DeserializeOwned>(text: Option<&str>, column: &str, row: Uuid) -> Result<Option<T>> {
    text.map(|text| read_document(text, (TABLE, column), row)).transpose()
}

pub(super) fn read_connector_status(text: &str, row: Uuid) -> Result<ConnectorStatus> {
    ConnectorStatus::parse(text).ok_or_else(|| corrupt(TABLE, "status", row))
}
