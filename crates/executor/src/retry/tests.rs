//! The table of what is repeated, and how `Retry-After` is read.

use reqwest::header::HeaderValue;

use super::*;

fn config() -> RetryConfig {
    RetryConfig::default()
}

fn status(status: u16) -> Observed {
    Observed::Status { status, named_wait: None }
}

fn situation(writes: bool) -> Situation {
    Situation { writes, attempts: 1, remaining: Duration::from_secs(30), chance: 0.5 }
}

#[test]
fn a_write_is_repeated_only_when_nothing_was_sent() {
    let repeats = |seen, writes| matches!(decide(&config(), seen, &situation(writes)), Decision::Wait(_));
    for (seen, read, write) in [
        (status(429), true, false),
        (status(529), true, false),
        (Observed::NotSent, true, true),
        (status(500), true, false),
        (status(503), true, false),
        (status(524), true, false),
        (Observed::Timeout, true, false),
        (Observed::Broken, true, false),
        (status(400), false, false),
        (status(401), false, false),
        (status(501), false, false),
        (status(200), false, false),
        (Observed::Final, false, false),
    ] {
        assert_eq!(repeats(seen, false), read, "{seen:?} on a read");
        assert_eq!(repeats(seen, true), write, "{seen:?} on a write");
    }
}

#[test]
fn no_call_is_sent_more_than_three_times() {
    let greedy = RetryConfig { attempts_max: 50, ..config() };
    let at = |attempts| decide(&greedy, status(503), &Situation { attempts, ..situation(false) });
    assert!(matches!(at(2), Decision::Wait(_)));
    assert_eq!(at(3), Decision::GiveUp);
}

#[test]
fn a_wait_is_a_random_part_of_a_growing_and_bounded_span() {
    let wait = |attempts, chance| {
        decide(&config(), status(503), &Situation { attempts, chance, ..situation(false) })
    };
    assert_eq!(wait(1, 0.0), Decision::Wait(Duration::ZERO));
    assert_eq!(wait(1, 0.5), Decision::Wait(Duration::from_millis(500)));
    assert_eq!(wait(2, 0.5), Decision::Wait(Duration::from_millis(1_000)));
    assert_eq!(backoff(&config(), 40), Duration::from_mins(1));
    assert_eq!(backoff(&config(), u32::MAX), Duration::from_mins(1));
}

#[test]
fn a_named_wait_is_kept_in_full_or_not_begun() {
    let named = |seconds| Observed::Status { status: 429, named_wait: Some(Duration::from_secs(seconds)) };
    let Decision::Wait(wait) = decide(&config(), named(2), &situation(false)) else {
        panic!("two seconds fit into thirty");
    };
    assert!(wait >= Duration::from_secs(2) && wait <= Duration::from_millis(2_250));
    for too_long in [30, u64::MAX] {
        let late = decide(&config(), named(too_long), &situation(false));
        assert_eq!(late, Decision::TooLong(Duration::from_secs(too_long)));
    }
}

#[test]
fn a_named_wait_that_leaves_no_time_for_an_attempt_is_not_begun() {
    let named = Observed::Status { status: 429, named_wait: Some(Duration::from_secs(2)) };
    for chance in [0.0, 0.99] {
        let within = |ms| {
            let remaining = Duration::from_millis(ms);
            decide(&config(), named, &Situation { remaining, chance, ..situation(false) })
        };
        assert_eq!(within(3_249), Decision::TooLong(Duration::from_secs(2)));
        assert!(matches!(within(3_250), Decision::Wait(_)));
    }
}

#[test]
fn a_backoff_that_passes_the_deadline_is_not_begun() {
    let now = Situation { remaining: Duration::from_millis(400), ..situation(false) };
    assert_eq!(decide(&config(), status(503), &now), Decision::GiveUp);
}

#[test]
fn retry_after_is_read_in_every_form() {
    let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
    let read = |text: &'static str, unit| {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static(text));
        named_wait(&RetryConfig { retry_after_unit: unit, ..config() }, &headers, now)
    };
    use RetryAfterUnit::{Milliseconds, Seconds, UnixTimestamp};
    assert_eq!(read("7", Seconds), Some(Duration::from_secs(7)));
    assert_eq!(read(" 0.5 ", Seconds), Some(Duration::from_millis(500)));
    assert_eq!(read("1500", Milliseconds), Some(Duration::from_millis(1_500)));
    assert_eq!(read("1445412490", UnixTimestamp), Some(Duration::from_secs(10)));
    assert_eq!(read("1", UnixTimestamp), Some(Duration::ZERO));
    assert_eq!(read("Wed, 21 Oct 2015 07:28:09 GMT", Seconds), Some(Duration::from_secs(9)));
    assert_eq!(read("Wed, 21 Oct 2015 07:27:00 GMT", Milliseconds), Some(Duration::ZERO));
    for nonsense in ["-1", "soon", "inf", "NaN", "1e400", ""] {
        assert_eq!(read(nonsense, Seconds), None, "{nonsense}");
    }
}
