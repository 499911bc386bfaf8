//! A call of an action, and what a good one answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::ConnectorId;

/// One call: the body of execute. It has no `Debug`, for params are the customer's data.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecuteCall {
    /// The noun, `*` for the connector itself (action `check`), or empty to describe what there is.
    #[schema(example = "users")]
    pub entity: String,
    /// The verb.
    #[schema(example = "list")]
    pub action: String,
    /// Flat: each parameter goes where the definition says. Unknown names are dropped.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub params: Option<Map<String, Value>>,
    /// Keep these fields of each record, dot paths; beats `exclude_fields`.
    #[serde(default)]
    pub select_fields: Option<Vec<String>>,
    /// Drop these fields of each record.
    #[serde(default)]
    pub exclude_fields: Option<Vec<String>>,
    /// False cuts long texts in the records of a list; absent means true.
    #[serde(default)]
    pub skip_truncation: Option<bool>,
    /// What the call is for, at most 512 characters; kept in the execution log.
    #[serde(default)]
    #[schema(max_length = 512)]
    pub intent: Option<String>,
    /// Lowers the time the call may take; 60,000 when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 60000)]
    pub timeout_ms: Option<u64>,
}

/// The answer of a call that succeeded. A failure is never a 2xx.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outcome {
    /// Always `success`.
    #[schema(example = "success")]
    pub status: &'static str,
    /// A list of records, one object, or null when the upstream answered nothing.
    #[schema(value_type = Value)]
    pub result: Value,
    /// What the upstream said beside the records: cursors, totals. Never null for lists.
    #[schema(value_type = Option<Object>)]
    pub connector_metadata: Option<Map<String, Value>>,
    pub execution_metadata: ExecutionMetadata,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutionMetadata {
    pub connector_instance_id: ConnectorId,
    pub execution_time_ms: i64,
}

impl Outcome {
    /// A success with its result.
    #[must_use]
    pub fn success(
        connector: ConnectorId,
        result: Value,
        metadata: Option<Map<String, Value>>,
        execution_time_ms: i64,
    ) -> Self {
        Self {
            status: "success",
            result,
            connector_metadata: metadata,
            execution_metadata: ExecutionMetadata { connector_instance_id: connector, execution_time_ms },
        }
    }
}
