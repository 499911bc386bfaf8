//! A bad file: every fault is found in one reading, and each names its place.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use definitions::load;

const FAULTY: &str = include_str!("fixtures/faulty.yaml");
const GOOD: &str = include_str!("fixtures/bookshelf.yaml");

/// The faults of `yaml` as `pointer: reason`.
fn faults(yaml: &str) -> Vec<String> {
    let faults = load("file.yaml", yaml).unwrap_err();
    faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.reason)).collect()
}

/// The good file with one text in it replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the fixture no longer says {from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn all_faults_of_a_file_are_told_at_once_with_their_places() {
    let basic = "/components/securitySchemes/basic/x-airbyte-auth-config";
    let put = "/paths/~1b~1{id}/put";
    let expected = [
        ("/openapi".to_owned(), "only OpenAPI 3.1"),
        ("/info".to_owned(), "`version` is missing"),
        ("/info/x-airbyte-connector-name".to_owned(), "`Faulty Name`"),
        ("/info/x-airbyte-connector-definition-id".to_owned(), "UUID"),
        ("/info/x-airbyte-external-documentation-urls/0".to_owned(), "`url` is missing"),
        ("/info/x-airbyte-scoping/0/value_template".to_owned(), "`vlaue` is not known here"),
        ("/info/x-airbyte-retry-config/max_attempts".to_owned(), "from 1 to 10"),
        ("/info/x-patchbay-visibility-check".to_owned(), "no action `list` of an entity `ghosts`"),
        ("/info/TYPO".to_owned(), "unknown key"),
        ("/servers/0/url".to_owned(), "`{missing}`"),
        ("/components/securitySchemes/key".to_owned(), "may not set the header `Host`"),
        (basic.to_owned(), "`ghost` is required"),
        (basic.to_owned(), "`unused` is used by no mapping"),
        (format!("{basic}/auth_mapping/username"), "`nobody` is not among the properties"),
        (format!("{basic}/auth_mapping/token"), "`token` is no slot"),
        (format!("{basic}/additional_headers/X-Request-Id"), "may not set the header"),
        (format!("{basic}/additional_headers/X-Note"), "line breaks"),
        (format!("{basic}/additional_headers/X-Other"), "`usr` is not known here"),
        ("/components/securitySchemes/digest".to_owned(), "http (bearer or basic)"),
        ("/components/schemas/Dangling/properties/a/$ref".to_owned(), "not in this document"),
        ("/components/schemas/Round".to_owned(), "leads back to itself"),
        ("/paths/~1a~1{id}~1{b/get".to_owned(), "braces in a path"),
        ("/paths/~1b~1{id}/TRACE".to_owned(), "unknown key"),
        ("/paths/~1b~1{id}/get".to_owned(), "reserved for the context store"),
        ("/paths/~1b~1{id}/get/servers".to_owned(), "unknown key"),
        ("/paths/~1b~1{id}/post".to_owned(), "`fetch` is not an action"),
        (put.to_owned(), "the path names `id`"),
        (put.to_owned(), "`spare` does not stand in the path"),
        (format!("{put}/x-airbyte-record-extractor"), "begins with `$`"),
        (format!("{put}/x-airbyte-record-filter"), "no statements"),
        (format!("{put}/x-airbyte-meta-extractor/total"), "neither an index"),
        (format!("{put}/parameters/1"), "path, query or header"),
        (format!("{put}/parameters/2"), "may not set the header `Transfer-Encoding`"),
        (format!("{put}/parameters/3/schema/default"), "line breaks"),
        (format!("{put}/parameters/4/explodes"), "unknown key"),
        (format!("{put}/parameters/4/schema/minimun"), "unknown key"),
        (format!("{put}/parameters/4/schema/type"), "`int` is not a type"),
        (format!("{put}/parameters/5/x-airbyte-param-config-inject"), "must be declared in the variables"),
    ];
    let found = load("faulty.yaml", FAULTY).unwrap_err();
    for (pointer, reason) in &expected {
        let told = found.iter().any(|fault| fault.pointer == *pointer && fault.reason.contains(reason));
        assert!(told, "{pointer}: {reason}\nfound: {found:#?}");
    }
    assert_eq!(found[0].file, "faulty.yaml");
    assert!(found[0].to_string().starts_with("faulty.yaml: /openapi: only"), "{}", found[0]);
}

