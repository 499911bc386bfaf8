//! Whether to try again, and after what wait. The decision is pure: time and chance come in as
//! arguments.

use std::time::Duration;

use definitions::{RetryAfterUnit, RetryConfig};
use domain::Timestamp;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// Requests for one call, whatever a definition says.
const ATTEMPTS_MAX: u32 = 3;
/// Spread over a wait the upstream named, so that callers it turned away do not return together.
const NAMED_WAIT_SPREAD: Duration = Duration::from_millis(250);
/// Left for the attempt after a named wait; with less the wait would be for nothing.
const ATTEMPT_MIN: Duration = Duration::from_secs(1);
/// The caller asks too often.
pub(crate) const TOO_MANY: u16 = 429;
/// The upstream is overloaded. It says so in a 5xx, which does not tell whether a write took effect.
pub(crate) const OVERLOADED: u16 = 529;

/// What one attempt came to, as far as trying again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Observed {
    Status {
        status: u16,
        /// What the upstream's `Retry-After` asks for.
        named_wait: Option<Duration>,
    },
    /// The connection did not come to stand, so the upstream saw nothing.
    NotSent,
    Timeout,
    /// The connection broke after sending began.
    Broken,
    /// Nothing that another attempt would change.
    Final,
}

impl Observed {
    pub(crate) fn named_wait(self) -> Option<Duration> {
        match self {
            Observed::Status { named_wait, .. } => named_wait,
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Wait(Duration),
    GiveUp,
    /// The upstream asks for a wait that leaves no time for another attempt.
    TooLong(Duration),
}

/// How a call stands when the question comes up.
pub(crate) struct Situation {
    /// Whether it can change something upstream.
    pub(crate) writes: bool,
    /// Requests sent so far.
    pub(crate) attempts: u32,
    /// Until the deadline.
    pub(crate) remaining: Duration,
    /// From 0 up to 1.
    pub(crate) chance: f64,
}

/// A read is repeated when another attempt may go better. A write is sent once: it is repeated only
/// when it is known that nothing of it was sent.
pub(crate) fn decide(config: &RetryConfig, seen: Observed, now: &Situation) -> Decision {
    if !worth_it(config, seen, now.writes) || now.attempts >= config.attempts_max.min(ATTEMPTS_MAX) {
        return Decision::GiveUp;
    }
    if let Observed::Status { named_wait: Some(wait), .. } = seen {
        let needed = wait.saturating_add(NAMED_WAIT_SPREAD + ATTEMPT_MIN);
        if needed > now.remaining {
            return Decision::TooLong(wait);
        }
        return Decision::Wait(wait + NAMED_WAIT_SPREAD.mul_f64(now.chance));
    }
    let wait = backoff(config, now.attempts).mul_f64(now.chance);
    if wait >= now.remaining { Decision::GiveUp } else { Decision::Wait(wait) }
}

fn worth_it(config: &RetryConfig, seen: Observed, writes: bool) -> bool {
    match seen {
        Observed::NotSent => config.retry_on_network_error,
        _ if writes => false,
        Observed::Status { status: OVERLOADED, .. } => config.retry_statuses.contains(&TOO_MANY),
        Observed::Status { status, .. } => is_passing(config, status),
        Observed::Timeout => config.retry_on_timeout,
        Observed::Broken => config.retry_on_network_error,
        Observed::Final => false,
    }
}

/// Waits, though not past the deadline. Whether there is time left for another attempt.
pub(crate) async fn pause(wait: Duration, deadline: Instant) -> bool {
    tokio::time::sleep_until(deadline.min(Instant::now() + wait)).await;
    Instant::now() < deadline
}

/// Codes from 520 on are made up by proxies in front of an upstream, and mean what 502 means.
fn is_passing(config: &RetryConfig, status: u16) -> bool {
    let statuses = &config.retry_statuses;
    statuses.contains(&status) || ((520..=599).contains(&status) && statuses.contains(&502))
}

/// The longest wait before attempt `attempts + 1`; full jitter takes a part of it.
pub(crate) fn backoff(config: &RetryConfig, attempts: u32) -> Duration {
    let doublings = i32::try_from(attempts.saturating_sub(1)).unwrap_or(i32::MAX);
    let factor = config.exponential_base.powi(doublings);
    let longest = Duration::from_millis(config.delay_ms_max);
    let seconds = Duration::from_millis(config.initial_delay_ms).as_secs_f64() * factor;
    Duration::try_from_secs_f64(seconds).unwrap_or(longest).min(longest)
}

/// The wait an answer asks for: a number in the definition's unit, or an HTTP date.
pub(crate) fn named_wait(config: &RetryConfig, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(config.retry_after_header.as_str())?.to_str().ok()?.trim();
    let now = Duration::from_micros(u64::try_from(now.micros()).ok()?);
    let Ok(number) = text.parse::<f64>() else {
        let date = httpdate::parse_http_date(text).ok()?;
        let date = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        return Some(date.saturating_sub(now));
    };
    match config.retry_after_unit {
        RetryAfterUnit::Seconds => Duration::try_from_secs_f64(number).ok(),
        RetryAfterUnit::Milliseconds => Duration::try_from_secs_f64(number / 1_000.0).ok(),
        RetryAfterUnit::UnixTimestamp => {
            Duration::try_from_secs_f64(number).ok().map(|date| date.saturating_sub(now))
        }
    }
}

#[cfg(test)]
mod tests;
