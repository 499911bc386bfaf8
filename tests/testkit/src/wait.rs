//! Waiting for something to become true, instead of sleeping and hoping.

use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(15);

/// Looks until `look` gives something, at most `limit`.
///
/// # Panics
/// When the time is over, naming `what` was awaited.
pub async fn eventually<T>(what: &str, limit: Duration, look: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < limit, "in {limit:?} it did not come true that {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