#[test]
fn r67_headers_that_belong_to_the_transport_or_to_us_are_refused_wherever_they_are_set() {
    for name in [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "TE",
        "Upgrade",
        "Proxy-Authorization",
        "X-Request-Id",
        "traceparent",
        "tracestate",
        "Bad Name",
    ] {
        let of_parameter = changed("name: Shelf-Version", &format!("name: {name}"));
        let of_key = changed("name: X-Shelf-Key", &format!("name: {name}"));
        let additional = changed("X-Branch:", &format!("{name}:"));
        let of_token = changed("auth_style: basic", &format!("auth_style: basic, header: {name}"));
        for yaml in [of_parameter, of_key, additional, of_token] {
            let faults = faults(&yaml);
            let refused =
                |fault: &String| fault.contains("may not set") || fault.contains("not a header name");
            assert!(faults.iter().any(refused), "{name}: {faults:?}");
        }
    }
}

#[test]
fn r67_constants_cannot_end_the_header_they_stand_in() {
    for ending in ["\\r", "\\n", "\\0"] {
        let default = changed("default: \"2031-05\" } }", &format!("default: \"1{ending}\" }} }}"));
        let additional = changed("X-Kind: reader", &format!("X-Kind: \"reader{ending}\""));
        let mapped = changed("\"Shelf ${api_key}!\"", &format!("\"Shelf ${{api_key}}{ending}\""));
        let prefix = changed("auth_style: basic", &format!("auth_style: basic, prefix: \"Bearer{ending}\""));
        for yaml in [default, additional, mapped, prefix] {
            let faults = faults(&yaml);
            assert!(faults.iter().any(|fault| fault.contains("line breaks and NUL")), "{faults:?}");
        }
    }
}

#[test]
fn r69_templates_that_could_grow_are_refused_at_load() {
    for (template, reason) in [
        ("{% for a in [1] %}{% for b in [1] %}{% endfor %}{% endfor %}", "no statements"),
        ("{{ 'a' * 100000000 }}", "`*` is not taken"),
        ("{{ record.id | indent(100000000) }}", "no filter `indent`"),
        ("{{ {'a': {}} }}", "`{` is not taken"),
        ("{{ secret }}", "`secret` is not known here"),
    ] {
        let faults = faults(&changed("{{ not record.hidden }}", template));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("/x-airbyte-record-filter: ") && faults[0].contains(reason), "{faults:?}");
    }
}

#[test]
fn a_server_url_names_an_http_host_and_nothing_else() {
    for url in [
        "ftp://{library}.example",
        "https://",
        "https://user@{library}.example",
        "https://{library}.example/a b",
        "https://{library}.example/?a=1",
        "https://{library}.example#a",
        "file:///{library}",
        "https://{library",
    ] {
        let faults = faults(&changed("https://{library}.bookshelf.example/v2/", url));
        assert!(faults.iter().any(|fault| fault.starts_with("/servers/0/url: ")), "{url}: {faults:?}");
    }
}

#[test]
fn a_path_cannot_leave_its_place() {
    for path in
        ["graph", "/graph?all=1", "/graph#all", "/../graph", "/a/./b", "/a b", "/a\\\\b", "/a\\r\\nHost:"]
    {
        let faults = faults(&changed("{ path: /graph }", &format!("{{ path: \"{path}\" }}")));
        assert!(
            faults.iter().any(|fault| fault.contains("/x-airbyte-path-override: ")),
            "{path}: {faults:?}"
        );
    }
}

#[test]
fn unknown_extensions_are_tolerated_everywhere() {
    let yaml = changed("tag, in: query,", "tag, x-odd: 1, in: query,");
    load("file.yaml", &yaml).unwrap();
}
