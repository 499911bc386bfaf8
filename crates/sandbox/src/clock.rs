//! The sandbox's own time, which the control door moves forward.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Wall clock plus what it was moved by.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    advanced: SignedDuration,
}

impl Clock {
    /// The sandbox's present.
    pub(crate) fn now(&self) -> Timestamp {
        wall_now().saturating_add(self.advanced).unwrap_or(Timestamp::MAX)
    }

    /// Moves the present, also backwards.
    pub(crate) fn advance_ms(&mut self, milliseconds: i64) {
        let span = SignedDuration::from_millis(milliseconds);
        self.advanced = self.advanced.checked_add(span).unwrap_or(self.advanced);
    }

    /// By how much the present was moved.
    pub(crate) fn advanced_ms(&self) -> i64 {
        i64::try_from(self.advanced.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The time that clients have too, whatever the sandbox's own was moved to.
#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox depends on nothing of ours, so its time is read here"
)]
pub(crate) fn wall_now() -> Timestamp {
    Timestamp::now()
}

/// ISO 8601 with milliseconds, as every time in an answer is written.
pub(crate) fn iso(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Creation and edit times are rounded down to the minute.
pub(crate) fn to_minute(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(at)
}
