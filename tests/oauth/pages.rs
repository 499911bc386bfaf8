//! The pages that a person sees of ours: nothing in them can be framed, leaks, or runs.

use testkit::Bench;
use testkit::consent::{Landing, Page, Person, ask, browse, consent_body};

use super::assert_is_refusal;

testkit::both!(
    r19_no_page_of_a_callback_is_framed_cached_or_tells_where_it_was,
    a_link_preview_uses_up_no_state,
);

fn assert_is_guarded(page: &Page) {
    let header =
        |name: &str| page.header(name).unwrap_or_else(|| panic!("no {name}: {}", page.headers_text()));
    assert_eq!(header("Referrer-Policy"), "no-referrer");
    assert_eq!(header("Cache-Control"), "no-store");
    assert_eq!(header("X-Frame-Options"), "DENY");
    assert_eq!(header("X-Content-Type-Options"), "nosniff");
    let policy = header("Content-Security-Policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text.to_ascii_lowercase();
    for forbidden in
        ["<script", "<link", "<img", "<iframe", "<form", " src=", "url(", "@import", " onload", "http-equiv"]
    {
        assert!(!html.contains(forbidden), "`{forbidden}` in {}", page.text);
    }
    assert_eq!(page.header("Set-Cookie"), None);
}

async fn r19_no_page_of_a_callback_is_framed_cached_or_tells_where_it_was(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    for person in [Person::allowing(), Person::denying()] {
        let mut body = consent_body("globex");
        body["redirect_url"] = "https://product.example/?a=\"><script>alert(1)</script>".into();
        let landing = person.walk(&acme.consent_url(body).await).await;
        assert_is_guarded(&landing.page);
        let again = browse(&landing.page.url).await;
        assert_is_refusal(&again);
        assert_is_guarded(&again);
    }
    let base = acme.client.base();
    for path in [
        "/api/v1/oauth/callback/notion",
        "/api/v1/oauth/callback/notion/not-an-id",
        "/api/v1/oauth/callback/%3Cscript%3E?state=%3Cscript%3E",
        "/v1/oauth/callback/notion?error=%3Cscript%3E&state=x",
        "/api/v1/auth/notion/connector/callback?state=x&code=y",
    ] {
        let page = browse(&format!("{base}{path}")).await;
        assert_is_refusal(&page);
        assert_is_guarded(&page);
    }
}

async fn a_link_preview_uses_up_no_state(bench: &Bench) {
    let acme = bench.organization().await;
    acme.bring_app(&bench.shared().upstream).await;
    let url = acme.consent_url(consent_body("globex")).await;
    let callback = Person::allowing().to_callback(&url).await;
    for method in ["HEAD", "POST", "OPTIONS"] {
        let page = ask(method, &callback).await;
        assert!((400..500).contains(&page.status), "{method}: {}", page.status);
    }
    Landing::of(browse(&callback).await).connector_id();
}
