//! A true rate limit, per token and minute; off until the control door sets one.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;

use crate::refusal::Refusal;

const WINDOW_S: i64 = 60;

/// Counts requests by token in windows of a minute.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    windows: HashMap<String, (i64, u32)>,
}

impl Limiter {
    /// Counts one request; over the limit it is refused, and when to come again is in the answer.
    pub(crate) fn take(&mut self, token: &str, limit: Option<u32>, now: Timestamp) -> Option<(Refusal, i64)> {
        let limit = limit?;
        let second = now.as_second();
        let window = self.windows.entry(token.to_owned()).or_insert((second, 0));
        if second >= window.0 + WINDOW_S {
            *window = (second, 0);
        }
        window.1 = window.1.saturating_add(1);
        if window.1 <= limit {
            return None;
        }
        let wait = window.0 + WINDOW_S - second;
        Some((rate_limited("public_api_request_rate_limit", Some(&wait.to_string())), wait))
    }

    pub(crate) fn clear(&mut self) {
        self.windows.clear();
    }
}

/// The body of a 429.
pub(crate) fn rate_limited(reason: &str, retry_after: Option<&str>) -> Refusal {
    let mut data = json!({ "rate_limit_reason": reason });
    if let Some(retry_after) = retry_after {
        data["retry_after"] = retry_after.into();
    }
    Refusal::new(429, "rate_limited", "You have been rate limited. Please try again in a few minutes.")
        .with_additional(data)
}
