//! Work on long answers, away from the threads that serve everyone.

use tokio::time::Instant;

/// Of an answer's body that is worked on in place: so little takes less time than changing threads
/// is worth.
const IN_PLACE_BYTES_MAX: usize = 64 * 1024;

/// Does `work` on a body of `bytes`. None: the deadline passed first, and the result, if there ever
/// is one, is thrown away.
pub(crate) async fn apart<T: Send + 'static>(
    bytes: usize,
    deadline: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if bytes <= IN_PLACE_BYTES_MAX {
        return Some(work());
    }
    let mut working = tokio::task::spawn_blocking(work);
    match tokio::time::timeout_at(deadline, &mut working).await {
        // Done in time, not merely done by the time anyone looked.
        Ok(Ok(done)) => (Instant::now() <= deadline).then_some(done),
        Ok(Err(error)) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The program ends.
            Err(_) => None,
        },
        Err(_) => {
            // It need not begin any more.
            working.abort();
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{ThreadId, current};
    use std::time::Duration;

    use super::*;

    async fn thread_for(bytes: usize, deadline: Instant) -> Option<ThreadId> {
        apart(bytes, deadline, || current().id()).await
    }

    #[tokio::test]
    async fn only_long_answers_are_worked_on_elsewhere() {
        let deadline = Instant::now() + Duration::from_mins(1);
        let here = current().id();
        assert_eq!(thread_for(IN_PLACE_BYTES_MAX, deadline).await, Some(here));
        assert!(thread_for(IN_PLACE_BYTES_MAX + 1, deadline).await.is_some_and(|thread| thread != here));
    }

    #[tokio::test]
    async fn the_deadline_is_not_waited_past() {
        let (done, never) = std::sync::mpsc::channel::<()>();
        let work = move || never.recv().is_ok();
        assert_eq!(apart(usize::MAX, Instant::now() + Duration::from_millis(20), work).await, None);
        drop(done);
    }
}
