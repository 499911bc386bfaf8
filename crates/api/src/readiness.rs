//! Going out of service without breaking a call.
//!
//! The order is: readiness fails while requests are still served, so that load balancers look away;
//! then new requests are refused; then whoever stops the process waits until none is in flight. The
//! server itself is stopped last, because its workers hold connections that other workers use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use tokio::sync::Notify;

const SERVING: u8 = 0;
const STOPPING: u8 = 1;
const REFUSING: u8 = 2;

/// Whether requests are wanted, and how many are in flight. Clones share it.
#[derive(Clone, Default)]
pub struct Readiness(Arc<State>);

#[derive(Default)]
struct State {
    stage: AtomicU8,
    in_flight: AtomicUsize,
    ended: Notify,
}

impl Readiness {
    /// From now on `/health/ready` answers 503, while requests are still served.
    pub fn stop(&self) {
        self.0.stage.fetch_max(STOPPING, Ordering::SeqCst);
    }

    /// From now on new requests are answered 503, those about health excepted.
    pub fn refuse(&self) {
        self.0.stage.fetch_max(REFUSING, Ordering::SeqCst);
    }

    /// Ends when no request is in flight.
    pub async fn drained(&self) {
        loop {
            let ended = self.0.ended.notified();
            if self.0.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }

    pub(crate) fn stopping(&self) -> bool {
        self.0.stage.load(Ordering::SeqCst) > SERVING
    }

    /// Counts a request in, unless it comes too late.
    pub(crate) fn enter(&self) -> Option<InFlight> {
        // Counted before looking, so that `drained` cannot miss one that was let in.
        self.0.in_flight.fetch_add(1, Ordering::SeqCst);
        let entered = InFlight(self.0.clone());
        (self.0.stage.load(Ordering::SeqCst) < REFUSING).then_some(entered)
    }
}

/// One request in flight, until it is dropped.
pub(crate) struct InFlight(Arc<State>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn r81_those_let_in_are_waited_for_and_later_ones_refused() {
        let readiness = Readiness::default();
        let early = readiness.enter().unwrap();
        readiness.stop();
        let late = readiness.enter().expect("stopping still serves");
        readiness.refuse();
        assert!(readiness.enter().is_none());
        drop(early);
        assert!(readiness.drained().now_or_never().is_none());
        drop(late);
        assert!(readiness.drained().now_or_never().is_some());
    }
}
