//! What one attempt to refresh needs: the provider, the app and the refresh token.

use std::sync::Arc;

use definitions::{AuthScheme, ConnectorDefinition};
use domain::{ConnectorId, CustomerId, Secret, Tenant};
use oauth::{App, Provider};
use sha2::{Digest, Sha256};
use store::RefreshRow;
use vault::DataKey;

use crate::credentials::{Opened, copy};
use crate::{Control, Error};

/// All that one attempt needs, made before anything is claimed.
pub(super) struct Prepared {
    pub(super) customer: CustomerId,
    pub(super) definition: Arc<ConnectorDefinition>,
    scheme_name: String,
    pub(super) provider: Provider,
    pub(super) app: App,
    pub(super) refresh_token: Secret,
    /// The credential as it is stored.
    pub(super) stored: Opened,
    /// To seal the new one with: once the provider has answered, nothing but storing it may need the
    /// database.
    pub(super) key: Arc<DataKey>,
}

impl Prepared {
    pub(super) fn scheme(&self) -> Result<&AuthScheme, Error> {
        self.definition.scheme(&self.scheme_name).ok_or_else(|| Error::Internal("a scheme is gone".into()))
    }
}

impl Control {
    pub(super) async fn prepare_refresh(
        &self,
        tenant: &Tenant,
        id: ConnectorId,
        row: &RefreshRow,
    ) -> Result<Prepared, Error> {
        let connector = self.store.connector(tenant, id).await.map_err(Error::missing("connector", id))?;
        let definition =
            self.catalog.definition(connector.definition_id).cloned().ok_or_else(|| {
                Error::OAuthNotSupported("the connector's definition is not loaded".to_owned())
            })?;
        let stored = &row.credential;
        let opened = self.open_credential(tenant, id, stored.version, &stored.sealed).await?;
        let scheme_name = opened.credential.scheme().to_owned();
        let missing =
            |what: &str| Error::OAuthNotSupported(format!("{what}: the connector needs a new consent"));
        let scheme = definition
            .scheme(&scheme_name)
            .ok_or_else(|| missing("the definition no longer has the auth scheme of this connector"))?;
        let settings =
            self.effective_settings(&definition, &connector.replication_config, &connector.environment);
        let provider = self.refresh_provider(&definition, scheme, &settings, opened.is_of_own_app()).await?;
        let app = self.refresh_app(tenant, &definition, scheme, &opened).await?;
        let app = app.ok_or_else(|| missing("the credential names no OAuth app"))?;
        let refresh_token = opened
            .refresh_token(scheme)
            .map(copy)
            .ok_or_else(|| missing("the credential has no refresh token"))?;
        let key = self.secrets.sealing_key(tenant).await?;
        Ok(Prepared {
            stored: opened,
            key,
            customer: connector.customer_id,
            definition,
            scheme_name,
            provider,
            app,
            refresh_token,
        })
    }

    /// The app the tokens were granted to, with its present secret if that was changed since.
    ///
    /// The operator's app is applied only to what was granted to it here: an application must not be able
    /// to use tokens, or an address, of its own choice with a secret that only the operator has.
    pub(crate) async fn refresh_app(
        &self,
        tenant: &Tenant,
        definition: &ConnectorDefinition,
        scheme: &AuthScheme,
        opened: &Opened,
    ) -> Result<Option<App>, Error> {
        let Some(kept) = opened.app(scheme) else { return Ok(None) };
        let own = opened.is_of_own_app();
        let present = self.current_app(tenant, definition, &kept.client_id, own).await?;
        Ok(Some(present.unwrap_or(kept)))
    }
}

/// One app with one secret at one provider, without showing the secret.
#[expect(clippy::disallowed_methods, reason = "the secret is hashed, not kept")]
pub(super) fn app_key(prepared: &Prepared) -> [u8; 32] {
    let app = &prepared.app;
    let key = app.signing_key.as_ref().map(|key| &key.private_key_pem);
    let secret = app.client_secret.as_ref().or(key).map(|secret| secret.expose().as_str());
    let parts = [prepared.provider.token_url.as_str(), &app.client_id, secret.unwrap_or_default()];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
