//! What is sealed with a consent: the verifier, the app it goes by, and what the connector is made of.

use std::collections::BTreeMap;

use domain::{ConsentId, EntityAccess, Secret, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::BeginConsent;
use crate::connectors::Setup;
use crate::credentials::{AppOut, GrantApp};
use crate::oauth_apps::ChosenApp;
use crate::secrets::Slot;
use crate::{Control, Error};

/// The name of the sealed value; part of its associated data, so it never changes.
const FIELD: &str = "consent";
/// A consent's row is written once.
const VERSION: i64 = 1;

#[derive(Deserialize)]
pub(super) struct Details {
    pub(super) verifier: Secret,
    pub(super) app: GrantApp,
    pub(super) name: Option<String>,
    pub(super) environment: Map<String, Value>,
    pub(super) replication_config: Map<String, Value>,
    pub(super) entities: Option<Vec<EntityAccess>>,
    /// Values for the credential that the consent does not bring.
    pub(super) credentials: BTreeMap<String, Secret>,
    pub(super) allow_account_change: bool,
}

#[derive(Serialize)]
struct DetailsOut<'a> {
    verifier: &'a str,
    app: AppOut<'a>,
    name: Option<&'a str>,
    environment: &'a Map<String, Value>,
    replication_config: &'a Map<String, Value>,
    entities: Option<&'a [EntityAccess]>,
    credentials: BTreeMap<&'a str, &'a str>,
    allow_account_change: bool,
}

impl Details {
    pub(super) fn new(
        begin: &BeginConsent,
        setup: Setup,
        chosen: &ChosenApp,
        verifier: Secret,
        credentials: Map<String, Value>,
    ) -> Self {
        let text = |value: Value| match value {
            Value::String(text) => Secret::new(text),
            other => Secret::new(other.to_string()),
        };
        Self {
            verifier,
            app: GrantApp::of(&chosen.app, chosen.own),
            name: begin.name.clone(),
            environment: setup.environment,
            replication_config: setup.replication_config,
            entities: setup.entities,
            credentials: credentials.into_iter().map(|(name, value)| (name, text(value))).collect(),
            allow_account_change: begin.allow_account_change,
        }
    }
}

impl Control {
    #[expect(clippy::disallowed_methods, reason = "the plain text goes into the envelope")]
    pub(super) async fn seal_details(
        &self,
        tenant: &Tenant,
        id: ConsentId,
        details: &Details,
    ) -> Result<Vec<u8>, Error> {
        let plain = DetailsOut {
            verifier: details.verifier.expose(),
            app: details.app.out(),
            name: details.name.as_deref(),
            environment: &details.environment,
            replication_config: &details.replication_config,
            entities: details.entities.as_deref(),
            credentials: details
                .credentials
                .iter()
                .map(|(name, value)| (name.as_str(), value.expose().as_str()))
                .collect(),
            allow_account_change: details.allow_account_change,
        };
        let plain = serde_json::to_vec(&plain).map(Secret::new);
        let plain = plain.map_err(|_| Error::Internal("a consent does not serialize".into()))?;
        let slot = Slot { row: id.uuid(), field: FIELD, row_version: VERSION };
        self.secrets.seal(tenant, &slot, plain.expose()).await
    }

    pub(super) async fn open_details(
        &self,
        tenant: &Tenant,
        id: ConsentId,
        sealed: &[u8],
    ) -> Result<Details, Error> {
        let slot = Slot { row: id.uuid(), field: FIELD, row_version: VERSION };
        let plain = self.secrets.open(tenant, &slot, sealed).await?;
        #[expect(clippy::disallowed_methods, reason = "the plain text becomes what it was")]
        let details = serde_json::from_slice(plain.expose());
        // The parser's message could quote the text, so it is dropped.
        details.map_err(|_| Error::Internal("a sealed consent does not parse".into()))
    }
}
