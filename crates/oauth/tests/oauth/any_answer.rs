//! Whatever comes back, it ends in a token or in one of the named failures.

use oauth::{OAuthError, TokenSet};
use proptest::prelude::*;

use super::scripted::{Scripted, answer, exchange, provider, text};

const GOOD: &str = r#"{"access_token":"at-0123456789","refresh_token":"rt","token_type":"Bearer",
    "expires_in":"3600","scope":"a,b","owner":{"user":{"id":"u1"}},"list":[1,2.5,null]}"#;

fn read(status: u16, body: &[u8]) -> Result<TokenSet, OAuthError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let provider_side = Scripted::new(vec![Ok(answer(status, &[], body))]);
    runtime.block_on(exchange(&provider_side, &provider()))
}

fn is_sound(status: u16, outcome: &Result<TokenSet, OAuthError>) -> bool {
    match outcome {
        Ok(tokens) => {
            let token = text(&tokens.access_token);
            (200..300).contains(&status)
                && !token.is_empty()
                && !token.chars().any(char::is_control)
                && tokens.expires_in.is_none_or(|lifetime| lifetime.as_secs() > 0)
                && tokens.scopes.as_ref().is_none_or(|scopes| !scopes.is_empty())
        }
        Err(OAuthError::Refused { code, description, .. }) => {
            !code.is_empty() && description.as_ref().is_none_or(|said| !said.chars().any(char::is_control))
        }
        Err(_) => true,
    }
}

proptest! {
    #[test]
    fn r17_any_bytes_end_well(status in 200_u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(is_sound(status, &read(status, &body)));
    }

    #[test]
    fn r17_a_damaged_answer_ends_well(at in 0..GOOD.len(), byte: u8, cut in 0..GOOD.len(), status in 200_u16..204) {
        let mut body = GOOD.as_bytes().to_vec();
        body[at] = byte;
        prop_assert!(is_sound(status, &read(status, &body)));
        body.truncate(cut);
        prop_assert!(is_sound(status, &read(status, &body)));
    }
}
