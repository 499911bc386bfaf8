//! A connector's credential between its sealed row and the call that uses it.

use std::collections::BTreeMap;

use domain::{ConnectorId, Credential, Secret, Tenant};
use serde::{Deserialize, Serialize};
use store::SealedCredential;

use crate::secrets::Slot;
use crate::{Control, Error};

/// The name of the sealed value; part of its associated data, so it never changes.
const FIELD: &str = "credential";
/// The version a new connector's credential starts with.
const FIRST_VERSION: i64 = 1;

#[derive(Serialize)]
struct Plain<'a> {
    scheme: &'a str,
    values: BTreeMap<&'a str, &'a str>,
}

#[derive(Deserialize)]
struct Opened {
    scheme: String,
    values: BTreeMap<String, Secret>,
}

impl Control {
    pub(crate) async fn seal_credential(
        &self,
        tenant: &Tenant,
        connector: ConnectorId,
        credential: &Credential,
    ) -> Result<SealedCredential, Error> {
        let plain = plain(credential)?;
        let slot = Slot { row: connector.uuid(), field: FIELD, row_version: FIRST_VERSION };
        #[expect(clippy::disallowed_methods, reason = "the plain text goes into the envelope")]
        let sealed = self.secrets.seal(tenant, &slot, plain.expose()).await?;
        Ok(SealedCredential { version: FIRST_VERSION, sealed })
    }

    pub(crate) async fn open_credential(
        &self,
        tenant: &Tenant,
        connector: ConnectorId,
        credential: &SealedCredential,
    ) -> Result<Credential, Error> {
        let slot = Slot { row: connector.uuid(), field: FIELD, row_version: credential.version };
        let plain = self.secrets.open(tenant, &slot, &credential.sealed).await?;
        #[expect(clippy::disallowed_methods, reason = "the plain text becomes a Credential")]
        let opened = serde_json::from_slice::<Opened>(plain.expose());
        // The parser's message could quote the text, so it is dropped.
        let Opened { scheme, values } =
            opened.map_err(|_| Error::Internal("a sealed credential does not parse".into()))?;
        Ok(Credential::new(scheme, values))
    }
}

/// The bytes to seal, in one allocation of the right size so that no copy is left behind.
#[expect(clippy::disallowed_methods, reason = "the plain text goes into the envelope")]
fn plain(credential: &Credential) -> Result<Secret<Vec<u8>>, Error> {
    let values: BTreeMap<_, _> =
        credential.values().map(|(name, value)| (name, value.expose().as_str())).collect();
    // Every byte can grow to six when escaped, and the names and punctuation take their share.
    let size = values.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 8).sum::<usize>()
        + 6 * credential.scheme().len()
        + 64;
    let mut bytes = Secret::new(Vec::with_capacity(size));
    serde_json::to_writer(bytes.expose_mut(), &Plain { scheme: credential.scheme(), values })
        .map_err(|_| Error::Internal("a credential does not serialize".into()))?;
    Ok(bytes)
}
