//! The loop on a clock that stands still until everything waits.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{Instant, timeout};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::*;

const PACE: Pace = Pace { every: Duration::from_secs(10), batch: 3 };

/// What a batch does when its turn comes.
enum Turn {
    Done(usize),
    Fail,
    Panic,
}

/// Runs the loop over `turns`, and then for ever over empty batches. Gives when each one began.
async fn times(turns: Vec<Turn>, lasts: Duration) -> Vec<Duration> {
    let (turns, begun) = (RefCell::new(VecDeque::from(turns)), RefCell::new(Vec::new()));
    let started = Instant::now();
    let (_stop, stopping) = watch::channel(false);
    let batch = async |limit: usize| {
        assert_eq!(limit, PACE.batch);
        begun.borrow_mut().push(started.elapsed());
        match turns.borrow_mut().pop_front().unwrap_or(Turn::Done(0)) {
            Turn::Done(rows) => Ok(rows),
            Turn::Fail => Err(io::Error::other("no database")),
            Turn::Panic => panic!("a mistake of ours"),
        }
    };
    assert!(timeout(lasts, run("test", PACE, stopping, batch)).await.is_err(), "it goes on");
    begun.into_inner()
}

fn is_about(wait: Duration, seconds: f64) -> bool {
    (seconds * 0.74..=seconds * 1.26).contains(&wait.as_secs_f64())
}

fn waits(times: &[Duration]) -> Vec<Duration> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn batches_follow_each_other_at_the_pace_and_not_in_step() {
    let (one, other) =
        (times(vec![], Duration::from_secs(300)).await, times(vec![], Duration::from_secs(300)).await);
    for times in [&one, &other] {
        assert!(times[0] < PACE.every, "the first one comes within an interval: {times:?}");
        assert!(waits(times).iter().all(|wait| is_about(*wait, 10.0)), "{times:?}");
        assert!((23..=41).contains(&times.len()), "{times:?}");
    }
    assert_ne!(one, other, "two servers tick at different times");
}

#[tokio::test(start_paused = true)]
async fn after_a_full_batch_the_next_one_follows_at_once() {
    let turns = vec![Turn::Done(3), Turn::Done(3), Turn::Done(2), Turn::Done(0)];
    let waits = waits(&times(turns, Duration::from_mins(1)).await);
    assert!(waits[0] < Duration::from_millis(5) && waits[1] < Duration::from_millis(5), "{waits:?}");
    assert!(is_about(waits[2], 10.0) && is_about(waits[3], 10.0), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn failures_and_panics_are_tried_again_ever_more_seldom() {
    let mut turns: Vec<Turn> =
        (0..9).map(|number| if number % 4 == 3 { Turn::Panic } else { Turn::Fail }).collect();
    turns.extend([Turn::Done(0), Turn::Fail]);
    let waits = waits(&times(turns, Duration::from_secs(2_000)).await);
    let expected = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 10.0, 1.0, 10.0];
    for (number, seconds) in expected.into_iter().enumerate() {
        assert!(is_about(waits[number], seconds), "wait {number} is not about {seconds} s: {waits:?}");
    }
}

/// Keeps the level of every line that is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Level>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(module_path!().trim_end_matches("::tests"))
    }

    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(*event.metadata().level());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_logged_when_it_begins_and_when_it_is_over() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let turns =
        vec![Turn::Fail, Turn::Fail, Turn::Panic, Turn::Done(0), Turn::Done(3), Turn::Panic, Turn::Fail];
    times(turns, Duration::from_mins(5)).await;
    let (begins, ends) = (Level::ERROR, Level::INFO);
    assert_eq!(*lines.0.lock().unwrap(), [begins, ends, begins, ends]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_and_lets_the_batch_under_way_finish() {
    let (stop, stopping) = watch::channel(false);
    let idle = run("test", PACE, stopping.clone(), async |_| Ok::<_, io::Error>(0));
    stop.send_replace(true);
    timeout(Duration::from_millis(1), idle).await.expect("a loop that waits ends at once");

    stop.send_replace(false);
    let (begun, go_on, finished) = (Rc::new(Notify::new()), Rc::new(Notify::new()), Rc::new(RefCell::new(0)));
    let local = LocalSet::new();
    let (seen, gate, count) = (begun.clone(), go_on.clone(), finished.clone());
    let running = local.spawn_local(run("test", PACE, stopping, move |limit| {
        let (seen, gate, count) = (seen.clone(), gate.clone(), count.clone());
        async move {
            seen.notify_one();
            gate.notified().await;
            *count.borrow_mut() += 1;
            Ok::<_, io::Error>(limit)
        }
    }));
    local
        .run_until(async {
            begun.notified().await;
            stop.send_replace(true);
            tokio::task::yield_now().await;
            assert!(!running.is_finished(), "the batch is still under way");
            go_on.notify_one();
            timeout(Duration::from_secs(1), running).await.expect("it ends").expect("it does not panic");
        })
        .await;
    assert_eq!(*finished.borrow(), 1, "although it was full, no further one follows");
}
