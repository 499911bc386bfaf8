use super::*;

fn address(before: &str, value: &str, vouched: Vouched, after: &str) -> Result<String, String> {
    let mut address = Address::default();
    address.literal(before);
    address.value("v", value, vouched).map_err(|fault| fault.message)?;
    address.literal(after);
    address.finish().map(Into::into).map_err(|fault| fault.message)
}

#[test]
fn r9_the_text_after_a_value_has_to_settle_the_host() {
    let host = |after| address("https://", "acme", Vouched::No, after).is_ok();
    assert!(host(".shops.example/") && host("-eu.shops.example") && host(".shops.example:8443/a"));
    for after in ["", "/", ".example", ".example/shops.example", ".co.uk", "shops.example", ":1/.a.b.c"] {
        assert!(!host(after), "{after}");
    }
}

#[test]
fn r9_even_a_vouched_value_is_a_host_and_nothing_more() {
    let host = |value| address("https://", value, Vouched::Limited, "/token");
    assert_eq!(host("a.example").unwrap(), "https://a.example/token");
    for value in ["a.example/", "a.example:1", "b@a.example", "a.example?", "[::1]", "a..example", ".a", "a."]
    {
        assert!(host(value).is_err(), "{value}");
    }
    for value in ["1.2.3", "0x7f.1", "2130706433"] {
        assert!(host(value).unwrap_err().contains("plainly"), "{value}: another spelling of an address");
    }
}

#[test]
fn r9_nothing_from_outside_stands_in_scheme_user_or_port() {
    for (before, after) in
        [("https://a.example:", "/"), ("https://a@", ".b.example/"), ("https", "://a.example/"), ("x:", "")]
    {
        for vouched in [Vouched::No, Vouched::Limited] {
            assert!(address(before, "1", vouched, after).is_err(), "{before}");
        }
    }
    assert!(address("https://a.example:", "444", Vouched::Own, "/").is_ok(), "the definition's own port");
}

#[test]
fn a_path_keeps_its_segments() {
    let path = |value, after| address("https://a.example/b/", value, Vouched::Limited, after);
    assert_eq!(path("c", "/d?e=f/g").unwrap(), "https://a.example/b/c/d?e=f/g");
    assert_eq!(path("c", "").unwrap(), "https://a.example/b/c");
    for value in ["..", "%2E%2e", ".", "c/../d"] {
        assert!(path(value, "/d").unwrap_err().contains("leads out"), "{value}");
    }
    assert_eq!(address("http://[::1]:90/", "a", Vouched::No, "").unwrap(), "http://[::1]:90/a");
    assert_eq!(address("https://", "a", Vouched::No, ".b.example").unwrap(), "https://a.b.example/");
}
