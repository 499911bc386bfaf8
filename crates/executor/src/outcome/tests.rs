//! How a wait and the number of attempts are told.

use super::*;

#[test]
fn a_wait_is_rounded_up_to_whole_seconds() {
    let told = |wait| match rate_limited(String::new(), Value::Null, wait) {
        FailureKind::RateLimited { retry_after_s, .. } => retry_after_s,
        other => panic!("{other:?}"),
    };
    assert_eq!(told(Duration::ZERO), 1);
    assert_eq!(told(Duration::from_millis(1_001)), 2);
    assert_eq!(told(Duration::from_secs(120)), 120);
}

#[test]
fn a_failure_says_after_how_many_attempts() {
    let told = |attempts| {
        let failed =
            FailureKind::Failed { status: None, message: "502 Bad Gateway".to_owned(), body: Value::Null };
        match with_attempts(failed, attempts) {
            FailureKind::Failed { message, .. } => message,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(told(1), "502 Bad Gateway, 1 attempt");
    assert_eq!(told(3), "502 Bad Gateway, 3 attempts");
}
