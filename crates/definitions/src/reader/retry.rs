//! `x-airbyte-retry-config`: how a definition wants failed requests repeated.

use std::time::Duration;

use crate::JsonPath;
use crate::connector::{FinalAnswer, RetryAfterUnit, RetryConfig};
use crate::document::Node;

const KEYS: [&str; 10] = [
    "max_attempts",
    "initial_delay_seconds",
    "max_delay_seconds",
    "exponential_base",
    "jitter",
    "retry_on_status_codes",
    "retry_on_timeout",
    "retry_on_network_error",
    "retry_after_header",
    "retry_after_format",
];
const ATTEMPTS_MAX: u64 = 10;
const DELAY_SECONDS_MAX: f64 = 3_600.0;

pub(super) fn read(node: &Node<'_>) -> RetryConfig {
    node.known_keys(&KEYS);
    let mut retry = RetryConfig::default();
    let number = |key: &str, least: f64, most: f64| {
        let found = node.get(key)?;
        let number = found.value.as_f64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            found.fault(format!("must be a number from {least} to {most}"));
        }
        number
    };
    if let Some(found) = node.get("max_attempts") {
        match found.value.as_u64().filter(|attempts| (1..=ATTEMPTS_MAX).contains(attempts)) {
            Some(attempts) => retry.attempts_max = u32::try_from(attempts).unwrap_or(u32::MAX),
            None => found.fault(format!("must be a whole number from 1 to {ATTEMPTS_MAX}")),
        }
    }
    let milliseconds = |seconds: f64| {
        Duration::try_from_secs_f64(seconds).ok().and_then(|delay| u64::try_from(delay.as_millis()).ok())
    };
    let delay = |key: &str| number(key, 0.0, DELAY_SECONDS_MAX).and_then(milliseconds);
    retry.initial_delay_ms = delay("initial_delay_seconds").unwrap_or(retry.initial_delay_ms);
    retry.delay_ms_max = delay("max_delay_seconds").unwrap_or(retry.delay_ms_max);
    retry.exponential_base = number("exponential_base", 1.0, 10.0).unwrap_or(retry.exponential_base);
    if let Some(statuses) = node.get("retry_on_status_codes") {
        retry.retry_statuses = statuses.items().iter().filter_map(read_status).collect();
    }
    if node.get("retry_on_timeout").is_some() {
        retry.retry_on_timeout = node.flag("retry_on_timeout");
    }
    if node.get("retry_on_network_error").is_some() {
        retry.retry_on_network_error = node.flag("retry_on_network_error");
    }
    if let Some(header) = node.text("retry_after_header") {
        header.clone_into(&mut retry.retry_after_header);
    }
    match node.text("retry_after_format") {
        None | Some("seconds") => {}
        Some("milliseconds") => retry.retry_after_unit = RetryAfterUnit::Milliseconds,
        Some("unix_timestamp") => retry.retry_after_unit = RetryAfterUnit::UnixTimestamp,
        Some(_) => node.fault("`retry_after_format` must be seconds, milliseconds or unix_timestamp"),
    }
    retry
}

/// `x-patchbay-final-when`, which stands beside the retry configuration: other readers of the format
/// refuse keys they do not know inside it.
pub(super) fn read_final_answers(node: &Node<'_>) -> Vec<FinalAnswer> {
    node.items().iter().filter_map(read_final_answer).collect()
}

fn read_final_answer(node: &Node<'_>) -> Option<FinalAnswer> {
    node.known_keys(&["path", "values"]);
    let path = JsonPath::parse(node.require_text("path")?).map_err(|reason| node.fault(reason)).ok()?;
    let values = node.require("values")?.items().iter().map(|value| value.value.clone()).collect();
    Some(FinalAnswer { path, values })
}

fn read_status(node: &Node<'_>) -> Option<u16> {
    let status = node.value.as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|status| (100..=599).contains(status));
    if status.is_none() {
        node.fault("must be an HTTP status");
    }
    status
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            attempts_max: 3,
            initial_delay_ms: 1_000,
            delay_ms_max: 60_000,
            exponential_base: 2.0,
            retry_statuses: vec![429, 500, 502, 503, 504],
            retry_on_timeout: true,
            retry_on_network_error: true,
            retry_after_header: "Retry-After".to_owned(),
            retry_after_unit: RetryAfterUnit::Seconds,
            final_when: Vec::new(),
        }
    }
}
