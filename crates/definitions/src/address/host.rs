//! Whose a host name is, as far as its text tells.

/// Second labels under which the registries of countries sell names: `co.uk`, `com.au`.
const SOLD_BY_COUNTRIES: [&str; 12] =
    ["ac", "co", "com", "edu", "gob", "gov", "gv", "ltd", "ne", "net", "or", "org"];

/// Whether text that ends a host names a domain by itself, so that what stands before it only chooses
/// among that domain's hosts. A label that has begun before the text does not count.
pub(super) fn is_settled_by(tail: &str) -> bool {
    tail.split_once('.').is_some_and(|(_, labels)| is_domain(labels))
}

/// The domain that a host belongs to: it without its first label, unless anyone can register names
/// under the rest; then the host itself.
pub(crate) fn domain_of(host: &str) -> &str {
    host.split_once('.').map(|(_, parent)| parent).filter(|parent| is_domain(parent)).unwrap_or(host)
}

/// Whether it is a name somebody holds, and not one under which names are sold.
pub(crate) fn is_domain(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    if labels.iter().any(|label| label.is_empty()) {
        return false;
    }
    match labels.as_slice() {
        [] | [_] => false,
        [second, top] => !(top.len() == 2 && SOLD_BY_COUNTRIES.contains(second)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_settles_the_host_when_it_names_a_domain() {
        for (tail, settles) in [
            (".shops.example", true),
            ("-eu.login.shops.example", true),
            (".shops.co.uk", true),
            (".com", false),
            (".co.uk", false),
            ("shops.example", false),
            ("", false),
            (".", false),
            ("..com", false),
            (".shops.", false),
        ] {
            assert_eq!(is_settled_by(tail), settles, "{tail}");
        }
    }

    #[test]
    fn a_host_s_domain_is_never_one_that_is_sold() {
        for (host, domain) in [
            ("login.crm.example", "crm.example"),
            ("a.b.crm.example", "b.crm.example"),
            ("crm.example", "crm.example"),
            ("shop.co.uk", "shop.co.uk"),
            ("login.shop.co.uk", "shop.co.uk"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(domain_of(host), domain, "{host}");
        }
    }
}
