//! What a claim stands on: the use cases with an empty store, one organization, and an OAuth app of its
//! own at the sandbox.

use std::sync::Arc;
use std::time::Duration;

use control::{
    BeginConsent, Callback, ConnectorView, ConsentEnd, Control, DefinitionChoice, Error, NewConnector,
    Operator, Parts, TokenKeys, UpdateSettings,
};
use definitions::Catalog;
use domain::{
    Caller, Clock, ConnectorId, Event, Job, JobId, Organization, Permission, RevocationStatus, Secret,
    Tenant, Timestamp,
};
use executor::{Executor, ExecutorConfig, Gateway};
use serde_json::{Map, Value};
use store::{Store, StoreOptions};
use tempfile::TempDir;
use testkit::consent::Person;
use testkit::{ProviderApp, Upstream, eventually};
use url::Url;
use vault::{Keyring, Vault};

const PUBLIC_URL: &str = "http://localhost:8000";
pub(crate) const RETURN_URL: &str = "https://product.example/connected?user_id=7";
/// For what goes on in the background.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Bed {
    pub(crate) control: Control,
    pub(crate) clock: Clock,
    pub(crate) upstream: Upstream,
    pub(crate) app: ProviderApp,
    pub(crate) organization: Organization,
    pub(crate) tenant: Tenant,
    pub(crate) caller: Caller,
    _folder: TempDir,
}

impl Bed {
    pub(crate) async fn new() -> Self {
        Self::with_operator(Operator::default()).await
    }

    pub(crate) async fn with_operator(operator: Operator) -> Self {
        let folder = TempDir::new().unwrap();
        let upstream = Upstream::start();
        let clock = Clock::fixed("2026-01-02T03:04:05Z".parse::<Timestamp>().unwrap());
        let url = format!("sqlite://{}", folder.path().join("patchbay.db").display());
        let store = Store::open(&url, StoreOptions { connections_max: 4 }).await.unwrap();
        store.migrate().await.unwrap();
        let gateway = Gateway { base: Url::parse(upstream.base_url()).unwrap(), only_hosts: None };
        let executor =
            Executor::new(ExecutorConfig { gateway: Some(gateway), ..ExecutorConfig::default() }).unwrap();
        let control = Control::new(Parts {
            store,
            // Both kinds of keys are 32 random bytes.
            vault: Vault::new(Keyring::parse(&format!("k1:{}", exposed(&TokenKeys::generate().1))).unwrap()),
            catalog: Arc::new(Catalog::embedded()),
            executor,
            token_keys: TokenKeys::generate().0,
            clock: clock.clone(),
            public_url: PUBLIC_URL.to_owned(),
            operator,
        })
        .await
        .unwrap();
        let organization = control.create_organization("acme").await.unwrap();
        let caller = login(&control, &organization, vec![]).await;
        let app = ProviderApp::register(&upstream).await;
        let tenant = organization.tenant();
        let bed = Self { control, clock, upstream, app, organization, tenant, caller, _folder: folder };
        bed.bring(&bed.app).await;
        bed
    }

    /// Makes this the organization's own app.
    pub(crate) async fn bring(&self, app: &ProviderApp) {
        let configuration = object(&app.credentials()["configuration"]);
        self.control.put_oauth_app(&self.tenant, notion(), configuration).await.unwrap();
    }

    /// An application of the organization with these permissions.
    pub(crate) async fn caller(&self, allowed: Vec<Permission>) -> Caller {
        login(&self.control, &self.organization, allowed).await
    }

    pub(crate) async fn confirm_connectors(&self) {
        let update = UpdateSettings { confirm_connectors: Some(true), return_origins: None };
        self.control.update_organization_settings(&self.tenant, update).await.unwrap();
    }

    /// Where the browser goes.
    pub(crate) async fn consent_url(&self, begin: BeginConsent) -> Result<Url, Error> {
        self.control.begin_consent(&self.caller, &self.tenant, begin).await
    }

    /// A consent from end to end: where the browser lands.
    pub(crate) async fn consent(&self, begin: BeginConsent) -> Url {
        let url = self.consent_url(begin).await.unwrap();
        let callback = Person::allowing().to_callback(url.as_str()).await;
        self.returned(&callback).await
    }

