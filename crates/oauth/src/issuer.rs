//! Who answered the callback (RFC 9207): a code of one provider must not reach another's token endpoint.

use crate::Provider;

/// The callback is not the answer of the provider that was asked. Do not exchange its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    #[error("the callback names another issuer than the one that was asked")]
    Different,
    #[error("the provider promises to name itself in the callback, and the callback names no issuer")]
    Missing,
    #[error("the provider promises to name itself in the callback, and the definition does not say its name")]
    Unnamed,
}

/// Compares the callback's `iss`, decoded from the query and otherwise as it came, byte for byte.
///
/// A definition that names no issuer cannot be compared with; then `iss` is ignored.
pub fn check_callback_issuer(provider: &Provider, iss: Option<&str>) -> Result<(), IssuerError> {
    match (&provider.issuer, iss) {
        (Some(expected), Some(iss)) if expected == iss => Ok(()),
        (Some(_), Some(_)) => Err(IssuerError::Different),
        (_, None) if provider.issuer_in_callback => Err(IssuerError::Missing),
        (None, Some(_)) if provider.issuer_in_callback => Err(IssuerError::Unnamed),
        (_, None) | (None, Some(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn provider(issuer: Option<&str>, promised: bool) -> Provider {
        let mut provider = Provider::new(None, Url::parse("https://provider.test/token").unwrap());
        provider.issuer = issuer.map(str::to_owned);
        provider.issuer_in_callback = promised;
        provider
    }

    #[test]
    fn r12_another_issuer_is_refused_byte_for_byte() {
        let named = provider(Some("https://provider.test"), false);
        assert_eq!(check_callback_issuer(&named, Some("https://provider.test")), Ok(()));
        for other in [
            "",
            "https://evil.test",
            "https://provider.test/",
            "https://PROVIDER.test",
            "http://provider.test",
            "https://provider.test:443",
            " https://provider.test",
            "https://provider.test\0",
        ] {
            assert_eq!(check_callback_issuer(&named, Some(other)), Err(IssuerError::Different), "{other:?}");
        }
    }

    #[test]
    fn r12_an_absent_issuer_is_refused_only_where_it_was_promised() {
        let issuer = Some("https://provider.test");
        assert_eq!(check_callback_issuer(&provider(issuer, true), None), Err(IssuerError::Missing));
        assert_eq!(check_callback_issuer(&provider(issuer, false), None), Ok(()));
        assert_eq!(check_callback_issuer(&provider(None, true), None), Err(IssuerError::Missing));
        assert_eq!(check_callback_issuer(&provider(None, false), None), Ok(()));
    }

    #[test]
    fn r12_a_promise_without_a_name_to_compare_refuses() {
        let iss = Some("https://provider.test");
        assert_eq!(check_callback_issuer(&provider(None, true), iss), Err(IssuerError::Unnamed));
        assert_eq!(check_callback_issuer(&provider(None, false), iss), Ok(()));
    }
}
