//! The loop of every kind of job: do a batch, and wait for the next.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::sleep;

/// How much of an interval chance takes off or adds, so that servers do not all tick at once.
const SPREAD: f64 = 0.25;
/// The wait after a first failure; it doubles with each further one.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_mins(1);

/// How often to look for work, and how much to take at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) every: Duration,
    /// Rows.
    pub(crate) batch: usize,
}

/// Runs batch after batch until `stopping` says so; a batch under way is finished.
///
/// `batch` takes the number of rows to do at most and answers how many it did: when it was full, the
/// next one follows at once. A batch that fails, or panics, is tried again later, and that is logged
/// when it begins and when it is over.
pub(crate) async fn run<F, E>(
    job: &'static str,
    pace: Pace,
    mut stopping: watch::Receiver<bool>,
    batch: impl Fn(usize) -> F,
) where
    F: Future<Output = Result<usize, E>>,
    E: Error + 'static,
{
    let mut failures = 0;
    let mut wait = pace.every.mul_f64(rand::random());
    loop {
        tokio::select! {
            biased;
            // An error means that nobody is left who could say it.
            _ = stopping.wait_for(|stop| *stop) => return,
            () = sleep(wait) => {}
        }
        // Whatever a batch leaves half done is in rows that the next one reads afresh.
        match AssertUnwindSafe(batch(pace.batch)).catch_unwind().await {
            Ok(Ok(done)) => {
                if failures > 0 {
                    tracing::info!(job, failures, "background job `{job}` works again");
                }
                failures = 0;
                wait = if done < pace.batch { spread(pace.every) } else { Duration::ZERO };
            }
            failed => {
                if failures == 0 {
                    report(job, failed.ok().and_then(Result::err).as_ref());
                }
                wait = spread(backoff(failures));
                failures += 1;
            }
        }
    }
}

/// Says that an outage begins. What a panic said was printed when it happened.
fn report<E: Error + 'static>(job: &'static str, error: Option<&E>) {
    match error {
        Some(error) => tracing::error!(
            job,
            error = error as &dyn Error,
            "background job `{job}` fails, and is tried until it works again"
        ),
        None => tracing::error!(job, "background job `{job}` panicked, and is tried until it works again"),
    }
}

fn backoff(failures: u32) -> Duration {
    BACKOFF_FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(BACKOFF_MAX)
}

fn spread(wait: Duration) -> Duration {
    wait.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * rand::random::<f64>())
}

#[cfg(test)]
mod tests;
