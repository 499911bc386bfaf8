//! A person who walks through consent, with a browser that runs no scripts.
//!
//! ```text
//! let app = acme.bring_app(&server.upstream).await;           // an OAuth app of this organization alone
//! let id = acme.consent("globex").await;                      // initiate, allow, return: the connector's id
//!
//! let url = acme.consent_url(consent_body("globex")).await;   // initiate alone
//! let landing = Person::allowing().walk(&url).await;          // to the end; or Person::denying()
//! landing.connector_id(); landing.get("error"); landing.url;  // what the product's page receives
//!
//! let callback = Person::allowing().to_callback(&url).await;  // the callback's URL, not yet opened
//! let page = browse(&at(&callback, &replica)).await;          // opened when, and at whom, the test likes
//! ```

mod form;
mod page;

use reqwest::Url;
use serde_json::{Value, json};

use crate::{Organization, Patchbay, text};
use form::Form;
pub use page::{Page, ask, browse, browse_at_length, try_browse};

/// Where [`consent_body`] asks to return to. Nobody opens it.
pub const RETURN_URL: &str = "https://product.example/connected";

/// Redirects between the consent URL and the callback.
const REDIRECTS_MAX: usize = 10;

/// The least that initiate takes, for Notion.
#[must_use]
pub fn consent_body(customer: &str) -> Value {
    json!({ "workspace_name": customer, "connector_type": "notion", "redirect_url": RETURN_URL })
}

impl Organization {
    /// Begins a consent: where the person goes.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn consent_url(&self, body: Value) -> String {
        text(&self.initiate(body).expect(200).await, "consent_url")
    }

    /// The request that begins a consent; `.expect(200)` or `.refused(…)` ends it.
    #[must_use]
    pub fn initiate(&self, body: Value) -> crate::Request {
        self.client.post("/api/v1/integrations/connectors/oauth/initiate").json(body)
    }

    /// A connector of `customer` to Notion, made by a person who allows everything; its id.
    ///
    /// # Panics
    /// When any step fails.
    pub async fn consent(&self, customer: &str) -> String {
        let url = self.consent_url(consent_body(customer)).await;
        Person::allowing().walk(&url).await.connector_id()
    }
}

/// Who decides at the provider's page.
#[derive(Debug, Clone)]
pub struct Person {
    decision: &'static str,
    workspace: Option<String>,
    pages: Option<Vec<String>>,
}

impl Person {
    /// Allows, with the workspace and pages that the page offers checked.
    #[must_use]
    pub fn allowing() -> Self {
        Self { decision: "allow", workspace: None, pages: None }
    }

    /// Presses "Cancel".
    #[must_use]
    pub fn denying() -> Self {
        Self { decision: "cancel", ..Self::allowing() }
    }

    /// Chooses this workspace.
    #[must_use]
    pub fn in_workspace(mut self, id: &str) -> Self {
        self.workspace = Some(id.to_owned());
        self
    }

    /// Checks these pages and no others.
    #[must_use]
    pub fn sharing(mut self, pages: &[&str]) -> Self {
        self.pages = Some(pages.iter().map(|&page| page.to_owned()).collect());
        self
    }

    /// From the consent URL to the redirect that ends the callback.
    ///
    /// # Panics
    /// When there is no way through, or the callback ends on a page.
    pub async fn walk(&self, consent_url: &str) -> Landing {
        Landing::of(browse(&self.to_callback(consent_url).await).await)
    }

    /// From the consent URL to the address that the provider sends the browser back to.
    ///
    /// # Panics
    /// When the provider sends it nowhere.
    pub async fn to_callback(&self, consent_url: &str) -> String {
        let mut page = browse(consent_url).await;
        for _ in 0..REDIRECTS_MAX {
            let next = match page.location() {
                Some(next) if is_callback(&next) => return next,
                Some(next) => next,
                None => {
                    page = self.decide(&page).await;
                    continue;
                }
            };
            page = browse(&next).await;
        }
        panic!("no callback after {REDIRECTS_MAX} redirects from {consent_url}");
    }

    /// Fills in the form of a consent page and sends it.
    async fn decide(&self, page: &Page) -> Page {
        assert_eq!(page.status, 200, "{} is no page to consent on: {}", page.url, page.text);
        let form = Form::find(&page.text).unwrap_or_else(|| panic!("no form on {}: {}", page.url, page.text));
        let mut values = form.checked;
        if let Some(workspace) = &self.workspace {
            replace(&mut values, "workspace", std::slice::from_ref(workspace));
        }
        if let Some(pages) = &self.pages {
            replace(&mut values, "page", pages);
        }
        let button = form.buttons.into_iter().find(|(_, value)| value == self.decision);
        values.push(button.unwrap_or_else(|| panic!("no button {:?}: {}", self.decision, page.text)));
        let page_url = Url::parse(&page.url).expect("an opened page has a URL");
        let action = page_url.join(&form.action).expect("a form has an action");
        page::send_form(action, &values).await
    }
}

/// Where the browser is sent at the end: the product's own page.
#[derive(Debug)]
pub struct Landing {
    /// The address, as the callback's answer spelled it.
    pub url: String,
    /// The callback's answer itself.
    pub page: Page,
}

impl Landing {
    /// The end of a callback.
    ///
    /// # Panics
    /// When it is no redirect.
    #[must_use]
    pub fn of(page: Page) -> Self {
        assert_eq!(page.status, 303, "the callback ended on a page: {}", page.text);
        let url = page.header("Location").expect("a redirect says where to").to_owned();
        Self { url, page }
    }

    /// The only parameter of that name.
    ///
    /// # Panics
    /// When there are several.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let url = Url::parse(&self.url).unwrap_or_else(|error| panic!("{}: {error}", self.url));
        let mut found = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let first = found.next();
        assert_eq!(found.next(), None, "`{name}` twice in {}", self.url);
        first
    }

    /// The id of the connector.
    ///
    /// # Panics
    /// When there is none, with the error that is there instead.
    pub fn connector_id(&self) -> String {
        assert_eq!(self.get("error"), None, "{}", self.url);
        self.get("connector_id").unwrap_or_else(|| panic!("no connector_id in {}", self.url))
    }
}

/// The same address at another server: a callback that a load balancer brings to a replica.
///
/// # Panics
/// When it is no address.
#[must_use]
pub fn at(url: &str, server: &Patchbay) -> String {
    let url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{}{query}", server.base(), url.path())
}

/// A parameter of an address.
///
/// # Panics
/// When it is no address, or lacks it.
#[must_use]
pub fn parameter(url: &str, name: &str) -> String {
    let parsed = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    let found = parsed.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("no `{name}` in {url}"))
}

fn is_callback(url: &str) -> bool {
    let path = Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    path.contains("/oauth/callback/") || path.ends_with("/connector/callback")
}

fn replace(values: &mut Vec<(String, String)>, name: &str, with: &[String]) {
    values.retain(|(key, _)| key != name);
    values.extend(with.iter().map(|value| (name.to_owned(), value.clone())));
}