    /// The browser comes back to this address.
    pub(crate) async fn returned(&self, callback: &str) -> Url {
        let callback = Url::parse(callback).unwrap();
        let end = self.control.complete_consent(Callback {
            definition: "notion",
            organization: Some(self.organization.id),
            query: callback.query().unwrap_or_default(),
        });
        match end.await {
            ConsentEnd::Return { url, .. } => Url::parse(&url).unwrap(),
            ConsentEnd::Refused(page) => panic!("{}: {}", page.title, page.text),
        }
    }

    /// A connector made by consent, active at once.
    pub(crate) async fn connected(&self) -> ConnectorId {
        connector_id(&self.consent(begin()).await)
    }

    /// A connector with a token that was given.
    pub(crate) async fn with_token(&self) -> ConnectorId {
        let credentials = object(&serde_json::json!({ "token": testkit::sandbox_token::ACME }));
        let new = NewConnector {
            definition: notion(),
            name: None,
            credentials,
            environment: Map::new(),
            replication_config: Map::new(),
            entities: None,
        };
        self.control.create_connector(&self.tenant, "globex", new).await.unwrap().connector.id
    }

    pub(crate) async fn view(&self, id: ConnectorId) -> ConnectorView {
        self.control.connector(&self.tenant, id).await.unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.control.events(&self.tenant, 0, 100).await.unwrap()
    }

    /// The events as their names.
    pub(crate) async fn told(&self) -> Vec<&'static str> {
        self.events().await.iter().map(|event| event.kind.as_str()).collect()
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.control.job(&self.tenant, id).await.unwrap()
    }

    /// Waits until each grant of the job has this status, and answers the job.
    pub(crate) async fn settled(&self, id: JobId, status: RevocationStatus) -> Job {
        eventually(&format!("the job's grants are {}", status.as_str()), LIMIT, async || {
            let job = self.job(id).await;
            job.connectors.iter().all(|result| result.revocation == status).then_some(job)
        })
        .await
    }

    /// Waits until the first attempt at the job's only grant failed, and answers the job.
    pub(crate) async fn first_attempt(&self, id: JobId) -> Job {
        eventually("the first attempt is over", LIMIT, async || {
            let job = self.job(id).await;
            job.connectors[0].detail.is_some().then_some(job)
        })
        .await
    }

    /// Every token the app was granted, in lists by kind.
    pub(crate) async fn granted(&self) -> Value {
        self.upstream.control("GET", &format!("oauth/secrets?client_id={}", self.app.client_id), None).await
    }

    /// Whether the only grant of the app is alive, and why not.
    pub(crate) async fn grant(&self) -> (bool, Value) {
        let grants = self.app.grants().await;
        let [grant] = grants.as_slice() else { panic!("{} grants", grants.len()) };
        (grant["alive"].as_bool().unwrap(), grant["cause"].clone())
    }

    /// Waits until the only grant of the app is dead by a revocation.
    pub(crate) async fn grant_revoked(&self) {
        eventually("the grant is revoked", LIMIT, async || (!self.grant().await.0).then_some(())).await;
        assert_eq!(self.grant().await.1, "revoked");
    }
}

async fn login(control: &Control, organization: &Organization, allowed: Vec<Permission>) -> Caller {
    let (application, secret) =
        control.create_application("app", vec![organization.id], allowed).await.unwrap();
    let token = control.issue_token(&application.id.to_string(), &secret, None).await.unwrap().token;
    control.caller(exposed(&token)).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the test holds what a client would")]
pub(crate) fn exposed(secret: &Secret) -> &str {
    secret.expose()
}

pub(crate) fn notion() -> DefinitionChoice {
    DefinitionChoice { connector_type: Some("notion".to_owned()), ..DefinitionChoice::default() }
}

/// The least that a consent begins with.
pub(crate) fn begin() -> BeginConsent {
    BeginConsent {
        workspace_name: Some("globex".to_owned()),
        definition: notion(),
        redirect_url: RETURN_URL.to_owned(),
        name: None,
        replication_config: Map::new(),
        environment: Map::new(),
        entities: None,
        parameters: Map::new(),
        connector_id: None,
        allow_account_change: false,
    }
}

/// The least that a consent begins with for a connector that there is.
pub(crate) fn again(connector: ConnectorId) -> BeginConsent {
    let definition = DefinitionChoice::default();
    BeginConsent { workspace_name: None, definition, connector_id: Some(connector), ..begin() }
}

pub(crate) fn connector_id(landing: &Url) -> ConnectorId {
    parameter(landing, "connector_id")
        .unwrap_or_else(|| panic!("no connector_id in {landing}"))
        .parse()
        .unwrap()
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}
