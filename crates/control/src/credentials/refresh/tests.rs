use super::*;

#[test]
fn r27_a_provider_that_is_away_is_asked_ever_more_rarely() {
    for (failures, least, most) in [(0, 1_000, 2_000), (3, 8_000, 16_000), (40, 150_000, 300_000)] {
        for _ in 0..100 {
            let wait = backoff_ms(failures);
            assert!((least..=most).contains(&wait), "{wait} after {failures}");
        }
    }
}

#[test]
fn r23_a_claim_outlasts_the_slowest_honest_holder() {
    const TOKEN_REQUEST_MAX: Duration = Duration::from_secs(20);
    assert!(SEND_WITHIN + TOKEN_REQUEST_MAX < CLAIM_LASTS);
}
