//! What may be dialled, from lists written down independently of the ones in `addresses.rs`.

use super::*;

const REFUSED: &[&str] = &[
    // IPv4: loopback, private, shared, link-local, unspecified, reserved.
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "0.0.0.0",
    "0.1.2.3",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    // IPv6: unspecified, loopback, unique local, link-local, site-local, multicast.
    "::",
    "::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    // Forms that carry an IPv4 address.
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    // Documentation, benchmarking, ORCHID, discard, segment routing.
    "2001:db8::1",
    "3fff::1",
    "2001:2::1",
    "2001:20::1",
    "100::1",
    "5f00::1",
];

const PUBLIC: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2400:cb00::1",
];

fn egress(allow: &[&str]) -> Egress {
    Egress::new(ExecutorConfig {
        egress_allow: allow.iter().map(|network| network.parse().unwrap()).collect(),
        gateway: None,
        user_agent: "test".to_owned(),
    })
    .unwrap()
}

fn check(egress: &Egress, url: &str) -> Result<(), EgressError> {
    egress.check(&Url::parse(url).map_err(|_| EgressError::BadUrl("it is not a URL"))?)
}

#[test]
fn r61_the_table_of_addresses() {
    for text in REFUSED {
        assert!(!addresses::is_public(text.parse().unwrap()), "{text} must be refused");
    }
    for text in PUBLIC {
        assert!(addresses::is_public(text.parse().unwrap()), "{text} is public");
    }
}

#[test]
fn r62_every_spelling_of_a_literal_is_refused_before_it_is_dialled() {
    let egress = egress(&[]);
    for host in [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "127.0.0.1.",
        "127.1.",
        "%31%32%37.0.0.1",
        "127%2e0%2e0%2e1",
        "１２７.０.０.１",
        "①②⑦.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "0xa9fea9fe",
    ] {
        let url = format!("https://{host}/v1");
        assert!(matches!(check(&egress, &url), Err(EgressError::NotPublic { .. })), "{host}");
        let plain = format!("http://{host}/v1");
        assert!(matches!(check(&egress, &plain), Err(EgressError::PlainHttp { .. })), "{host}");
    }
    assert_eq!(check(&egress, "https://1.1.1.1/"), Ok(()));
    assert_eq!(check(&egress, "https://[2606:4700::1111]:8443/"), Ok(()));
}

#[test]
fn plain_http_stays_inside_allowed_networks() {
    let strict = egress(&[]);
    assert!(matches!(check(&strict, "http://api.x.example/"), Err(EgressError::PlainHttp { .. })));
    assert!(matches!(check(&strict, "http://1.1.1.1/"), Err(EgressError::PlainHttp { .. })));
    let loose = egress(&["127.0.0.0/8", "fd00::/8"]);
    for allowed in
        ["http://127.0.0.1:9/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/", "http://localhost/"]
    {
        assert_eq!(check(&loose, allowed), Ok(()), "{allowed}");
    }
    for refused in ["http://1.1.1.1/", "http://10.0.0.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/"] {
        assert!(matches!(check(&loose, refused), Err(EgressError::PlainHttp { .. })), "{refused}");
    }
    assert!(matches!(check(&loose, "https://10.0.0.1/"), Err(EgressError::NotPublic { .. })));
}

#[test]
fn other_schemes_and_credentials_in_the_url_are_refused() {
    let egress = egress(&["127.0.0.0/8"]);
    for url in [
        "ftp://x.example/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "https://u:p@x.example/",
        "https://u@x.example/",
    ] {
        assert!(matches!(check(&egress, url), Err(EgressError::BadUrl(_))), "{url}");
    }
}

fn admitted(answers: &[&str], allow: &[&str], reach: Reach) -> Result<Vec<String>, EgressError> {
    let answers: Vec<SocketAddr> = answers.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
    let allow: Vec<IpNet> = allow.iter().map(|network| network.parse().unwrap()).collect();
    let kept = admit(answers.into_iter(), "x.example", &allow, reach)?;
    Ok(kept.into_iter().map(|answer| answer.ip().to_string()).collect())
}

#[test]
fn r63_mixed_answers_lose_their_private_members() {
    let mixed = ["1.1.1.1", "127.0.0.1", "fe80::1", "2606:4700::1", "64:ff9b::a00:1"];
    assert_eq!(admitted(&mixed, &[], Reach::Public).unwrap(), ["1.1.1.1", "2606:4700::1"]);
    let with_allowed = admitted(&mixed, &["127.0.0.0/8"], Reach::Public).unwrap();
    assert_eq!(with_allowed, ["1.1.1.1", "127.0.0.1", "2606:4700::1"]);
    assert_eq!(admitted(&mixed, &["127.0.0.0/8"], Reach::AllowedOnly).unwrap(), ["127.0.0.1"]);
}

#[test]
fn r63_only_private_answers_are_a_refusal() {
    let refused = admitted(&["10.0.0.1", "::1"], &[], Reach::Public);
    assert_eq!(refused, Err(EgressError::NotPublic { host: "x.example".to_owned() }));
    let plain = admitted(&["1.1.1.1"], &["10.0.0.0/8"], Reach::AllowedOnly);
    assert_eq!(plain, Err(EgressError::PlainHttp { host: "x.example".to_owned() }));
}

#[test]
fn through_the_gateway_the_original_is_still_checked() {
    let connector = ConnectorId::new();
    let gateway = Gateway { base: "http://10.9.8.7:1/".parse().unwrap(), only_hosts: None };
    let egress = Egress::new(ExecutorConfig { gateway: Some(gateway), ..ExecutorConfig::default() }).unwrap();
    let route =
        |url: &str| egress.route(url.parse().unwrap(), Some(connector)).map(|route| route.url.to_string());
    assert_eq!(
        route("https://api.x.example/v1?a=b").unwrap(),
        format!("http://10.9.8.7:1/{connector}/https/api.x.example/v1?a=b")
    );
    assert!(route("https://127.0.0.1/").is_err());
    assert!(route("http://api.x.example/").is_err());
}

#[test]
fn a_browser_is_sent_where_a_request_would_go() {
    let url = |text: &str| Url::parse(text).unwrap();
    let consent = url("https://auth.x.example/authorize?state=s&a=b");
    let direct = egress(&["127.0.0.0/8"]);
    assert_eq!(direct.browser_url(&consent), Ok(consent.clone()));
    assert_eq!(direct.browser_url(&url("http://127.0.0.1:9/x")), Ok(url("http://127.0.0.1:9/x")));
    let gateway = Gateway {
        base: url("http://10.9.8.7:1/"),
        only_hosts: Some(vec!["auth.x.example".to_owned(), "10.0.0.1".to_owned()]),
    };
    let through =
        Egress::new(ExecutorConfig { gateway: Some(gateway), ..ExecutorConfig::default() }).unwrap();
    let rewritten = url("http://10.9.8.7:1/-/https/auth.x.example/authorize?state=s&a=b");
    assert_eq!(through.browser_url(&consent), Ok(rewritten));
    assert_eq!(through.browser_url(&url("https://x.example/")), Ok(url("https://x.example/")));
    for egress in [&egress(&[]), &through] {
        assert!(matches!(egress.browser_url(&url("https://10.0.0.1/")), Err(EgressError::NotPublic { .. })));
        assert!(matches!(egress.browser_url(&url("javascript:alert(1)")), Err(EgressError::BadUrl(_))));
    }
}
