//! A connector's credential between its sealed row and the call that uses it.
//!
//! `fresh.rs` decides whether a token must be renewed before it is used, `refresh.rs` renews it, and
//! `tokens.rs` turns what a provider granted into a credential.

mod flights;
mod fresh;
mod keep_alive;
mod refresh;
mod tokens;

use std::collections::BTreeMap;

use domain::{ConnectorId, Credential, Secret, Tenant};
use serde::{Deserialize, Serialize};
use store::{Grant, SealedCredential};
use vault::DataKey;

use crate::secrets::{Slot, place};
use crate::{Control, Error};
pub(crate) use flights::Flights;
pub(crate) use fresh::Fresh;
pub(crate) use tokens::{
    AppOut, GRANTED_SLOTS, GrantApp, GrantDetails, copy, given_grant, granted, slot_property, times,
};

/// The name of the sealed value; part of its associated data, so it never changes.
pub(crate) const FIELD: &str = "credential";
/// The version a new connector's credential starts with.
pub(crate) const FIRST_VERSION: i64 = 1;

/// A credential in clear, with what belongs to its grant and is not sent with calls.
pub(crate) struct Opened {
    pub(crate) credential: Credential,
    /// Only of what a consent granted.
    pub(crate) grant: Option<GrantDetails>,
}

#[derive(Serialize)]
struct PlainOut<'a> {
    scheme: &'a str,
    values: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<tokens::DetailsOut<'a>>,
}

#[derive(Deserialize)]
struct PlainIn {
    scheme: String,
    values: BTreeMap<String, Secret>,
    grant: Option<GrantDetails>,
}

impl Control {
    /// Seals a credential as version `version` of this connector's.
    pub(crate) async fn seal_credential(
        &self,
        tenant: &Tenant,
        connector: ConnectorId,
        version: i64,
        opened: &Opened,
        grant: Grant,
    ) -> Result<SealedCredential, Error> {
        let key = self.secrets.sealing_key(tenant).await?;
        seal_with(&key, tenant, (connector, version), opened, grant)
    }

    /// Opens version `version` of a connector's credential.
    pub(crate) async fn open_credential(
        &self,
        tenant: &Tenant,
        connector: ConnectorId,
        version: i64,
        sealed: &[u8],
    ) -> Result<Opened, Error> {
        let slot = Slot { row: connector.uuid(), field: FIELD, row_version: version };
        let plain = self.secrets.open(tenant, &slot, sealed).await?;
        #[expect(clippy::disallowed_methods, reason = "the plain text becomes a Credential")]
        let opened = serde_json::from_slice::<PlainIn>(plain.expose());
        // The parser's message could quote the text, so it is dropped.
        let PlainIn { scheme, values, grant } =
            opened.map_err(|_| Error::Internal("a sealed credential does not parse".into()))?;
        Ok(Opened { credential: Credential::new(scheme, values), grant })
    }
}

/// The same with a key at hand, which needs no database.
fn seal_with(
    key: &DataKey,
    tenant: &Tenant,
    (connector, version): (ConnectorId, i64),
    opened: &Opened,
    grant: Grant,
) -> Result<SealedCredential, Error> {
    let plain = plain(opened)?;
    let slot = Slot { row: connector.uuid(), field: FIELD, row_version: version };
    #[expect(clippy::disallowed_methods, reason = "the plain text goes into the envelope")]
    let sealed = key.seal(&place(tenant, &slot), plain.expose())?;
    Ok(SealedCredential { version, sealed, grant })
}

/// The bytes to seal, in one allocation of the right size so that no copy is left behind.
#[expect(clippy::disallowed_methods, reason = "the plain text goes into the envelope")]
fn plain(opened: &Opened) -> Result<Secret<Vec<u8>>, Error> {
    let credential = &opened.credential;
    let values: BTreeMap<_, _> =
        credential.values().map(|(name, value)| (name, value.expose().as_str())).collect();
    let grant = opened.grant.as_ref().map(GrantDetails::out);
    // Every byte can grow to six when escaped, and the names and punctuation take their share.
    let size = values.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 8).sum::<usize>()
        + 6 * credential.scheme().len()
        + grant.as_ref().map_or(0, tokens::DetailsOut::size_max)
        + 64;
    let mut bytes = Secret::new(Vec::with_capacity(size));
    serde_json::to_writer(bytes.expose_mut(), &PlainOut { scheme: credential.scheme(), values, grant })
        .map_err(|_| Error::Internal("a credential does not serialize".into()))?;
    Ok(bytes)
}
