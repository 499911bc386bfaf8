//! A connector's row, and its documents as text.

use domain::{Connector, ConnectorId, CustomerId, DefinitionId, EntityAccess, OrganizationId, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::FromRow;
use uuid::Uuid;

use super::{ConnectorForCall, SealedCredential, TABLE};
use crate::customers::read_status;
use crate::error::corrupt;
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
    created_at: i64,
    updated_at: i64,
}

#[derive(FromRow)]
pub(super) struct CallRow {
    #[sqlx(flatten)]
    connector: ConnectorRow,
    customer_status: String,
    version: i64,
    sealed: Vec<u8>,
}

impl TryFrom<ConnectorRow> for Connector {
    type Error = StoreError;

    fn try_from(row: ConnectorRow) -> Result<Self> {
        let entities = row.entities.as_deref();
        let entities: Option<Vec<EntityAccess>> =
            entities.map(|text| read_document(text, "entities", row.id)).transpose()?;
        Ok(Self {
            id: ConnectorId::from_uuid(row.id),
            organization_id: OrganizationId::from_uuid(row.organization_id),
            customer_id: CustomerId::from_uuid(row.customer_id),
            definition_id: DefinitionId::from_uuid(row.definition_id),
            name: row.name,
            auth_scheme: row.auth_scheme,
            environment: read_document(&row.environment, "environment", row.id)?,
            replication_config: read_document(&row.replication_config, "replication_config", row.id)?,
            entities,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

impl TryFrom<CallRow> for ConnectorForCall {
    type Error = StoreError;

    fn try_from(row: CallRow) -> Result<Self> {
        let customer_status = read_status(&row.customer_status)
            .ok_or_else(|| corrupt("customers", "status", row.connector.customer_id))?;
        Ok(Self {
            connector: row.connector.try_into()?,
            customer_status,
            credential: SealedCredential { version: row.version, sealed: row.sealed },
        })
    }
}

fn read_document<T: DeserializeOwned>(text: &str, column: &str, row: Uuid) -> Result<T> {
    serde_json::from_str(text).map_err(|_| corrupt(TABLE, column, row))
}

/// Settings as text. Text, because SQLite would read a bare number in a JSON column as a number.
pub(super) fn document(settings: &Map<String, Value>) -> String {
    serde_json::to_string(settings).expect("a map from text to JSON values is always JSON")
}

/// The entities a connector is limited to, as text; none when it is not limited.
pub(super) fn entities_document(connector: &Connector) -> Option<String> {
    let entities = connector.entities.as_ref()?;
    Some(serde_json::to_string(entities).expect("a list of names and modes is always JSON"))
}
