//! What a browser brings back, honest or not.

use oauth::{CallbackFault, callback};

use super::scripted::text;

const STATE: &str = "5tatE-5tatE_5tatE-5tatE_5tatE-5tatE_5tatE-5";

#[test]
fn an_honest_answer_is_read() {
    let query = format!(
        "code=a%2Fb%2Bc+d&state={STATE}&iss=https%3A%2F%2Fprovider.test&session_state=x&scope=a&scope=b"
    );
    let read = callback(&query).unwrap();
    assert_eq!(text(&read.state), STATE);
    assert_eq!(read.code.as_ref().map(text), Some("a/b+c d"));
    assert_eq!((read.error, read.error_description), (None, None));
    assert_eq!(read.iss.as_deref(), Some("https://provider.test"));
}

#[test]
fn r6_a_state_that_is_missing_empty_repeated_or_long_is_a_fault() {
    let long = format!("code=c&state={}", "a".repeat(100_000));
    let just_too_long = format!("code=c&state={}", "%61".repeat(513));
    for (query, fault) in [
        ("", CallbackFault::NoState),
        ("code=c", CallbackFault::NoState),
        ("code=c&state", CallbackFault::NoState),
        ("code=c&state=", CallbackFault::NoState),
        ("code=c&State=a&st\0ate=b", CallbackFault::NoState),
        ("code=c#state=a", CallbackFault::NoState),
        ("state=a&code=c&state=a", CallbackFault::Repeated("state")),
        ("state=a&code=c&state=b", CallbackFault::Repeated("state")),
        ("state=&state=a", CallbackFault::Repeated("state")),
        ("st%61te=a&state=b", CallbackFault::Repeated("state")),
        (&long, CallbackFault::LongState),
        (&just_too_long, CallbackFault::LongState),
    ] {
        assert_eq!(callback(query).unwrap_err(), fault, "{}", &query[..query.len().min(60)]);
    }
    let longest = format!("state={}", "a".repeat(512));
    assert_eq!(text(&callback(&longest).unwrap().state).len(), 512);
}

#[test]
fn r6_an_altered_state_is_another_one() {
    let hash = |query: &str| oauth::state_hash(text(&callback(query).unwrap().state));
    let right = hash(&format!("state={STATE}"));
    for altered in [
        format!("{STATE}%00"),
        format!("+{STATE}"),
        format!("{STATE}%20"),
        STATE.replacen('5', "4", 1),
        STATE.to_lowercase(),
        "%ff%fe".to_owned(),
        "%".to_owned(),
        "'%20OR%201=1--".to_owned(),
    ] {
        assert_ne!(hash(&format!("state={altered}")), right, "{altered}");
    }
}

#[test]
fn r6_whatever_could_be_read_in_two_ways_is_refused() {
    for (more, name) in [
        ("code=a&code=b", "code"),
        ("code=a&c%6fde=a", "code"),
        ("error=a&error=a", "error"),
        ("error_description=a&error_description=b", "error_description"),
        ("iss=https://a.test&iss=https://b.test", "iss"),
    ] {
        for query in [format!("state={STATE}&{more}"), format!("{more}&state={STATE}")] {
            assert_eq!(callback(&query).unwrap_err(), CallbackFault::Repeated(name), "{query}");
        }
    }
    for (name, length) in [("code", 8 * 1024), ("iss", 2 * 1024)] {
        let with = |length| callback(&format!("state={STATE}&{name}={}", "a".repeat(length)));
        assert!(with(length).is_ok());
        assert_eq!(with(length + 1).unwrap_err(), CallbackFault::TooLong(name));
    }
}

#[test]
fn r12_an_issuer_is_kept_byte_for_byte() {
    let iss = |iss: &str| callback(&format!("state=s&iss={iss}")).unwrap().iss;
    assert_eq!(iss("https%3a%2f%2fA.test%2f").as_deref(), Some("https://A.test/"));
    assert_eq!(iss("+https://a.test").as_deref(), Some(" https://a.test"));
    assert_eq!(iss("").as_deref(), Some(""), "an empty one is not an absent one");
    assert_eq!(callback("state=s").unwrap().iss, None);
}

#[test]
fn r13_an_error_is_a_word_and_its_description_one_clean_line() {
    let read = |query: &str| {
        let read = callback(&format!("state=s&{query}")).unwrap();
        (read.error, read.error_description)
    };
    let both = |code: &str, words: &str| (Some(code.to_owned()), Some(words.to_owned()));
    assert_eq!(
        read("error=access_denied&error_description=The+person+said+no."),
        both("access_denied", "The person said no.")
    );
    // Markup stays text; the page escapes it.
    assert_eq!(
        read("error=a.b-c_1&error_description=%3Cb%3E%0d%0aSet-Cookie:%20a%00%09%E2%80%AEb%E2%80%8B%C2%85c"),
        both("a.b-c_1", "<b> Set-Cookie: a b c")
    );
    for odd in ["a+b", "%3Cscript%3E", "a%0d%0ab", "%C3%BC", &"x".repeat(65), "a%00"] {
        assert_eq!(read(&format!("error={odd}")).0.as_deref(), Some("invalid_error"), "{odd}");
    }
    assert_eq!(read("error=&error_description=%0a%20"), (None, None));
    let long = read(&format!("error=e&error_description={}", "%C3%BC".repeat(1_000))).1.unwrap();
    assert_eq!(long.chars().count(), 300);
}

#[test]
fn r47_what_came_back_does_not_print() {
    let read = callback("state=canary-state&code=canary-code").unwrap();
    let printed = format!("{read:?} {read:#?} {:?}", callback("state=canary-state&state=b"));
    assert!(!printed.contains("canary"), "{printed}");
}

mod any_query {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn r6_no_query_breaks_the_reader(query in ".{0,300}", raw in proptest::collection::vec(any::<u8>(), 0..300)) {
            for query in [query, String::from_utf8_lossy(&raw).into_owned()] {
                for query in [format!("state={query}"), query] {
                    if let Ok(read) = oauth::callback(&query) {
                        let error = read.error.unwrap_or_else(|| "none".to_owned());
                        prop_assert!(error.len() <= 64 && !error.contains(|c: char| c.is_control()));
                        let words = read.error_description.unwrap_or_default();
                        prop_assert!(!words.contains(|c: char| c.is_control()) && words.chars().count() <= 300);
                    }
                }
            }
        }
    }
}
